#!/bin/sh
# rates.sh SECONDS HARNESS:[LENGTH]... - each harness over its seeds for so many seconds, and a row of each:
#   name, runs a second, bytes of the longest input, findings
# What it finds is in build/fuzz/found, and the exit status is 1. Nothing is added to the seeds.
# SPDX-License-Identifier: MIT
set -u
B=${B:-build} seconds=$1 rc=0
shift
new=$(mktemp -d) || exit 1
trap 'rm -rf "$new"' EXIT
mkdir -p "$B/fuzz/found"
echo "harness      runs/s  bytes  findings"
for one; do
    t=${one%%:*} length=${one#*:}
    rm -rf "$new"/*
    mkdir "$new/inputs"
    "$B/fuzz/$t" -max_total_time="$seconds" ${length:+-max_len=$length} -print_final_stats=1 \
        -artifact_prefix="$B/fuzz/found/" "$new/inputs" "fuzz/corpus/$t" > "$new/log" 2>&1
    ended=$?
    awk -v t="$t" -v length_is="$length" -v ended=$ended '
        /will not generate inputs larger than/ { length_is = $(NF - 1) }
        /average_exec_per_sec/ { rate = $2 }
        /Test unit written to/ { found++; where = $NF }
        END { printf "%-12s %6d %6d  %d%s\n", t, rate, length_is, ended && !found ? 1 : found, where ? "  " where : "" }' "$new/log"
    [ $ended = 0 ] || rc=1
done
exit $rc
