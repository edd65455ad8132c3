#!/bin/bash
# firmware_test.sh [BUILD] - the images for both boards under QEMU, without root: against a real
# Postfix with STARTTLS and unbound (the lab of tests/e2e, here with an RSA certificate) and against
# `quoth sandbox` (ECDSA).
#
#   outside   builds the images, gets the servers, finds a cage (user, network, mount, pid
#   namespaces)
#   inside    Postfix and unbound on 192.0.2.*, the sandbox on 198.51.100.*; both boards at the same
#   time
#
# QEMU's user network hands a guest's connections on to addresses of the namespace it runs in. What
# a run printed is looked at, and its exit status; at the end, how deep the stacks went. What cannot
# run here is skipped, loudly; with E2E_ALL=1 (as in CI) that fails.
# SPDX-License-Identifier: MIT
set -u
cd "$(dirname "$0")/.." || exit 1
# seconds for everything inside: longer than it takes under any load, it hangs
TIME_MAX=2000
STACK_MAX=4096          # bytes; the images have as much, so that a byte more faults
BOARDS='mps2-an385 lm3s6965evb'
passed=0 failed=0

pass() { passed=$((passed + 1)); }
fail() { failed=$((failed + 1)); echo "FAILED $1"; }
# STATUS, what it means when it is not 0
ok() { if [ "$1" = 0 ]; then pass; else fail "$2"; fi; }
skip() {
    echo "SKIPPED firmware: $1"
    [ "${E2E_ALL-}" != 1 ] || failed=$((failed + 1))
}
finish() {
    echo "firmware: $passed passed, $failed failed"
    exit $((failed != 0))
}

# ---- outside ---------------------------------------------------------------------------

# A build without an entropy source, or whose lwIP would use rand(), does not compile (Q03).
no_entropy_no_build() {
    local dir what
    dir=$(mktemp -d) || return
    for what in 'p;d' '/QUOTH_ENTROPY/d' '/define LWIP_RAND/d' \
        's/\(define LWIP_RAND()\).*/\1 ((u32_t)rand())/'; do
        sed -e "$what" port/firmware/lwipopts.h > "$dir/lwipopts.h"
        "${CC:-cc}" -std=c11 -fsyntax-only -I"$dir" -Iport/firmware -Iport/lwip -Icore -Iport \
            -isystem "$build/deps/lwip/src/include" port/lwip/lwip_raw.c 2> "$dir/err"
        case $?:$what in
        0:'p;d') pass;;
        0:*) fail "Q03: it compiles without entropy ($what)";;
        *:'p;d') fail "the port does not compile here: $(head -n 3 "$dir/err")";;
        *) grep -qE 'QUOTH_ENTROPY|LWIP_RAND' "$dir/err"
            ok $? "Q03 $what: $(head -n 3 "$dir/err")";;
        esac
    done
    rm -rf "$dir"
}

outside() {
    local ids ns missing=
    "${MAKE:-make}" -s --no-print-directory "$build/deps/lwip/.sum" || { fail 'no lwIP'; finish; }
    no_entropy_no_build
    for tool in qemu-system-arm arm-none-eabi-gcc unshare ip; do
        command -v $tool > /dev/null || missing="$missing $tool"
    done
    [ -z "$missing" ] || {
        skip \
            "not installed:$missing (Debian: qemu-system-arm gcc-arm-none-eabi "\
"libnewlib-arm-none-eabi)"
        finish
    }
    "${MAKE:-make}" -s --no-print-directory -j2 WERROR=-Werror firmware-all || {
        fail 'no images'
        finish
    }
    tests/e2e/fetch.sh "$build/deps/e2e" || echo 'firmware: some servers are missing'
    local -a as_whom=('--map-root-user --map-auto' '--map-root-user')
    [ "$(id -u)" != 0 ] || as_whom=('' "${as_whom[@]}")
    for ids in "${as_whom[@]}"; do
        ns="$ids -n -m -p -f --mount-proc --kill-child"
        # shellcheck disable=SC2086,SC2093
        unshare $ns ip link set lo up 2> /dev/null &&
            exec timeout --foreground -k 2 $((TIME_MAX + 10)) setpriv --pdeathsig KILL \
                unshare $ns "$BASH" tests/firmware_test.sh --inside "$build" "$passed" "$failed"
    done
    skip 'no namespaces may be made here'
    finish
}

