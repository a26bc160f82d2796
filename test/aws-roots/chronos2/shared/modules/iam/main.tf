provider "aws" {
  region = "us-east-1"
}

resource "aws_iam_role" "role" {
  name               = "chronos-ec2-role"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }] })
}

resource "aws_iam_instance_profile" "profile" {
  name = "chronos-ec2-profile"
  role = aws_iam_role.role.name
}
