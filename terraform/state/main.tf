# The bucket and the lock table of all states. Made once, by hand of `tofu` with a local state that is then moved in.

module "state" {
  source      = "../modules/state-storage"
  name_prefix = var.name_prefix
}
