#!/bin/sh
# units_test.sh - the systemd units of port/serve, as systemd itself reads them: no fault, no
# warning, and little that the service could do besides its work. Skipped aloud without
# systemd-analyze. Last line: "units: N passed, N failed".
#
# SPDX-License-Identifier: MIT
set -u
QUOTH=${QUOTH:-build/quoth}
passed=0 failed=0
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
check() {       # NAME STATUS
    if [ "$2" = 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED $1"
        cat "$tmp/log"
    fi
}
if command -v systemd-analyze > /dev/null; then
    command=$(cd "$(dirname "$QUOTH")" && pwd)/quoth
    for unit in quoth.service quoth.socket quoth-gate.socket; do
        sed "s|/usr/bin/quoth|$command|; /^Documentation=man/d" "port/serve/$unit" > "$tmp/$unit"
    done
    for unit in quoth.service quoth.socket quoth-gate.socket; do
        SYSTEMD_UNIT_PATH="$tmp:" systemd-analyze verify "$tmp/$unit" > "$tmp/log" 2>&1
        check "B41 $unit" $?
        ! grep "$tmp\|quoth" "$tmp/log" > "$tmp/said"
        check "B41 $unit: not a word" $?
    done
    # Exposure in tenths: 15 of 100. Its bound is what "OK" ends at there.
    systemd-analyze security --offline=yes --threshold=15 --no-pager "$tmp/quoth.service" \
        > "$tmp/log" 2>&1
    check 'B41 exposure at most 1.5' $?
    # What the options in it say is understood: a manual's word for each that the unit gives.
    for option in $(sed -n 's/^#*ExecStart=//p' port/serve/quoth.service | tr ' ' '\n' \
        | grep '^--' | sort -u); do
        "$QUOTH" serve --help | grep -q -- "$option" 2> "$tmp/log"
        check "B41 $option" $?
    done
else
    echo 'SKIPPED units: no systemd-analyze here'
fi
echo "units: $passed passed, $failed failed"
[ $failed = 0 ]
