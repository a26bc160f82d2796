provider "aws" {
  region = "us-east-1"
}

variable "subnet_id" {
  type = string
}

variable "security_group_id" {
  type = string
}

variable "eip_allocation_id" {
  type = string
}

resource "aws_key_pair" "deployer" {
  key_name   = "deployer-key"
  public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIG9sZC1rZXktb2YtdGhlLWxhcHRvcC1zY3JpcHRzLS0tLS0t old"
}

resource "aws_instance" "deployment" {
  ami                         = "ami-0aaaaaaaaaaaaaaaa"
  instance_type               = "t3.small"
  subnet_id                   = var.subnet_id
  vpc_security_group_ids      = [var.security_group_id]
  iam_instance_profile        = "chronos-ec2-profile"
  key_name                    = aws_key_pair.deployer.key_name
  user_data                   = "#!/bin/bash\ntouch /home/ubuntu/.setup_complete\n"
  user_data_replace_on_change = true
  root_block_device {
    volume_type = "gp3"
    volume_size = 30
  }
}

resource "aws_eip_association" "deployment" {
  instance_id   = aws_instance.deployment.id
  allocation_id = var.eip_allocation_id
}
