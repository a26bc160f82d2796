# The database's volume. It has a state of its own, so that destroying a deployment cannot touch it.

resource "aws_ebs_volume" "database" {
  # checkov:skip=CKV_AWS_189: AWS-managed keys cost nothing; who may read is decided by IAM, which a key of our own would only repeat
  availability_zone = data.terraform_remote_state.shared.outputs.availability_zone
  size              = var.volume_size_gb
  type              = "gp3"
  encrypted         = true
  tags = {
    Name                  = "${var.name_prefix}chronos-${var.environment}-database"
    "chronos:environment" = var.environment
    "chronos:data"        = "database"
  }
  lifecycle {
    prevent_destroy = true
  }
}

module "snapshots" {
  source               = "../modules/snapshots"
  name                 = "${var.name_prefix}chronos-${var.environment}-database"
  target_tags          = { "chronos:environment" = var.environment, "chronos:data" = "database" }
  kept                 = var.snapshots_kept
  permissions_boundary = var.permissions_boundary
}
