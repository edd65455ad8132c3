#!/bin/sh
# check.sh - the package's Makefile read by make, with the little of OpenWrt's own that it uses in stub/: its fields,
# what it would compile with, what it installs. Last line: "openwrt: N passed, N failed".
#
# SPDX-License-Identifier: MIT
set -u
here=$(cd "$(dirname "$0")" && pwd)
MAKE=${MAKE:-make}
passed=0 failed=0
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

check() {       # NAME COMMAND...
    name=$1; shift
    if "$@" > "$tmp/log" 2>&1; then passed=$((passed + 1))
    else failed=$((failed + 1)); echo "FAILED $name"; cat "$tmp/log"; fi
}
run() { env -u MAKEFLAGS -u MFLAGS "$MAKE" --no-print-directory -C "$here" TOPDIR="$here/stub" WORK="$tmp" "$@"; }
has() { grep -q -e "$1" "$2" || { echo "no \"$1\" in:"; cut -c1-300 "$2"; false; }; }

run info > "$tmp/info" 2>&1
version=$(sed -n 's/^#define QUOTH_VERSION "\(.*\)"/\1/p' "$here/../../core/quoth.h")
check 'the version is the one of quoth.h' has "name=quoth version=$version license=MIT" "$tmp/info"
check 'where it stands and what it needs' has 'section=mail category=Mail depends=+libmbedtls title=.' "$tmp/info"
run all > "$tmp/all" 2>&1
check 'it is prepared, compiled and installed' [ $? = 0 ]
check 'the target has a compiler and flags of its own' \
    has 'stub-target-gcc .*-Os -pipe .*-c -o build/core/verify.o' "$tmp/all"
check 'and the mbedTLS of the system' has '-o build/quoth .*-lmbedtls -lmbedx509 -lmbedcrypto' "$tmp/all"
check 'its directory' has '-L.*/staging/usr/lib' "$tmp/all"
check "the host's compiler makes the tables" has 'stub-hostcc .*-o build/host/pack_judge' "$tmp/all"
check 'nothing is fetched' sh -c "! grep -q get.sh '$tmp/all'"
check 'the command' [ -x "$tmp/root/usr/bin/quoth" ]
check 'its config file' cmp "$here/files/quoth.conf" "$tmp/root/etc/quoth.conf"

echo "openwrt: $passed passed, $failed failed"
[ $failed = 0 ]
