#!/bin/sh
# size.sh FILE... - how big core is, file by file (names in core/, without .c), and whether the
# limits hold.
#
#   for x86-64 and Cortex-M3 (when its compiler is there), for the default limits and those of
#   core/small.h:
#   code and constants of each file and in all, sizeof of each machine, the deepest chain of stack
#   frames
#
# Limits, in bytes: TEXT_MAX what a Thumb linker keeps of core for verifying one address, without
# the built-in knowledge (the tables of judge, lists and names), VERIFY_MAX struct quoth_verify,
# SMALL_MAX the same for Thumb when small, STACK_MAX that chain on Thumb, DOMAIN_MAX core/domain on
# Thumb (its names are in DOMAIN), IDENTITY_MAX the machine beside it, POLICY_MAX the policy of
# MTA-STS. No data, no bss. B says where generated headers are and where to work.
#
# SPDX-License-Identifier: MIT
set -eu
TEXT_MAX=20480 VERIFY_MAX=3072 SMALL_MAX=1638 STACK_MAX=2048 DOMAIN_MAX=24576 IDENTITY_MAX=4096 \
    POLICY_MAX=2048
FLAGS="-std=c11 -Os -ffunction-sections -fdata-sections -Icore -I$B/gen"
KEEP=$(printf ',-u,%s' quoth_verify_want quoth_verify_feed quoth_verify_lend quoth_verify_host \
    quoth_judge \
    quoth_verdict_name quoth_reason_name)
passed=0 failed=0
limit() {
    if [ "$2" -le "$3" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "size: $1 is $2, more than $3"
    fi
}

# Longest path through the call graph: each node is a function with its frame, each edge a call.
stack() {
    cat "$@" | awk -F'"' '
        /^node:/ && match($0, /[0-9]+ bytes/) { own[$2] = substr($0, RSTART, RLENGTH) + 0 }
        /^edge:/ { calls[$2] = calls[$2] "\n" $4 }
        function deep(f,    i, k, c, d, best) {
            if (f in depth) return depth[f]
            depth[f] = own[f]; best = 0
            k = split(calls[f], c, "\n")
            for (i = 2; i <= k; i++) {
                d = deep(c[i])
                if (d > best) { best = d; next_of[f] = c[i] }
            }
            return depth[f] = own[f] + best
        }
        END {
            for (f in own) if (deep(f) > most) { most = deep(f); at = f }
            printf "%d", most
            for (f = at; f != ""; f = next_of[f]) {
                name = f
                sub(/.*:/, "", name)
                if (own[f]) printf " %s(%d)", name, own[f]
            }
        }'
}

measure() {     # machine, compiler, nm, size, config, flags; the files follow in $files
    dir=$B/size/$1-$5; rm -rf "$dir"; mkdir -p "$dir"
    echo "$1, $5 limits:"
    for f in $files; do
        $2 $FLAGS $6 -fstack-usage -fcallgraph-info=su -c -o "$dir/$f.o" "core/$f.c"
    done
    all=$(for f in $files; do $4 -A "$dir/$f.o" | awk -v f="$f" '
        /^\.text/ { code += $2 }
        /^\.rodata/ { tables += $2 }
        /^\.(data|bss|t?bss|tdata)/ { data += $2 }
        END { print f, code + 0, tables + 0, data + 0 }'; done)
    echo "$all" | awk '{ printf "  %-8s %6d code %6d const\n", $1, $2, $3; code += $2; const += $3 }
        END { printf "  %-8s %6d code %6d const\n", "core", code, const }'
    $2 -nostdlib -static -o "$dir/one.out" \
        -Wl,--gc-sections,--unresolved-symbols=ignore-all,-e,quoth_verify_start$KEEP \
        $(echo "$files" | tr ' ' '\n' | sed "s|.*|$dir/&.o|")
    linked=$($4 -A "$dir/one.out" | awk '/^\.(text|rodata)/ { n += $2 } END { print n }')
    knowledge=$($3 -S "$dir/one.out" | while read -r _ hex kind name; do
        case $kind$name in rjudge_* | rlists_* | rnames_*) echo $((0x$hex)); esac; done \
            | awk '{ n += $1 } END { print n + 0 }')
    words=$($4 -A "$dir/names.o" | awk '/^\.rodata\.str/ { n += $2 } END { print n + 0 }')
    core=$((linked - knowledge - words))
    echo "  for one address, without the tables of judge, lists and names: $core"
    limit "data of core ($1)" "$(echo "$all" | awk '{ n += $4 } END { print n }')" 0

    printf '#include "quoth.h"\n#define S(x) char size_of_##x[sizeof(struct quoth_##x)];\n' \
        > "$dir/sizes.c"
    for s in addr evidence lookup reply resolver route smtp verify; do
        echo "S($s)" >> "$dir/sizes.c"
    done
    $2 $FLAGS $6 -c -o "$dir/sizes.out" "$dir/sizes.c"
    sizes=$($3 -S "$dir/sizes.out" \
        | while read -r _ hex _ name; do echo "${name#size_of_} $((0x$hex))"; done | sort)
    echo "  sizeof: $(echo "$sizes" | tr '\n' ',' | sed 's/,$//; s/,/, /g')"
    verify=$(echo "$sizes" | sed -n 's/^verify //p')
    limit "struct quoth_verify ($1, $5)" "$verify" "$VERIFY_MAX"
    stack=$(stack "$dir"/*.ci)
    echo "  stack: $stack"
}

# What stands on core and is linked only where it is asked for (core/domain): its name, limit,
# files.
domain() {
    mkdir -p "$B/size/domain"
    bytes=$(for f in $3; do
        arm-none-eabi-gcc ${THUMB_FLAGS:--mthumb -mcpu=cortex-m3} $FLAGS -Icore/domain -c \
            -o "$B/size/domain/${f##*/}.o" "core/$f.c"
        arm-none-eabi-size "$B/size/domain/${f##*/}.o" \
            | awk -v f="$f" 'NR > 1 { print f, $1, $2 + $3 }'; done)
    echo "on top of core (thumb):"
    echo "$bytes" | awk -v name="$1" \
        '{ printf "  %-20s %6d\n", $1, $2; n += $2 } END { printf "  %-20s %6d\n", name, n }'
    limit "core/domain, $1 (thumb)" "$(echo "$bytes" | awk '{ n += $2 } END { print n }')" "$2"
    limit "data of core/domain, $1 (thumb)" "$(echo "$bytes" | awk '{ n += $3 } END { print n }')" 0
}

