#!/bin/sh
# purity.sh BINARY OBJECT... - rules 1 and 6 of core/README.md, asked of what the compiler made.
#
#   core objects   undefined symbols: core's own, six memory functions, compiler helpers; no data,
#   no bss
#   the command    no string that is a command to send mail, log in or list people
#
# SPDX-License-Identifier: MIT
set -eu
bin=$1; shift
passed=0 failed=0
verdict() {
    if [ -z "$2" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "purity: $1: $2"
    fi
}

for o; do
    verdict "$o calls" "$(nm -u "$o" | awk '$2 !~ /^(quoth_.*|mem(cpy|set|cmp|chr|move)|strlen)$/ &&
        $2 !~ /^(_GLOBAL_OFFSET_TABLE_|__stack_chk_fail|__aeabi_.*)$/ &&
        $2 !~ /^(__.*[sdt]i[34]|__(asan|ubsan|gcov|llvm).*)$/ { print $2 }' \
            | xargs)"
    verdict "$o keeps state" "$(size -A "$o" \
        | awk \
        '/^\.(data|bss|tdata|tbss|sdata|sbss)/ && $1 !~ /^\.data\.rel\.ro/ && $2 > 0 { print $1, '\
'$2 }')"
done

words='DATA|BDAT|AUTH|VRFY|EXPN'
for f in "$bin" "$@"; do
    verdict "$f speaks" "$(strings -a -n 4 "$f" | grep -E "^($words)( [A-Z0-9<%].*)?\$" | xargs)"
done

echo "purity: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
