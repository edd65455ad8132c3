#!/bin/sh
# smtp_cmd_test.sh - `quoth smtp` against the sandbox: every finding that a server can show, and
# what is told of one.
#
#   finds NAME HOST[:PORT] ID GRADE    the finding is there, with that grade
#   lacks NAME HOST[:PORT] ID          it is not: here the fault is taken away
#
# In the end the sandbox, which cuts off whoever says more than a verifier, has seen no offence.
# Last line: "smtp_cmd: N passed, N failed".
# SPDX-License-Identifier: MIT
set -u
LC_ALL=C; export LC_ALL
QUOTH=${QUOTH:-build/quoth}
here=$(dirname "$0")
tmp=$(mktemp -d) || exit 1
passed=0 failed=0 pid=
trap '[ -z "$pid" ] || kill "$pid" 2> /dev/null; rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM HUP
for v in $(env | sed -n 's/^\(QUOTH_[A-Z_]*\)=.*/\1/p'); do unset "$v"; done
HOME=$tmp QUOTH_CONFIG=; export HOME QUOTH_CONFIG

check() {       # NAME, then a command that must succeed
    name=$1; shift
    if "$@"; then passed=$((passed + 1)); return; fi
    failed=$((failed + 1)); echo "FAILED $name"; head -c 600 "$tmp/out" "$tmp/err" 2> /dev/null
}
has() { grep -q -e "$1" "$tmp/out"; }
hasnot() { ! grep -q -e "$1" "$tmp/out"; }
equal() { [ "$1" = "$2" ] || { echo "  got \"$1\", not \"$2\""; false; }; }

: > "$tmp/sandbox"
"$QUOTH" sandbox --port 0 --quiet >> "$tmp/sandbox" 2> "$tmp/offences" < /dev/null &
pid=$!
until grep -q '^ready: ' "$tmp/sandbox"; do kill -0 $pid || exit 1; sleep 0.05; done
port=$(sed -n 's/^ready: .*port \([0-9]*\).*/\1/p' "$tmp/sandbox")

ask() {
    "$QUOTH" smtp --sandbox="$port" --format json "$@" > "$tmp/out" 2> "$tmp/err" < /dev/null
    code=$?
}
finds() {
    ask "mx.$2"
    check "$1" has "{\"id\":\"$3\",\"grade\":\"$4\""
    echo "$3" >> "$tmp/seen"
}
lacks() { ask "mx.$2"; check "$1" hasnot "{\"id\":\"$3\""; }

# ---- each finding, and the same without the fault ----
finds U05_none        good.test          tls.none        warn
finds U05_none_587    good.test:587      tls.none        bad
lacks U05_offered     tls.test           tls.none
finds U05_refused     tlslater.test      tls.refused     bad
finds U05_injection   tlsinject.test     tls.injection   bad
lacks U05_injection_0 tls.test           tls.injection
finds U05_broken      tlsalert.test      tls.broken      bad
finds U05_broken_465  submitsdead.test:465 tls.broken    bad
lacks U05_broken_0    tls12.test         tls.broken
finds U05_again       tlsagain.test      tls.again       warn
lacks U05_again_0     submit.test:587    tls.again
finds U08_expired_587 expired.test:587   cert.expired    bad
finds U08_expired     expired.test       cert.expired    warn
lacks U08_expired_0   tls.test           cert.expired
finds U08_soon        certsoon.test      cert.expiring   warn
lacks U08_soon_0      tls.test           cert.expiring
finds U08_name        stranger.test      cert.name       note
finds U08_name_587    stranger.test:587  cert.name       bad
lacks U08_name_0      tls.test:587       cert.name
finds U06_clear       loginclear.test:587 auth.clear     bad
lacks U06_clear_0     submit.test:587    auth.clear
finds U06_mx          login.test         auth.mx         note
finds U06_none        tls.test:587       auth.none       warn
lacks U06_none_0      submit.test:587    auth.none
lacks U06_none_465    submits.test:465   auth.none
finds U07_turn        turn.test          turn.offered    warn
check U07_listed      has '"not_tried":\["TURN","Etrn","Help","Vrfy","Expn"\]'
finds U03_slow        greetslow.test     greeting.slow   note
check U03_software    has '"software":"postfix"'
lacks U03_slow_0      good.test          greeting.slow
finds U03_name        othername.test     greeting.name   note
lacks U03_name_0      good.test          greeting.name
finds ehlo            old.test           ehlo.refused    warn
finds refused         blocked.test       smtp.refused    unknown
check U15_unknown     equal $code 3
finds protocol        ssh.test           smtp.protocol   bad
check U03_line        has '"id":"smtp.protocol",[^}]*"detail":"line 1 of a reply"'
finds U03_lines       endless.test       smtp.protocol   bad
check U03_lines_told  has 'longer than is read (64 lines[^}]*"detail":"line 65 of a reply"'
check U15_protocol    equal $code 2
finds U03_long        longline.test      smtp.protocol   bad
finds silent          dropgreet.test     smtp.silent     unknown
finds silent_starttls tlsdrop.test       smtp.silent     unknown
for seconds in 1 10 100; do     # on a busy machine the greeting may be late, too
    ask --timeout $seconds mx.tlsmute.test
    grep -q '"id":"tls.broken"' "$tmp/out" && break
