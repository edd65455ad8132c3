#!/bin/sh
# The built command from outside, without any server: options, settings, input, exit codes,
# escaping.
#
#   QUOTH=build/quoth tests/cli_test.sh
#
# SPDX-License-Identifier: MIT
set -u
LC_ALL=C; export LC_ALL
QUOTH=${QUOTH:-build/quoth}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
passed=0 failed=0
for v in $(env | sed -n 's/^\(QUOTH_[A-Z_]*\)=.*/\1/p') NO_COLOR XDG_CONFIG_HOME; do
    unset "$v"
done
HOME=$tmp/home; export HOME
mkdir -p "$HOME/.config/quoth"
config=$HOME/.config/quoth/config
esc=$(printf '\033') cr=$(printf '\r')

result() {      # NAME STATUS: 0 is passed
    if [ "$2" = 0 ]; then passed=$((passed + 1)); return; fi
    failed=$((failed + 1))
    echo "FAILED $1"
    sed 's/^/    out: /' "$tmp/out" | head -n 5
    sed 's/^/    err: /' "$tmp/err" | head -n 5
}

# try NAME CODE PATTERN ARGUMENT...: it exits with CODE, and a line of what it prints anywhere
# matches.
try() {
    name=$1 code=$2 pattern=$3
    shift 3
    "$QUOTH" "$@" > "$tmp/out" 2> "$tmp/err" < /dev/null
    got=$?
    if [ $got != "$code" ]; then
        echo "    $name: exit code $got, not $code"
        result "$name" 1
        return
    fi
    cat "$tmp/out" "$tmp/err" | grep -q -- "$pattern"
    result "$name" $?
}

# refused NAME PATTERN ARGUMENT...: a usage error that names the argument; nothing on standard
# output.
refused() {
    name=$1 pattern=$2
    shift 2
    try "$name" 64 "$pattern" "$@"
    [ ! -s "$tmp/out" ]
    result "$name, no result" $?
}

yields() {
    [ "$2" = "$3" ] && result "$1" 0 || {
        echo "    $1: \"$2\", not \"$3\""
        result "$1" 1
    }
}
verdicts() { sed -n 's/.*"verdict":"\([a-z]*\)","reason":"\([a-z_]*\)".*/\1:\2/p' | tr '\n' ' '; }

# ---- options ----
man=${0%/*}/../port/cli/quoth.1
table=$(sed -n 's/^    {"\([a-z0-9-]*\)", .*/\1/p' "${0%/*}/../port/app/options.c")
topics="addresses lists manners identity dns servers tls smtp output exit-codes config"
topics="$topics extract sandbox"
try help 0 'Exit code: 0 deliverable' --help
[ "$(wc -l < "$tmp/out")" -le 24 ]; result help-is-one-screen $?
yields help-columns "$(awk 'length > 80' "$tmp/out")" ''
yields help-names-topics "$(for t in $topics; do grep -q -e "[ ,]$t" "$tmp/out" \
    || echo $t; done)" ''
yields help-names-commands "$(for c in judge smtp calibrate extract sandbox merge help; do grep -q \
    -e "^  quoth $c" -e "^  and,.* $c" "$tmp/out" || echo $c; done)" ''
"$QUOTH" help > "$tmp/help"; cmp -s "$tmp/help" "$tmp/out"; result help-alone $?
for t in $topics; do
    try "help-$t" 0 . help $t
    yields "help-$t-columns" "$(awk 'length > 80' "$tmp/out")" ''
    sed -nE 's/^  (-.,|   ) --([a-z0-9-]*).*/\2/p' "$tmp/out" >> "$tmp/options"
done
yields help-has-every-option-once "$(sort "$tmp/options")" "$(echo "$table" | sort)"
yields manual-has-every-option "$(for o in $table; do
    grep -q -e "$(echo "--$o" | sed 's/-/\\\\-/g')" "$man" || echo $o; done)" ''
# Options that one command has, or a few: struct cli_option.
for c in spf domain smtp merge; do
    try "help-$c" 0 "^quoth $c" $c --help
    yields "help-$c-columns" "$(awk 'length > 80' "$tmp/out")" ''
    yields "manual-has-options-of-$c" "$(sed -nE 's/^ {2,}(-.,)? *(--[a-z-]+).*/\2/p' "$tmp/out" \
        | while read -r o; do
        grep -q -e "$(echo "$o" | sed 's/-/\\\\-/g')" "$man" || echo "$o"; done)" ''
    refused "stranger-$c" "passes: $c has no such option; quoth $c --help" $c --passes 3 quoth.net
done
refused own-value-missing 'selector wants a value: NAME' domain quoth.net --selector
refused own-value-wrong '--ip: "1\.2\.3": it wants an IP address' spf --ip=1.2.3 quoth.net
refused own-flag-value '--all: "yes": it wants no value' domain --all=yes quoth.net
for s in 'a b' '*' '' . s1. a..b "$(printf '%0101d' 1)"; do
    refused "L02-selector-$s" 'it wants a selector of DKIM' domain --selector "$s" quoth.net
