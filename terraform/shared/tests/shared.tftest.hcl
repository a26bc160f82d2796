mock_provider "aws" {
  mock_data "aws_availability_zones" {
    defaults = { names = ["us-east-1a", "us-east-1b"] }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
  mock_resource "aws_vpc" {
    defaults = { ipv6_cidr_block = "2001:db8:1200::/56" }
  }
}

run "has_one_role_for_each_environment" {
  command = apply
  assert {
    condition     = output.instance_profiles == { prod = "chronos-prod-host", stage = "chronos-stage-host" }
    error_message = "each environment has a profile of its own"
  }
}

run "refuses_a_door_for_the_whole_internet" {
  command = plan
  variables {
    extra_ingress = [{ port = 22, cidr = "0.0.0.0/0" }]
  }
  expect_failures = [var.extra_ingress]
}

run "takes_a_door_for_one_range" {
  command = plan
  variables {
    extra_ingress = [{ port = 22, cidr = "192.0.2.0/24" }, { port = 22, cidr = "2001:db8::/48" }]
  }
}

run "refuses_what_is_no_range_and_no_region" {
  command = plan
  variables {
    vpc_cidr = "10.0.0.0"
    region   = "moon"
  }
  expect_failures = [var.vpc_cidr, var.region]
}
