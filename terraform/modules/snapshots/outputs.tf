output "policy_id" {
  description = "The lifecycle policy."
  value       = aws_dlm_lifecycle_policy.daily.id
}
