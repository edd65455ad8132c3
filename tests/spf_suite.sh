#!/bin/sh
# spf_suite.sh B - the test suite of RFC 7208 (F01): through the machine, and through `quoth spf`
# against a name server on loopback. B is the build directory, QUOTH (environment) the command.
#
# The suite is data of another project: got as port/deps/lock says, once, and never part of this
# tree. Where its source cannot be had, this says so and skips; where CI is set, that is a failure.
# Last line: "spf_suite: N passed, N failed".
#
# SPDX-License-Identifier: MIT
set -u
B=${1:-build} DEPS=${DEPS:-build/deps}
passed=0
tab=$(printf '\t')
want="G${tab}one
T${tab}a-b${tab}[1.2.3.4]${tab}1::2${tab}a b@c${tab}fail|pass
Z${tab}d.e${tab}TXT${tab}v=spf1 \\x80${tab}it's
Z${tab}d.e${tab}TIMEOUT
Z${tab}f g.h${tab}TXT${tab}x
Z${tab}f g.h${tab}MX${tab}0${tab}"
got=$(LC_ALL=C awk -f tests/spf_suite.awk << 'END'
# a comment
---
description: one
tests:
  a-b:
    description: >-
      more of
      it
    helo: "[1.2.3.4]"
    host: 1::2
    mailfrom: 'a b@c'
    result: [fail, pass]
zonedata:
  d.e:
    - SPF: ["v=spf1 \x80", 'it''s' ]
    - TIMEOUT
  "f g.h":
    - SPF: v=spf1 -all
    - TXT: x
    - TXT: NONE
    - MX: [0, ""]
END
)
if [ "$got" = "$want" ]; then
    passed=1
else
    echo "FAILED the suite as lines:"
    echo "$got"
    echo "spf_suite: 0 passed, 1 failed"
    exit 1
fi

# What the command prints, and what it refuses.
quoth=${QUOTH:-$B/quoth}
export QUOTH_CONFIG=/dev/null
zone=$B/tests/spf_zone.txt
{
    printf 'Z\texample.com\tTXT\tv=spf1 include:a.test mx ?include:b.test ~all\n'
    printf 'Z\texample.com\tMX\t10\tmx.test\n'
    printf 'Z\tmx.test\tA\t192.0.2.25\n'
    printf 'Z\ta.test\tTXT\tv=spf1 ip4:192.0.2.1 a:gone.test -all\n'
    printf 'Z\tb.test\tTXT\tv=spf1 a:mx.test -all\n'
    printf 'Z\tbad.test\tTXT\tv=spf1 ip4:1.2.3 \\x1b[31m -all\n'
    printf 'Z\tloop.test\tTXT\tv=spf1 include:loop.test\n'
    printf 'Z\txn--bcher-kva.test\tTXT\tv=spf1 +all\n'
} > "$zone"
set -- $("$B/tests/spf_suite_test" --serve "$zone")
server=$1 ns=$2
trap 'kill "$server"' EXIT
failed=0
# says CODE TEXT ARGUMENT...: `quoth spf` ends with that code, and its output has that line (without
# its time)
says() {
    code=$1 text=$2; shift 2
    got=$("$quoth" spf "$@" 2>&1); rc=$?
    if [ "$rc" = "$code" ] && printf '%s\n' "$got" | sed 's/[0-9]* ms$/N ms/' \
        | grep -qxF -- "$text"; then passed=$((passed + 1))
    else failed=$((failed + 1)); printf 'FAILED quoth spf %s: %s\n%s\n' "$*" "$rc" "$got"; fi
}
says 0 'example.com  pass for 192.0.2.1: a.test: this term matches' --nameserver "$ns" \
    --ip 192.0.2.1 --from a@example.com
says 0 '  a.test  ip4:192.0.2.1' --nameserver "$ns" --ip 192.0.2.1 --from a@example.com
says 0 'example.com  pass for 192.0.2.25: this term matches' --nameserver "$ns" \
    --ip=::ffff:192.0.2.25 --helo x example.com
says 2 'example.com  softfail for 2001:db8::1: this term matches' --nameserver "$ns" \
    --ip 2001:db8::1 --from '<>' --helo example.com
says 2 '  5 of 10 terms that ask, 2 of 2 void; 7 questions, N ms' --nameserver "$ns" \
    --ip 2001:db8::1 example.com
