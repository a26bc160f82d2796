variable "name" {
  description = "Name of the host."
  type        = string
}

variable "instance_type" {
  description = "EC2 instance type."
  type        = string
}

variable "subnet_id" {
  description = "The subnet that the host is in."
  type        = string
}

variable "security_group_id" {
  description = "The security group of the host."
  type        = string
}

variable "instance_profile" {
  description = "Name of the host's instance profile."
  type        = string
}

variable "eip_allocation_id" {
  description = "The Elastic IP that leads to the host."
  type        = string
}

variable "public_key" {
  description = "SSH public key for the case that Systems Manager does not answer; the security group lets no SSH in by default."
  type        = string
}

variable "user_data" {
  description = "Script of the first boot."
  type        = string
}

variable "tags" {
  description = "Tags of host and disk: commands are allowed by them."
  type        = map(string)
}