done
refused own-nearest 'unknown option --selectors' domain --selectors x quoth.net
refused own-behind-dashes 'this is no domain name' domain -- --all
# A domain is read alike by all that take one; nobody answers on this port.
for row in 'BÜCHER.example.|xn--bcher-kva.example' '_Spf.Bücher.de|_spf.xn--bcher-kva.de' \
    'a_b.c.example|a_b.c.example' \
    'x.a_b.c.example.|x.a_b.c.example'; do
    for c in spf domain; do
        try "name-$c-$row" 3 "\"domain\":\"${row#*|}\"" $c --nameserver 127.0.0.1:1 \
            --format json "${row%|*}"
    done
done
label=$(printf '%063d' 0 | tr 0 a)
for bad in 'foo..b' '.' '' _a com a._b '[192.0.2.1]' 192.0.2.1 \
    -a.de a-.de "a b.de" 'a.de..' "${label}a.de" \
    "$label.$label.$label.$label.de" "$(printf '\303').de" 'é_.de'; do
    for c in spf domain; do refused "name-$c-$bad" 'no domain name' $c -- "$bad"; done
done
for c in spf domain; do
    refused "name-$c-address" 'an address; give the domain' $c jane@quoth.net
done
try help-words 0 '^Exit codes' help exit codes
try help-of-a-command 0 '^quoth judge \[options\]' help judge
try help-judge 0 '--rcpt ADDRESS .*asked about' judge --help
dead='550 5.1.1 <me@quoth.net>: no such user'
printf 'RCPT\t%s\n' "$dead" > "$tmp/replies"
"$QUOTH" judge < "$tmp/replies" > "$tmp/out"; grep -q not_exists "$tmp/out"; result K19-not-told $?
"$QUOTH" judge --from me@quoth.net --rcpt jane@example.com < "$tmp/replies" > "$tmp/out"
grep -q 'policy_rejected.cannot_tell' "$tmp/out"; result K19-from $?
"$QUOTH" judge --from me@quoth.net --rcpt me@quoth.net < "$tmp/replies" > "$tmp/out"
grep -q not_exists "$tmp/out"; result K19-asked $?
printf 'RCPT\t550 no such user mx.quoth.net\n' | "$QUOTH" judge --helo mx.quoth.net > "$tmp/out"
grep -q cannot_tell "$tmp/out"; result K19-helo $?
# Of whom it speaks is open: ours, or the one who was asked for.
printf 'RCPT\t550 <Postmaster@quoth.net> does not exist\n' > "$tmp/replies"
"$QUOTH" judge < "$tmp/replies" > "$tmp/out"; grep -q cannot_tell "$tmp/out"; result K19-domain $?
"$QUOTH" judge --rcpt postmaster@quoth.net < "$tmp/replies" > "$tmp/out"
grep -q not_exists "$tmp/out"; result K19-domain-asked $?
"$QUOTH" judge --rcpt jane@quoth.net < "$tmp/replies" > "$tmp/out"
grep -q cannot_tell "$tmp/out"; result K19-another $?
# Words that stand in lines without a code, or behind a line that looks like the last, belong to the
# reply.
said() { printf 'RCPT\t%s\n' "$1" | "$QUOTH" judge | cut -f1; }
yields judge-without-codes "$(said '550 mailbox unavailable\nReject due to policy restrictions.')" \
    policy_rejected
yields judge-last-twice "$(said '550 5.1.1 user unknown\n550 5.7.1 blocked by spamhaus')" ip_blocked
yields judge-not-ended "$(said '550-5.1.1 user unknown')" user_unknown
yields judge-another-reply "$(said '250 ok\n550 no such user')" accepted
refused K19-bad-from '^quoth: --from: "a b": it wants a sender' judge --from 'a b'
refused K19-bad-helo '^quoth: --helo: "a b": it wants what was said' judge --helo 'a b'
try help-sandbox 0 '^quoth sandbox' sandbox --help
yields help-sandbox-columns "$(awk 'length > 80' "$tmp/out")" ''
refused help-unknown 'help nosuch: no such topic; there are addresses, .*, sandbox, all' help nosuch
refused help-unclear 'no such topic' help s
try help-all 0 '^Exit code' help all
yields G09 "$(grep -ciE 'permut|guess|generat|wordlist|brute' "$tmp/out")" 0
grep -qi 'vrfy' "$tmp/out" && grep -qi 'never used' "$tmp/out"; result G11 $?
grep -q 'personal' "$tmp/out"; result G14 $?
try version 0 '^quoth [0-9]*\.[0-9]*\.[0-9]*$' --version
refused no-address 'no address given'
refused unknown-nearest 'did you mean --helo?' --hello=x jane@example.org
refused unknown-prefix 'did you mean --syntax-only?' --syntax jane@example.org
refused unknown-far 'unknown option --zzzzzzzz; quoth --help' --zzzzzzzz jane@example.org
refused unknown-letter 'unknown option -z' -z jane@example.org
refused behind-address 'unknown option --nosuch' jane@example.org --nosuch
refused unknown-escaped 'unknown option --a\\u001b\[31m' "--a$esc[31m" jane@example.org
refused value-missing '--helo wants a value: NAME' jane@example.org --helo
refused file-missing '-f wants a value' -f
refused flag-value '--quiet: "perhaps".*yes or no' --quiet=perhaps jane@example.org
for bad in abc 0 0.09 3601 1.2345 -1 1s '' 99999999999999999999; do
    refused "timeout-$bad" '--timeout: ".*seconds' "--timeout=$bad" jane@example.org
