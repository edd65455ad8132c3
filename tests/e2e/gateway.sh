#!/bin/bash
# gateway.sh - a real Postfix and a real Exim ask `quoth serve --gate`, whose inner servers are the
# sandbox.
#
#   tests/e2e/gateway.sh [BUILD]
#
# Everything runs in namespaces of its own; without root it is skipped, loudly. Each line of `rows`
# is an RCPT to one face of that Postfix (gateway-master.cf) and how its reply must begin. Last
# line: "gateway-e2e: N passed, N failed".
# SPDX-License-Identifier: MIT
[ -n "${BASH_VERSION-}" ] || exec bash "$0" "$@"
set -u
cd "$(dirname "$0")/../.." || exit 1
passed=0 failed=0

# What did not start was not tested, and that is no pass.
dead() { failed=$((failed + 1)); echo "FAILED $1 did not start"; cat "$LAB/log/$1"; end; }
end() { echo "gateway-e2e: $passed passed, $failed failed"; [ $failed = 0 ]; exit; }

if [ "${1-}" != --inside ]; then
    build=${1:-build}
    tests/e2e/fetch.sh "$build/deps/e2e" || echo 'gateway-e2e: some servers are missing'
    unshare -n -m -p -f --mount-proc --kill-child true 2> /dev/null && [ "$(id -u)" = 0 ] ||
        { echo 'SKIPPED gateway-e2e: it needs root and namespaces'; end; }
    exec timeout --foreground -k 2 2000 unshare -n -m -p -f --mount-proc \
        --kill-child "$BASH" tests/e2e/gateway.sh --inside "$build"
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

