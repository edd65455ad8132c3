#!/bin/sh
# How C is laid out: as .clang-format says, and no line over 100 columns, drawings and comments included. Tables between
# "clang-format off" and "clang-format on" have a row a line, however long it is.
# Last line: "style: N passed, N failed".
# SPDX-License-Identifier: MIT
set -u
FORMAT_VERSION=14       # Debian 12's; others lay some lines out in another way
passed=0 failed=0
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

try() {         # try NAME COMMAND...: what it prints is what is wrong
    name=$1; shift
    if "$@" > "$tmp/log" 2>&1; then passed=$((passed + 1))
    else failed=$((failed + 1)); echo "FAILED $name"; head -n 40 "$tmp/log"; fi
}
not() { ! "$@"; }

wide() {        # wide FILE...: its lines over 100 columns; a character is one, whatever its bytes
    LC_ALL=C awk '
        FNR == 1 || /clang-format on/ { table = 0 }
        /clang-format off/ { table = 1 }
        { gsub(/[\200-\277]/, "") }
        !table && length($0) > 100 { print FILENAME ":" FNR ": " length($0) " columns"; bad = 1 }
        END { exit bad }' "$@"
}
files() { find core port fuzz tests -name '*.[ch]' | sort; }

# The check itself, on lines of 100 and 101 columns.
row() { printf '/* %*s */\n' "$1" x; }
row 94 | sed 's/x/ü/' > "$tmp/good.c"
{ echo '/* clang-format off */'; row 120; echo '/* clang-format on */'; } >> "$tmp/good.c"
row 95 > "$tmp/bad.c"
try "100 columns, and any number in a table" wide "$tmp/good.c"
try "101 columns are seen" not wide "$tmp/bad.c"

# shellcheck disable=SC2046 # no file has a space in its name
try "no line over 100 columns" wide $(files)

have=$(clang-format --version 2> /dev/null | sed -n 's/.*version \([0-9]*\).*/\1/p')
if [ "${have:-0}" = $FORMAT_VERSION ]; then
    # shellcheck disable=SC2046
    try "laid out as .clang-format says" clang-format --dry-run -Werror $(files)
    sed 's/^    return/  return/' port/posix/loop.c > "$tmp/loop.c" && cp .clang-format "$tmp"
    try "another layout is seen" not clang-format --dry-run -Werror "$tmp/loop.c"
else
    echo "SKIPPED layout of C: clang-format is ${have:-not installed}, its rules are those of $FORMAT_VERSION"
fi

echo "style: $passed passed, $failed failed"
[ $failed = 0 ]
