data "terraform_remote_state" "shared" {
  backend = "s3"
  config = merge(
    { bucket = var.state_bucket, key = "environments/shared/terraform.tfstate", region = var.region },
    var.state_options,
  )
}
