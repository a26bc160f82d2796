output "instance_id" {
  description = "The instance."
  value       = aws_instance.deployment.id
}

output "address" {
  description = "The public address."
  value       = aws_eip_association.deployment.public_ip
}
