#!/bin/bash
# gateway.sh - a real Postfix and a real Exim ask `quoth serve --gate`, whose inner servers are the sandbox.
#
#   tests/e2e/gateway.sh [BUILD]
#
# Everything runs in namespaces of its own; without root it is skipped, loudly. Each line of `rows` is an RCPT to one face
# of that Postfix (gateway-master.cf) and how its reply must begin. Last line: "gateway-e2e: N passed, N failed".
# SPDX-License-Identifier: MIT
[ -n "${BASH_VERSION-}" ] || exec bash "$0" "$@"
set -u
cd "$(dirname "$0")/../.." || exit 1
passed=0 failed=0

end() { echo "gateway-e2e: $passed passed, $failed failed"; [ $failed = 0 ]; exit; }

if [ "${1-}" != --inside ]; then
    build=${1:-build}
    tests/e2e/fetch.sh "$build/deps/e2e" || echo 'gateway-e2e: some servers are missing'
    unshare -n -m -p -f --mount-proc --kill-child true 2> /dev/null && [ "$(id -u)" = 0 ] ||
        { echo 'SKIPPED gateway-e2e: it needs root and namespaces'; end; }
    exec timeout --foreground -k 2 900 unshare -n -m -p -f --mount-proc --kill-child "$BASH" tests/e2e/gateway.sh --inside "$build"
fi

QUOTH=$PWD/$2/quoth ROOT=$PWD/$2/deps/e2e/root
# shellcheck disable=SC2034 # of lab.sh
LAB=/srv NET=127.0.66 IP6='' DNSPORT=53 OWN_USERS=1
# shellcheck source=tests/e2e/lab.sh
. tests/e2e/lab.sh
tests=$PWD/tests/e2e
LIBS=$(printf '%s:' "$ROOT"/usr/lib/postfix "$ROOT"/usr/lib/*-linux-* "$ROOT"/lib/*-linux-*)

check() {       # check NAME WHAT-CAME HOW-IT-BEGINS
    case $2 in
    "$3"*) passed=$((passed + 1));;
    *) failed=$((failed + 1)); echo "FAILED $1: $2"; echo "    not: $3";;
    esac
}

rcpt() {        # rcpt FACE ADDRESS: the reply to RCPT
    local line reply='' command
    exec 3<> "/dev/tcp/$NET.$1/25" || return
    for command in 'EHLO client.test' 'MAIL FROM:<a@client.test>' "RCPT TO:<$2>" RSET QUIT; do
        while read -r line <&3; do [ "${line:3:1}" = - ] || break; done
        [ "$command" != RSET ] || reply=$line
        printf '%s\r\n' "$command" >&3
    done
    read -r line <&3
    exec 3>&-
    echo "${reply%$'\r'}"
}

ip link set lo up
mount -t tmpfs tmpfs "$LAB" && mkdir -p "$LAB/log" && chmod 755 "$LAB"
lab_users || { echo 'SKIPPED gateway-e2e: no accounts of its own here'; end; }

"$QUOTH" sandbox --port 2525 --quiet > "$LAB/log/sandbox" 2>&1 < /dev/null &
until grep -q '^ready' "$LAB/log/sandbox"; do kill -0 $! || end; sleep 0.05; done
serve() {
    "$QUOTH" serve --sandbox --gate "unix:$LAB/gate" --gate "127.0.66.1:8026" --gate-domain good.test \
        --gate-domain blocked.test --gate-domain nosuch.test --gate-domain nullmx.test 2>> "$LAB/log/serve" < /dev/null &
    server=$!
    until [ -S "$LAB/gate" ]; do kill -0 $server || end; sleep 0.05; done
    chgrp daemon "$LAB/gate"
}
serve

name=gateway
lab_postfix gateway "$NET.10" gateway-main.cf gateway-master.cf
if lab_has gateway; then
    while read -r face address want; do
        [ -z "$face" ] || check "Y05 .$face $address" "$(rcpt "$face" "$address")" "$want"
    done <<- 'rows'
	10 jane@good.test 250 2.1.5
	10 nobody@good.test 550 5.1.1 <nobody@good.test>: Recipient address rejected: no such mailbox (
	10 x@nosuch.test 550 5.1.2 <x@nosuch.test>: Recipient address rejected: no such domain (
	10 x@nullmx.test 556 5.1.0 <x@nullmx.test>: Recipient address rejected: recipient domain takes no mail (
	10 x@blocked.test 450 4.2.1 <x@blocked.test>: Recipient address rejected: address is being verified
	10 x@elsewhere.test 554 5.7.1
	11 jane@good.test 250 2.1.5
	11 nobody@good.test 550 5.1.1 <nobody@good.test>: Recipient address rejected: User unknown in relay recipient table
	11 x@blocked.test 451 4.3.0 <x@blocked.test>: Temporary lookup failure
	12 jane@good.test 250 2.1.5
	12 nobody@good.test 550 5.1.1 <nobody@good.test>: Recipient address rejected: no such mailbox (
	12 x@blocked.test 450 4.2.1 <x@blocked.test>: Recipient address rejected: address is being verified
	13 jane@good.test 250 2.1.5
	13 nobody@good.test 550 5.1.1 <nobody@good.test>: Recipient address rejected: no such mailbox (
	13 x@nullmx.test 556 5.1.0
rows
    # Nothing of ours is there: Postfix goes on without it.
    kill -KILL $server
    wait $server 2> /dev/null
    check 'Y06 gateway gone, policy' "$(rcpt 10 new@good.test)" '250 2.1.5'
    rm -f "$LAB/gate"
    serve
    check 'Y06 back again' "$(rcpt 10 nobody@good.test)" '550 5.1.1'
else
    echo "SKIPPED Postfix: ${LAB_WHY[gateway]-}"
fi

: > "$LAB/exim.conf"
exim=$(lab_find /usr/sbin/exim4) || exim=
ask() { LD_LIBRARY_PATH=$LIBS "$exim" -C "$LAB/exim.conf" -be "\${readsocket{$1}{rcpt $2\\n}{5s}{}{unknown}}" 2>&1; }
if [ -n "$exim" ]; then
    check 'Y05 readsocket yes' "$(ask "$LAB/gate" jane@good.test)" 'deliverable'
    check 'Y05 readsocket no' "$(ask "$LAB/gate" nobody@good.test)" 'undeliverable user_unknown 550 5.1.1 ('
    check 'Y05 readsocket over TCP' "$(ask inet:127.0.66.1:8026 nobody@good.test)" 'undeliverable user_unknown'
    check 'Y05 readsocket not known' "$(ask "$LAB/gate" x@blocked.test)" 'unknown verifying'
    check 'Y05 readsocket not ours' "$(ask "$LAB/gate" x@elsewhere.test)" 'skipped'
    kill -TERM $server
    wait $server
    check 'Y06 readsocket gone' "$(ask "$LAB/gate" jane@good.test)" 'unknown'
else
    echo 'SKIPPED Exim: not found'
fi
lab_down
[ $failed = 0 ] || tail -n 20 "$LAB/log/serve" "$LAB/log/gateway"
end
