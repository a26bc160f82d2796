output "bucket" {
  description = "Name of the bucket of the states."
  value       = aws_s3_bucket.tf_state.bucket
}

output "table" {
  description = "Name of the table of the state locks."
  value       = aws_dynamodb_table.tf_locks.name
}
