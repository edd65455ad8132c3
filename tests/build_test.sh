#!/bin/sh
# Builds that must succeed without a warning, and what must hold of the outcome.
# Last line: "build: N passed, N failed".
# SPDX-License-Identifier: MIT
set -u
B=${B:-build}
MAKE=${MAKE:-make}
JOBS=$(nproc 2> /dev/null || echo 1)
passed=0 failed=0
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

try() {         # try NAME COMMAND...
    name=$1; shift
    if "$@" > "$tmp/log" 2>&1; then passed=$((passed + 1))
    else failed=$((failed + 1)); echo "FAILED $name: $*"; cat "$tmp/log"; fi
}
have() { command -v "$1" > /dev/null 2>&1; }

CORE=$("$MAKE" -s --no-print-directory show-CORE)
STRICT="-std=c11 -pedantic -Wall -Wextra -Wconversion -Wshadow -Werror -Icore -I$B/gen"
core() {        # core CC FLAGS...: every file of core, nothing linked
    cc=$1; shift
    # shellcheck disable=SC2086 # words are meant to part
    printf '%s\n' $CORE | xargs -P "$JOBS" -I NAME $cc $STRICT "$@" -c -o "$tmp/NAME.o" core/NAME.c
}
many() { "$MAKE" --no-print-directory -j"$JOBS" WERROR=-Werror "$@"; }

# E01: compilers, widths, char signs, and what can be left out.
for cc in gcc clang arm-none-eabi-gcc; do
    have $cc || { echo "SKIPPED core with $cc: not installed"; continue; }
    arch=; [ $cc = arm-none-eabi-gcc ] && arch="-mthumb -mcpu=cortex-m0"
    try "E01 core with $cc" core $cc $arch -Os -DQUOTH_IDN=1 -DQUOTH_JUDGE_NESTED=1 \
        -DQUOTH_HOSTS_BEYOND=1
    try "E01 core with $cc, IDN left out" core $cc $arch -Os
    try "E01 core with $cc, signed char" core $cc $arch -O2 -fsigned-char -DQUOTH_IDN=1 \
        -DQUOTH_JUDGE_NESTED=1
    try "E01 core with $cc, unsigned char" core $cc $arch -O2 -funsigned-char -DQUOTH_IDN=1 \
        -DQUOTH_JUDGE_NESTED=1
    try "E01 core with $cc, small config" core $cc $arch -Os -Icore -DQUOTH_CONFIG='"small.h"'
done
if have clang; then
    try "E01 everything with clang" many B="$B/clang" DEPS="$B/deps" CC=clang "$B/clang/quoth"
    # shellcheck disable=SC2046 # words are meant to part
    try "E01 the tests with clang" many B="$B/clang" DEPS="$B/deps" CC=clang CFLAGS=-O0 \
        $("$MAKE" -s --no-print-directory B="$B/clang" show-BIN_SUITES)
fi
# Core is compiled there as it is here.
for without in notls noserve notools; do
    mkdir -p "$B/$without" && cp -rpu "$B/gen" "$B/host" "$B/core" "$B/libquoth.a" "$B/$without"
done
try "no TLS" many B="$B/notls" MBEDTLS=none "$B/notls/quoth"
try "no server" many B="$B/noserve" MBEDTLS=none SERVE=0 "$B/noserve/quoth"
try "addresses alone" many B="$B/notools" MBEDTLS=none TOOLS=none "$B/notools/quoth"
refused() {     # ARGUMENTS...: with 64, naming the first of them
    "$B/notools/quoth" "$@" 2> "$tmp/err"
    [ $? = 64 ] && grep -q "^quoth: $1: this build" "$tmp/err"
}
for tool in domain doctor smtp spf info extract sandbox; do
    try "addresses alone: no $tool" refused $tool
done
mv "$B/notools/quoth" "$tmp/quoth"      # it is linked anew
try "addresses and the sandbox" many B="$B/notools" MBEDTLS=none TOOLS=sandbox "$B/notools/quoth"
try "addresses and the sandbox: it is there" "$B/notools/quoth" sandbox --list
try "addresses and the sandbox: no domain" refused domain
mv "$tmp/quoth" "$B/notools/quoth"
try "addresses alone: no --why" refused --why jane@example.com
try "addresses alone: no --with-domain" refused --with-domain -f README.md
try "addresses alone: checks one" sh -c \
    "'$B/notools/quoth' 'jane@@example.com' | grep -q '^undeliverable'"

# Rules 1 and 6 of the design, and the sizes promised.
try "W18 size" many size
try "P01 purity" many purity

# The single file as it is shipped, in C and in C++; the same twice.
try "single file" many single-check
cp "$B/single/quoth.c" "$tmp/first.c"
rm -f "$B/single/quoth.c"
try "E15 single file is reproducible" many single
try "E15 the same bytes" cmp "$tmp/first.c" "$B/single/quoth.c"

# README's example was compiled to be here; it says something of a fault without a network.
try "README example runs" sh -c "'$B/tests/example' 'jane@@example.com' | grep -q 'undeliverable'"
# What is installed is enough to build it.
installed() {
    many install PREFIX="$tmp/usr" &&
        flags=$(PKG_CONFIG_PATH="$tmp/usr/lib/pkgconfig" pkg-config --cflags --libs quoth) &&
        cc -std=c11 -Wall -Wextra -Werror -o "$tmp/example" "$B/tests/example.c" $flags &&
        "$tmp/example" 'jane@@example.com' | grep -q undeliverable && "$tmp/usr/bin/quoth" --version
}
try "installed: command, library, headers, pkg-config" installed
try "W19 no mark of the unfinished" sh -c \
    "! grep -rnE '\b(TODO|FIXME)\b' core port fuzz --include='*.[ch]'"
try "round trips" "$B/bench/rtt"

echo "build: $passed passed, $failed failed"
[ $failed = 0 ]
