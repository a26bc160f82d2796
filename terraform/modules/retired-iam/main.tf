# What is left of today's IAM module: the provider block that it held. OpenTofu plans over resources whose module is
# gone only while the provider that made them is still configured at the same address. It makes nothing.

provider "aws" {
  region = var.region
}
