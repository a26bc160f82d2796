# One environment's dashboard host.

locals {
  name   = "${var.name_prefix}chronos-${var.environment}"
  shared = data.terraform_remote_state.shared.outputs
  tags   = { "chronos:environment" = var.environment, "chronos:role" = "dashboard" }
}

data "terraform_remote_state" "data" {
  backend = "s3"
  config = merge(
    { bucket = var.state_bucket, key = "environments/${var.environment}/data.tfstate", region = var.region },
    var.state_options,
  )
}

module "ec2" {
  source            = "../modules/host"
  name              = local.name
  instance_type     = var.instance_type
  subnet_id         = local.shared.subnet_id
  security_group_id = local.shared.security_group_id
  instance_profile  = local.shared.instance_profiles[var.environment]
  eip_allocation_id = local.shared.eip_allocation_ids[var.environment]
  public_key        = var.public_key
  tags              = local.tags
  user_data = templatefile("${path.module}/user-data.sh.tftpl", {
    additional_public_key = var.additional_public_key
    volume_id             = data.terraform_remote_state.data.outputs.volume_id
  })
}

resource "aws_volume_attachment" "database" {
  device_name = "/dev/sdf"
  instance_id = module.ec2.instance_id
  volume_id   = data.terraform_remote_state.data.outputs.volume_id
  # The file system is left in order: the host is stopped before its volume goes.
  stop_instance_before_detaching = true
}