done
check 'U02 a handshake that never comes' has '"id":"tls.broken"'
ask nosuch.test
check 'a name that is none' has '"id":"host.dns","grade":"unknown".*"detail":"nxdomain"'
ask mx.servfail.test
check 'a name that cannot be looked up' has '"id":"host.dns","grade":"unknown".*"detail":"servfail"'
ask --deny 127.0.25.1 mx.good.test
check 'U14 a name that leads where nobody may go' has '"id":"host.denied","grade":"unknown"'
check 'U14 nobody was called' has '"connected":false'
ask --tls never mx.tls.test
check 'TLS that was not tried' has '"id":"tls.untried","grade":"note"'
printf 'host.dns\nhost.denied\ntls.untried\n' >> "$tmp/seen"

# ---- what is told ----
ask mx.submit.test:587
check U04_clear has '"clear":\["SIZE 10240000","8BITMIME","STARTTLS"\]'
check U04_tls has '"tls":\["SIZE 10240000","8BITMIME","Auth PLAIN LOGIN"\]'
check U06_listed has '"auth":\["PLAIN","LOGIN"\]'
check U08_names has \
    '"names":\["mx.submit.test"\],"names_cut":false,"subject":"mx.submit.test",'\
'"issuer":"mx.submit.test"'
check U08_dates has '"from":"2020-01-01T00:00:00Z","until":"2049-12-31T23:59:59Z"'
check U08_key has \
    '"key":"EC","key_bits":256,"signature":"ECDSA-SHA256","chain":1,"sha256":"[0-9a-f]\{64\}",'\
'"key_sha256":"[0-9a-f]\{64\}"'
check U02_quit has '"step":"QUIT","secure":true,"ms":[0-9]*,"code":221'
check U03_times has \
    '"step":"connect","secure":false,"ms":[0-9]*,"code":null.*"step":"greeting","secure":false,'\
'"ms":[0-9]*,"code":220'
check U09_unasked has \
    '"relay":{"state":"not_asked","address":null,"why":null,"probes":\[\],"shapes":\[\],'\
'"shapes_why":null}'
check 'one line, whole' equal "$(grep -c '^{"kind":"smtp",.*"v":1}$' "$tmp/out")" 1
ask mx.submits.test:465
check 'U01 TLS before the greeting' has '"step":"TLS",.*"step":"greeting","secure":true'
check 'U01 and nothing in clear' has '"ehlo":{"clear":null,"tls":\["SIZE'
ask mx.submits.test --as 465
check 'U01 --as says it too' has '"as":465,.*"version":"1.3"'
ask mx.loginclear.test:587
check 'U06 the old form is read' has '"auth":\["LOGIN","CRAM-MD5"\]'
ask mx.bigchain.test
check 'U08 a chain' has '"chain":4,'
ask mx.good.test mx.six.test
check 'U15 an object for each' equal "$(grep -c '^{"kind":"smtp"' "$tmp/out")" 2
check 'U15 a warning is 1' equal $code 1
ask -q mx.tlslater.test
check 'U15 bad is 2, and quiet is quiet' equal "$code $(wc -c < "$tmp/out")" '2 0'
"$QUOTH" smtp --sandbox="$port" --explain mx.submit.test:587 > "$tmp/out" 2> "$tmp/err"
check 'U13 the transcript, over TLS' has '^ *[0-9.]*  ~> EHLO probe.quoth.test$'
check 'U13 and in clear' has '^ *[0-9.]*  -> STARTTLS$'
check 'U04 what differs, for people' has '^  over TLS *+Auth PLAIN LOGIN, -STARTTLS$'
check 'the worst first' has '^BAD   cert.untrusted  '
"$QUOTH" smtp --sandbox="$port" --explain --format json mx.good.test > "$tmp/out" 2> "$tmp/err"
check 'JSON is alone on standard output' equal "$(wc -l < "$tmp/out")" 1
check 'a hostile greeting ends' eval 'ask mx.endless.test; [ $code = 2 ]'
check 'a long one too' eval 'ask mx.longline.test; [ $code = 2 ]'

