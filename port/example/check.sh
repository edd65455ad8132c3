#!/bin/sh
# check.sh DIR - bare.c with its stub board: run on this machine, then linked for a Cortex-M3 with
# nothing but itself; DIR has the generated headers' directory gen. Last line: "bare: N passed, N
# failed".
#
# SPDX-License-Identifier: MIT
set -u
B=$1
passed=0 failed=0
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

try() {         # NAME COMMAND...
    name=$1; shift
    if "$@" > "$tmp/log" 2>&1; then passed=$((passed + 1))
    else failed=$((failed + 1)); echo "FAILED $name: $*"; cat "$tmp/log"; fi
}
strict="-std=c11 -pedantic -Wall -Wextra -Wconversion -Wshadow -Wno-unused-parameter -Werror"
strict="$strict -Icore -Iport -Iport/example -I$B/gen"
san="-g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all"
core=$("${MAKE:-make}" -s --no-print-directory show-CORE)
sources="port/example/bare.c port/drive.c"
for f in $core; do sources="$sources core/$f.c"; done

# On this machine, with the sanitizers: its main() is called, and what the board was told is looked
# at.
cat > "$tmp/host.c" << 'END'
#include <stdio.h>
int bare_main(void);
extern char board_said[];
int main(void) { int rc = bare_main(); fputs(board_said, stdout); return rc; }
END
cat > "$tmp/want" << 'END'
deliverable accepted
undeliverable user_unknown
undeliverable syntax
END
host() {
    ${CC:-cc} $strict $san -Dmain=bare_main -c -o "$tmp/bare.o" port/example/bare.c &&
    ${CC:-cc} $strict $san -o "$tmp/host" "$tmp/host.c" "$tmp/bare.o" port/example/board_stub.c \
        ${sources#* }
}
try 'bare.c builds here' host
try 'and runs' sh -c "'$tmp/host' > '$tmp/got' && diff '$tmp/want' '$tmp/got'"

board='board_(now|random|dgram|open|send|recv|close|address|told|sleep)'
if command -v arm-none-eabi-gcc > /dev/null; then
    thumb="arm-none-eabi-gcc -mthumb -mcpu=cortex-m3 -Os -ffreestanding"
    thumb="$thumb -ffunction-sections -fdata-sections"
    for config in default small; do
        flags=; [ $config = default ] || flags='-DQUOTH_CONFIG="small.h"'
        # shellcheck disable=SC2086 # words are meant to part
        try "Thumb, $config limits" sh -c \
            'for f in $1; do $2 -c -o "$3/$(basename "$f").o" "$f" || exit 1; done' - \
            "$sources" "$thumb $strict $flags" "$tmp"
        try "all but the board's functions is there" $thumb -nostdlib -r \
            -o "$tmp/bare.elf" "$tmp"/*.c.o
        arm-none-eabi-nm -u "$tmp/bare.elf" | awk '{ print $2 }' |
            grep -vxE "$board|mem(cpy|set|cmp|chr|move)|strlen|__(aeabi|gnu)_[a-z0-9_]*" \
                > "$tmp/more"
        try "it needs the board, six functions and the compiler's own ($config)" sh \
            -c "! cat '$tmp/more' | grep ."
        try "Thumb stub board" $thumb $strict $flags -c -o "$tmp/stub.o" port/example/board_stub.c
        cat > "$tmp/libc.c" << 'END'
#include <stddef.h>
void *memcpy(void *d, const void *s, size_t n)
{ char *p = d; const char *q = s; while (n--) *p++ = *q++; return d; }
void *memset(void *d, int c, size_t n) { char *p = d; while (n--) *p++ = (char)c; return d; }
int memcmp(const void *a, const void *b, size_t n)
{
    const unsigned char *p = a, *q = b;
    for (; n--; p++, q++) if (*p != *q) return *p - *q;
    return 0;
}
void *memchr(const void *s, int c, size_t n)
{
    const unsigned char *p = s;
    for (; n--; p++) if (*p == (unsigned char)c) return (void *)p;
    return 0;
}
void *memmove(void *d, const void *s, size_t n)
{
    char *p = d;
    const char *q = s;
    if (p < q) while (n--) *p++ = *q++;
    else while (n--) p[n] = q[n];
    return d;
}
size_t strlen(const char *s) { size_t n = 0; while (s[n]) n++; return n; }
END
        try "it links with nothing else ($config)" $thumb -fno-tree-loop-distribute-patterns \
            -nostdlib \
            -Wl,--gc-sections,-e,main -o "$tmp/image" "$tmp/bare.elf" "$tmp/stub.o" "$tmp/libc.c" \
            -lgcc
        arm-none-eabi-size "$tmp/image" |
            awk -v c=$config \
                'NR == 2 { print "bare, " c " limits: " $1 " text, " $2 " data, " $3 " bss" }'
    done
else
    echo 'SKIPPED bare.c for Thumb: no arm-none-eabi-gcc here'
fi

echo "bare: $passed passed, $failed failed"
[ $failed = 0 ]