done
refused tls '--tls: "maybe" will not do; it wants try|must|never' --tls maybe jane@example.org
refused format '--format: "xml"' --format xml jane@example.org
refused format-part '--format: "js"' --format js jane@example.org
refused color '--color' --color=sometimes jane@example.org
for bad in 'a b.org' host 'a>b.org' "a.org${cr}
RSET" 'mx.example.org SIZE=1' '' '-a.org'; do
    refused "A04-helo-$bad" '--helo: "' --helo "$bad" --syntax-only jane@example.org
done
for bad in 'a@b.org> SIZE=1' "a@b.org${cr}
DATA" a@ 'Jane <a@b.org>'; do
    refused "A04-from-$bad" '--from: "' --from "$bad" --syntax-only jane@example.org
done
for bad in localhost 192.0.2.1:0 192.0.2.1:65536 '[2001:db8::1' '[192.0.2.1]:53' 192.0.2.1.1 1.2.3 \
    '2001:db8::1]:53' \
    '[2001:db8::1]53'; do
    refused "nameserver-$bad" '--nameserver: "' --nameserver "$bad" --syntax-only jane@example.org
done
for bad in localhost 'a b.org' mx.example.org: mx.example.org:99999 mx.example.org:smtp \
    '[::1]x' 1.2.3.4.5 ''; do
    refused "server-$bad" '--server: "' --server "$bad" --syntax-only jane@example.org
done
refused nameserver-many 'fewer name servers' --nameserver=192.0.2.1,192.0.2.2,192.0.2.3,192.0.2.4 \
    --syntax-only a@b.org
for bad in 10.0.0.0/33 10.0.0 2001:db8::/129 10.0.0.0/-1 x; do
    refused "allow-$bad" '--allow: "' --allow "$bad" --syntax-only jane@example.org
    refused "deny-$bad" '--deny: "' --deny "$bad" --syntax-only jane@example.org
done
refused list-empty '--nameserver: ""' --nameserver '' --syntax-only jane@example.org
for bad in a..b a@b 'a!b' '*.test'; do
    refused "allow-name-$bad" '--allow-name: "' --allow-name "$bad" --syntax-only jane@example.org
done
# One that is for something else is named, and so is what it is for.
refused for-lists '--cache is for lists: -f FILE$' --cache "$tmp/x" jane@example.org
refused for-lists-2 '--column is for lists: -f FILE$' --column 2 jane@example.org
refused for-extract '--unique is for quoth extract$' --unique jane@example.org
refused for-smtp '--as is for quoth smtp HOST$' --as 25 jane@example.org
refused judge-unknown 'unknown option --wrong' judge --wrong
refused judge-argument '^quoth: rcpt: judge reads replies' judge rcpt
refused judge-other '^quoth: dns-only: judge has no such option' judge --dns-only
refused merge-other '^quoth: ipv4: merge has no such option' merge -4 x
refused judge-missing '--mx wants a value: HOST' judge --explain --mx
refused calibrate-unknown 'unknown option --wrong' calibrate --wrong
"$QUOTH" judge > "$tmp/out" 2> "$tmp/err" <&-
yields judge-closed "$? $(wc -l < "$tmp/err")" '66 1'
"$QUOTH" judge --rcpt=jane@example.org --from me@example.net > "$tmp/out" 2> "$tmp/err" << END
RCPT	550 5.1.1 <me@example.net>: no such user
END
yields judge-values "$? $(cut -f1 "$tmp/out")" '0 policy_rejected'
for bad in 0 3 x; do
    refused "decoys-$bad" '--decoys: "' --decoys "$bad" --syntax-only jane@example.org
done
for bad in 0 65536 x; do
    refused "sandbox-$bad" '--sandbox: "' "--sandbox=$bad" --syntax-only jane@example.org
done
try good-forms 3 syntax_ok --syntax-only --helo=mx.quoth.net --from '<>' \
    --server '[2001:db8::1]:2525' -4 -6 \
    --timeout 0.5 --nameserver 2001:db8::53 --nameserver '[2001:db8::54]:5353' \
    --nameserver 192.0.2.1:53 --allow 10.0.0.0/8,fd00::/8 \
    --deny 192.0.2.1 --allow-name .corp --no-decoy --decoys 2 --tls never --tls-verify \
    --color never jane@quoth.net
try ca-file 66 'nosuch: no certificate can be read' --ca-file "$tmp/nosuch" --helo mx.quoth.net \
    --server 127.0.0.1:1 \
    jane@quoth.net
