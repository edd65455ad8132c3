#!/bin/bash
# End to end: build/quoth against Postfix, postscreen, Exim, OpenSMTPD, unbound and dnsmasq.
#
#   tests/e2e/run.sh [BUILD] [NAME...]      all cases of cases.txt, or those whose name is given
#
#   outside   gets the servers (fetch.sh), finds the best cage this machine allows, runs itself in
#   it:
#             network, mount and pid namespaces, as root or with a user namespace; else plain
#             loopback
#   inside    starts the servers (lab.sh, signed.sh), runs quoth once a case, compares its JSON and
#   exit code with
#             what the case says, reads in the servers' logs that no mail was ever begun, ends
#             everything
#
# In a cage the last process to leave takes addresses, mounts and processes with it, even when
# killed. A case whose server cannot run here is skipped, loudly; with E2E_ALL=1 (as in CI) it
# fails.
# SPDX-License-Identifier: MIT
[ -n "${BASH_VERSION-}" ] || exec bash "$0" "$@"
set -u
cd "$(dirname "$0")/../.." || exit 1
# seconds for everything inside: longer than it takes under any load, it hangs
TIME_MAX=1800

outside() {
    local build=$1 ids cage inside=("$BASH" tests/e2e/run.sh --inside)
    local limit=(timeout --foreground -k 2 $((TIME_MAX + 15)) setpriv --pdeathsig)
    local -a as_whom=('--map-root-user --map-auto' '--map-root-user')
    [ "$(id -u)" != 0 ] || as_whom=('')
    [ -x "$build/quoth" ] || {
        echo "no $build/quoth: run make first"
        echo "e2e: 0 passed, 1 failed"
        exit 1
    }
    tests/e2e/fetch.sh "$build/deps/e2e" || echo "e2e: some servers are missing"
    for ids in "${as_whom[@]}"; do
        for cage in '-n -m -p -f --mount-proc --kill-child' '-n -m'; do
            # shellcheck disable=SC2086,SC2093 # words are meant to part; exec ends this
            unshare $ids $cage ip link set lo up 2> /dev/null &&
                exec "${limit[@]}" KILL unshare $ids $cage "${inside[@]}" cage "$@"
        done
    done
    echo "e2e: no namespaces here, so on plain loopback"
    exec "${limit[@]}" TERM "${inside[@]}" open "$@"
}