says 1 'bad.test  permerror for 192.0.2.1: its record is not SPF from here on (4.6), byte 11' \
    --nameserver "$ns" --ip 192.0.2.1 bad.test
says 1 '  bad.test  1.2.3 \u001b[31m -all' --nameserver "$ns" --ip 192.0.2.1 bad.test
says 1 'loop.test  permerror: loop.test: its record leads back to itself' \
    --nameserver "$ns" loop.test
says 2 'none.test  none: it has no SPF record (4.5, 5.2, 6.1)' --nameserver "$ns" none.test
says 3 'example.com  temperror: the name servers gave no answer: unreachable' \
    --nameserver 127.0.0.1:1 example.com
says 0 '     2  include:a.test   (1 void)' --nameserver "$ns" example.com
says 0 'xn--bcher-kva.test  pass for 192.0.2.1: this term matches' --nameserver "$ns" \
    --ip 192.0.2.1 bücher.test
says 1 'bad.test  permerror: its record is not SPF from here on (4.6), byte 11' \
    --nameserver "$ns" example.com bad.test none.test
says 64 'quoth: --ip: "192.0.2.300": it wants an IP address, such as 192.0.2.1' \
    --ip 192.0.2.300 example.com
says 64 'quoth: --from: "a\u0001@example.com": it wants at most 320 bytes, without control'\
' characters' --ip 192.0.2.1 --from "$(printf 'a\001@example.com')"
says 64 'quoth: --helo wants a value: NAME' --ip 192.0.2.1 --helo
says 64 'quoth: exa mple.com: this is no domain name' --ip 192.0.2.1 'exa mple.com'
says 64 'quoth: no-decoy: spf has no such option; quoth spf --help' --no-decoy example.com
says 64 'quoth: --format: "reacher": it wants text or json' --format reacher example.com
says 64 \
    'quoth: spf: of which domain? --from ADDRESS, --helo NAME or the NAME; quoth spf --help tells '\
'more' \
    --ip 192.0.2.1
says 64 'quoth: spf: who sends? --ip IP; or a NAME, for what it costs' --from a@example.com
json='{"kind":"spf","domain":"example.com","ip":null,"helo":null,"from":null,"result":"softfail",'\
'"why":"match","bad_at":null,"dns":"data","chain":[{"domain":"example.com","record":"v=spf1 '\
'include:a.test mx ?include:b.test ~all","term":"~all"}],"terms":5,"voids":1,"voids_ipv6":1,'\
'"costs":[{"term":"include:a.test","terms":2,"voids":1},{"term":"mx","terms":1,"voids":0},'\
'{"term":"?include:b.test","terms":2,"voids":0}],"queries":8,"ms":'
case $("$quoth" spf --nameserver "$ns" --format json example.com) in
    "$json"*,\"v\":1}) passed=$((passed + 1)) ;;
    *) failed=$((failed + 1)); echo "FAILED quoth spf --format json:"
        "$quoth" spf --nameserver "$ns" --format json example.com ;;
esac
"$quoth" spf --nameserver "$ns" --explain --ip 192.0.2.1 example.com > "$B/tests/spf_explain.txt"
for line in 'TXT example.com ?' 'TXT a.test'; do
    if grep -qF "$line" "$B/tests/spf_explain.txt"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED quoth spf --explain: no $line"
    fi
done
if [ $failed -gt 0 ]; then echo "spf_suite: $passed passed, $failed failed"; exit 1; fi

suite=$DEPS/pyspf/test/rfc7208-tests.yml
cases=$B/tests/spf_suite.txt
if ! sh port/deps/get.sh pyspf "$DEPS" 2> "$B/tests/spf_suite.log"; then
    cat "$B/tests/spf_suite.log"
    if [ -n "${CI:-}" ]; then
        echo "FAILED spf_suite: its source cannot be had"
        echo "spf_suite: 0 passed, 1 failed"
        exit 1
    fi
    echo "SKIPPED the suite of RFC 7208: its source cannot be had"
    echo "spf_suite: $passed passed, 0 failed"
    exit 0
fi
if ! LC_ALL=C awk -f tests/spf_suite.awk "$suite" > "$cases"; then
    echo "FAILED spf_suite: tests/spf_suite.awk does not understand $suite"
    echo "spf_suite: 0 passed, 1 failed"
    exit 1
fi
"$B/tests/spf_suite_test" "$cases" "$quoth"