try dashes 1 undeliverable --syntax-only -- -nobody
try dash-address 3 'syntax_ok' --syntax-only -- -f@quoth.net
"$QUOTH" -q4 --syntax-only jane@quoth.net; yields letters $? 3

# ---- where settings come from ----
QUOTH_TIMEOUT=soon try env-bad 64 'QUOTH_TIMEOUT: "soon"' --syntax-only jane@quoth.net
QUOTH_TIMEOUT=soon try line-over-env 3 syntax_ok --timeout 3 --syntax-only jane@quoth.net
QUOTH_FORMAT=json try env 3 '"verdict":"unknown"' --syntax-only jane@quoth.net
QUOTH_FORMAT=json try env-over 3 '^unknown ' --format=text --syntax-only jane@quoth.net
QUOTH_SYNTAX_ONLY=yes try env-flag 3 syntax_ok jane@quoth.net
QUOTH_HELO='mx x' try env-helo 64 'QUOTH_HELO: "mx x"' --syntax-only jane@quoth.net
QUOTH_FROM= try env-empty 3 syntax_ok --syntax-only jane@quoth.net
printf '# a comment\r\n\n  format =  json  \nsyntax-only=yes\n' > "$config"
try file 3 '"reason":"syntax_ok"' jane@quoth.net
QUOTH_FORMAT=text try env-over-file 3 '^unknown ' jane@quoth.net
try line-over-file 3 '^unknown ' --format text jane@quoth.net
QUOTH_CONFIG= try file-off 3 '^unknown ' --syntax-only jane@quoth.net
printf 'format = json\n\ntls = loud\n' > "$config"
try file-bad 64 '/quoth/config:3: tls: "loud"' --syntax-only jane@quoth.net
try file-beaten 3 '"reason":"syntax_ok"' --tls try --syntax-only jane@quoth.net
printf 'format = json\nhelo mx.quoth.net\n' > "$config"
try file-form 64 '/quoth/config:2: not a line of the form' --syntax-only jane@quoth.net
printf 'time-out = 3\n' > "$config"
try file-name 64 '/quoth/config:1: unknown option time-out; did you mean timeout?' \
    --syntax-only jane@quoth.net
printf 'file = x\n' > "$config"
try file-only-line 64 '/quoth/config:1: file is for the command line alone' \
    --syntax-only jane@quoth.net
printf '\357\273\277format = json\n' > "$config"
try file-byte-order-mark 3 '^{"input"' --syntax-only jane@quoth.net
{ printf 'helo = '; head -c 5000 /dev/zero | tr '\0' a; } > "$config"
try file-long 64 '/quoth/config:1: this line is too long' --syntax-only jane@quoth.net
printf 'helo = a b\n' > "$tmp/other"
QUOTH_CONFIG=$tmp/other try file-named 64 '/other:1: helo: "a b"' --syntax-only jane@quoth.net
QUOTH_CONFIG=$tmp/nosuch try file-gone 66 'nosuch: No such file' --syntax-only jane@quoth.net
mkdir -p "$tmp/xdg/quoth" && echo 'format = json' > "$tmp/xdg/quoth/config"
XDG_CONFIG_HOME=$tmp/xdg try file-xdg 3 '"reason":"syntax_ok"' --syntax-only jane@quoth.net
rm -f "$config"

# ---- addresses and exit codes ----
try exit-bad-address 1 'undeliverable' --syntax-only 'jane@@quoth.net'
[ -s "$tmp/out" ] && [ ! -s "$tmp/err" ]; result bad-address-is-a-result $?
try exit-fine 3 syntax_ok --syntax-only jane@quoth.net
try exit-lowest 1 syntax_ok --syntax-only jane@quoth.net jane@ jane@quoth.net
try arguments-in-order 1 . --format json --syntax-only jane@quoth.net jane@ any@quoth.net @ \
    jane@quoth.net