# An empty directory of ours, and addresses.
settle_cage() {
    local d
    for d in /srv /media /mnt /opt; do
        [ -d $d ] && case $PWD/ in $d/*) ;; *) LAB=$d; break;; esac
    done
    mount -t tmpfs tmpfs "$LAB" || return 1
    NET=192.0.2 IP6=2001:db8:25::10 DNSPORT=53 OWN_USERS=1
    ip link set lo up
    lab_addresses || return 1
    ip address add "$IP6/128" dev lo nodad 2> /dev/null || IP6=''
}

settle_open() {
    LAB=$(mktemp -d) || return 1
    NET=127.$((64 + RANDOM % 128)).$((RANDOM % 256)) IP6='' DNSPORT=53 OWN_USERS=0
    [ "$(id -u)" = 0 ] || DNSPORT=$((20000 + RANDOM % 10000))
}

ended=0
finish() {
    local name
    [ $ended = 1 ] && return
    ended=1
    lab_down
    rm -rf "$OUT/log"
    mkdir -p "$OUT" && cp -rL "$LAB/log" "$OUT/log" 2> /dev/null
    [ "$OWN_USERS" = 1 ] || rm -rf "$LAB"
}

passed=0 failed=0 skipped=0

# What a case needs besides quoth; says why it cannot run.
unmet() {
    local s
    for s in ${1//,/ }; do
        case $s in
        tls) [ "${MBEDTLS-}" != none ] || { echo 'built without TLS'; return 0; } ;;
        tls13) [ "${MBEDTLS:-locked}" = locked ] \
            || { echo "MBEDTLS=$MBEDTLS may lack TLS 1.3"; return 0; } ;;
        policy) "$QUOTH" domain --sandbox=1 none.test | grep -q 'in this build' \
            && { echo 'built without llhttp'; return 0; } ;;
        six) [ -n "$IP6" ] || { echo 'no IPv6 here'; return 0; } ;;
        *) lab_has "$s" || { echo "$s: ${LAB_WHY[$s]-${LAB_WHY[${s%%[0-9]*}]-not found}}"
            return 0; } ;;
        esac
    done
    return 1
}

skip() {
    if [ "${E2E_ALL-}" = 1 ]; then failed=$((failed + 1)); else skipped=$((skipped + 1)); fi
    echo "SKIPPED $1"
}

say_failed() {      # NAME WHAT...
    echo "FAILED $1: ${*:2}"
}

# One case: NAME NEEDS EXIT ARGUMENTS EXPECTATIONS
run_case() {
    local name=$1 want_exit=$3 why line key out code bad=0 args
    if why=$(unmet "$2"); then
        skip "$name ($why)"
        return
    fi
    args=${4//@NET@/$NET}
    [[ $args == *--nameserver* ]] || args="--nameserver $NET.53:@DNSPORT@ $args"
    eval "args=(${args//@DNSPORT@/$DNSPORT})"
    local -a line_of=("$QUOTH" --allow "$NET.0/24" ${IP6:+--allow "$IP6"} --allow-name test
        --helo probe.quoth.test --from postmaster@probe.quoth.test --format json \
            --timeout 120 "${args[@]}")
    out=$(env -i HOME=/nowhere timeout 300 "${line_of[@]}" 2> "$LAB/log/stderr")
    code=$?
    printf '%s\t%s\t%s\n' "$name" "$code" "$out" >> "$LAB/log/results"
    declare -A got=()
    while IFS='=' read -r key line; do got[$key]=$line; done < <(
        jq -r 'paths(type != "object" and type != "array") as $p |
            "\($p | map(tostring) | join("."))=\(getpath($p))"' <<< "$out" 2>&1)
    # shellcheck disable=SC2053 # a pattern
    [[ $code == $want_exit ]] || { say_failed "$name" "exit code is $code, not $want_exit"; bad=1; }
    for line in ${5//@NET@/$NET}; do
        key=${line%%=*}
        # shellcheck disable=SC2053
        [[ ${got[$key]-(none)} == ${line#*=} ]] && continue
        say_failed "$name" "$key is '${got[$key]-(none)}', not '${line#*=}'"
        bad=1
    done
    if [ $bad = 1 ]; then
        failed=$((failed + 1))
        printf '  %s\n' "${line_of[*]}" "$out" "$(head -n 5 "$LAB/log/stderr")"
    else
        passed=$((passed + 1))
    fi
}

run_cases() {
    local name needs code args expect
    while IFS='|' read -r name needs code args expect; do
        name=${name//[[:space:]]/}
        case $name in ''|'#'*) continue;; esac
        [ $# -gt 0 ] && [[ " $* " != *" $name "* ]] && continue
        [ $SECONDS -lt $TIME_MAX ] || {
            say_failed "$name" 'no time left'
            failed=$((failed + 1))
            continue
        }
        run_case "$name" "${needs//[[:space:]]/}" "${code//[[:space:]]/}" "$args" "$expect" \
            < /dev/null
    done < tests/e2e/cases.txt
}

# A whole list through a Postfix as it comes: 2,000 addresses of one domain, half of them unknown.
# At 10 refusals in one session it slows down, at 20 it says 421; the 51st session at once is 421;
# and after many transactions without a message each accepted first recipient waits a second
# (in_flow_delay), which is what the run takes.
STOCK=stock-list
stock_list() {
    local i
    for i in {1..1000}; do
        echo "u$i@stock.test deliverable"
        echo "x$i@stock.test undeliverable"
    done > "$LAB/want"
    sed 's/ .*//' "$LAB/want" > "$LAB/list"
    env -i HOME=/nowhere timeout 900 "$QUOTH" --allow "$NET.0/24" --allow-name test \
        --helo probe.quoth.test \
        --from postmaster@probe.quoth.test --nameserver "$NET.53:$DNSPORT" --pace off \
        --per-host 40 --no-wait \
        --format csv --ordered -f "$LAB/list" > "$LAB/log/stock.csv" 2> "$LAB/log/stock.err"
    sed '1d; s/,[0-9]*,/ /; s/,.*//' "$LAB/log/stock.csv" | diff "$LAB/want" - | head -n 5
    [ "$(grep -c ',undeliverable,user_unknown,550,5.1.1,' "$LAB/log/stock.csv")" = 1000 ] \
        || echo 'not 1000 of 5.1.1'
}
stock_polite() {
    grep -iE ' 421 |too many|limit exceeded|lost connection|warning:' "$LAB/log/stock" \
        | grep -v 'after CONNECT'
}
stock_some() {
    local n
    n=$(grep -c 'disconnect from .* rcpt=.* quit=1 ' "$LAB/log/stock")
    [ "$n" -gt 200 ] || echo "$n sessions: fewer than 5 refusals in each need"
}

