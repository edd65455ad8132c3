#!/bin/sh
# Frama-C's EVA over each harness here: README.md tells what that proves.
#
#   sh tests/prove/run.sh [NAME]...       all of them without a NAME; $B is where the build is
#
# An alarm fails unless alarms.txt argues it; a row there without its alarm fails, and a statement
# or a public function that is not reached. Without Frama-C, and where it cannot be installed, it
# says so and proves nothing. Last line: "prove: N passed, N failed".
# SPDX-License-Identifier: MIT
set -u
B=${B:-build}
here=tests/prove
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
passed=0 failed=0

# NAME and EVA's precision (0..11): no more than it needs.
harnesses='utf8 1
reply 1
dns 1
name 2
ip 1
addr 1'

fail() { failed=$((failed + 1)); echo "FAILED $*"; }
ok() { passed=$((passed + 1)); }

eva() {         # eva PRECISION SOURCE...
    precision=$1; shift
    frama-c -c11 -machdep x86_64 -eva -eva-precision "$precision" -eva-split-return auto \
        -cpp-extra-args="-std=c11 -Icore -I$here -I$B/gen -DQUOTH_IDN=1" "$@" -metrics \
        -metrics-eva-cover 2>&1
}

alarms() {      # alarms LOG: one a line, "FILE | what"
    awk '/^\[eva:alarm\]/ { split($2, at, ":"); wait = 1; file = at[1]; next }
         wait { sub(/^ */, ""); print file " | " $0; wait = 0 }' "$1" | sort -u
}

argued() { sed '/^#/d; /^$/d; s/ | [^|]*$//' $here/alarms.txt; }

prove() {       # prove NAME PRECISION
    name=$1
    start=$(date +%s)
    eva "$2" "$here/$name.c" "core/$name.c" > "$tmp/$name.log" || {
        fail "$name: Frama-C stopped"
        tail -n 5 "$tmp/$name.log"
        return
    }
    alarms "$tmp/$name.log" > "$tmp/$name.alarms"
    argued | grep "^core/$name\.c " | sort -u > "$tmp/$name.argued"
    new=$(comm -23 "$tmp/$name.alarms" "$tmp/$name.argued")
    gone=$(comm -13 "$tmp/$name.alarms" "$tmp/$name.argued")
    reached=$(sed -n 's/.* \([0-9]* statements reached (out of [0-9]*): [0-9]*%\).*/\1/p' \
        "$tmp/$name.log")
    for f in $(sed -n 's/^[a-z][a-z0-9_ *]*[ *]\(quoth_[a-z0-9_]*\)(.*/\1/p' "core/$name.c" \
        | sort -u); do
        grep -q "\b$f(" "$here/$name.c" || fail "$name: $f() is not called by the harness"
    done
    [ -z "$new" ] || {
        fail "$name: alarms"
        echo "$new"
        grep -A 2 '^\[eva:alarm\]' "$tmp/$name.log"
    }
    [ -z "$gone" ] || { fail "$name: argued in alarms.txt, and no alarm any more"; echo "$gone"; }
    # What inner.h has in line bears a number here; of that a file may need a part.
    missed=$(sed -n 's/^  \([a-z_0-9]*\): \([0-9]* stmts out of [0-9]*\) .*/\1 \2/p' \
        "$tmp/$name.log" | awk '$2 != $6 && $1 !~ /_[0-9]+$/')
    if [ -n "$reached" ] && [ -z "$missed" ]; then
        ok
    else
        fail "$name: statements that nothing reaches: ${missed:-nobody says how many}"
    fi
    [ -n "$new$gone" ] || ok
    echo "$name: $reached, $(wc -l < "$tmp/$name.argued") alarms argued, $(($(date +%s) - start)) s"
}

for c in "$here"/*.c; do
    name=$(basename "$c" .c)
    if echo "$harnesses" | grep -q "^$name "; then ok; else fail "$name: no row in run.sh"; fi
done

if ! command -v frama-c > /dev/null && ! sh port/deps/packages.sh prove; then
    echo "SKIPPED prove: Frama-C is not installed and cannot be; nothing was proved"
    echo "prove: $passed passed, $failed failed"
    exit $((failed != 0))
fi

# The check itself: a byte too far is seen.
printf 'int main(void) { char b[4]; for (int i = 0; i <= 4; i++) b[i] = 0; return b[0]; }\n' \
    > "$tmp/bad.c"
eva 1 "$tmp/bad.c" > "$tmp/bad.log"
if alarms "$tmp/bad.log" | grep -q 'index\|bounds'; then
    ok
else
    fail "an alarm is not seen"
    cat "$tmp/bad.log"
fi

[ $# = 0 ] || harnesses=$(for one; do echo "$harnesses" | grep "^$one "; done)
while read -r name precision; do
    prove "$name" "$precision"
done << ROWS
$harnesses
ROWS
echo "prove: $passed passed, $failed failed"
[ $failed = 0 ]
