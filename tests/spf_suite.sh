#!/bin/sh
# spf_suite.sh B - the test suite of RFC 7208 (F01), through the machine. B is the build directory.
#
# The suite is data of another project: got as port/deps/lock says, once, and never part of this tree. Where its source
# cannot be had, this says so and skips; where CI is set, that is a failure.
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
if [ "$got" = "$want" ]; then passed=1; else echo "FAILED the suite as lines:"; echo "$got"; echo "spf_suite: 0 passed, 1 failed"; exit 1; fi

suite=$DEPS/pyspf/test/rfc7208-tests.yml
cases=$B/tests/spf_suite.txt
if ! sh port/deps/get.sh pyspf "$DEPS" 2> "$B/tests/spf_suite.log"; then
    cat "$B/tests/spf_suite.log"
    if [ -n "${CI:-}" ]; then echo "FAILED spf_suite: its source cannot be had"; echo "spf_suite: 0 passed, 1 failed"; exit 1; fi
    echo "SKIPPED the suite of RFC 7208: its source cannot be had"
    echo "spf_suite: $passed passed, 0 failed"
    exit 0
fi
if ! LC_ALL=C awk -f tests/spf_suite.awk "$suite" > "$cases"; then
    echo "FAILED spf_suite: tests/spf_suite.awk does not understand $suite"
    echo "spf_suite: 0 passed, 1 failed"
    exit 1
fi
"$B/tests/spf_suite_test" "$cases"
