#!/bin/sh
# rates.sh SECONDS "HARNESS [OPTION]..."... - each harness over its seeds for so many seconds, and
# a row of each: its name; runs a second of its own time on a core, and of the clock; bytes of the
# longest input; findings. What it finds is in build/fuzz/found, and the exit status is 1. Nothing
# is added to the seeds.
# SPDX-License-Identifier: MIT
set -u
B=${B:-build} seconds=$1 rc=0
shift
# Inputs that reach more are written down, and those they replace removed: in memory, where it can
# be, for a disk takes as long for that as a small harness for its runs.
memory=/dev/shm
[ -w $memory ] || memory=${TMPDIR:-/tmp}
new=$(mktemp -d "$memory/quoth-fuzz.XXXXXX") || exit 1
trap 'rm -rf "$new"' EXIT
mkdir -p "$B/fuzz/found"

hunt() {        # hunt HARNESS [OPTION]...: what it printed, and the time it took
    harness=$1
    shift
    "$B/fuzz/$harness" -max_total_time="$seconds" "$@" -print_final_stats=1 \
        -artifact_prefix="$B/fuzz/found/" "$new/inputs" "fuzz/corpus/$harness" 2>&1
    ended=$?
    times       # of this shell; of what it ran
    return $ended
}

echo "harness      runs/s of a core   of the clock  bytes  findings"
for one; do
    rm -rf "${new:?}"/*
    mkdir "$new/inputs"
    # shellcheck disable=SC2086 # its options are words
    (hunt $one) > "$new/log"
    ended=$?
    awk -v one="$one" -v ended=$ended '
        BEGIN { split(one, of, " ") }
        match(one, /max_len=[0-9]+/) { longest = substr(one, RSTART + 8, RLENGTH - 8) }
        /will not generate inputs larger than/ { longest = $(NF - 1) }
        /average_exec_per_sec/ { rate = $2 }
        /number_of_executed_units/ { runs = $2 }
        /Test unit written to/ { found++; where = "  " $NF }
        /^[0-9]+m[0-9.]+s [0-9]+m[0-9.]+s$/ {
            split($0, time, /[ms ]+/)
            spent = (time[1] + time[3]) * 60 + time[2] + time[4]
        }
        END {
            printf "%-12s %16d %14d %6d  ", of[1], spent ? runs / spent : 0, rate, longest
            print (ended && !found ? 1 : found + 0) where
        }' "$new/log"
    [ $ended = 0 ] || rc=1
done
exit $rc
