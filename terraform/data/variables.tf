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

variable "volume_size_gb" {
  description = "Size of the database's volume in GiB; it can grow, not shrink."
  type        = number
  default     = 20
  validation {
    condition     = var.volume_size_gb >= 8 && var.volume_size_gb <= 16384
    error_message = "volume_size_gb must be from 8 to 16384."
  }
}

variable "snapshots_kept" {
  description = "How many daily snapshots are kept."
  type        = number
  default     = 14
  validation {
    condition     = var.snapshots_kept >= 1 && var.snapshots_kept <= 1000
    error_message = "snapshots_kept must be from 1 to 1000."
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
