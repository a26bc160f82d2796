output "hosts" {
  description = "The hosts by role."
  value = {
    dashboard = { instance_id = module.ec2.instance_id, address = module.ec2.address, tags = local.tags }
  }
}
