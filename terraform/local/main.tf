# The offline root: a host of the embedded engine instead of one on EC2. It needs no provider but the built-in
# one. The engine reads the output "hosts" of the applied state as EC2 would know its instances.

terraform {
  required_version = ">= 1.8"
  backend "local" {}
}

variable "environment" {
  description = "The environment that the host belongs to."
  type        = string
  validation {
    condition     = can(regex("^[a-z]+$", var.environment))
    error_message = "environment must be lower-case letters."
  }
}

variable "http_port" {
  description = "The loopback port on which the application listens."
  type        = number
  validation {
    condition     = var.http_port >= 1024 && var.http_port <= 65535 && floor(var.http_port) == var.http_port
    error_message = "http_port must be a whole number from 1024 to 65535."
  }
}

variable "generation" {
  description = "A new value replaces the host."
  type        = number
  default     = 1
}

variable "fault" {
  description = "A fault to try the failure path with: \"\", \"plan\" (the plan fails), \"apply\" (the apply fails) or \"slow-apply\" (it takes twenty seconds)."
  type        = string
  default     = ""
  validation {
    condition     = contains(["", "plan", "apply", "slow-apply"], var.fault)
    error_message = "fault must be empty, \"plan\", \"apply\" or \"slow-apply\"."
  }
}

resource "terraform_data" "dashboard" {
  input            = { environment = var.environment, http_port = var.http_port }
  triggers_replace = [var.generation]
  lifecycle {
    precondition {
      condition     = var.fault != "plan"
      error_message = "the fault that was asked for"
    }
  }
}

resource "terraform_data" "fault" {
  count = var.fault == "" ? 0 : 1
  provisioner "local-exec" {
    command = var.fault == "apply" ? "echo 'the fault that was asked for' >&2; exit 1" : "sleep 20"
  }
}

output "hosts" {
  description = "The hosts by role, in the shape that the embedded engine reads."
  value = {
    dashboard = {
      instance_id = "i-${substr(replace(terraform_data.dashboard.id, "-", ""), 0, 17)}"
      address     = "127.0.0.1"
      tags = {
        "chronos:environment" = terraform_data.dashboard.output.environment
        "chronos:role"        = "dashboard"
      }
      user_data = file("${path.module}/user-data.sh")
    }
  }
}
