#!/bin/bash
# First boot of a local host. Everything an application needs is on the machine already: only the marker is made.
set -euo pipefail
mkdir -p "${CHRONOS_HOST_ROOT:-}/home/ubuntu" "${CHRONOS_HOST_ROOT:-}/root" "${CHRONOS_HOST_ROOT:-}/opt"
touch "${CHRONOS_HOST_ROOT:-}/home/ubuntu/.setup_complete"