# ---- what counts ----
ask --fail-on bad mx.good.test
check 'HR06 a warning need not fail' equal $code 0
check 'HR06 and is told' has '"id":"tls.none","grade":"warn"'
ask --fail-on bad mx.tlslater.test
check 'HR06 what is bad fails' equal $code 2
ask --ignore tls.none mx.good.test
check 'HR06 what is ignored does not count' equal $code 0
check 'HR06 nor is it told' hasnot 'tls.none'

# ---- relay ----
ask --relay nosuch@good.test mx.norelay.test
check U11_closed has '"relay":{"state":"closed",'
check U09_two has \
    '"null_sender":false,"step":"RCPT","code":550.*"null_sender":true,"step":"RCPT","code":550'
check 'U09 two, not three' equal "$(grep -o '"step":"RCPT","secure"' "$tmp/out" | wc -l)" 2
check 'U09 RSET between' has '"step":"RSET"'
ask --relay jane@good.test mx.six.test
check U11_taken has '"id":"relay.taken","grade":"warn"'
check 'U11 the third says no' has '"state":"taken"'
ask --relay jane@good.test mx.catchall.test
check U11_open has '"id":"relay.open","grade":"bad"'
ask --relay nosuch@good.test mx.trouble.test
check U11_later has '"id":"relay.unknown","grade":"unknown"'
ask --relay nosuch@good.test mx.spf.test
check 'U11 MAIL refused: closed too' has \
    '"state":"closed".*"null_sender":false,"step":"MAIL","code":550'
ask --relay jane@good.test mx.good.test
check U11_exchanger has '"id":"relay.untestable","grade":"note".*"detail":"it is an exchanger'
check 'U11 nothing was asked' hasnot '"step":"RCPT"'
ask --relay jane@nullmx.test mx.six.test
check U12_null_mx has '"id":"relay.untestable".*"detail":"that domain takes no mail'
ask --relay jane@servfail.test mx.six.test
check 'U12 a domain that cannot be looked up' has \
    '"detail":"the exchangers of that domain could not'
"$QUOTH" smtp --sandbox="$port" --relay jane@good.test mx.six.test | tr -s '\n ' ' ' > "$tmp/out"
check U11_words has 'takes it at RCPT; whether it would deliver cannot be seen'
check U11_never hasnot '[Oo]pen relay'
ask --relay nosuch@good.test --relay-all mx.percent.test
check U10_taken has \
    '"id":"relay.shape","grade":"warn".*"detail":"3 of 13: RCPT '\
'TO:<nosuch%good.test@mx.percent.test>"'
check U10_told equal "$(grep -o '"to":"' "$tmp/out" | wc -l)" 13
ask --relay nosuch@good.test --relay-all mx.norelay.test
check 'U10 all refused: no finding' hasnot '"id":"relay'
check 'U10 and all were asked' has \
    '"shapes":\[{"to":"nosuch%good.test@mx.norelay.test","step":"RCPT",'\
'"code":550.*"shapes_why":null}'
ask --relay nosuch@good.test --relay-all mx.few.test
check 'U10 a server that has enough is asked no more' has \
    '"id":"relay.unknown",.*"detail":"9 of 13 shapes".*"code":421.*"code":null.*"shapes_why":"the '\
'server ended'
ask --relay jane@good.test --relay-all mx.six.test
check 'U10 taken as it is: no shapes' has '"shapes":\[\],"shapes_why":"the plain'
ask --relay jane@good.test --relay-all mx.good.test
check 'U10 not from here' has '"state":"not_testable".*"shapes":\[\]'
"$QUOTH" smtp --sandbox="$port" --explain --relay nosuch@good.test --relay-all mx.norelay.test \
    > "$tmp/out" 2>&1
check 'U10 at most five refusals a conversation' equal \
    "$(awk \
    '/ -> EHLO/ { printf "%s", sep n; n = 0; sep = " " } / -> RCPT/ { n++ } END { print " " n }' \
    "$tmp/out")" ' 2 5 5 3'
