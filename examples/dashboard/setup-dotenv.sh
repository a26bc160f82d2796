#!/bin/bash
# Copies every .env.sample to the .env.docker that compose reads.
set -euo pipefail
cd "$(dirname "$0")"
find . -name .env.sample -not -path './.git/*' | while read -r sample; do
  target="$(dirname "$sample")/.env.docker"
  if [ ! -e "$target" ]; then cp "$sample" "$target"; fi
done