files=$*
[ $# -gt 0 ]
for config in default small; do
    flags=; if [ $config = small ]; then flags='-Icore -DQUOTH_CONFIG="small.h"'; fi
    measure x86-64 "${CC:-cc} -fno-pie" nm size $config "$flags"
    if command -v arm-none-eabi-gcc > /dev/null; then
        measure thumb "arm-none-eabi-gcc ${THUMB_FLAGS:--mthumb -mcpu=cortex-m3}" arm-none-eabi-nm \
            arm-none-eabi-size $config "$flags"
        limit "core for one address (thumb, $config)" "$core" "$TEXT_MAX"
        limit "stack (thumb, $config)" "${stack%% *}" "$STACK_MAX"
        if [ $config = small ]; then
            limit "struct quoth_verify (thumb, small)" "$verify" "$SMALL_MAX"
        fi
    else
        echo \
            "size: arm-none-eabi-gcc is not installed (Debian: gcc-arm-none-eabi "\
"libnewlib-arm-none-eabi)"
        failed=$((failed + 1))
    fi
done
if command -v arm-none-eabi-gcc > /dev/null; then
    domain domain $DOMAIN_MAX "$DOMAIN"
    domain policy $POLICY_MAX "$POLICY"
    domain identity $IDENTITY_MAX "$IDENTITY"
    . tests/firmware_size.sh
    firmware_rows
fi
# The file of `make static`, if it is built: tests/cross_test.sh builds it and has its limit.
for f in "$B"/static/*/quoth; do
    if [ -f "$f" ]; then
        printf 'static command, %s: %d\n' "$(basename "$(dirname "$f")")" "$(wc -c < "$f")"
    fi
done
echo "size: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