yields order "$(sed 's/{"input":"\([^"]*\)".*/\1/' "$tmp/out" | tr '\n' ' ')" \
    'jane@quoth.net jane@ any@quoth.net @ jane@quoth.net '
"$QUOTH" --syntax-only jane@quoth.net jane@quoth.org > /dev/full 2> "$tmp/err"
yields full-output-several $? 70
timeout 60 "$QUOTH" --syntax-only --follow <&- > "$tmp/out" 2> "$tmp/err"
yields closed-input "$? $(cat "$tmp/err")" '66 quoth: -: Bad file descriptor'
"$QUOTH" --syntax-only jane@quoth.net >&- 2> "$tmp/err"; yields closed-output $? 70
"$QUOTH" --syntax-only jane@@quoth.net > "$tmp/out" 2>&-; yields closed-error $? 1
try empty-address 1 'undeliverable' --syntax-only ''
try reserved 3 'reserved' jane@quoth.test
try reserved-allowed 3 'syntax_ok' --syntax-only --allow-name test jane@quoth.test
try single-label 3 'single_label' jane@localserver
try literal 3 'address_literal' 'jane@[192.0.2.1]'
try caret 1 '^                 ^ ' --syntax-only 'a..b@quoth.net'
"$QUOTH" --syntax-only "$(head -c 100000 /dev/zero \
    | tr '\0' a)@quoth.net" > "$tmp/out" 2> "$tmp/err"
yields long $? 1
[ "$(wc -c < "$tmp/out")" -lt 2000 ]; result long-argument $?

# ---- who asks (G01, G12): none of these sends anything ----
try G01 3 'no_identity' --helo mail.example.org --server 192.0.2.1 jane@quoth.net
grep -q 'placeholder' "$tmp/err" && grep -q -e '--helo NAME' "$tmp/out"; result G01-how $?
try G01-json 3 '"reason":"no_identity"' --format json --helo localhost.localdomain \
    --server 192.0.2.1 jane@quoth.net
try G12 3 'dns_ok' --dns-only --helo mail.example.org --server 192.0.2.1 jane@quoth.net
[ ! -s "$tmp/err" ]; result G12-quiet $?
try N09 3 'no_identity' --allow 10.0.0.0/8 --allow fd00::/8 --deny 10.1.0.0/16 --helo a.example \
    --server 192.0.2.1 a@quoth.net
grep -q 'may also connect to 10.0.0.0/8, fd00::/8' "$tmp/err" \
    && grep -q 'never connects to 10.1.0.0/16' "$tmp/err"
result N09-logged $?
try refused-port 3 'connection refused' --helo mx.quoth.net --server 127.0.0.1:1 jane@quoth.net
try no-nameserver 3 'dns_failure' --nameserver 127.0.0.1:1 --timeout 2 \
    --helo mx.quoth.net jane@quoth.net
try no-tls-wanted 3 'unreachable' --tls never --helo mx.quoth.net \
    --server '127.0.0.1:1' jane@quoth.net

# ---- formats ----
try json 3 '^{"input":"jane@quoth.net","verdict":"unknown","reason":"syntax_ok","phase":.*"v":1}$' \
    --format json --syntax-only jane@quoth.net
try reacher 1 \
    '^{"input":"jane@","is_reachable":"invalid","misc":{.*},"mx":{"accepts_mail":false,'\
'"records":\[\]},' \
    --format reacher --syntax-only jane@
"$QUOTH" --quiet --syntax-only jane@ > "$tmp/out" 2> "$tmp/err"; yields quiet $? 1
[ ! -s "$tmp/out" ] && [ ! -s "$tmp/err" ]; result quiet-silent $?
try color-always 1 "$esc\[" --color always --syntax-only jane@
try color-auto 1 undeliverable --syntax-only jane@
grep -q "$esc" "$tmp/out"; [ $? = 1 ]; result color-no-terminal $?
try explain 3 'local part     jane' --explain --syntax-only jane@quoth.net
try explain-talk 3 '=== Trying 127.0.0.1 at 127.0.0.1:1' --explain --helo mx.quoth.net \
    --server 127.0.0.1:1 jane@quoth.net
try explain-json 3 '"v":1}' --format json --explain --syntax-only jane@quoth.net
[ "$(wc -l < "$tmp/out")" = 1 ] && grep -q 'local part' "$tmp/err"; result explain-stderr $?
"$QUOTH" --syntax-only jane@ > /dev/full 2> "$tmp/err"; yields full-output $? 70

# ---- L13: a chance, by one's own outcomes ----
outcomes() { # N: rows, two in three delivered, and more of those with a high score
    echo 'email,quoth_score,note,outcome'
    awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++)
        printf "a%d@quoth.net,%d,\"x,y\",%s\n", i, (i % 7) * 100 - 200, \
            i * 5 % 11 < i % 7 + 2 ? "delivered" : "Bounced" }'
}
calibrate() { QUOTH_CONFIG=$tmp/calibrated "$QUOTH" calibrate "$@" > "$tmp/out" 2> "$tmp/err"; }
outcomes 400 > "$tmp/outcomes.csv"
printf '# mine\nhelo = mx.quoth.net' > "$tmp/calibrated"
calibrate "$tmp/outcomes.csv"; yields L13-calibrate $? 0
grep -q '^400 outcomes, [0-9]* delivered' "$tmp/out" \
    && grep -q "^Written to $tmp/calibrated" "$tmp/out"
result L13-told $?
calibrate "$tmp/outcomes.csv"; yields L13-again $? 0
yields L13-written "$(sed 's/= [0-9-]* [0-9-]* 400 [0-9]* 2[0-9-]*$/=/' "$tmp/calibrated" \
    | tr '\n' '|')" \
    '# mine|helo = mx.quoth.net|calibration =|'
