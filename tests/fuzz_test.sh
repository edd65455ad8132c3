#!/bin/sh
# Every harness reads its committed seeds once, under the sanitizers. Last line: "fuzz: N passed, N
# failed".
# SPDX-License-Identifier: MIT
set -u
B=${B:-build}
passed=0 failed=0
for t in $("${MAKE:-make}" -s --no-print-directory show-FUZZ); do
    if [ -z "$(ls fuzz/corpus/"$t" 2> /dev/null)" ]; then
        echo "FAILED $t: no seeds in fuzz/corpus/$t"; failed=$((failed + 1))
    elif "$B/replay/$t" "fuzz/corpus/$t" > /dev/null; then passed=$((passed + 1))
    else echo "FAILED $t: $B/replay/$t fuzz/corpus/$t"; failed=$((failed + 1)); fi
done
echo "fuzz: $passed passed, $failed failed"
[ $failed = 0 ]
