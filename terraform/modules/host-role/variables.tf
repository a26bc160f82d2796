variable "name_prefix" {
  description = "Stands before the names of role and profile, with its own dash."
  type        = string
}

variable "environment" {
  description = "The environment whose parameters, documents and logs the host may use."
  type        = string
}

variable "permissions_boundary" {
  description = "Name of the policy that bounds the role."
  type        = string
}
