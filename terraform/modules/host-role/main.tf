# What a dashboard host may do: be a managed node, read its own parameters, write its own log.
# AmazonSSMManagedInstanceCore is not attached: it lets a host read every parameter of the account.

data "aws_caller_identity" "current" {}
data "aws_region" "current" {}
data "aws_partition" "current" {}

locals {
  arn = "arn:${data.aws_partition.current.partition}"
  own = "${local.region}:${local.account}"

  region  = data.aws_region.current.region
  account = data.aws_caller_identity.current.account_id
  # As the environment's stack names it.
  artifacts = "chronos-${var.environment}-artifacts-${local.account}-${local.region}"
}

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "host" {
  # The agent's own calls know no resource.
  statement {
    sid = "Agent"
    actions = [
      "ssm:UpdateInstanceInformation",
      "ssm:ListInstanceAssociations",
      "ssm:ListAssociations",
      "ssm:UpdateInstanceAssociationStatus",
      "ec2messages:AcknowledgeMessage",
      "ec2messages:DeleteMessage",
      "ec2messages:FailMessage",
      "ec2messages:GetEndpoint",
      "ec2messages:GetMessages",
      "ec2messages:SendReply",
      "ssmmessages:CreateControlChannel",
      "ssmmessages:CreateDataChannel",
      "ssmmessages:OpenControlChannel",
      "ssmmessages:OpenDataChannel",
    ]
    resources = ["*"]
  }
  statement {
    sid       = "Documents"
    actions   = ["ssm:GetDocument", "ssm:DescribeDocument"]
    resources = ["${local.arn}:ssm:${local.own}:document/chronos-${var.environment}-*"]
  }
  statement {
    sid     = "OwnParameters"
    actions = ["ssm:GetParameters"]
    resources = [
      for scope in ["dashboard", "shared"] : "${local.arn}:ssm:${local.own}:parameter/chronos/${var.environment}/${scope}/*"
    ]
  }
  statement {
    sid       = "OwnLog"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${local.arn}:logs:${local.own}:log-group:/chronos/${var.environment}/*"]
  }
  # Dumps of the database, for the case that the host goes: it can write them, and read nothing back.
  statement {
    sid       = "OwnArtifacts"
    actions   = ["s3:PutObject"]
    resources = ["${local.arn}:s3:::${local.artifacts}/hosts/*"]
  }
}

resource "aws_iam_role" "host" {
  name               = "${var.name_prefix}chronos-${var.environment}-host"
  assume_role_policy = data.aws_iam_policy_document.assume.json
  # The builds may make no role without it.
  permissions_boundary = "${local.arn}:iam::${local.account}:policy/${var.permissions_boundary}"
}

resource "aws_iam_role_policy" "host" {
  name   = "host"
  role   = aws_iam_role.host.id
  policy = data.aws_iam_policy_document.host.json
}

resource "aws_iam_instance_profile" "host" {
  name = "${var.name_prefix}chronos-${var.environment}-host"
  role = aws_iam_role.host.name
}
