#!/bin/sh
# Installs the programs that tests and benchmarks compare Stowage with and judge its images by.
# Quick where all is there. What cannot be installed is said, with what is skipped for want of it;
# with CI=true it is an error, because a test that did not run has proved nothing.
# usage: setup-tools.sh
#   XDG_CACHE_HOME    programs go to $XDG_CACHE_HOME/stowage/bin (default: ~/.cache/stowage/bin)
#   STOWAGE_PREBUILT  a directory with kaniko-executor.zst, modctl.zst and aws-efs-csi-driver.zst, which no Go module
#                     proxy serves (default: shared/bin beside the checkout). Without them the benchmark leaves out Kaniko
#                     and modctl, and the tests of EFS are skipped.
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
cache=${XDG_CACHE_HOME:-${HOME:?set HOME or XDG_CACHE_HOME}/.cache}/stowage
bin=$cache/bin
prebuilt=${STOWAGE_PREBUILT:-$(CDPATH= cd -- "$here/../.." && pwd)/shared/bin}
mkdir -p "$bin" "$cache/tools"
work=$(mktemp -d "$cache/work.XXXXXX")
trap 'rm -rf "$work"' EXIT
missing=0

say() { echo "setup-tools: $*" >&2; }

# lacking PROGRAM WHAT: what is not tested or measured without it
lacking() {
  missing=$((missing + 1))
  say "$1 is missing; skipped without it: $2"
}

# keep FILE NAME VERSION: a new version gets a new file, so an old one is never taken for it
keep() {
  chmod +x "$1"
  mv -f "$1" "$cache/tools/$2@$3"
}

use() { ln -sf "../tools/$1@$2" "$bin/$1"; }

# from_go NAME MODULE PACKAGE VERSION WHAT
from_go() {
  if [ ! -x "$cache/tools/$1@$4" ]; then
    command -v go >/dev/null || { lacking "$1" "$5 (install Go)"; return; }
    say "building $1 $4"
    # Two of the programs are called "registry", so each is built in a directory of its own.
    if GOBIN=$work/$1 CGO_ENABLED=0 GOFLAGS=-trimpath go install -ldflags='-s -w' "$2/$3@$4" >&2; then
      keep "$work/$1/$(basename "$3")" "$1" "$4"
    else
      lacking "$1" "$5 (it could not be built)"
      return
    fi
  fi
  use "$1" "$4"
}

# from_source NAME DIRECTORY WHAT: a program of our own; the version is the checksum of what it is built from
from_source() {
  version=$(cat "$2"/go.mod "$2"/go.sum "$2"/*.go | cksum | tr ' ' '-')
  if [ ! -x "$cache/tools/$1@$version" ]; then
    command -v go >/dev/null || { lacking "$1" "$3 (install Go)"; return; }
    say "building $1"
    if (cd "$2" && CGO_ENABLED=0 GOFLAGS=-trimpath go build -ldflags='-s -w' -o "$work/$1.built" .) >&2; then
      keep "$work/$1.built" "$1" "$version"
    else
      lacking "$1" "$3 (it could not be built)"
      return
    fi
  fi
  use "$1" "$version"
}

# from_prebuilt NAME WHAT: the version is the file's checksum
from_prebuilt() {
  if [ ! -f "$prebuilt/$1.zst" ]; then
    command -v "$1" >/dev/null || [ -x "$bin/$1" ] || optional "$1" "$2"
    return 0
  fi
  version=$(cksum <"$prebuilt/$1.zst" | tr ' ' '-')
  if [ ! -x "$cache/tools/$1@$version" ]; then
    command -v zstd >/dev/null || { optional "$1" "$2"; return; }
    zstd -q -d "$prebuilt/$1.zst" -o "$work/$1"
    keep "$work/$1" "$1" "$version"
  fi
  use "$1" "$version"
}

# Their absence is no failure here: most have no use for them. A test that is skipped is one in CI.
optional() { say "$1 is missing; $2 (set STOWAGE_PREBUILT)"; }

# Debian's packages, as program:package
DEBIAN='skopeo:skopeo umoci:umoci buildah:buildah podman:podman zstd:zstd busybox:busybox-static
bsdtar:libarchive-tools time:time strace:strace curl:curl openssl:openssl'

absent_packages() {
  for pair in $DEBIAN; do
    command -v "${pair%%:*}" >/dev/null || echo "${pair#*:}"
  done
}

install_debian() {
  packages=$(absent_packages | tr '\n' ' ')
  [ -n "$packages" ] || return 0
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 0
  say "installing $packages"
  export DEBIAN_FRONTEND=noninteractive
  # shellcheck disable=SC2086 # a list of words
  { apt-get -qq update && apt-get -qq install -y --no-install-recommends $packages; } >&2 || say "apt-get failed"
}

install_debian
for package in $(absent_packages); do
  lacking "$package" "what judges images with it or measures with it (as root on Debian it installs itself)"
done

from_go distribution-registry github.com/distribution/distribution/v3 cmd/registry v3.1.2 'every test and benchmark against a real registry'
from_go ggcr-registry github.com/google/go-containerregistry cmd/registry v0.22.1 'tests against the registry of go-containerregistry'
from_source ggcr-referrers "$here/../test/support/ggcr-referrers" 'tests against a registry that lists referrers'
from_go crane github.com/google/go-containerregistry cmd/crane v0.22.1 'images judged by crane, and its benchmark'
from_go oras oras.land/oras cmd/oras v1.3.6 'images judged by oras, and its benchmark'
from_go helm helm.sh/helm/v3 cmd/helm v3.21.0 'the Helm chart, compared with what stowage manifests prints'
from_prebuilt kaniko-executor 'the benchmark and the tests leave Kaniko out'
from_prebuilt modctl 'the benchmark leaves modctl out'
from_prebuilt aws-efs-csi-driver 'the tests of EFS are skipped'

if [ "$missing" -gt 0 ] && [ "${CI:-}" = true ]; then
  say "$missing programs are missing, which CI does not accept"
  exit 1
fi