# ---- inside: the world ----------------------------------------------------------------------

settle() {
    local d i
    for d in /srv /media /mnt /opt; do
        [ -d $d ] && case $PWD/ in $d/*) ;; *) LAB=$d; break;; esac
    done
    mount -t tmpfs tmpfs "$LAB" || return 1
    NET=192.0.2 IP6='' DNSPORT=53 OWN_USERS=1
    ip link set lo up
    for i in {1..254}; do echo "address add 198.51.100.$i/32 dev lo"; done > "$LAB/ip"
    lab_addresses && ip -batch "$LAB/ip"
}

# Of the e2e lab: name server and Postfix. RSA, since the sandbox has ECDSA.
lab_some() {
    LIBS=$(printf '%s:' "$ROOT"/usr/lib/postfix "$ROOT"/usr/lib/*-linux-* "$ROOT"/lib/*-linux-*)
    mkdir -p "$LAB/log" && chmod 755 "$LAB" && lab_users || return 1
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=mx.test \
        -addext 'subjectAltName=DNS:mx.test' \
        -keyout "$LAB/key.pem" -out "$LAB/cert.pem" > "$LAB/log/openssl" 2>&1 || return 1
    chmod 600 "$LAB/key.pem"
    lab_dns
    lab_postfix postfix "$NET.10" postfix-main.cf postfix-master.cf
}

sandbox_up() {
    : > "$LAB/log/sandbox"
    "$QUOTH" sandbox --net 198.51.100 --quiet > "$LAB/log/sandbox" 2>&1 &
    SANDBOX=$!
    until grep -q '^ready' "$LAB/log/sandbox"; do kill -0 $SANDBOX && sleep 0.05 || return 1; done
}

# ---- inside: a run ------------------------------------------------------------------------------

ME='helo=probe.quoth.test from=postmaster@probe.quoth.test real=test'
IN_SANDBOX="$ME dns=198.51.100.53:2525 port=2525 allow=198.51.100.0/24"
IN_LAB="$ME dns=192.0.2.53 allow=192.0.2.0/24"

# NAME, EXIT, what must be printed line by line (patterns of bash, in that order, others between),
# --, WORDS. Image and board are $image and $board.
run() {
    local name="$board: $1" want=$2 line at=0
    local -a lines=()
    shift 2
    while [ "$1" != -- ]; do lines+=("$1"); shift; done
    shift
    rm -f "$LAB/$board.raw"
    timeout 600 sh port/firmware/qemu.sh "$board" "$build/firmware/$image.elf" "$@" \
        < "${INPUT:-/dev/null}" > "$LAB/$board.raw" 2> "$LAB/$board.err"
    local status=$?
    tr -d '\r' < "$LAB/$board.raw" > "$LAB/$board.out"
    cat "$LAB/$board.out" >> "$LAB/log/$board"
    while read -r line; do
        # shellcheck disable=SC2053 # a pattern
        [ $at -lt ${#lines[@]} ] && [[ $line == ${lines[$at]} ]] && at=$((at + 1))
    done < "$LAB/$board.out"
    # shellcheck disable=SC2053
    if [ $at = ${#lines[@]} ] && [[ $status == $want ]]; then pass; return; fi
    fail "$name: exit status $status, not $want, or no line: ${lines[*]:$at:1}"
    sed 's/^/    /' "$LAB/$board.out" "$LAB/$board.err"
}

# Waiting for something to happen, never for a time; what has not happened after five minutes never
# does.
until_seen() {  # PATTERN FILE
    local i
    for i in {1..6000}; do grep -aq -e "$1" "$2" 2> /dev/null && return; sleep 0.05; done
    return 1
}
until_asked() { # N: the console of this board has asked for the Nth line
    local i
    for i in {1..6000}; do
        [ "$(grep -ao '? ' "$LAB/$board.raw" 2> /dev/null | grep -c .)" -ge "$1" ] && return
        sleep 0.05
    done
    return 1
}
# COMMAND for the QEMU of this board; returns when it has done it: then it has added two numbers too
monitor() {
    local line
    exec 5<> "/dev/tcp/127.0.0.1/$port" && printf '%s\nprint /d 4000+711\n' "$1" >&5 || return
    while read -r -t 300 line <&5; do [[ $line != *4711* ]] || break; done
    exec 5>&-
}

# ---- inside: what is tested ----------------------------------------------

test_verdicts() {
    # shellcheck disable=SC2086
    run 'one after the other' 2 'deliverable accepted' '> 250 2.1.5 fine' \
        'mx.good.test 198.51.100.1 clear at rcpt *' \
        'undeliverable user_unknown' '> 550 5.1.1 <nobody@good.test>: no such user here' \
        'risky catch_all' \
        'unknown greylisted' '> 451 4.7.1 *' 'deliverable accepted' 'mx.deadfirst.test *' \
        'undeliverable no_such_domain' 'undeliverable syntax' 'deliverable accepted' \
        'risky mailbox_full' 'stack * of 4096 *' -- $IN_SANDBOX \
        jane@good.test nobody@good.test any@catchall.test greylisted@good.test jane@deadfirst.test \
        jane@nosuch.test jane@@good.test jane@truncated.test full@good.test
    local a verdict status
    for a in deliverable:0:jane@good.test undeliverable:1:nobody@good.test \
        risky:2:any@catchall.test \
        unknown:3:jane@blocked.test; do
        IFS=: read -r verdict status a <<< "$a"
        # shellcheck disable=SC2086
        run "exit status $status" "$status" "$verdict *" -- $IN_SANDBOX "$a"
    done
    # shellcheck disable=SC2086
    run 'no identity' 3 'unknown no_identity' -- ${IN_SANDBOX/helo=/from=} jane@good.test
    run 'a reserved name' 3 'unknown reserved' -- jane@good.test
    run 'a private address' 3 'unknown target_policy' -- $ME dns=198.51.100.53:2525 port=2525 \
        jane@good.test
    run 'a bad setting' 64 'not a setting: port=65536' -- port=65536 jane@good.test
    run 'and another' 64 'not a setting: tries=6' -- tries=6 jane@good.test
    run 'too little for TLS' 69 'no TLS*' -- arena=64 jane@good.test
}

test_console() {
    # Each line is typed when it is asked for. Before the first question the UART is being set up,
    # which empties it; an empty line asks again.
    # shellcheck disable=SC2086
    INPUT=<(until_asked 1; printf 'jane@good.tesx\177t\r'; until_asked 2
        printf '"jane doe"@good.test\r'
            until_asked 3; printf '\r'; until_asked 4; printf 'nobody@good.test\r'; until_asked 5
                printf 'quit\r') \
        run 'the console' 1 'deliverable accepted' '? "jane doe"@good.test' 'deliverable accepted' \
        '? nobody@good.test' 'undeliverable user_unknown' '? quit' -- $IN_SANDBOX
}

test_clear() {
    local image=$board-clear
    # shellcheck disable=SC2086
    run 'without TLS' 3 'deliverable accepted' 'deliverable accepted' 'mx.tls.test * clear *' \
        'unknown tls_required' \
        -- $IN_SANDBOX jane@good.test jane@tls.test jane@tlsmust.test
}

test_tls() {
    # shellcheck disable=SC2086
    run 'STARTTLS' 0 'deliverable accepted' 'mx.tls.test * TLS at rcpt *' 'deliverable accepted' \
        'mx.tlsmust.test * TLS *' 'deliverable accepted' 'mx.tlsbroken.test * clear at rcpt *' \
        'deliverable accepted' 'mx.expired.test * TLS *' \
        -- $IN_SANDBOX jane@tls.test jane@tlsmust.test jane@tlsbroken.test jane@expired.test
    # shellcheck disable=SC2086
    if [ "$board" = mps2-an385 ]; then
        run '8 KB of certificates' 0 'deliverable accepted' 'mx.bigchain.test * TLS at rcpt *' \
            -- $IN_SANDBOX jane@bigchain.test
    else
        run '8 KB of certificates do not fit' 0 'unknown tls_required' 'deliverable accepted' \
            'mx.tls.test * TLS *' \
            -- $IN_SANDBOX jane@bigchain.test jane@tls.test
        run 'and TLS is a must' 0 'unknown tls_failed' 'deliverable accepted' \
            'mx.tls.test * TLS *' -- \
            $IN_SANDBOX tls=must jane@bigchain.test jane@tls.test
    fi
}

# Too little memory for TLS, down to none: the address that needs it is a clean unknown, the next
# one works (T14).
test_tls_memory() {
    local arena
    [ "$board" = lm3s6965evb ] || return 0
    for arena in 100 1000 3000 5000 5600 6000 6500 7000 7500 8000 8500 9000 9500; do
        # shellcheck disable=SC2086
        run "$arena bytes for TLS" 0 'unknown tls_required' 'deliverable accepted' \
            'mx.tls.test * clear *' -- \
            $IN_SANDBOX arena=$arena jane@tlsmust.test jane@tls.test
    done
}

# Every answer that comes is right. That none comes may happen; three times in a row it does not.
test_loss() {
    local i good=0
    for i in 1 2 3; do
        # shellcheck disable=SC2086
        run "15 % of all frames lost, run $i" '[0-3]' \
            '@(deliverable accepted|unknown *|risky catch_all_not_established)' -- \
            $IN_SANDBOX loss=15 tries=5 seconds=45 jane@good.test
        grep -q '^deliverable' "$LAB/$board.out" && good=$((good + 1))
    done
    ok $((good == 0)) "$board: 15 % loss: not one verdict of three"
}

# The conversation takes three seconds, and the tick wraps 0.7 s after the start: times are of
# seconds, not of weeks, and the tick is small in the end. Under load QEMU leaves ticks out, so
# neither is exact.
DIGITS='?([0-9])?([0-9])?([0-9])?([0-9])?([0-9])[0-9]'      # up to six
test_wrap() {
    # shellcheck disable=SC2086
    run 'E04: the tick wraps' 0 'deliverable accepted' "mx.slow.test * after $DIGITS ms" \
        "*; tick $DIGITS" -- \
        $IN_SANDBOX tick=4294966596 jane@slow.test
}

# The cable is pulled when EHLO has gone over it, a second before its answer: until the address has
# failed, and for a second.
test_cable() {
    local port=$((7000 + ${#board})) wire=$LAB/$board.wire
    local QEMU_MORE="-chardev socket,id=m,host=127.0.0.1,port=$port,server=on,wait=off"
    QEMU_MORE="$QEMU_MORE -mon chardev=m"
    QEMU_MORE="$QEMU_MORE -object filter-dump,id=d,netdev=cable,file=$wire"
    export QEMU_MORE
    rm -f "$wire" "$LAB/$board.raw"
    (until_seen 'EHLO' "$wire"; monitor 'set_link cable off'
        until_seen '^unknown' "$LAB/$board.raw"; monitor 'set_link cable on') &
    # shellcheck disable=SC2086
    run 'cable pulled' 0 'unknown timeout' 'mx.slow.test *' 'deliverable accepted' \
        -- $IN_SANDBOX seconds=20 jane@slow.test jane@good.test
    wait $!
    rm -f "$wire"
    (until_seen 'EHLO' "$wire"; monitor 'set_link cable off'; sleep 1
        monitor 'set_link cable on') &
    # shellcheck disable=SC2086
    run 'cable pulled and put back' 0 'deliverable accepted' 'mx.slow.test *' \
        -- $IN_SANDBOX jane@slow.test
    wait $!
    unset QEMU_MORE
}

# One image, two devices: other ports, other ids (Q04). Both are read from what went over the wire.
test_chance() {
    local i f
    for i in 1 2; do
        f=$LAB/$board.pcap$i
        # shellcheck disable=SC2086
        QEMU_MORE="-object filter-dump,id=d,netdev=cable,file=$f" \
            run "boot $i" 0 'deliverable accepted' -- $IN_SANDBOX jane@good.test
        # the first UDP packet to port 2525: its source port and id
        od -An -v -tx1 "$f" | tr -d ' \n' | grep -o '0a00020fc6336435....09dd............' \
            | head -n 1 > "$f.first"
    done
    if [ -s "$f.first" ] && ! cmp -s "$LAB/$board.pcap1.first" "$LAB/$board.pcap2.first"; then pass
    else fail "$board: Q04: the same port and id twice, or no question seen"; fi
}

test_postfix() {
    lab_has unbound && lab_has postfix || {
        skip "$board against Postfix: ${LAB_WHY[postfix]-${LAB_WHY[unbound]-not found}}"
        return
    }
    # shellcheck disable=SC2086
    run 'Postfix' 2 'deliverable accepted' '> 250 2.1.5 Ok' 'mx.test 192.0.2.10 TLS at rcpt *' \
        'undeliverable user_unknown' '> 550 5.1.1 <bob@known.test>:*User unknown*' \
        'risky catch_all' 'unknown greylisted' '> 450 4.7.1 *' \
        'deliverable accepted' 'mx-tls.test 192.0.2.11 TLS *' 'deliverable accepted' \
        'mx-plain.test 192.0.2.12 clear *' 'deliverable accepted' 'mx.test *' 'risky mailbox_full' \
        '> 452 4.2.2 *' \
        -- $IN_LAB alice@known.test bob@known.test anyone@catchall.test grey@known.test \
        alice@tls.test \
        alice@plain.test alice@deadmx.test full@full.test
}

# E18: the image that also looks at its own address, without TLS.
test_health() {
    local image=$board-health \
        ours="${IN_SANDBOX/198.51.100.0\/24/192.0.2.0/24} helo=sender.test from=a@sender.test"
    # shellcheck disable=SC2086
    run 'ourselves, and nothing is wrong' 0 'doctor: 0 findings after * questions' \
        -- $ours doctor=192.0.2.25,bl.test
    # shellcheck disable=SC2086
    run 'ourselves, listed and without a name' 2 'bad ptr.missing' 'bad sender.spf_fail *' \
        'bad dnsbl.listed bl.test' \
        'doctor: * findings *' -- $ours doctor=192.0.2.41,bl.test
    # shellcheck disable=SC2086
    run 'ourselves, and then an address' 3 'bad ptr.missing' 'unknown target_policy' \
        -- $ours doctor=192.0.2.33 jane@good.test
    # shellcheck disable=SC2086
    run 'no address of ours' 64 'doctor=IP*' -- $ours doctor=x
}

battery() {
    board=$1 image=$1 passed=0 failed=0
    for t in verdicts console clear health tls tls_memory postfix chance wrap cable loss; do
        "test_$t"
        echo "$board $t: $SECONDS s" >> "$LAB/log/times"
    done
    echo "$passed $failed" > "$LAB/$board.sum"
}

# Deepest stack and most TLS memory of all runs of a board.
most() { sed -n "s/.*$2 \([0-9]*\) of.*/\1/p" "$LAB/log/$1" | sort -n | tail -n 1; }

inside() {
    local b p f pids=()
    build=$(cd "$build" && pwd) || exit 1
    QUOTH=$build/quoth ROOT=$build/deps/e2e/root
    shopt -s extglob
    . tests/e2e/lab.sh
    settle || { fail 'addresses and directories'; finish; }
    lab_some || echo 'firmware: no lab'
    sandbox_up || { fail "the sandbox: $(cat "$LAB/log/sandbox")"; finish; }
    for b in $BOARDS; do battery "$b" > "$LAB/$b.said" 2>&1 & pids+=($!); done
    wait "${pids[@]}"
    for b in $BOARDS; do
        cat "$LAB/$b.said"
        read -r p f < "$LAB/$b.sum" || { p=0 f=1; echo "FAILED $b: it did not end"; }
        passed=$((passed + p)) failed=$((failed + f))
        p=$(most "$b" stack)
        echo "firmware: $b: stack $p of $STACK_MAX bytes, TLS arena $(most "$b" arena)"
        ok $((${p:-STACK_MAX} >= STACK_MAX)) "$b: stack $p, not under $STACK_MAX"
    done
    kill $SANDBOX
    wait $SANDBOX
    ok $? "the sandbox saw what a verifier must never do: $(tail -n 3 "$LAB/log/sandbox")"
    if lab_has postfix; then
        for p in {1..1200}; do      # the sum of the last session comes when it has ended
            [ "$(grep -c '[^s]connect from' "$LAB/log/postfix")" != "$(grep \
                -c 'disconnect from' "$LAB/log/postfix")" ] || break
            sleep 0.1
        done
        grep -q ' rcpt=' "$LAB/log/postfix"
        ok $? 'Postfix heard no RCPT'
        ok "$(grep -ciE ' (data|bdat|auth|vrfy|expn)=' "$LAB/log/postfix")" \
            'Postfix heard more than a verifier says'
    fi
    lab_down
    mkdir -p "$build/e2e" && {
        rm -rf "$build/e2e/firmware" && cp -rL "$LAB/log" "$build/e2e/firmware"
    } 2> /dev/null
    finish
}

if [ "${1-}" = --inside ]; then
    build=$2 passed=$3 failed=$4
    inside
fi
build=${1:-build}
outside
