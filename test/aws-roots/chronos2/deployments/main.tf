variable "shared_state" {
  type = string
}

data "terraform_remote_state" "shared" {
  backend = "local"
  config  = { path = var.shared_state }
}

module "ec2" {
  source            = "./modules/ec2"
  subnet_id         = data.terraform_remote_state.shared.outputs.subnet_id
  security_group_id = data.terraform_remote_state.shared.outputs.security_group_id
  eip_allocation_id = data.terraform_remote_state.shared.outputs.eip_allocation_ids.stage
}
