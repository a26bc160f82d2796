output "subnet_id" {
  description = "The public subnet of the hosts."
  value       = module.networking.subnet_id
}

output "availability_zone" {
  description = "Zone of the public subnet."
  value       = module.networking.availability_zone
}

output "security_group_id" {
  description = "The security group of the hosts."
  value       = module.networking.security_group_id
}

output "eip_allocation_ids" {
  description = "The Elastic IP of each environment."
  value       = { prod = aws_eip.chronos_production.allocation_id, stage = aws_eip.chronos_staging.allocation_id }
}

output "eip_addresses" {
  description = "The public address of each environment."
  value       = { prod = aws_eip.chronos_production.public_ip, stage = aws_eip.chronos_staging.public_ip }
}

output "instance_profiles" {
  description = "The instance profile of each environment's host."
  value       = { for environment, role in module.host_role : environment => role.instance_profile }
}
