#!/bin/bash
# Installs the dashboard beside the one that runs, then restarts it. Returns before it is healthy.
set -euo pipefail
cd "$(dirname "$0")"
root=${CHRONOS_HOST_ROOT:-}
target=$root/opt/chronos

die() { echo "install.sh: $*" >&2; exit 1; }

compgen -G '*/.env.docker' >/dev/null || die 'no .env.docker file: run setup-dotenv.sh first'
[ -f .env.deployment ] || die '.env.deployment is missing'
# The old server is gone when nothing listens any more.
listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

uri=$(sed -n 's/^DEPLOYMENT_URI=//p' .env.deployment)
[ -n "$uri" ] || die 'DEPLOYMENT_URI is missing in .env.deployment'
grep -q '^LETSENCRYPT_ADMIN_EMAIL=.' .env.deployment || die 'LETSENCRYPT_ADMIN_EMAIL is missing in .env.deployment'

umask 077
mkdir -p "$target.new"
cp -a . "$target.new/"
git rev-parse HEAD >"$target.new/COMMIT"
git describe --tags --always HEAD >"$target.new/VERSION"
rm -rf "$target.old"
if [ -d "$target" ]; then mv "$target" "$target.old"; fi
mv "$target.new" "$target"
rm -rf "$target.old"

# On a real host this is systemd's work (chronos.service).
pid_file=$root/run-chronos.pid
if [ -f "$pid_file" ]; then
  kill "$(cat "$pid_file")" 2>/dev/null || true
  for _ in $(seq 50); do listens "${uri##*:}" || break; sleep 0.1; done
fi
setsid python3 "$target/server.py" "${uri##*:}" </dev/null >>"$root/chronos.log" 2>&1 &
echo $! >"$pid_file"
echo "$(date -u +%FT%TZ) installed $(cat "$target/COMMIT")" >>"$root/deployment.log"
echo "installed $(cat "$target/VERSION")"
