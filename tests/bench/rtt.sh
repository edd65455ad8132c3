#!/bin/sh
# Round trips a verdict costs: in the simulated world, over real sockets, and with a real server,
# which wants root.
# SPDX-License-Identifier: MIT
set -eu
B=${B:-build}
echo "simulated world, 50 ms each way:"
"$B/bench/rtt"
echo "real sockets, 50 ms each way:"
for address in joe@good.org user@good.org; do
    out=$("$B/bench/delay" 50 -- "$B/bench/responder" --ip 10.77.0.1 --port 25 --dns-port 53 -- \
          "$B/quoth" --nameserver 10.77.0.1 --allow 10.77.0.0/24 --helo probe.sender.org \
          --from me@sender.org \
          --format json "$address") || :
    # took in ms, from the record; a round trip is 100 ms
    took=$(printf '%s\n' "$out" | sed -n 's/.*"total":\([0-9]*\).*/\1/p')
    verdict=$(printf '%s\n' "$out" | sed -n 's/.*"verdict":"\([a-z]*\)".*/\1/p')
    [ -n "$took" ] || { echo "no answer for $address: $out"; exit 1; }
    printf '%-38s %-14s %d.%02d round trips (%d ms)\n' "$address" \
        "$verdict" $((took / 100)) $((took % 100)) "$took"
    case $address,$verdict in
        joe*,undeliverable | user*,deliverable) ;;
        *) echo "$address: that is not what it is"; exit 1 ;;
    esac
    [ $((took / 100)) -le 7 ] || { echo "$address: more than 7 round trips"; exit 1; }
done

echo "a Postfix with TLS 1.3 over real sockets, 25 ms each way:"
tests/e2e/fetch.sh "$B/deps/e2e" || :
code=0
"$B/bench/delay" 25 -- unshare -m bash tests/bench/rtt_postfix.sh server "$B" -- \
    bash tests/bench/rtt_postfix.sh client "$B" || code=$?
[ $code != 3 ] || echo "more than 12.00 round trips"
[ $code = 0 ] || [ $code = 4 ] || exit 1
