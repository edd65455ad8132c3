#!/bin/sh
# One engine that does not end: ten million addresses of a million domains go through it, every
# answer is right and memory stays what it was after the first million. Then an interactive address
# every 5 ms, alone and beside a list of a million: how long its answer takes. "few hosts": 200
# addresses, one conversation each at a time.
#
#   B=build sh tests/bench/soak.sh [tenth]      tenth: a tenth of the first part alone, for make
#   check
#
# SPDX-License-Identifier: MIT
set -eu
B=${B:-build}
T=$(mktemp -d)
server=
unserve() {
    if [ -n "$server" ]; then
        kill "$server" 2>/dev/null && wait "$server" 2>/dev/null || :
    fi
    server=
}
finish() { unserve; rm -rf "$T"; }
trap finish EXIT INT TERM

# serve OPTIONS: a responder on free ports; its addresses for soak in $at
serve() {
    rm -f "$T/ports"
    "$B/bench/responder" --port 0 --dns-port 0 --ride "$@" > "$T/ports" & server=$!
    while ! grep -qs smtp "$T/ports"; do kill -0 "$server" || exit 1; sleep 0.1; done
    at="127.0.0.1:$(sed -n 's/^dns //p' "$T/ports") $(sed -n 's/^smtp //p' "$T/ports")"
}
value() { tr ' ' '\n' < "$1" | sed -n "s/^$2=//p"; }

# waits NAME OPTIONS: how long an interactive address waits
waits() {
    name=$1; shift
    # shellcheck disable=SC2086
    "$B/bench/soak" $at --interactive 5 --alone 2000 "$@" > "$T/alone" || bad=1
    # shellcheck disable=SC2086
    "$B/bench/soak" $at --interactive 5 --addresses 1000000 --domains 100000 "$@" > "$T/beside" \
        || bad=1
    printf '%-44s alone p50 %s ms, p99 %s ms   beside a list p50 %s ms, p99 %s ms\n' "$name" \
        "$(value "$T/alone" p50_ms)" "$(value "$T/alone" p99_ms)" \
        "$(value "$T/beside" p50_ms)" "$(value "$T/beside" p99_ms)"
    awk -v a="$(value "$T/alone" p99_ms)" -v b="$(value "$T/beside" p99_ms)" \
        'BEGIN { exit b - a > 50 }' ||
        { echo "$name: more than 50 ms later at the 99th percentile"; bad=1; }
}

bad=0
serve
if [ "${1:-}" = tenth ]; then
    # shellcheck disable=SC2086
    if "$B/bench/soak" $at --addresses 1000000 --domains 100000 --remember 4096 > "$T/out"; then
        echo "soak: 1 passed, 0 failed"
    else
        cat "$T/out"
        echo "soak: 0 passed, 1 failed"
        bad=1
    fi
    exit $bad
fi
# shellcheck disable=SC2086
"$B/bench/soak" $at || bad=1
waits "interactive, one host"
unserve
serve --nets 200
waits "interactive, few hosts" --per-host 1
exit $bad
