# What the environments have in common: network, addresses, and a role for each environment's host.

data "aws_availability_zones" "available" {
  # checkov:skip=CKV_AWS_394: only the first is taken, and a subnet keeps the zone that it was made in
  state = "available"
}

module "networking" {
  source            = "../modules/networking"
  name              = "${var.name_prefix}chronos"
  vpc_cidr          = var.vpc_cidr
  availability_zone = data.aws_availability_zones.available.names[0]
  public_ports      = [80, 443, 7005]
  extra_ingress     = var.extra_ingress
}

# Each name in DNS points to one of these: they outlive every host.
resource "aws_eip" "chronos_production" {
  # checkov:skip=CKV2_AWS_19: terraform/deployments associates it, and it outlives every host
  domain = "vpc"
  tags   = { Name = "${var.name_prefix}chronos-prod", "chronos:environment" = "prod" }
  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_eip" "chronos_staging" {
  # checkov:skip=CKV2_AWS_19: terraform/deployments associates it, and it outlives every host
  domain = "vpc"
  tags   = { Name = "${var.name_prefix}chronos-stage", "chronos:environment" = "stage" }
  lifecycle {
    prevent_destroy = true
  }
}

module "host_role" {
  for_each             = toset(["stage", "prod"])
  source               = "../modules/host-role"
  name_prefix          = var.name_prefix
  environment          = each.key
  permissions_boundary = var.permissions_boundary
}

# Today's hosts have one role for all. `chronos bootstrap` lets go of it: it stays in AWS for as long as a host uses it.
# A plan over a state that still has it would destroy it, and the builds refuse to.
module "iam_role_and_policy" {
  source = "../modules/retired-iam"
  region = var.region
}
