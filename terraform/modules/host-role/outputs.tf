output "instance_profile" {
  description = "Name of the instance profile."
  value       = aws_iam_instance_profile.host.name
}

output "policy" {
  description = "The policy as JSON, for tests."
  value       = data.aws_iam_policy_document.host.json
}
