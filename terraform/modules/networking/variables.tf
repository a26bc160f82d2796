variable "name" {
  description = "Stands before the names of everything in the network."
  type        = string
}

variable "vpc_cidr" {
  description = "IPv4 range of the VPC."
  type        = string
}

variable "availability_zone" {
  description = "Zone of the public subnet."
  type        = string
}

variable "public_ports" {
  description = "TCP ports that everybody may reach."
  type        = list(number)
}

variable "extra_ingress" {
  description = "Further TCP ports, each for one range of addresses."
  type        = list(object({ port = number, cidr = string }))
}
