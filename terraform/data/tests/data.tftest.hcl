mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/snapshots" }
  }
}

override_data {
  target = data.terraform_remote_state.shared
  values = { outputs = { availability_zone = "us-east-1a" } }
}

variables {
  environment  = "stage"
  state_bucket = "some-bucket"
}

run "makes_an_encrypted_volume_in_the_subnets_zone" {
  command = plan
  assert {
    condition     = aws_ebs_volume.database.encrypted && aws_ebs_volume.database.availability_zone == "us-east-1a"
    error_message = "the database's volume is encrypted, and where the host is"
  }
}

run "refuses_an_unknown_environment_and_a_tiny_volume" {
  command = plan
  variables {
    environment    = "moon"
    volume_size_gb = 1
  }
  expect_failures = [var.environment, var.volume_size_gb]
}
