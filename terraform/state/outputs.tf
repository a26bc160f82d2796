output "bucket" {
  description = "Name of the bucket of the states."
  value       = module.state.bucket
}

output "table" {
  description = "Name of the table of the state locks."
  value       = module.state.table
}