check 'U10 the transcript shows what goes out' has ' -> RCPT TO:<@mx.norelay.test:nosuch@good.test>'
check 'U10 and no stand-in' hasnot '~~'
printf '%s\n' relay.shape relay.taken relay.open relay.unknown relay.untestable >> "$tmp/seen"

# ---- bad input: one sentence, 64, nothing sent ----
bad() {
    ask "$@"
    check "64: $*" equal "$code $(wc -c < "$tmp/out") $(wc -l < "$tmp/err")" '64 0 1'
}
bad
bad mx.good.test host
bad 'mx.good.test:0'
bad 'mx.good.test:smtp'
bad 'a b.test'
bad --as 26 mx.good.test
bad --relay nobody mx.good.test
bad --relay jane@example.com mx.good.test
bad --relay 'a@[127.0.0.1]' mx.good.test
bad --relay-all mx.good.test
bad --relay-all --relay '"a b"@good.test' mx.good.test
bad --relay-all --relay 'jÃ¤ne@good.test' mx.good.test
bad --tls never mx.submits.test:465
bad --format csv mx.good.test
bad --server mx.good.test mx.good.test
bad -f "$tmp/out" mx.good.test
bad --nosuch mx.good.test
bad --resume mx.good.test
bad --ignore tls.nothing mx.good.test
bad --fail-on note mx.good.test
"$QUOTH" --syntax-only --relay a@b.org jane@quoth.net > "$tmp/out" 2> "$tmp/err"
check '--relay is not for addresses' equal $? 64
"$QUOTH" smtp --helo localhost.localdomain 127.0.25.1:1 > "$tmp/out" 2> "$tmp/err"
check 'a name is needed' equal $? 64

# ---- ports that are not named: four of them, nobody there ----
"$QUOTH" smtp --helo mx.quoth.net --format json 127.0.25.254 > "$tmp/out" 2> "$tmp/err"
check 'U01 four ports' equal "$? $(grep -o '"port":[0-9]*' "$tmp/out" \
    | tr -d '\n')" '3 "port":25"port":465"port":587"port":2525'
check 'each closed, a note' equal "$(grep -c '"id":"port.closed","grade":"note"' "$tmp/out")" 4
"$QUOTH" smtp --helo mx.quoth.net --format json 127.0.25.254:587 > "$tmp/out" 2> "$tmp/err"
check 'U15 3' equal $? 3
check 'U15 one that was named: unknown' has '"id":"port.closed","grade":"unknown"'
"$QUOTH" smtp --helo mx.quoth.net --relay jane@quoth.net --nameserver "127.0.25.53:$port" \
    --format json \
    "127.0.25.1:$port" > "$tmp/out" 2> "$tmp/err"
check 'U14 an address that is typed is called' has '"connected":true'
check 'U11 private, or next to us' has '"id":"relay.untestable"'
check 'an address is no name to match' hasnot '"id":"cert.name"'
echo port.closed >> "$tmp/seen"

# ---- the first interrupt ends it with QUIT ----
"$QUOTH" smtp --sandbox="$port" --explain mx.mutercpt.test --relay nosuch@good.test > "$tmp/out" \
    2> "$tmp/err" &
one=$!
until grep -q 'RCPT TO' "$tmp/out"; do kill -0 $one || break; sleep 0.05; done
kill -INT $one
wait $one
check 'U02 interrupted: 130' equal $? 130
check 'U02 with QUIT' has ' -> QUIT$'

# ---- every id of the table was seen, here or in tests/probe_test.c ----
awk '/^@ / { of = $2 } /^= / && of == "smtp" { print $2 }' "$here/../core/data/checks.txt" \
    | sort > "$tmp/ids"
grep -ohE '"[a-z]+\.[a-z]+"' "$here/probe_test.c" | tr -d '"' >> "$tmp/seen"
[ "$(wc -l < "$tmp/ids")" -gt 25 ] || echo 'the table was not read' >> "$tmp/ids"
check 'HR02 each finding has a test' equal "$(sort -u "$tmp/seen" | comm -13 - "$tmp/ids")" ''

kill $pid
wait $pid
check 'U02 no offence' equal "$? $(cat "$tmp/offences")" '0 '
pid=
echo "smtp_cmd: $passed passed, $failed failed"
[ $failed = 0 ]
