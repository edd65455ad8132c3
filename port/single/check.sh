#!/bin/sh
# check.sh DIR QUOTH - the single file as it is shipped: copied to a place of its own with its
# example, built there by the line that stands in the example, then again from C++ and as C++, and
# run against `QUOTH sandbox`. Last line: "single: N passed, N failed".
#
# SPDX-License-Identifier: MIT
set -u
dir=$1 quoth=$2
tmp=$(mktemp -d) || exit 1
pid= passed=0 failed=0
trap '[ -z "$pid" ] || kill "$pid" 2> /dev/null; rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM HUP

try() {         # NAME COMMAND...
    name=$1; shift
    if "$@" > "$tmp/log" 2>&1; then passed=$((passed + 1))
    else failed=$((failed + 1)); echo "FAILED $name: $*"; cat "$tmp/log"; fi
}

cp "$dir/quoth.c" "$dir/quoth.h" port/single/example_posix.c "$tmp/" || exit 1
line=$(sed -n 's/^ \*   \(cc .*\)/\1/p' port/single/example_posix.c)
strict='-pedantic -Wall -Wextra -Wconversion -Wshadow -Wno-unused-parameter -Werror'
in_tmp() { (cd "$tmp" && eval "$1"); }
try 'the line in the example' in_tmp "$line"
try 'without a warning' in_tmp "${CC:-cc} -std=c11 $strict example_posix.c quoth.c -o strict"
try 'the header and the example in C++' in_tmp \
    "${CC:-cc} -c quoth.c && ${CXX:-c++} -std=c++11 -Wall -Wextra -Werror -x c++ example_posix.c "\
"-x none quoth.o -o cxx"
try 'all of it as C++20' in_tmp "${CXX:-c++} -std=c++20 -w -x c++ example_posix.c quoth.c -o cxx20"

"$quoth" sandbox --port 0 --quiet > "$tmp/out" 2>&1 &
pid=$!
until grep -q '^ready: ' "$tmp/out"; do
    kill -0 "$pid" 2> /dev/null || { echo 'FAILED the sandbox did not start'; exit 1; }
    sleep 0.05
done
port=$(sed -n 's/^ready: .*port \([0-9]*\).*/\1/p' "$tmp/out")
says() {
    "$tmp/$1" "$2" probe.quoth.test postmaster@probe.quoth.test "$port" > "$tmp/got"
    [ "$(cat "$tmp/got")" = "$3" ] || { cat "$tmp/got"; false; }
}
try 'accepted' says check jane@good.test 'deliverable: accepted: 250 fine'
try 'refused' says check nobody@good.test \
    'undeliverable: user_unknown: 550 <nobody@good.test>: no such user here'
try 'catch-all' says check any@catchall.test 'risky: catch_all: 250 fine'
try 'DNS over TCP' says check jane@truncated.test 'deliverable: accepted: 250 fine'
try 'no such domain' says check jane@nosuch.test 'undeliverable: no_such_domain'
try 'not an address' says check jane@@good.test 'undeliverable: syntax'
try 'no TLS' says check jane@tlsmust.test 'unknown: tls_required: 530 STARTTLS is required first'
try 'nobody there' says check jane@dead.test 'unknown: unreachable'
try 'from C++' says cxx full@good.test 'risky: mailbox_full: 552 the mailbox is full'
try 'as C++' says cxx20 full@good.test 'risky: mailbox_full: 552 the mailbox is full'

echo "single: $passed passed, $failed failed"
[ $failed = 0 ]