QUOTH_CONFIG=$tmp/calibrated "$QUOTH" --syntax-only jane@quoth.net > "$tmp/out" 2>&1
yields L13-config-read $? 3
ln -s /dev/null "$tmp/null"
QUOTH_CONFIG=$tmp/null "$QUOTH" calibrate "$tmp/outcomes.csv" > "$tmp/out" 2> "$tmp/err"
yields L13-device "$? $(readlink "$tmp/null")" '64 /dev/null'
calibrate --uncalibrate
yields L13-uncalibrate "$? $(tr '\n' '|' < "$tmp/calibrated")" '0 # mine|helo = mx.quoth.net|'
while IFS='|' read -r name exit said edit; do
    outcomes 400 | sed "$edit" > "$tmp/outcomes.csv"
    calibrate "$tmp/outcomes.csv"; yields "L13-$name" $? "$exit"
    grep -q "$said" "$tmp/err"; result "L13-$name-said" $?
done << 'END'
few|64|199 outcomes have a score, 200 are needed|201,$d
one-kind|64|bounced: 10 of each are needed|s/Bounced/delivered/
word|64|outcomes.csv:9: outcome is delivered or bounced|9s/,[a-zA-Z]*$/,perhaps/
number|64|outcomes.csv:5: quoth_score is not a whole number|5s/,-*[0-9]*,/,many,/
no-score|64|there is no column quoth_score|1s/quoth_score/score/
no-outcome|64|there is no column outcome|1s/outcome$/result/
bytes|64|outcomes.csv:9: outcome is delivered or bounced|9s/,[a-zA-Z]*$/,\xff\xfe/
far|64|outcomes.csv:5: quoth_score is not a whole number|5s/,-*[0-9]*,/,99999,/
alike|64|the score tells nothing of these outcomes|2,$s/,-*[0-9]*,/,538,/
nul|64|outcomes.csv:7: this line is too long, or holds a NUL|7s/x/\x00/
END
: > "$tmp/outcomes.csv"; calibrate "$tmp/outcomes.csv"; yields L13-empty $? 64
calibrate "$tmp"; yields L13-directory $? 66
calibrate "$tmp/none.csv"; yields L13-missing $? 66
calibrate; yields L13-which $? 64
grep -q calibration "$tmp/calibrated"; yields L13-untouched $? 1

# ---- O01: nothing a stranger wrote reaches the terminal raw ----
nasty="$esc]0;x$(printf '\a\302\233\342\200\256\177\377\t')@quoth.net"
for format in text json reacher; do
    "$QUOTH" --format $format --explain --syntax-only "$nasty" > "$tmp/out" 2> "$tmp/err"
    yields "O01-$format" "$(cat "$tmp/out" "$tmp/err" | tr -d '\n' | tr -dc '\000-\037\177-\377' \
        | wc -c)" 0
done
"$QUOTH" --format json --syntax-only "$nasty" jürgen@quoth.net > "$tmp/out" 2> "$tmp/err"
grep -q '"input":"\\u001b\]0;x\\u0007\\u009b\\u202e\\u007f\\ufffd\\u0009@quoth.net"' "$tmp/out"
result O01-json-escapes $?
grep -q '"input":"jürgen@quoth.net"' "$tmp/out"; result O01-letters-stay $?

# ---- O05: files ----
{ printf '\357\273\277one@quoth.net\r\n\r\n'; printf 'two@@quoth.net\n   \n'
    printf 'thr\000ee@quoth.net\n'
  printf 'f\377our@quoth.net\n'; head -c 10000000 /dev/zero \
      | tr '\0' x; printf '\none@quoth.net'; } > "$tmp/list"
( ulimit -v 100000; "$QUOTH" --format json --ordered --syntax-only --anyway -f "$tmp/list" ) \
    > "$tmp/out" 2> "$tmp/err"
yields O05-exit $? 1
yields O05-order "$(verdicts < "$tmp/out")" \
    "unknown:syntax_ok undeliverable:syntax unknown:unreadable\
 unknown:unreadable unknown:unreadable unknown:syntax_ok "
yields O05-input "$(sed -n '1s/","verdict.*//p' "$tmp/out")" '{"input":"one@quoth.net'
grep -q '"input_bytes":10000000,' "$tmp/out"; result O05-long-line $?
yields O05-bounded "$(awk 'length > 8000' "$tmp/out" | wc -l)" 0
yields O04-summary "$(tail -n 1 "$tmp/out")" \
    '{"summary":{"total":6,"unknown":5,"deliverable":0,"undeliverable":1,"risky":0,'\
'"list":{"kind":"lines",'\
'"encoding":"not UTF-8","left_out":0,"sample":{"rows":4,"filled":4,"addresses":1}}},"v":1}'
"$QUOTH" --syntax-only -f "$tmp/list" > "$tmp/out" 2> "$tmp/err"; yields few-addresses $? 64
grep -q 'only 1 of the first 4 rows holds' "$tmp/err"; result few-addresses-said $?
"$QUOTH" --syntax-only --anyway -f - < "$tmp/list" > "$tmp/out" 2> "$tmp/err"
yields stdin-exit $? 1
grep -q '^6 of 6 checked in' "$tmp/err" && grep -q '^  undeliverable  *1   16.7 %$' "$tmp/err"
result text-summary $?
try file-missing 66 'nosuch: No such file' -f "$tmp/nosuch"
try file-directory 66 'Is a directory' --syntax-only -f "$tmp"
printf '\n\r\n' > "$tmp/empty"
try file-empty 64 'holds no address' -f "$tmp/empty"
try file-empty-explained 64 'holds no address' --explain -f "$tmp/empty"
try file-of-nothing 64 'holds no address' --explain -f /dev/null
try file-missing-explained 66 'nosuch: No such file' --explain -f "$tmp/nosuch"
try file-directory-explained 66 'Is a directory' --explain -f "$tmp"
try file-and-arguments 1 'syntax_ok' --syntax-only --anyway jane@quoth.net -f "$tmp/list"

