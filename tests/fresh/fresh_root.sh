#!/usr/bin/env bash
# Proves that a Debian 12 with nothing but git and make can build, run and test a clone of this
# repository. Not part of the tests: it needs root, debootstrap and about half an hour.
#
#   tests/fresh/fresh_root.sh FOLDER
#
# FOLDER must not exist; it becomes the root of the new system and is left there to be looked at.
# Package sources, certificates and proxy settings are those of this machine.
set -euo pipefail
repository=$(cd "$(dirname "$0")/../.." && pwd)
root=$1
[ "$(id -u)" = 0 ] || { echo "debootstrap and chroot need root" >&2; exit 2; }
[ ! -e "$root" ] || { echo "$root exists" >&2; exit 2; }
mirror=$(sed -n 's/^URIs: *//p' /etc/apt/sources.list.d/debian.sources | head -n 1)

unmount() {
  local at
  for at in dev/shm dev/pts dev sys proc; do umount -l "$root/$at" 2>/dev/null || true; done
}
trap unmount EXIT

inside() { chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
  "${settings[@]}" bash -c "$1"; }

phase() {
  local name=$1 from=$SECONDS
  shift
  echo "=== $name"
  "$@"
  echo "=== $name: $((SECONDS - from)) s"
}

first_output() {  # The server of `make run`, until the example of the README has used it.
  cd /srv/immudb
  make run >/tmp/run.log 2>&1 &
  local server=$! started=$SECONDS
  until (exec 3<>/dev/tcp/127.0.0.1/3322) 2>/dev/null; do
    kill -0 "$server" 2>/dev/null || { tail -50 /tmp/run.log; exit 1; }
    sleep 1
  done
  echo "make run listens after $((SECONDS - started)) s"
  apt-get install -y -qq --no-install-recommends python3-venv >/dev/null
  python3 -m venv /tmp/example
  /tmp/example/bin/pip install --quiet immudb-py==0.8.0rc1 grpcio==1.85.1 protobuf==3.20.3 \
    google-api-core==2.29.0
  sed -n '/^```python$/,/^```$/p' README.md | sed '1d;$d' >/tmp/example.py
  (cd /tmp && /tmp/example/bin/python example.py)
  kill "$server"
  wait "$server" || true
}

settings=(DEBIAN_FRONTEND=noninteractive)
while IFS='=' read -r name value; do
  case $name in
    *_proxy|*_PROXY|PIP_CERT|SSL_CERT_FILE|*_CA_BUNDLE) settings+=("$name=$value") ;;
  esac
done < <(env)

phase "a minimal system with git and make" debootstrap --variant=minbase \
  --include=git,make,ca-certificates bookworm "$root" "$mirror" >/tmp/debootstrap.log
cp /etc/apt/sources.list.d/debian.sources "$root/etc/apt/sources.list.d/"
: >"$root/etc/apt/sources.list"
# What an installer writes and debootstrap does not: how names are found.
cp /etc/resolv.conf "$root/etc/resolv.conf"
printf '127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n' >"$root/etc/hosts"
mkdir -p "$root/usr/local/share/ca-certificates"
cp /usr/local/share/ca-certificates/*.crt "$root/usr/local/share/ca-certificates/" 2>/dev/null || true
for at in proc sys dev dev/pts dev/shm; do
  mkdir -p "$root/$at"
  mount --bind "/$at" "$root/$at"
done
inside update-ca-certificates >/dev/null
git clone --quiet "$repository" "$root/srv/immudb"
phase "make run, and the README example" inside "$(declare -f first_output); set -e; first_output"
phase "make test" inside "cd /srv/immudb && make test"
echo "=== all passed"
