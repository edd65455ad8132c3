#!/bin/sh
# layers.sh FLOORS OBJECT... - no file uses one above it, and none uses itself in a circle: shown by
# the symbols of the objects. FLOORS is tests/layers.txt, which says what stands on what; OBJECT is
# a path with core/NAME.o or port/.../NAME.o in it. One line a violation: symbol, user, owner.
# CORE (environment) is core's order. Last line: "layers: N passed, N failed".
# SPDX-License-Identifier: MIT
set -u
floors=$1; shift
CORE=${CORE:?the names of core, in order}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
passed=0 failed=0

try() {         # try NAME COMMAND...
    name=$1; shift
    if "$@" > "$tmp/log" 2>&1; then passed=$((passed + 1))
    else failed=$((failed + 1)); echo "FAILED $name"; cat "$tmp/log"; fi
}
not() { ! "$@"; }

# symbols OBJECT...: "file d symbol" of what it defines, "file u symbol" of what it needs
symbols() {
    for o in "$@"; do
        file=$(echo "$o" | sed 's#.*/\(core/\|port/\)#\1#; s#\.o$##')
        ${NM:-nm} -P "$o" | awk -v file="$file" '
            $2 == "U" { print file, "u", $1 }
            $2 ~ /^[A-TV-Z]$/ { print file, "d", $1 }'
    done
}

# edges FILE: "user owner symbol" for each symbol that another of these files defines
edges() {
    awk '$2 == "d" { owner[$3] = $1 }
         $2 == "u" { user[++n] = $1; symbol[n] = $3 }
         END { for (i = 1; i <= n; i++) { o = owner[symbol[i]]
               if (o != "" && o != user[i]) print user[i], o, symbol[i] } }' "$1"
}

# upward FLOORS EDGES: what goes up, and what is allowed and does not happen
upward() {
    awk -v core="$CORE" '
        function floor_of(file) {
            if (file ~ /^core\//) return "core"
            if (file == "port/drive") return "drive"
            sub(/^port\//, "", file); sub(/\/.*/, "", file)
            return file
        }
        function name_of(file) { sub(/.*\//, "", file); return file }
        function ranks(floor, names,    step, word, i, k, n, m) {
            n = split(names, step, " ")
            for (i = 1; i <= n; i++) {
                m = split(step[i], word, ",")
                for (k = 1; k <= m; k++) rank[floor, word[k]] = i
            }
            ordered[floor] = 1
        }
        function bad(why) {
            if (($1, $2) in allowed) { needed[$1, $2] = 1; return }
            print $3 ": " $1 " uses " $2 ": " why
            broken = 1
        }
        function lost(floor, name) {
            if (!said[floor, name]++) print floor ": " name " has no place in its order"
            broken = 1
        }
        function fail(what) { print what; broken = 1 }
        BEGIN { ranks("core", core) }
        FNR == NR {
            if ($1 == "floor") { known[$2] = 1; for (i = 4; i <= NF; i++) may[$2, $i] = 1 }
            if ($1 == "order") { names = $0; sub(/^[^:]*: */, "", names); ranks($2, names) }
            if ($1 == "allow") allowed[$2, $3] = 1
            if ($1 == "allow" && NF < 4) fail("allow " $2 " " $3 ": without a reason")
            next
        }
        { there[floor_of($1), name_of($1)] = there[floor_of($2), name_of($2)] = 1 }
        {
            user = floor_of($1); owner = floor_of($2); u = name_of($1); o = name_of($2)
            if (!(user in known)) bad("no floor row for " user)
            else if (user != owner && !((user, owner) in may)) bad(user " may not use " owner)
            else if (user == owner && user in ordered) {
                if (!((user, u) in rank)) lost(user, u)
                else if (!((user, o) in rank)) lost(user, o)
                else if (rank[user, o] > rank[user, u]) bad("it comes later in the order of " user)
            }
        }
        END {
            for (row in rank) if (!(row in there)) {
                split(row, pair, SUBSEP)
                fail(pair[1] ": its order has " pair[2] ", and no file is called that")
            }
            for (row in allowed) if (!(row in needed)) {
                split(row, pair, SUBSEP)
                fail("allow " pair[1] " " pair[2] ": not needed any more")
            }
            exit broken
        }' "$1" "$2"
}

# circles FLOORS EDGES: files that need each other; what is allowed does not count
circles() {
    awk 'FNR == NR { if ($1 == "allow") allowed[$2, $3] = 1; next }
         !(($1, $2) in allowed) && !seen[$1, $2]++ { print $1, $2 }' "$1" "$2" \
             | tsort 2>&1 > /dev/null | grep . && return 1
    return 0
}

# renames SYMBOLS: who gives a file the name of another, and does not see to it that it is on the
# disk with its bytes first
renames() {
    awk '$2 == "u" && $3 ~ /^rename(at2?)?$/ && $1 != "port/app/replace" { print $1; bad = 1 }
         END { exit bad }' "$1"
}

symbols "$@" > "$tmp/symbols"
edges "$tmp/symbols" > "$tmp/edges"
try "something was looked at" test "$(wc -l < "$tmp/edges")" -gt 100
try "no file uses one above it" upward "$floors" "$tmp/edges"
try "no circle" circles "$floors" "$tmp/edges"
try "one file renames others" renames "$tmp/symbols"

# The check itself: objects made here, beside the real ones, are caught.
caught() {      # caught NAME CHECK WORDS [FILE C]...: CHECK says WORDS when those files are there
    name=$1 check=$2 words=$3; shift 3
    cp "$tmp/symbols" "$tmp/more"
    while [ $# -gt 1 ]; do
        mkdir -p "$tmp/$(dirname "$1")"
        echo "$2" | ${CC:-cc} -x c -c -o "$tmp/$1.o" - && symbols "$tmp/$1.o" >> "$tmp/more"
        shift 2
    done
    edges "$tmp/more" > "$tmp/bad"
    "$check" "$floors" "$tmp/bad" > "$tmp/said" 2>&1
    try "caught: $name" grep -q "$words" "$tmp/said"
}
caught "core calls the driver" upward "quoth_poke: core/addr uses port/drive: core may not" \
    core/addr 'int quoth_poke(void); int addr_up(void) { return quoth_poke(); }'
caught "a file of core calls a later one" upward \
    "quoth_judge: core/random uses core/verdict: it comes later" \
    core/random 'int quoth_judge(void); int random_up(void) { return quoth_judge(); }'
caught "the engine's memory calls its turn" upward \
    "port/batch/batch_store uses port/batch/batch: it comes later" \
    port/batch/batch_store \
    'int quoth_batch_run(void); int store_up(void) { return quoth_batch_run(); }'
caught "a folder without a row" upward "port/attic/old uses port/drive: no floor row for attic" \
    port/attic/old 'int quoth_poke(void); int old(void) { return quoth_poke(); }'
caught "two files call each other" circles "port/app/one" \
    port/app/one 'int two(void); int one(void) { return two(); }' \
    port/app/two 'int one(void); int two(void) { return one(); }'
echo port/app/other u rename > "$tmp/bad"
try "caught: a file that renames others" not renames "$tmp/bad"

echo "layers: $passed passed, $failed failed"
[ $failed = 0 ]
