#!/bin/bash
# The round trips of a verdict by a Postfix with TLS 1.3, which sends tickets and holds its next
# answer back until they are acknowledged. Both halves run in the network namespaces of `delay`, one
# at each end of the wire.
#
#   rtt_postfix.sh server BUILD     the unbound and the Postfix of tests/e2e, at one end of the wire
#   rtt_postfix.sh client BUILD     waits for both, asks five times each, prints the least and the
#   median
#
# A busy machine only adds to it, so the least counts: 3 says that it is more than MOST, 4 that
# there is no Postfix.
# SPDX-License-Identifier: MIT
set -u
cd "$(dirname "$0")/../.." || exit 1
half=$1 build=$(cd "$2" && pwd) || exit 1
# shellcheck disable=SC2034 # lab.sh reads them
NET=10.77.0 DNSPORT=53
TRIP=50 MOST=1200       # ms; hundredths of a round trip
state=$build/rtt.state  # what the server tells the client: "up", or why not

server() {
    # shellcheck disable=SC2034
    LAB=/srv IP6='' OWN_USERS=1 ROOT=$build/deps/e2e/root
    . tests/e2e/lab.sh
    trap 'lab_down; rm -f "$state"' EXIT
    trap 'exit 0' TERM
    mount -t tmpfs tmpfs $LAB && lab_addresses && lab_begin && lab_dns \
        && lab_postfix postfix $NET.10 postfix-main.cf postfix-master.cf
    if lab_has postfix && lab_has unbound; then
        echo up > "$state"
    else
        echo "${LAB_WHY[*]-no directory, or no addresses}" > "$state"
    fi
    while sleep 1; do :; done
}

quoth() {
    "$build/quoth" --nameserver $NET.53 --allow $NET.0/24 --allow-name test \
        --helo probe.quoth.test \
        --from postmaster@probe.quoth.test --tls must --format json "$@" 2> /dev/null
}
# Hundredths of a round trip until the verdict, QUIT's answer and all: ADDRESS VERDICT; nothing for
# another verdict.
trips() {
    sed -n '/"verdict":"'"$1"'"/s/.*"total":\([0-9]*\).*/\1/p' | while read -r ms; do
        echo $((ms * 100 / TRIP))
    done
}
single() { quoth "$1" | trips "$2"; }
listed() { quoth -f - --no-wait <<< "$1" | trips "$2"; }     # by the loop of lists

measure() {     # single|listed ADDRESS VERDICT WHAT
    local -a cost
    mapfile -t cost < <(for _ in 1 2 3 4 5; do "$1" "$2" "$3"; done | sort -n)
    [ ${#cost[@]} = 5 ] || { echo "$2: ${#cost[@]} of 5 times $3"; bad=1; return; }
    printf '%-38s least %d.%02d, median %d.%02d round trips\n' \
        "$4" $((cost[0] / 100)) $((cost[0] % 100)) \
        $((cost[2] / 100)) $((cost[2] % 100))
    [ "${cost[0]}" -le $MOST ] || [ $bad = 1 ] || bad=3
}

client() {
    bad=0
    until [ -s "$state" ]; do sleep 0.1; done
    [ "$(cat "$state")" = up ] || { cat "$state"; return 4; }
    measure single bob@known.test undeliverable 'refused'
    measure single alice@known.test deliverable 'accepted, with decoy'
    measure listed bob@known.test undeliverable 'refused, in a list'
    measure listed alice@known.test deliverable 'accepted, with decoy, in a list'
    return $bad
}

"$half"