# Six conversations each with a Postfix of TLS 1.3, one of 1.2, and Exim (GnuTLS): the first sees
# the certificate, the other five resume its session and say the same of it. Postfix tells when they
# do; single checks never do.
TLS=list-tls
tls_list() {
    local n d
    for d in known tls exim; do
        for n in alice bob one two three four; do
            echo "$n@$d.test"
        done
    done > "$LAB/tls"
    env -i HOME=/nowhere timeout 900 "$QUOTH" --allow "$NET.0/24" --allow-name test \
        --helo probe.quoth.test \
        --from postmaster@probe.quoth.test --nameserver "$NET.53:$DNSPORT" --pace off \
        --per-session 1 --per-host 1 \
        --no-wait --format json --ordered -f "$LAB/tls" > "$LAB/log/tls.json" 2> "$LAB/log/tls.err"
    jq -r \
        'select(.tls) | [(.input | sub(".*@"; "")), .tls.version, .tls.broken, .tls.cert_faults[]]
            | join(" ")' \
        "$LAB/log/tls.json" | uniq -c \
        | diff <(printf '      6 %s\n' 'known.test 1.3 false untrusted' \
        'tls.test 1.2 false wrong_name untrusted' 'exim.test 1.3 false untrusted') -
}
tls_resumed() {
    local octet n
    for octet in 10 11; do
        n=$(since postfix | grep -c "$NET.$octet\]: Reusing old session")
        [ "$n" = 5 ] || echo "$n of 5 sessions with $NET.$octet were resumed"
    done
}

# What servers see of us. Exim repeats the address in its answer to EHLO, Postfix does not.
# Addresses of one machine call each other from themselves, so these two are told that we are .1, as
# long as it takes.
DOCTOR=doctor
doctor_route() {
    local n
    for n in 10 13 20; do
        ip route replace local "$NET.$n" dev lo table local proto kernel scope host src "$NET.$1"
    done
}
doctor_ask() {      # PATTERN of jq, ARGUMENTS...: what it says, when that is not what it must be
    local out
    out=$(env -i HOME=/nowhere timeout 300 "$QUOTH" doctor --allow "$NET.0/24" \
        --nameserver "$NET.53:$DNSPORT" \
        --helo probe.quoth.test --from postmaster@probe.quoth.test --format json "${@:2}" \
        2>> "$LAB/log/stderr")
    printf 'doctor\t%s\n' "$out" >> "$LAB/log/results"
    [ "$(jq -r "$1" <<< "$out" 2>&1)" = true ] || printf '%s\n' "$1: $out"
}
doctor_asks() {
    local ids='([.findings[].id] | join(" "))'
    doctor_route 1 || { echo "no route from $NET.1"; return; }
    doctor_ask \
        ".addresses[0] as \$a | \$a.ip == \"$NET.1\" and \$a.how == \"seen\" and
        \$a.spf == \"pass\" and \$a.servers[0].sees == \"$NET.1\" and
        \$a.servers[1].connected and \$a.servers[1].sees == null and
        \$a.ptr[0].leads_back and $ids == \"\"" --via mx-exim.test --via mx.test
    doctor_ask "$ids == \"port25.refused port25.partly\"" --via mx-blocked.test --via mx-dead.test \
        --ip "$NET.1"
    doctor_ask "$ids | contains(\"ptr.missing\") and contains(\"sender.spf_fail\")" \
        --via mx-exim.test --ip "$NET.99"
    local n
    for n in 10 13 20; do
        ip route replace local "$NET.$n" dev lo table local proto kernel scope host src "$NET.$n"
    done
}

