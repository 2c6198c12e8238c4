#!/bin/sh
# SPDX-License-Identifier: MIT
# The tests on aarch64, level ref, without such a machine: a cross build against Debian's own arm64 packages, run under
# qemu-user. The packages are unpacked in the cache folder, nothing of this machine is changed.
#   scripts/aarch64.sh BUILD [arguments of run_tests.py]
set -eu
build=$1
shift
root=$(cd "$(dirname "$0")/.." && pwd)
for tool in debootstrap aarch64-linux-gnu-gcc qemu-aarch64; do
    command -v "$tool" >/dev/null || {
        echo "skipped: $tool is not installed (debootstrap gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user)"
        echo "0 passed, 0 failed, 1 skipped"
        exit 0
    }
done
mkdir -p "$build"
build=$(cd "$build" && pwd)
# Not below the build folder: debootstrap and pkg-config fail on a space in its name.
sysroot=${XDG_CACHE_HOME:-$HOME/.cache}/padwise/aarch64

packages=libc6-dev,libutf8proc-dev,zlib1g-dev,nettle-dev,libpthreadpool-dev,libcmocka-dev

if [ "$(cat "$sysroot/ready" 2>/dev/null)" != "$packages" ]; then
    mkdir -p "$sysroot"
    unpacked=$(mktemp -d "$sysroot.XXXXXX")
    trap 'rm -rf "$unpacked"' EXIT
    # --foreign unpacks without running anything of arm64; what was asked for besides the base lies in the cache.
    debootstrap --foreign --arch=arm64 --variant=minbase \
        --include=$packages \
        bookworm "$unpacked" "${DEBIAN_MIRROR:-http://deb.debian.org/debian}" >"$build/debootstrap.log" 2>&1 ||
        { tail -n 5 "$build/debootstrap.log" >&2; exit 1; }
    for package in "$unpacked"/var/cache/apt/archives/*.deb; do
        dpkg -x "$package" "$unpacked"
    done
    # Meson puts the compiler's folders first in PATH: no program of arm64 may stand there.
    (cd "$unpacked" && rm -rf var/cache/apt/archives bin sbin usr/bin usr/sbin)
    echo "$packages" >"$unpacked/ready"
    rm -rf "$sysroot"
    mv "$unpacked" "$sysroot"
fi

cat >"$build/cross.ini" <<EOF
[binaries]
c = 'aarch64-linux-gnu-gcc'
ar = 'aarch64-linux-gnu-ar'
strip = 'aarch64-linux-gnu-strip'
pkgconfig = 'pkg-config'
exe_wrapper = ['qemu-aarch64', '-L', '$sysroot']
[properties]
sys_root = '$sysroot'
pkg_config_libdir = '$sysroot/usr/lib/aarch64-linux-gnu/pkgconfig:$sysroot/usr/share/pkgconfig'
[built-in options]
c_args = ['--sysroot=$sysroot']
c_link_args = ['--sysroot=$sysroot']
[host_machine]
system = 'linux'
cpu_family = 'aarch64'
cpu = 'aarch64'
endian = 'little'
EOF
[ -f "$build/build.ninja" ] || meson setup "$build" "$root" --cross-file "$build/cross.ini" -Ddocs=disabled >"$build/setup.log" ||
    { tail -n 20 "$build/setup.log" >&2; exit 1; }
ninja -C "$build" >"$build/ninja.log" || { tail -n 30 "$build/ninja.log" >&2; exit 1; }
cd "$root"
exec python3 scripts/run_tests.py "$build" --timeout-multiplier 20 "$@"
