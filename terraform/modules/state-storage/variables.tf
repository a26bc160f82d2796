variable "name_prefix" {
  description = "Stands before the names of bucket and table, with its own dash."
  type        = string
}
