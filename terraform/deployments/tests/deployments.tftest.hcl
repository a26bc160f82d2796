mock_provider "aws" {
  mock_data "aws_ami" {
    defaults = { id = "ami-0123456789abcdef0" }
  }
}

override_data {
  target = data.terraform_remote_state.shared
  values = {
    outputs = {
      subnet_id          = "subnet-1"
      security_group_id  = "sg-1"
      instance_profiles  = { stage = "chronos-stage-host", prod = "chronos-prod-host" }
      eip_allocation_ids = { stage = "eipalloc-1", prod = "eipalloc-2" }
    }
  }
}

override_data {
  target = data.terraform_remote_state.data
  values = { outputs = { volume_id = "vol-0123456789abcdef0" } }
}

variables {
  environment  = "stage"
  state_bucket = "some-bucket"
  public_key   = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA test"
}

run "tags_the_host_for_its_environment" {
  command = plan
  assert {
    condition     = local.tags == { "chronos:environment" = "stage", "chronos:role" = "dashboard" }
    error_message = "commands are allowed by these tags"
  }
}

run "refuses_what_no_instance_type_and_no_key_is" {
  command = plan
  variables {
    instance_type = "huge"
    public_key    = "not a key"
  }
  expect_failures = [var.instance_type, var.public_key]
}

run "refuses_a_second_key_that_is_more_than_a_key" {
  command = plan
  variables {
    additional_public_key = "ssh-ed25519 AAAA $(touch /tmp/x)"
  }
  expect_failures = [var.additional_public_key]
}
