output "volume_id" {
  description = "The database's volume."
  value       = aws_ebs_volume.database.id
}
