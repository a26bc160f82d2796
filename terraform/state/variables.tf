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
