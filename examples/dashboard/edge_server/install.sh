#!/bin/bash
# Installs the edge server: here it only says what it was given.
set -euo pipefail
echo "edge server for ${PI_USER:-pi}, read-only ${READ_ONLY_MODE:-true}"