# One after the other, results come as they are known, not when the input ends.
until_there() {     # FILE: until it has bytes; after five minutes something hangs
    n=0; while [ ! -s "$1" ] && [ $n -lt 3000 ]; do sleep 0.1; n=$((n + 1)); done
}
{ echo 'a@@b'; until_there "$tmp/line"; cp "$tmp/line" "$tmp/early"; } |
    "$QUOTH" --format json --explain --syntax-only -f - 2> "$tmp/err" > "$tmp/line"
[ -s "$tmp/early" ]; result streams $?

# ---- O08: the system calls the manual promises, where strace can tell ----
if strace -o "$tmp/trace" true 2> /dev/null; then
    promised=$(sed -n '/^bind brk/,/^\.fi/p' "${0%/*}/../port/cli/quoth.1" | grep -v '^\.' \
        | tr '\n' ' ')
    for address in jane@quoth.net jane@@; do
        strace -f -o "$tmp/one" "$QUOTH" --helo mx.quoth.net --server 127.0.0.1:1 \
            --explain $address \
            > "$tmp/out" 2> "$tmp/err"
        sed -n '/rt_sigaction(SIGINT/,$p' "$tmp/one"
    done > "$tmp/trace"
    yields O08 "$(sed -n 's/^[0-9]* *\([a-z_0-9]*\)(.*/\1/p' "$tmp/trace" | sort -u |
        while read -r call; do case " $promised" \
            in *" $call "*) ;; *) echo "$call" ;; esac; done)" ''
else
    echo "SKIPPED O08: strace does not run here"
fi

# ---- an interrupt ends it, between addresses as well; so does a terminal that is closed ----
mkfifo "$tmp/fifo"
for signal in INT TERM HUP; do
    env --default-signal=HUP \
        "$QUOTH" --syntax-only -f "$tmp/fifo" > "$tmp/out" 2> "$tmp/err" &
    pid=$!
    exec 3> "$tmp/fifo"
    echo jane@ >&3
    # It can be interrupted once it catches SIGINT, the second bit from the right.
    until grep -q '^SigCgt:.*[2367abef]$' /proc/$pid/status || ! kill -0 $pid; do sleep 0.1; done
    kill -$signal $pid; wait $pid; yields interrupt-$signal $? 130
    exec 3>&-
    grep -q 'interrupted' "$tmp/err"; result interrupt-said-$signal $?
done

# ---- quoth extract ----
extract() { "$QUOTH" extract "$@" > "$tmp/out" 2> "$tmp/err"; }
printf 'Write to jane@example.com, Jane@example.com (bob@example.org).\n<jane@example.com>\n' \
    > "$tmp/a.txt"
extract "$tmp/a.txt"; yields XT15-text "$? $(tr '\n' ' ' < "$tmp/out")" \
    '0 jane@example.com Jane@example.com bob@example.org jane@example.com '
extract < "$tmp/a.txt"; yields XT18-standard-input "$? $(wc -l < "$tmp/out")" '0 4'
extract - < "$tmp/a.txt"; yields XT18-dash "$? $(wc -l < "$tmp/out")" '0 4'
extract --unique "$tmp/a.txt" "$tmp/a.txt"; yields XT16-unique "$(tr '\n' ' ' < "$tmp/out")" \
    'jane@example.com Jane@example.com bob@example.org '
extract --unique --fold --format csv "$tmp/a.txt"; yields XT16-fold "$(tr '\n' ' ' < "$tmp/out")" \
    "address,file,line,offset,flags,count \"jane@example.com\",\"$tmp/a.txt\",1,9,,3 "\
"\"bob@example.org\",\"$tmp/a.txt\",1,45,,1 "
printf 'j@b\303\274cher.de J@xn--bcher-kva.DE j@xn--bcher-kva.de' > "$tmp/b.txt"
extract --unique "$tmp/b.txt"; yields XT16-domain "$(wc -l < "$tmp/out")" 2
extract --format json "$tmp/b.txt"
grep -q '"domain":"xn--bcher-kva.de","file":".*","line":1,"offset":0,"flags":\[\],"count":1}$' \
    "$tmp/out"
result XT15-json $?
printf '+1@example.com' | "$QUOTH" extract --format csv > "$tmp/out"
grep -q "^\"'+1@example.com\"" "$tmp/out"
result XT15-formula $?
awk 'BEGIN { for (i = 0; i < 60000; i++) print "user" (i % 30000) "@example.com" }' > "$tmp/c.txt"
extract --unique --limit-memory 64k "$tmp/c.txt"
yields XT16-limit "$? $(sort -u "$tmp/out" \
    | wc -l) $(grep -c 'may come twice' "$tmp/err")" '0 30000 1'
