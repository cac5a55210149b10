#!/bin/sh
# Installs and builds what a test cluster on this machine needs. Quick where all is there.
# Debian's packages are installed as root; where that cannot be, the tests say what is missing and are skipped.
# usage: setup.sh
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)

# Programs or files, each with its package.
DEBIAN='runc:runc /usr/lib/cni/ptp:containernetworking-plugins iptables:iptables nft:nftables conntrack:conntrack
busybox:busybox-static ip:iproute2 openssl:openssl setpriv:util-linux ganesha.nfsd:nfs-ganesha
rpcbind:rpcbind dbus-daemon:dbus-daemon dbus-send:dbus-bin'

say() { echo "e2e/setup: $*" >&2; }

absent_packages() {
  for pair in $DEBIAN; do
    command -v "${pair%%:*}" >/dev/null || echo "${pair#*:}"
  done
  # A part of the server that is no program.
  ls /usr/lib/*/ganesha/libfsalvfs.so >/dev/null 2>&1 || echo nfs-ganesha-vfs
}

packages=$(absent_packages | tr '\n' ' ')
if [ -n "$packages" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  say "installing $packages"
  export DEBIAN_FRONTEND=noninteractive
  # shellcheck disable=SC2086 # a list of words
  { apt-get -qq update && apt-get -qq install -y --no-install-recommends $packages; } >&2 || say "apt-get failed"
fi
sh "$root/scripts/setup-tools.sh"
if command -v go >/dev/null; then
  sh "$root/scripts/with-node.sh" node "$root/e2e/cluster/build.ts"
else
  say "no Go: no cluster can be started here"
fi
