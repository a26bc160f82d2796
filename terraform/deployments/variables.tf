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

variable "environment" {
  description = "The environment that everything in this root belongs to."
  type        = string
  validation {
    condition     = contains(["stage", "prod"], var.environment)
    error_message = "environment must be stage or prod."
  }
}

variable "state_bucket" {
  description = "The bucket in which the states of the other roots are."
  type        = string
  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.state_bucket))
    error_message = "state_bucket must be the name of a bucket."
  }
}

variable "state_options" {
  description = "Further settings of the S3 backend for reading the other roots' states, for an endpoint that is not AWS's."
  type        = map(string)
  default     = {}
}

variable "instance_type" {
  description = "EC2 instance type of the dashboard host."
  type        = string
  default     = "t3.small"
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]*\\.(nano|micro|small|medium|large|[0-9]*xlarge|metal)$", var.instance_type))
    error_message = "instance_type must be an EC2 instance type, for example t3.small."
  }
}

variable "public_key" {
  description = "SSH public key of the deployer."
  type        = string
  validation {
    condition     = can(regex("^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/]+=*( [^\\n]*)?$", var.public_key))
    error_message = "public_key must be one line of an OpenSSH public key."
  }
}

variable "additional_public_key" {
  description = "A second SSH public key; empty for none."
  type        = string
  default     = ""
  validation {
    condition     = can(regex("^((ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/]+=*( [A-Za-z0-9@._-]*)?)?$", var.additional_public_key))
    error_message = "additional_public_key must be one line of an OpenSSH public key, or empty."
  }
}
