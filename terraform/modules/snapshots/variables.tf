variable "name" {
  description = "What is kept; stands before the names of role and policy."
  type        = string
}

variable "target_tags" {
  description = "Volumes with these tags are kept."
  type        = map(string)
}

variable "kept" {
  description = "How many daily snapshots are kept."
  type        = number
}

variable "permissions_boundary" {
  description = "Name of the policy that bounds the role."
  type        = string
}
