variable "region" {
  description = "AWS region of everything in this root."
  type        = string
  default     = "us-east-1"
  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region must be the name of an AWS region, for example us-east-1."
  }
}

variable "name_prefix" {
  description = "Stands before names that must be unique, with its own dash; empty for none."
  type        = string
  default     = ""
  validation {
    condition     = can(regex("^([a-z0-9]+-)*$", var.name_prefix))
    error_message = "name_prefix must be lower-case words that each end in a dash, or empty."
  }
}

variable "vpc_cidr" {
  description = "IPv4 range of the VPC, from /16 to /20; its first 256th is the public subnet."
  type        = string
  default     = "10.0.0.0/16"
  validation {
    condition     = can(regex("^[0-9.]+/(1[6-9]|20)$", var.vpc_cidr)) && can(cidrsubnet(var.vpc_cidr, 8, 0))
    error_message = "vpc_cidr must be an IPv4 range from /16 to /20, for example 10.0.0.0/16."
  }
}

variable "extra_ingress" {
  description = "Further TCP ports, each for one range of addresses; SSH among them. Never the whole internet."
  type        = list(object({ port = number, cidr = string }))
  default     = []
  validation {
    condition = alltrue([
      for rule in var.extra_ingress :
      rule.port >= 1 && rule.port <= 65535 && can(cidrhost(rule.cidr, 0)) && !contains(["0.0.0.0/0", "::/0"], rule.cidr)
    ])
    error_message = "extra_ingress takes ports from 1 to 65535, each with a range of addresses that is not the whole internet."
  }
}

variable "permissions_boundary" {
  description = "Name of the policy that bounds every role of this root; the stack chronos-shared makes it."
  type        = string
  default     = "chronos-boundary"
  validation {
    condition     = can(regex("^[A-Za-z0-9+=,.@_-]{1,128}$", var.permissions_boundary))
    error_message = "permissions_boundary must be the name of an IAM policy."
  }
}
