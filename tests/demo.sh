#!/bin/sh
# demo.sh - a dozen addresses checked against `quoth sandbox`, as a table. Called by `make demo`.
# SPDX-License-Identifier: MIT
set -u
QUOTH=${QUOTH:-build/quoth}
out=$(mktemp) || exit 1
pid=
trap '[ -z "$pid" ] || kill "$pid" 2> /dev/null; rm -f "$out"' EXIT
trap 'exit 130' INT TERM HUP

"$QUOTH" sandbox --port 0 --quiet > "$out" &
pid=$!
until grep -q '^ready: ' "$out"; do
    kill -0 "$pid" 2> /dev/null || { echo "demo: the sandbox did not start" >&2; exit 1; }
    sleep 0.05
done
port=$(sed -n 's/^ready: .*port \([0-9]*\).*/\1/p' "$out")

# member JSON PATTERN: what the group in the pattern matches.
member() { printf '%s\n' "$1" | sed -n "s/^.*$2.*\$/\1/p"; }

echo
echo 'Servers of our own are up on loopback: a DNS server, and mail servers of many kinds.'
echo
printf '%-22s %-14s %-17s %-54s %7s\n' ADDRESS VERDICT REASON "THE SERVER'S WORDS" TIME
bad=0
for address in jane@good.test nobody@good.test full@good.test disabled@good.test \
    greylisted@good.test any@catchall.test \
    jane@tlsmust.test jane@deadfirst.test jane@implicit.test jane@blocked.test jane@nullmx.test \
    jane@nosuch.test; do
    json=$("$QUOTH" --sandbox="$port" --format json "$address")
    [ $? -le 3 ] || bad=1
    code=$(member "$json" '"code":\([0-9][0-9]*\)')
    enhanced=$(member "$json" '"enhanced":"\([0-9.]*\)"')
    text=$(member "$json" '"text":"\([^"]*\)"')
    printf '%-22s %-14s %-17s %-54.54s %4s ms\n' "$address" "$(member "$json" \
        '"verdict":"\([a-z]*\)"')" \
        "$(member "$json" '"reason":"\([a-z0-9_]*\)"')" \
        "${code:+$code }${enhanced:+$enhanced }${text:-(none was asked: the DNS says it all)}" \
        "$(member "$json" '"total":\([0-9]*\)')"
done
kill "$pid"
wait "$pid" || bad=1
pid=

cat <<END

All of it: $QUOTH sandbox     prints every address it knows and serves until Ctrl-C;
           then, elsewhere,
           $QUOTH --sandbox --explain full@good.test
           $QUOTH serve --sandbox    and http://127.0.0.1:8025/ is a page to check addresses on
Your own:  $QUOTH --dns-only jane@example.com
           $QUOTH --helo NAME --from ADDRESS jane@example.com
NAME is this machine's name in the DNS, ADDRESS a mailbox of yours:
a mail server wants to know who asks.
END
exit $bad
