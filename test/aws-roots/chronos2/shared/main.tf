module "networking" {
  source = "./modules/networking"
}

resource "aws_eip" "chronos_production" {
  domain = "vpc"
}

resource "aws_eip" "chronos_staging" {
  domain = "vpc"
}

module "iam_role_and_policy" {
  source = "./modules/iam"
}

output "subnet_id" {
  value = module.networking.subnet_id
}

output "security_group_id" {
  value = module.networking.security_group_id
}

output "eip_allocation_ids" {
  value = { stage = aws_eip.chronos_staging.allocation_id, prod = aws_eip.chronos_production.allocation_id }
}
