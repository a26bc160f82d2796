mock_provider "aws" {}

run "keeps_every_current_state" {
  command = plan
  variables {
    name_prefix = "lab-"
  }
  assert {
    condition     = output.bucket == "lab-chronos-terraform-state-storage" && output.table == "lab-chronos-terraform-state-locks"
    error_message = "the prefix stands before both names"
  }
}

run "refuses_a_malformed_prefix" {
  command = plan
  variables {
    name_prefix = "Lab_"
  }
  expect_failures = [var.name_prefix]
}
