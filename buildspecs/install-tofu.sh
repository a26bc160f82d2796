# shellcheck shell=bash
# Sourced by the buildspecs: puts the pinned OpenTofu on PATH. A build image brings none.

tofu_version=1.12.6
tofu_sha256_x86_64=5dc43da4f750f33873dc25e94587128709e819e544b7be9016b255316153c3a8
tofu_sha256_aarch64=e573979ba68a17fe7b881752051a694a7efcd970e39521f6a25775197861ed4d

install_tofu() {
  local machine arch sha256 folder zip
  machine=$(uname -m)
  case $machine in
    x86_64) arch=amd64 sha256=$tofu_sha256_x86_64 ;;
    aarch64) arch=arm64 sha256=$tofu_sha256_aarch64 ;;
    *) echo "no OpenTofu $tofu_version for $machine" >&2; return 1 ;;
  esac
  folder=$(mktemp -d)
  zip=$folder/tofu.zip
  curl -fsSL --retry 3 -o "$zip" \
    "https://github.com/opentofu/opentofu/releases/download/v$tofu_version/tofu_${tofu_version}_linux_$arch.zip" || return 1
  echo "$sha256  $zip" | sha256sum -c - || return 1
  unzip -q "$zip" tofu -d "$folder" || return 1
  export PATH="$folder:$PATH"
  # The folder that the buildspecs' cache keeps.
  export TF_PLUGIN_CACHE_DIR="$HOME/.terraform.d/plugin-cache"
  mkdir -p "$TF_PLUGIN_CACHE_DIR"
}

if [ -n "${CHRONOS_TOFU:-}" ]; then
  echo "using ${CHRONOS_TOFU}"
else
  install_tofu
fi
