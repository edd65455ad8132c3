#!/bin/sh
# rules_test.sh - every rule that a test, a comment or a page names stands in tests/RULES.md, once.
#
#   cited     P28, X09, K01_K12_code ...   in the sources, tests and pages
#   explained "- **P28** ..."              in tests/RULES.md
#
# SPDX-License-Identifier: MIT
cd "$(dirname "$0")/.." || exit 1
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
passed=0 failed=0

# none WHAT FILE: the file is empty, or its lines are what is wrong.
none()
{
    if [ -s "$2" ]; then
        failed=$((failed + 1))
        echo "FAILED rules: $1:"
        sed 's/^/  /' "$2"
    else
        passed=$((passed + 1))
    fi
}

sed -n 's/^- \*\*\([A-Z][A-Z]*[0-9]*\)\*\*.*/\1/p' tests/RULES.md | sort > "$tmp/explained"
uniq -d "$tmp/explained" > "$tmp/twice"
none 'explained twice in tests/RULES.md' "$tmp/twice"

# The letters of the groups; lwIP's arch/cc.h has format names (X16_F) that only look like rules.
groups=$(sed -n 's/^## \([A-Z]*\)\. .*/\1/p' tests/RULES.md | paste -sd '|')
grep -rhoE "(^|[^A-Za-z0-9_\\])($groups)[0-9]{2}(_[A-Za-z0-9_]*|[^A-Za-z0-9_]|$)" README.md core \
    port tests fuzz \
    --include='*.c' --include='*.h' --include='*.sh' --include='*.mk' --include='*.md' \
    --include=packages.txt --exclude=RULES.md --exclude-dir=arch |
    grep -oE '(^|[^A-Za-z0-9])[A-Z]+[0-9]{2}' | sed 's/[^A-Z0-9]//g' | sort -u > "$tmp/cited"
comm -23 "$tmp/cited" "$tmp/explained" > "$tmp/missing"
none 'cited, and not in tests/RULES.md' "$tmp/missing"

# A test of a whole group, Z_hour: the group is there.
grep -rhoE 'TEST\([A-Z]_[a-z_0-9]*' tests --include='*.c' | sed 's/TEST(//' |
    grep -vE "^($groups)_" > "$tmp/groups"
none 'tests of a group that tests/RULES.md does not have' "$tmp/groups"

[ "$(wc -l < "$tmp/cited")" -gt 100 ] || echo 'too few: the search is broken' > "$tmp/few"
: >> "$tmp/few"
none 'rules cited' "$tmp/few"

echo "rules: $passed passed, $failed failed"
[ $failed = 0 ]
