# The dashboard host. A newer image, another key or other user data never replaces it by themselves.

data "aws_ami" "ubuntu" {
  most_recent = true
  owners      = ["099720109477"]
  filter {
    name   = "name"
    values = ["ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-*"]
  }
  filter {
    name   = "virtualization-type"
    values = ["hvm"]
  }
}

resource "aws_key_pair" "deployer" {
  key_name   = "${var.name}-deployer"
  public_key = var.public_key
  lifecycle {
    # Both would make another key pair, and that another host.
    ignore_changes = [key_name, public_key]
  }
}

resource "aws_instance" "deployment" {
  # checkov:skip=CKV_AWS_135: current instance types are EBS-optimised without being asked
  # checkov:skip=CKV_AWS_126: the health page is watched; metrics by the minute cost money
  ami                         = data.aws_ami.ubuntu.id
  instance_type               = var.instance_type
  subnet_id                   = var.subnet_id
  vpc_security_group_ids      = [var.security_group_id]
  iam_instance_profile        = var.instance_profile
  key_name                    = aws_key_pair.deployer.key_name
  user_data                   = var.user_data
  user_data_replace_on_change = false

  root_block_device {
    volume_type = "gp3"
    volume_size = 30
    encrypted   = true
  }

  metadata_options {
    http_endpoint = "enabled"
    http_tokens   = "required"
    # A container must not get the host's role.
    http_put_response_hop_limit = 1
  }

  tags        = merge(var.tags, { Name = var.name })
  volume_tags = merge(var.tags, { Name = var.name })

  lifecycle {
    # Replacement is asked for by name. An adopted host's unencrypted disk stays until then.
    ignore_changes = [ami, key_name, user_data, user_data_base64, user_data_replace_on_change, subnet_id, root_block_device[0].encrypted, volume_tags]
  }
}

resource "aws_eip_association" "deployment" {
  instance_id   = aws_instance.deployment.id
  allocation_id = var.eip_allocation_id
}