rcpt() {        # rcpt FACE ADDRESS SENDER: the reply to RCPT
    local line reply='' command
    exec 3<> "/dev/tcp/$NET.$1/25" || return
    for command in 'EHLO client.test' "MAIL FROM:<${3-a@client.test}>" "RCPT TO:<$2>" RSET QUIT; do
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
until grep -q '^ready' "$LAB/log/sandbox"; do kill -0 $! || dead sandbox; sleep 0.05; done
serve() {
    "$QUOTH" serve --sandbox --gate "unix:$LAB/gate" --gate "127.0.66.1:8026" \
        --gate-domain good.test \
        --gate-domain blocked.test --gate-domain nosuch.test --gate-domain nullmx.test --callback \
        --gate-defer full --gate-refuse disabled \
        2>> "$LAB/log/serve" < /dev/null &
    server=$!
    until [ -S "$LAB/gate" ]; do kill -0 $server || dead serve; sleep 0.05; done
    chgrp daemon "$LAB/gate"
    chmod 666 "$LAB/gate" # Exim and Sendmail are others
}
serve

# What contrib/ has, for the paths of this lab.
contrib() {
    sed "s|unix:quoth/gate|unix:$LAB/gate|; s|/run/quoth/gate|$LAB/gate|" "port/gateway/contrib/$1"
}
name=gateway
lab_write() {   # as lab.sh has it, and the lines of contrib behind main.cf
    sed -e "s|@LAB@|$LAB|g; s|@NET@|$NET|g; s|@POSTFIX@|${POSTFIX-}|g; s|@NAME@|${name-}|g" \
        "$LAB_HERE/$1" > "$2"
    [ "$1" != gateway-main.cf ] || contrib postfix.cf >> "$2"
}
lab_postfix gateway "$NET.10" gateway-main.cf gateway-master.cf
if lab_has gateway; then
    rejected='Recipient address rejected'
    while read -r face address want; do
        [ -z "$face" ] \
            || check "Y05 .$face $address" "$(rcpt "$face" "$address")" "${want/REJECTED/$rejected}"
    done <<- 'rows'
	10 jane@good.test 250 2.1.5
	10 nobody@good.test 550 5.1.1 <nobody@good.test>: Recipient address rejected: no such mailbox (
	10 x@nosuch.test 550 5.1.2 <x@nosuch.test>: Recipient address rejected: no such domain (
	10 x@nullmx.test 556 5.1.0 <x@nullmx.test>: REJECTED: recipient domain takes no mail (
	10 x@blocked.test 450 4.2.1 <x@blocked.test>: Recipient address rejected: address is being verified
	10 x@elsewhere.test 554 5.7.1
	10 full@good.test 450 4.2.2 <full@good.test>: REJECTED: mailbox is full (
	10 disabled@good.test 550 5.2.1 <disabled@good.test>: REJECTED: mailbox is disabled (
	11 full@good.test 250 2.1.5
	11 disabled@good.test 250 2.1.5
	12 full@good.test 450 4.2.2
	12 disabled@good.test 550 5.2.1 <disabled@good.test>: REJECTED: mailbox is disabled (
	13 full@good.test 450 4.2.2 <full@good.test>: REJECTED: mailbox is full (
	13 disabled@good.test 550 5.2.1 <disabled@good.test>: REJECTED: mailbox is disabled (
	11 jane@good.test 250 2.1.5
	11 nobody@good.test 550 5.1.1 <nobody@good.test>: REJECTED: User unknown in relay recipient table
	11 x@blocked.test 451 4.3.0 <x@blocked.test>: Temporary lookup failure
	12 jane@good.test 250 2.1.5
	12 nobody@good.test 550 5.1.1 <nobody@good.test>: Recipient address rejected: no such mailbox (
	12 x@blocked.test 450 4.2.1 <x@blocked.test>: Recipient address rejected: address is being verified
	13 jane@good.test 250 2.1.5
	13 nobody@good.test 550 5.1.1 <nobody@good.test>: Recipient address rejected: no such mailbox (
	13 x@nullmx.test 556 5.1.0
rows
    check 'Y10 a sender there is' "$(rcpt 15 x@good.test jane@good.test)" '250 2.1.5'
    check 'Y10 a sender there is not' "$(rcpt 15 x@good.test nobody@good.test)" \
        '550 5.1.7 <nobody@good.test>: Sender address rejected: sender address does not exist ('
    check 'Y10 a sender of no domain' "$(rcpt 15 x@good.test x@nosuch.test)" '550 5.1.8'
    check 'Y10 a sender not known' "$(rcpt 15 x@good.test x@blocked.test)" '250 2.1.5'
    check 'Y12 a sender that is disabled' "$(rcpt 15 x@good.test disabled@good.test)" '250 2.1.5'
    check 'Y10 the null sender' "$(rcpt 15 x@good.test '')" '250 2.1.5'
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

# A real Sendmail, with the lines of contrib/sendmail.mc. Its senders must have a domain that it can
# look up, or none.
sendmail=$(lab_find /usr/libexec/sendmail/sendmail) && m4=$(lab_find /usr/bin/m4) || sendmail=
if [ -n "$sendmail" ]; then
    mkdir -p "$LAB/sendmail/queue" && chmod 700 "$LAB/sendmail/queue"
    : > "$LAB/sendmail/aliases"
    {
        sed "s|@LAB@|$LAB|g; s|@NET@|$NET|g" tests/e2e/sendmail.mc
        contrib sendmail.mc
    } > "$LAB/sendmail/quoth.mc"
    cf=$ROOT/usr/share/sendmail/cf/; [ -d "$cf" ] || cf=/usr/share/sendmail/cf/
    "$m4" -D_CF_DIR_="$cf" "$cf/m4/cf.m4" "$LAB/sendmail/quoth.mc" > "$LAB/sendmail/sendmail.cf" \
        2> "$LAB/log/m4"
    lab_start sendmail "$NET.14" 25 "$sendmail" -C "$LAB/sendmail/sendmail.cf" -bD
    if lab_has sendmail; then
        check 'Y05 Sendmail yes' "$(rcpt 14 jane@good.test '')" '250 2.1.5'
        check 'Y05 Sendmail no' "$(rcpt 14 nobody@good.test '')" \
            '550 5.1.1 <nobody@good.test>... no such mailbox'
        check 'Y05 Sendmail no domain' "$(rcpt 14 x@nosuch.test '')" '550 5.1.1'
        check 'Y11 Sendmail full' "$(rcpt 14 full@good.test '')" '250 2.1.5'
        check 'Y12 Sendmail disabled' "$(rcpt 14 disabled@good.test '')" '250 2.1.5'
        check 'Y05 Sendmail not known' "$(rcpt 14 x@blocked.test '')" '451 4.2.1'
        check 'Y05 Sendmail not ours' "$(rcpt 14 x@elsewhere.test '')" '250 2.1.5'
        mv "$LAB/gate" "$LAB/gone"
        check 'Y06 Sendmail without us' "$(rcpt 14 jane@good.test '')" '451 4.'
        mv "$LAB/gone" "$LAB/gate"
        check 'Y06 Sendmail with us again' "$(rcpt 14 jane@good.test '')" '250 2.1.5'
    else
        echo "SKIPPED Sendmail: ${LAB_WHY[sendmail]-}"
    fi
else
    echo 'SKIPPED Sendmail: not found'
fi

# A real Exim, with the lines of contrib/exim.acl.
exim=$(lab_find /usr/sbin/exim4) || exim=
if [ -n "$exim" ]; then
    {
        sed "s|@LAB@|$LAB|g; s|@NET@|$NET|g" tests/e2e/gateway-exim.conf
        contrib exim.acl
        printf '  accept\n'
    } > "$LAB/acl.conf"
    mkdir -p "$LAB/exim" && chown Debian-exim "$LAB/exim"
    lab_start eximgate "$NET.16" 25 "$exim" -C "$LAB/acl.conf" -bdf
    if lab_has eximgate; then
        check 'Y05 Exim yes' "$(rcpt 16 jane@good.test)" '250 '
        check 'Y05 Exim no' "$(rcpt 16 nobody@good.test)" '550 no such mailbox'
        check 'Y11 Exim full' "$(rcpt 16 full@good.test)" '451 mailbox is full'
        check 'Y12 Exim disabled' "$(rcpt 16 disabled@good.test)" '550 5.2.1 mailbox is disabled'
        check 'Y05 Exim not known' "$(rcpt 16 x@blocked.test)" '451 address is being verified'
        check 'Y05 Exim not ours' "$(rcpt 16 x@elsewhere.test)" '250 '
    else
        echo "SKIPPED Exim's ACL: ${LAB_WHY[eximgate]-}"
    fi
fi
: > "$LAB/exim.conf"
ask() {
    LD_LIBRARY_PATH=$LIBS "$exim" -C "$LAB/exim.conf" -be \
        "\${readsocket{$1}{rcpt $2\\n}{5s}{}{unknown}}" 2>&1
}
if [ -n "$exim" ]; then
    check 'Y05 readsocket yes' "$(ask "$LAB/gate" jane@good.test)" 'deliverable'
    check 'Y05 readsocket no' "$(ask "$LAB/gate" nobody@good.test)" \
        'undeliverable user_unknown 550 5.1.1 ('
    check 'Y05 readsocket over TCP' "$(ask inet:127.0.66.1:8026 nobody@good.test)" \
        'undeliverable user_unknown'
    check 'Y11 readsocket full' "$(ask "$LAB/gate" full@good.test)" 'risky mailbox_full 4.2.2 ('
    check 'Y12 readsocket disabled' "$(ask "$LAB/gate" disabled@good.test)" \
        'risky mailbox_disabled 550 5.2.1 ('
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