extract --unique --limit-memory 64k --format csv "$tmp/c.txt"
yields XT16-limit-csv "$? $(sed 1d "$tmp/out" | cut -d, -f1 | sort -u | wc -l) $(sed 1d "$tmp/out" \
    | awk -F, '{ n += $6 } END { print n }')" '0 30000 60000'
extract --unique --format csv "$tmp/c.txt"
yields XT16-count "$? $(sed 1d "$tmp/out" | grep -c ',2$')" '0 30000'
extract --unique --limit-memory 1 "$tmp/c.txt"
yields XT16-no-memory "$? $(wc -l < "$tmp/out")" '0 60000'
printf \
    'From: a@example.com\nTo: b@example.com\nContent-Transfer-Encoding: base64'\
'\n\nY0BleGFtcGxlLmNvbQ==\n' \
    > "$tmp/m.eml"
extract "$tmp/m.eml"
yields XT12-mail "$(tr '\n' ' ' < "$tmp/out")" 'a@example.com b@example.com c@example.com '
extract --kind text "$tmp/m.eml"
yields XT12-kind "$(tr '\n' ' ' < "$tmp/out")" 'a@example.com b@example.com '
extract "$tmp/missing" "$tmp/a.txt"
yields XT14-missing "$? $(wc -l < "$tmp/out") $(grep -c 'missing: No such file' "$tmp/err")" \
    '66 4 1'
extract "$tmp"; yields XT14-directory "$? $(grep -c 'a directory; .*find DIR' "$tmp/err")" '66 1'
n=0
for row in '%%PDF-1.7|pdftotext' 'PK\003\004|unzip -p' '\037\213\010|zcat' 'BZh9|bzcat' \
    '\3757zXZ|xzcat' '\050\265\057\375|zstdcat' \
    '\320\317\021\340|msgconvert' 'Rar!\032|unpack it first'; do
    # shellcheck disable=SC2059 # the row is a format
    printf "${row%%|*} jane@example.com" > "$tmp/archive"
    extract "$tmp/archive"
    yields "XT14-${row##*|}" "$? $(wc -c < "$tmp/out") $(grep \
        -c "archive: .*${row##*|}" "$tmp/err")" '66 0 1'
    n=$((n + 1))
done
yields XT14-rows $n 8
printf '\0\001 jane@example.com' > "$tmp/bin"
extract "$tmp/bin"
yields XT14-binary "$? $(cat "$tmp/out") $(grep -c 'bin: has NUL bytes' "$tmp/err")" \
    '0 jane@example.com 1'
printf 'john [at] example [dot] com' > "$tmp/o"
extract "$tmp/o"; yields XT11-off "$(cat "$tmp/out")" ''
extract --deobfuscate --format json "$tmp/o"
grep -q '"john@example.com".*"flags":\["guess"\]' "$tmp/out"
result XT11-on $?
extract "$tmp/c.txt" > /dev/null
"$QUOTH" extract "$tmp/c.txt" | "$QUOTH" --syntax-only -f - --format json > "$tmp/out" 2> /dev/null
yields XT17-pipe "$(grep -c '"reason":"syntax"' "$tmp/out") $(grep \
    -c '"input"' "$tmp/out")" '0 60000'
for what in 'extract' '--syntax-only --follow'; do
    (ulimit -f 1 && "$QUOTH" $what < "$tmp/c.txt" > "$tmp/limited" 2> "$tmp/err")
    yields "limited-output: $what" "$? $(grep -c -e 'standard output: File too large' \
        -e 'the output cannot be written' "$tmp/err")" '70 1'
done
if [ -e /dev/full ]; then
    for what in --help --version 'help lists' judge 'info a@quoth.net' 'sandbox --list' \
        'spf --help' 'merge --help'; do
        "$QUOTH" $what > /dev/full 2> "$tmp/err" <<'END'
RCPT	550 no such user
END
        yields "full-output-said: $what" "$? $(cat "$tmp/err")" \
            '70 quoth: standard output: No space left on device'
    done
    "$QUOTH" extract "$tmp/c.txt" > /dev/full 2> "$tmp/err"
    yields XT15-full $? 70
fi
refused XT-bad-option 'helo: extract has no such option' extract --helo mx.quoth.net
refused XT-bad-format 'format wants text, csv or json' extract --format reacher
refused XT-bad-kind '--kind: "pdf" will not do; it wants auto|text' extract --kind pdf
refused XT-bad-memory '--limit-memory: "5g".*below 4g' extract --unique --limit-memory 5g
refused XT-opposites 'opposites' extract --atext --strict
refused XT-fold-alone 'are for --unique' extract --fold
refused XT-elsewhere 'for quoth extract' --unique jane@example.org
try XT-help 0 '^quoth extract' extract --help

echo "cli: $passed passed, $failed failed"
[ $failed = 0 ]
