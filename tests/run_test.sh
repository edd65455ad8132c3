#!/bin/sh
# run_test.sh - tests/run itself: what it adds up, what it takes for a failure, what runs beside
# what. Last line: "run: N passed, N failed".
# SPDX-License-Identifier: MIT
set -u
passed=0 failed=0
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

says() {        # says NAME STATUS LAST-LINE SUITE...: how tests/run ends, and its last line
    name=$1 status=$2 last=$3
    shift 3
    tests/run "$@" > "$dir/log" 2>&1
    got="$? $(tail -n 1 "$dir/log")"
    if [ "$got" = "$status $last" ]; then passed=$((passed + 1))
    else failed=$((failed + 1)); echo "FAILED $name: $got, not $status $last"; cat "$dir/log"; fi
}
suite() { cat > "$dir/$1"; }

says 'suites add up' 0 '3 passed, 0 failed' \
    'echo a: 1 passed, 0 failed' 'echo b: 2 passed, 0 failed'
says 'a failure is one' 1 '1 passed, 2 failed' 'echo a: 1 passed, 2 failed'
says 'no suite is a failure' 1 '0 passed, 1 failed'
says 'a suite that says nothing' 1 '0 passed, 1 failed' true
says 'one that tested nothing' 1 '0 passed, 1 failed' 'echo a: 0 passed, 0 failed'
suite crashed << 'END'
echo 'a: 4 passed, 0 failed'
kill -SEGV $$
END
says 'one that crashed behind its last line' 1 '4 passed, 1 failed' "sh $dir/crashed"
suite skips << 'END'
echo 'SKIPPED b: no such thing here'
echo 'a: 1 passed, 0 failed'
END
unset CI
says 'one that skipped something' 0 '1 passed, 0 failed' "sh $dir/skips"
export CI=true
says 'the same where CI is set' 1 '1 passed, 1 failed' "sh $dir/skips"
unset CI
export TEST_TIME_MAX=1
says 'one that hangs' 1 '0 passed, 1 failed' 'sleep 1000'
export TEST_TIME_MAX=600

# Each waits for the other: they run beside each other, or not to an end.
suite meet << 'END'
: > "$0.$1"
until [ -e "$0.$2" ]; do sleep 0.05; done
echo "$1: 1 passed, 0 failed"
END
JOBS=2; export JOBS
says 'two at a time' 0 '2 passed, 0 failed' "sh $dir/meet a b" "sh $dir/meet b a"

# Only one at a time may have the directory.
suite alone << 'END'
mkdir "$0.mine" || exit 1
sleep 0.2
rmdir "$0.mine"
echo 'alone: 1 passed, 0 failed'
END
JOBS=3
says 'those of a word never' 0 '3 passed, 0 failed' \
    "mine: sh $dir/alone" "mine: sh $dir/alone" "mine: sh $dir/alone"

echo "run: $passed passed, $failed failed"
[ $failed = 0 ]
