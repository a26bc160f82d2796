variable "region" {
  description = "AWS region of the resources that the module made."
  type        = string
}
