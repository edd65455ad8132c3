#!/bin/sh
# size.sh FILE... - how big core is, file by file (names in core/, without .c), and whether the limits hold.
#
#   for x86-64 and Cortex-M3 (when its compiler is there), for the default limits and those of port/small.h:
#   code and constants of each file and in all, sizeof of each machine, the deepest chain of stack frames
#
# Limits, in bytes: TEXT_MAX a Thumb core without its built-in knowledge (all of judge, the tables of lists), VERIFY_MAX
# struct quoth_verify, SMALL_MAX the same for Thumb when small, STACK_MAX that chain on Thumb. No data, no bss.
# B says where generated headers are and where to work.
#
# SPDX-License-Identifier: MIT
set -eu
TEXT_MAX=20480 VERIFY_MAX=3072 SMALL_MAX=1638 STACK_MAX=2048
FLAGS="-std=c11 -Os -ffunction-sections -Icore -I$B/gen"
passed=0 failed=0
limit() {
    if [ "$2" -le "$3" ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "size: $1 is $2, more than $3"; fi
}

# Longest path through the call graph: each node is a function with its frame, each edge a call.
stack() {
    cat "$@" | awk -F'"' '
        /^node:/ { n = $4; sub(/\\n.*/, "", n); if (match($0, /[0-9]+ bytes/)) own[$2] = substr($0, RSTART, RLENGTH) + 0 }
        /^edge:/ { calls[$2] = calls[$2] "\n" $4 }
        function deep(f,    i, k, c, d, best) {
            if (f in depth) return depth[f]
            depth[f] = own[f]; best = 0
            k = split(calls[f], c, "\n")
            for (i = 2; i <= k; i++) { d = deep(c[i]); if (d > best) { best = d; next_of[f] = c[i] } }
            return depth[f] = own[f] + best
        }
        END {
            for (f in own) if (deep(f) > most) { most = deep(f); at = f }
            printf "%d", most
            for (f = at; f != ""; f = next_of[f]) if (own[f]) { name = f; sub(/.*:/, "", name); printf " %s(%d)", name, own[f] }
        }'
}

measure() {     # machine, compiler, nm, size, config, flags; the files follow in $files
    dir=$B/size/$1-$5; rm -rf "$dir"; mkdir -p "$dir"
    echo "$1, $5 limits:"
    for f in $files; do $2 $FLAGS $6 -fstack-usage -fcallgraph-info=su -c -o "$dir/$f.o" "core/$f.c"; done
    all=$(for f in $files; do $4 -A "$dir/$f.o" | awk -v f="$f" '
        /^\.text/ { code += $2 } /^\.rodata/ { tables += $2 } /^\.(data|bss|t?bss|tdata)/ { data += $2 }
        END { print f, code + 0, tables + 0, data + 0 }'; done)
    echo "$all" | awk '{ printf "  %-8s %6d code %6d const\n", $1, $2, $3; code += $2; const += $3 }
        END { printf "  %-8s %6d code %6d const\n", "core", code, const }'
    core=$(echo "$all" | awk '$1 != "judge" { n += $2 + ($1 == "lists" ? 0 : $3) } END { print n }')
    echo "  without judge and the tables of lists: $core"
    limit "data of core ($1)" "$(echo "$all" | awk '{ n += $4 } END { print n }')" 0

    printf '#include "quoth.h"\n#define S(x) char size_of_##x[sizeof(struct quoth_##x)];\n' > "$dir/sizes.c"
    for s in addr evidence lookup reply resolver route smtp verify; do echo "S($s)" >> "$dir/sizes.c"; done
    $2 $FLAGS $6 -c -o "$dir/sizes.out" "$dir/sizes.c"
    sizes=$($3 -S "$dir/sizes.out" | while read -r _ hex _ name; do echo "${name#size_of_} $((0x$hex))"; done | sort)
    echo "  sizeof: $(echo "$sizes" | tr '\n' ',' | sed 's/,$//; s/,/, /g')"
    verify=$(echo "$sizes" | sed -n 's/^verify //p')
    limit "struct quoth_verify ($1, $5)" "$verify" "$VERIFY_MAX"
    stack=$(stack "$dir"/*.ci)
    echo "  stack: $stack"
}

files=$*
[ $# -gt 0 ]
for config in default small; do
    flags=; if [ $config = small ]; then flags='-Iport -DQUOTH_CONFIG="small.h"'; fi
    measure x86-64 "${CC:-cc} -fno-pie" nm size $config "$flags"
    if command -v arm-none-eabi-gcc > /dev/null; then
        measure thumb "arm-none-eabi-gcc -mthumb -mcpu=cortex-m3" arm-none-eabi-nm arm-none-eabi-size $config "$flags"
        limit "core without judge and the tables of lists (thumb, $config)" "$core" "$TEXT_MAX"
        limit "stack (thumb, $config)" "${stack%% *}" "$STACK_MAX"
        if [ $config = small ]; then limit "struct quoth_verify (thumb, small)" "$verify" "$SMALL_MAX"; fi
    else
        echo "size: arm-none-eabi-gcc is not installed (Debian: gcc-arm-none-eabi libnewlib-arm-none-eabi)"; failed=$((failed + 1))
    fi
done
echo "size: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
