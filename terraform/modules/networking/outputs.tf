output "vpc_id" {
  description = "The VPC."
  value       = aws_vpc.main.id
}

output "subnet_id" {
  description = "The public subnet."
  value       = aws_subnet.main.id
}

output "availability_zone" {
  description = "Zone of the public subnet: a volume must be in the same."
  value       = aws_subnet.main.availability_zone
}

output "security_group_id" {
  description = "The security group of the dashboard hosts."
  value       = aws_security_group.public.id
}
