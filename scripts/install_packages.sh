#!/bin/sh
# SPDX-License-Identifier: MIT
# The one list of Debian packages. install_packages.sh build|ci|vocab: installs what is missing when it may (root, or
# sudo without a password), else prints the one line that does and exits 1. Where dpkg is not at hand it only says so.
set -eu

build='gcc g++ libc6-dev make meson ninja-build pkg-config python3 libutf8proc-dev zlib1g-dev nettle-dev libpthreadpool-dev
       libcmocka-dev libcairo2-dev libpango1.0-dev scdoc universal-ctags'
ci='clang clang-format clang-tidy libclang-rt-14-dev libsimde-dev qemu-user debootstrap gcc-aarch64-linux-gnu
    libc6-dev-arm64-cross valgrind cmake git
    libopenmpi-dev openmpi-bin'
vocab='wordnet-base unicode-cldr-core'

case ${1-build} in
build) wanted=$build ;;
ci) wanted="$build $ci" ;;
vocab) wanted="$build $vocab" ;;
*)
    echo "usage: install_packages.sh build|ci|vocab" >&2
    exit 2
    ;;
esac

if ! command -v dpkg-query >/dev/null 2>&1; then
    echo "padwise: this is no Debian; it needs what these Debian 12 packages hold:" $wanted >&2
    exit 0
fi

installed=" $(dpkg-query -W -f '${db:Status-Status}=${Package} ' $wanted 2>/dev/null || true)"
missing=
for package in $wanted; do
    case $installed in
    *" installed=$package "*) ;;
    *) missing="$missing $package" ;;
    esac
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
    root=
elif sudo -n true 2>/dev/null; then
    root='sudo -n'
else
    echo "padwise: packages are missing; install them with:" >&2
    echo "  sudo apt-get install -y$missing" >&2
    exit 1
fi

echo "padwise: installing$missing" >&2
log=$(mktemp)
export DEBIAN_FRONTEND=noninteractive
if ! { $root apt-get update -q && $root apt-get install -y -q --no-install-recommends $missing; } >"$log" 2>&1; then
    tail -n 15 "$log" >&2
    echo "padwise: apt could not install the packages above; try: sudo apt-get install -y$missing" >&2
    rm -f "$log"
    exit 1
fi
rm -f "$log"