run_lists() {
    local began=$EPOCHREALTIME
    if [ $# = 0 ] || [[ " $* " == *" $TLS "* ]]; then
        log_fact $TLS unbound,postfix,exim,tls13 tls_list
        log_fact $TLS-resumed unbound,postfix,tls13 tls_resumed
    fi
    if [ "$OWN_USERS" = 1 ] && { [ $# = 0 ] || [[ " $* " == *" $DOCTOR "* ]]; }; then
        log_fact $DOCTOR unbound,postfix,exim doctor_asks
    fi
    [ $# = 0 ] || [[ " $* " == *" $STOCK "* ]] || return 0
    began=$EPOCHREALTIME
    log_fact $STOCK unbound,stock stock_list
    log_fact $STOCK-polite stock stock_polite
    log_fact $STOCK-sessions stock stock_some
    ! lab_has stock || printf 'stock Postfix: 2,000 addresses in %d s, %d sessions\n' \
        $(((${EPOCHREALTIME/[.,]/} - ${began/[.,]/}) / 1000000)) "$(grep \
        -c 'disconnect from' "$LAB/log/stock")"
}

# A fact about the logs: NAME NEEDS, then a command that prints nothing when it holds.
log_fact() {
    local name=$1 why out
    if why=$(unmet "$2"); then
        skip "$name ($why)"
        return
    fi
    out=$("${@:3}" 2>&1)
    if [ -z "$out" ]; then passed=$((passed + 1)); return; fi
    failed=$((failed + 1))
    say_failed "$name" "$(head -n 5 <<< "$out")"
}

since() { tail -n "+$((${MARK[$1]} + 1))" "$LAB/log/$1"; }

# Postfix sums up the commands of each session when it ends: ehlo=1 mail=1 rcpt=0/1 quit=1
# commands=3/4.
postfix_sessions() { since postfix | grep 'disconnect from'; }
postfix_some()     { postfix_sessions | grep -q ' rcpt=' || echo 'no session reached RCPT'; }
postfix_no_data()  { postfix_sessions | grep -iE ' (data|bdat|auth|vrfy|expn|unknown)='; }
postfix_no_mail()  { since postfix | grep -E 'postfix/(cleanup|qmgr|pickup).*message-id='; }
postfix_quits()    { postfix_sessions | grep ' rcpt=' | grep -v ' quit=1 '; }
exim_quits()       { since exim | grep 'SMTP connection' \
    | grep -v -e 'connection count' -e 'by QUIT' -e 'C=.*QUIT$'; }
exim_no_mail()     { since exim | grep -E ' <= |DATA'; }
smtpd_quits()      { since opensmtpd | grep 'disconnected' \
    | grep -v -e 'reason=quit' -e 'SSL routines'; }
smtpd_no_mail()    { since opensmtpd | grep -E ' message |DATA'; }
sink_no_data()     { grep -hiE 'smtp-sink: (data|bdat|auth|vrfy|expn)' "$LAB"/log/sink*.out; }
sink_quits()       { grep -q 'smtp-sink: QUIT' "$LAB/log/$1.out" \
    || echo "no QUIT in the log of $1"; }

run_logs() {
    local i
    # the last lines are written when the last session has ended
    for i in {1..1200}; do lab_has postfix || break
        [ "$(since postfix | grep -c '[^s]connect from')" = "$(postfix_sessions | grep -c .)" ] \
            && break
        sleep 0.1
    done
    log_fact postfix-rcpt postfix postfix_some
    log_fact postfix-never-data postfix postfix_no_data
    log_fact postfix-no-mail postfix postfix_no_mail
    log_fact postfix-quit postfix postfix_quits
    log_fact exim-no-mail exim exim_no_mail
    log_fact exim-quit exim exim_quits
    log_fact opensmtpd-no-mail opensmtpd smtpd_no_mail
    log_fact sinks-never-data sink60 sink_no_data
    for i in 60 61 62 65 66 67 68 69 72 73 78 79 80; do
        log_fact "sink$i-quit" "sink$i" sink_quits "sink$i"
    done
    log_fact opensmtpd-quit opensmtpd smtpd_quits
}

inside() {
    local kind=$1 build=$2 name
    shift 2
    build=$(cd "$build" && pwd) || exit 1
    QUOTH=$build/quoth ROOT=$build/deps/e2e/root OUT=$build/e2e
    . tests/e2e/lab.sh
    . tests/e2e/signed.sh
    "settle_$kind" || {
        echo "e2e: cannot lay out addresses and directories"
        echo "e2e: 0 passed, 1 failed"
        exit 1
    }
    trap finish EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    lab_up || { echo "FAILED the lab: $(tail -n 3 "$LAB/log/openssl")"; failed=1; }
    declare -A MARK
    for name in postfix exim opensmtpd; do
        MARK[$name]=$(lab_has $name && grep -c '' "$LAB/log/$name")
    done
    run_cases "$@"
    run_lists "$@"
    run_domains "$@"
    [ $# -gt 0 ] || run_logs
    finish
    [ $skipped = 0 ] || echo "e2e: $skipped SKIPPED, for the reasons above"
    [ $((passed + failed)) -gt 0 ] || failed=1
    echo "e2e: $passed passed, $failed failed"
    exit $((failed != 0))
}

if [ "${1-}" = --inside ]; then
    shift
    inside "$@"
fi
[ $# -gt 0 ] || set -- build
outside "$@"
