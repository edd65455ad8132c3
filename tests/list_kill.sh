#!/bin/bash
# list_kill.sh - nothing is lost and nothing comes twice: a list is cut off by kill -9, by damage to
# its files such as a power loss leaves, by SIGINT and by a full disk, and resumed; the outcome must
# be that of an undisturbed run.
#
# QUOTH is the command to test, KILLS how many times it is killed (20; with E2E_ALL=1, as in CI,
# 200). Every process is ended by its pid. The last line is "list_kill: N passed, N failed".
# SPDX-License-Identifier: MIT
set -u
LC_ALL=C; export LC_ALL
QUOTH=$(realpath "${QUOTH:-build/quoth}")
KILLS=${KILLS:-$([ "${E2E_ALL-}" = 1 ] && echo 200 || echo 20)}
dir=$(mktemp -d) || exit 1
passed=0 failed=0 sandbox= pid=
end() {
    [ -z "$pid" ] || kill -9 "$pid" 2> /dev/null
    [ -z "$sandbox" ] || kill "$sandbox" 2> /dev/null
    rm -rf "$dir"
}
trap end EXIT
trap 'exit 130' INT TERM HUP
RANDOM=${SEED:-$$}
echo "seed ${SEED:-$$}"

check() {       # NAME, then a command that must succeed
    local name=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED $name"
        sed 's/^/    /' "$dir/err" | tail -n 3
    fi
}
equal() { [ "$1" = "$2" ] || { echo "  got \"$1\", not \"$2\""; false; }; }

"$QUOTH" sandbox --port 0 > "$dir/box" 2> "$dir/box.err" &
sandbox=$!
until grep -q '^ready: ' "$dir/box"; do kill -0 "$sandbox" && sleep 0.05 || exit 1; done
port=$(sed -n 's/^ready: .*port \([0-9]*\).*/\1/p' "$dir/box")
[ -n "$port" ] || { echo "the sandbox did not start"; exit 1; }

# 2,000 addresses: yes, no, catch-all, no mail, no address, some twice; every row has a number of
# its own.
{ echo 'id,email,note'
  for i in $(seq 2000); do
      case $((i % 10)) in
      0) a="any$i@catchall.test" ;;  1) a="jane@good.test" ;;       2) a="x$i@nullmx.test" ;;
      3) a="no at $i" ;;             4) a="\"nobody$i\"@six.test" ;; 5) a="full@good.test" ;;
      *) a="nobody$i@good.test" ;;
      esac
      case $a in \"*) a="\"\"\"${a#\"}"; a="${a/\"@/\"\"@}\"" ;; esac
      echo "$i,$a,\"row $i, \"\"said\"\" twice\""
  done; } > "$dir/list.csv"
{ sed -n 1p "$dir/list.csv"; sed -n '1002,$p' "$dir/list.csv"; } > "$dir/second.csv"
sed -n '1,1001p' "$dir/list.csv" > "$dir/first.csv"
lists=(-f "$dir/list.csv")

run() {
    "$QUOTH" --sandbox="$port" --pace off --no-wait --per-host 1 --gap 1 --format csv \
        -q "${lists[@]}" "$@" 2> "$dir/err"
}

began=$(date +%s%N)
run -o "$dir/want" --ordered
status=$?
took=$(( ($(date +%s%N) - began) / 1000000 ))
check 'the undisturbed run' equal $status 1
check 'a result a row' equal "$(wc -l < "$dir/want")" 2001
check 'what is left beside it says that it is finished' equal "$(ls "$dir" \
    | grep quoth-)" want.quoth-journal
check 'and is small' [ "$(stat -c %s "$dir/want.quoth-journal")" -lt 3000 ]
sort "$dir/want" > "$dir/want.sorted"
echo "a run takes $took ms"

same() {        # FILE ORDERED
    if [ "$2" = 1 ]; then cmp "$dir/want" "$1"; else sort "$1" | cmp "$dir/want.sorted" -; fi
}
# Start with these options, end it with SIGNAL after a random part of a run. 0: it was cut off.
cut_off() {     # SIGNAL OPTION...
    local signal=$1 ms=$((RANDOM % (took / 2 + 1) + 1))
    shift
    "$QUOTH" --sandbox="$port" --pace off --no-wait --per-host 1 --gap 1 --format csv \
        -q "${lists[@]}" "$@" 2> "$dir/err" &
    pid=$!
    sleep "$((ms / 1000)).$(printf %03d $((ms % 1000)))"
    kill -"$signal" "$pid" 2> /dev/null
    wait "$pid" 2> /dev/null
    local status=$?
    pid=
    [ "$status" -gt 128 ]
}

# ---- kill -9 -------------------------------------------------------------------------------
killed() {      # TIMES: rounds of up to eight kills; each round ends as an undisturbed run does
    local kills=0 round=0 times ordered options status
    while [ "$kills" -lt "$1" ]; do
        round=$((round + 1)) times=0
        rm -f "$dir"/out*
        options=(-o "$dir/out" --resume) ordered=$((round % 2))
        [ "$ordered" = 1 ] && options+=(--ordered)
        while [ "$kills" -lt "$1" ] && [ "$times" -lt 8 ] && cut_off KILL "${options[@]}"; do
            kills=$((kills + 1)) times=$((times + 1))
        done
        run "${options[@]}"
        status=$?
        # the last one was not killed in time
        [ "$times" -gt 0 ] || [ "$status" != 0 ] || status=1
        check "round $round: exit code" [ "$status" -le 1 ]
        check "round $round, killed $times times, ordered $ordered: the union" same "$dir/out" \
            "$ordered"
        check "round $round: the end is known" equal "$(ls "$dir" \
            | grep 'out.quoth-')" out.quoth-journal
        run "${options[@]}"
        check "round $round: and believed" equal $? 0
    done
    echo "$kills kills in $round rounds"
}
killed "$KILLS"

# Two lists in one run: the first half of that one, and the second.
one=("${lists[@]}")
cp "$dir/want" "$dir/want.one"
lists=(-f "$dir/first.csv" -f "$dir/second.csv")
run -o "$dir/want" --ordered --force
check 'two lists: a result a row' equal "$(wc -l < "$dir/want")" 2001
check 'two lists: all rows of both' equal "$(cut -d, -f1 "$dir/want")" "$(cut -d, \
    -f1 "$dir/want.one")"
sort "$dir/want" > "$dir/want.sorted"
killed $((KILLS / 5))

# Domains too: rows wait for the check of theirs, and a resumed run checks again those that are
# left.
lists=("${one[@]}" --with-domain)
run -o "$dir/want" --ordered --force
check 'with domains: each has its grade' equal "$(grep -c '@good[.]test' "$dir/want")" "$(grep \
    -c ',ok,$' "$dir/want")"
sort "$dir/want" > "$dir/want.sorted"
killed $((KILLS / 5))
lists=("${one[@]}")
run -o "$dir/want" --ordered --force
sort "$dir/want" > "$dir/want.sorted"
rm -f "$dir"/out*

# ---- E14: the cache is written to all the time; killed at any moment, what is in it is right ----
told() { sed -n 's/^\(.*"reason":"[a-z_]*"\).*"line":\([0-9]*\),.*/\2 \1/p' "$1" | sort; }
run --format json -o "$dir/out.told"
told "$dir/out.told" > "$dir/want.told"
for n in $(seq "$((KILLS / 4 + 5))"); do cut_off KILL --cache "$dir/cache" -o /dev/null; done
run --format json --cache "$dir/cache" -o "$dir/out.some"
check 'E14 the cache was of use' grep -q '"cached_s":' "$dir/out.some"
told "$dir/out.some" | cmp - "$dir/want.told"
check 'E14 the cache tells what is right' equal $? 0
rm -f "$dir"/out*

# ---- what a power loss may leave ----------------------------------------------------------------
damage() {      # FILE [0-3]: a piece of it is missing, or zeros, or something else, or twice
    local size n how=${2-$((RANDOM % 4))}
    size=$(stat -c %s "$1")
    [ "$size" -gt 200 ] || return 0
    n=$((RANDOM % (size / 2) + 1))
    case $how in
    0) truncate -s "-$n" "$1" ;;
    1) truncate -s "-$n" "$1"; truncate -s "+$n" "$1" ;;
    2) printf 'something else' | dd of="$1" bs=1 seek=$((size - n)) conv=notrunc status=none ;;
    3) tail -c "$n" "$1" > "$dir/tail"; cat "$dir/tail" >> "$1" ;;
    esac
}
refusals=0
for round in $(seq 16); do
    rm -f "$dir"/out*
    options=(-o "$dir/out") ordered=$((round % 2))
    [ "$ordered" = 1 ] && options+=(--ordered)
    log=$dir/out
    [ "$ordered" = 1 ] && log=$dir/out.quoth-part
    # the last eight say where they end, so that what is damaged was known to be on the disk
    signal=$([ "$round" -le 8 ] && echo KILL || echo INT)
    # it may be cut off before there is something to damage
    until cut_off "$signal" "${options[@]}" && [ "$(cat "$log" 2> /dev/null | wc -c)" -gt 1000 ]; do
        rm -f "$dir"/out*
    done
    if [ "$signal" = KILL ]; then
        damage "$dir/out.quoth-journal"
        damage "$log"
    else
        damage "$log" $((round % 3))
    fi
    cp "$log" "$dir/log.was"
    run "${options[@]}" --resume
    status=$?
    [ "$signal" = KILL ] || check "damage $round, before the last mark: refused" equal "$status" 64
    if [ "$status" = 64 ]; then       # older than the last mark: no accident
        refusals=$((refusals + 1))
        check "damage $round: it says what is wrong" grep -q -e 'edited' -e 'damaged' \
            -e 'no journal' "$dir/err"
        check "damage $round: and nothing is lost" cmp "$log" "$dir/log.was"
        grep -q 'no journal' "$dir/err" && rm "$dir/out.quoth-journal"
        run "${options[@]}" --force
        status=$?
    fi
    check "damage $round, ordered $ordered: exit code" equal "$status" 1
    check "damage $round, ordered $ordered: the union" same "$dir/out" "$ordered"
done
echo "$refusals of 16 were refused"

# ---- somebody edits an output that was cut off, or one that is finished ----
edits() {       # FILE N: in one of five ways
    case $2 in
    0) sed -i '2s/./X/' "$1" ;;
    1) sed -i 2d "$1" ;;
    2) echo 'one more' >> "$1" ;;
    3) : > "$1" ;;
    4) truncate -s -1 "$1" ;;
    esac
}
for ordered in 0 1; do
    options=(-o "$dir/out")
    [ "$ordered" = 1 ] && options+=(--ordered)
    for how in 0 1 2 3 4; do
        rm -f "$dir"/out*
        until cut_off INT "${options[@]}" && [ "$(wc -l < "$dir/out")" -gt 2 ]; do
            rm -f "$dir"/out*
        done
        for end in 'cut off' finished; do
            cp "$dir/out" "$dir/kept"
            edits "$dir/out" "$how"
            cp "$dir/out" "$dir/edited"
            run "${options[@]}" --resume
            check "edit $how, $end, ordered $ordered: refused" equal $? 64
            check "edit $how, $end, ordered $ordered: and said" grep \
                -q 'not what was written there' "$dir/err"
            check "edit $how, $end, ordered $ordered: it stays" cmp "$dir/out" "$dir/edited"
            cp "$dir/kept" "$dir/out"
            run "${options[@]}" --resume
        done
        check "edit $how, ordered $ordered: put right, it goes on" same "$dir/out" "$ordered"
    done
done
rm -f "$dir"/out*

# ---- a journal that is gone, another name, two at once, a terminal that is closed ----
cut_off INT -o "$dir/out"
mv "$dir/out.quoth-journal" "$dir/journal"
cp "$dir/out" "$dir/kept"
run -o "$dir/out" --resume
check 'without its journal nothing is finished' equal $? 64
check 'and it says so' grep -q 'without its journal, so nobody knows whether it is finished' \
    "$dir/err"
check 'it leaves no journal' [ ! -e "$dir/out.quoth-journal" ]
ln "$dir/out" "$dir/link"
mv "$dir/journal" "$dir/out.quoth-journal"
run -o "$dir/link" --resume
check 'another name is another output' equal $? 64
flock "$dir/link" "$QUOTH" --sandbox="$port" -q -f "$dir/list.csv" --format csv -o "$dir/out" \
    --resume 2> "$dir/err"
check 'two at once, by two names' grep -q 'another quoth is writing here' "$dir/err"
check 'nothing was touched by all that' cmp "$dir/out" "$dir/kept"
run -o "$dir/out" --resume --only deliverable
check 'other options: they are named' grep -q -e '--only: deliverable, then nothing' "$dir/err"
for _ in $(seq 20); do      # it may come before there is anything to say, or after the end
    cut_off HUP -o "$dir/out" --resume
    grep -q -e '--resume goes on' "$dir/err" && break
    rm -f "$dir"/out*
    cut_off INT -o "$dir/out"
done
check 'a closed terminal says how to go on' grep -q -e '--resume goes on' "$dir/err"
run -o "$dir/out" --resume
check 'and it goes on' same "$dir/out" 0
rm -f "$dir"/out* "$dir/link"

# ---- SIGINT, and what is refused
# ------------------------------------------------------------------- Interrupted when the first
# results are written, so that there is something to go on with.
for _ in 1 2 3 4 5 6 7 8 9; do
    rm -f "$dir"/out*
    "$QUOTH" --sandbox="$port" --pace off --no-wait --per-host 1 --gap 1 --format csv -q \
        -f "$dir/list.csv" \
        -o "$dir/out" 2> "$dir/err" &
    pid=$!
    while kill -0 $pid 2> /dev/null && [ "$(cat "$dir/out" 2> /dev/null | wc -l)" -lt 2 ]; do
        sleep 0.01
    done
    kill -INT $pid 2> /dev/null
    wait $pid
    status=$?
    pid=
    [ $status -gt 128 ] && break
done
check 'an interrupt says how to go on' grep -q \
    'interrupted, .* of 2,000 answered; --resume goes on' "$dir/err"
lines=$(wc -l < "$dir/out")
run -o "$dir/out"
check 'not twice by mistake' equal $? 64
check 'it says why' grep -q 'earlier run was cut off' "$dir/err"
run -o "$dir/out" --resume --only deliverable
check 'not with other options' equal $? 64
cp "$dir/list.csv" "$dir/keep"; echo '2001,jane@good.test,' >> "$dir/list.csv"
run -o "$dir/out" --resume
check 'not with another list' equal $? 64
cp "$dir/keep" "$dir/list.csv"
check 'and nothing was touched' equal "$(wc -l < "$dir/out")" "$lines"
run -o "$dir/out" --resume
check 'resumed' same "$dir/out" 0
run -o "$dir/out" --resume
check 'a finished one is left alone' equal $? 0
check 'and stays' same "$dir/out" 0

# ---- cut off before anybody is asked: rows are counted, or answered by their text alone ----
seq 300000 | sed 's/.*/u&@d&.test/' > "$dir/long"
for options in --syntax-only --dns-only '--syntax-only --ordered'; do
    rm -f "$dir"/out*
    "$QUOTH" --sandbox="$port" $options --format csv -q -f "$dir/long" -o "$dir/out" \
        2> "$dir/err" & pid=$!
    while kill -0 $pid 2> /dev/null && [ ! -s "$dir/out.quoth-journal" ]; do sleep 0.01; done
    kill -TERM $pid 2> /dev/null
    wait $pid
    status=$?
    pid=
    [ "$(wc -l < "$dir/out")" = 300001 ] && echo "  $options: it was over too soon" && continue
    check "$options: rows are left, so it has not ended" equal $status 130
    check "$options: and it says so" grep -q \
        'interrupted, [0-9,]* of 300,000 answered; --resume goes on' "$dir/err"
    case $options in --dns-only) continue ;; esac
    "$QUOTH" --sandbox="$port" $options --format csv -q -f "$dir/long" -o "$dir/out" --resume \
        2> "$dir/err"
    check "$options: the others come later" equal "$(wc -l < "$dir/out") $(sort -u "$dir/out" \
        | wc -l)" '300001 300001'
done
rm -f "$dir"/out* "$dir/long"

# ---- a full disk ---------------------------------------------------------
full() {        # ORDERED, in a mount namespace
    local lists=(-f "$dir/list.csv") options=(-o "$dir/disk/out" --resume) status rounds=0 kb=40
    mkdir -p "$dir/disk" && mount -t tmpfs -o size=${kb}k none "$dir/disk" || return 1
    [ "$1" = 1 ] && options+=(--ordered)
    while run "${options[@]}"; status=$?; [ "$status" = 74 ]; do
        grep -q 'No space left' "$dir/err" && grep -q 'goes on' "$dir/err" || return 1
        rounds=$((rounds + 1)) kb=$((kb + 40))
        mount -o remount,size=${kb}k none "$dir/disk" || return 1
    done
    echo "  the disk was full $rounds times"
    [ "$status" = 1 ] && [ "$rounds" -gt 1 ] && same "$dir/disk/out" "$1"
}
# A run that ends on a full disk has marked how much it wrote: what somebody does to that is not cut
# off unseen.
full_edited() { # ORDERED, in a mount namespace
    local lists=(-f "$dir/list.csv") options=(-o "$dir/disk/out" --resume) how kb
    mkdir -p "$dir/disk" && mount -t tmpfs -o size=40k none "$dir/disk" || return 1
    [ "$1" = 1 ] && options+=(--ordered)
    for how in 0 1 2 4; do
        kb=20
        : > "$dir/disk/out"
        # it may be full before there is something to edit
        until [ "$(wc -l < "$dir/disk/out")" -gt 2 ]; do
            kb=$((kb + 20))
            rm -f "$dir"/disk/*
            mount -o remount,size=${kb}k none "$dir/disk" || return 1
            run "${options[@]}"
            [ $? = 74 ] || return 1
        done
        mount -o remount,size=4m none "$dir/disk" || return 1
        cp "$dir/disk/out" "$dir/kept"
        (cd "$dir" && edits disk/out "$how")
        cp "$dir/disk/out" "$dir/edited"
        run "${options[@]}"
        [ $? = 64 ] && grep -q 'not what was written there' "$dir/err" \
            && cmp "$dir/disk/out" "$dir/edited" ||
            { echo "  edit $how"; return 1; }
        cp "$dir/kept" "$dir/disk/out"
        run "${options[@]}"
        [ $? = 1 ] && same "$dir/disk/out" "$1" || { echo "  edit $how, put right"; return 1; }
        rm "$dir"/disk/*
    done
}
# Rows wait in the log for an output whose disk is full, and then not a byte more fits into the
# journal: what cannot be noted is not written, or nobody could go on.
full_journal() {        # in a mount namespace
    local lists=(-f "$dir/list.csv") options=(-o "$dir/disk/out" --ordered) was=0 n=0
    options+=("--resume=$dir/journal/j")
    mkdir -p "$dir/disk" "$dir/small" "$dir/journal" || return 1
    mount -t tmpfs -o size=32k none "$dir/small" && : > "$dir/small/out" || return 1
    : > "$dir/disk/out"
    mount --bind "$dir/small/out" "$dir/disk/out" || return 1
    mount -t tmpfs -o size=1m none "$dir/journal" || return 1
    run "${options[@]}"
    [ $? = 74 ] || return 1
    mount -o "remount,size=$(du -k "$dir/journal/j" | cut -f1)k" none "$dir/journal" || return 1
    while run "${options[@]}"; [ $? = 74 ] && [ "$(stat -c %s "$dir/journal/j")" != "$was" ]; do
        was=$(stat -c %s "$dir/journal/j") n=$((n + 1))
        [ "$n" -lt 300 ] || return 1
    done
    mount -o remount,size=1m none "$dir/small" || return 1
    run "${options[@]}"
    [ $? = 74 ] || return 1
    mount -o remount,size=1m none "$dir/journal" || return 1
    run "${options[@]}"
    [ $? = 1 ] && same "$dir/disk/out" 1
}
export -f full full_edited full_journal edits run same check
export dir QUOTH port
flags=-m
[ "$(id -u)" = 0 ] || flags=-Urm
if unshare $flags true 2> /dev/null; then
    for ordered in 0 1; do
        check "a full disk, ordered $ordered" unshare $flags bash -c 'full "$0"' $ordered
        check "a full disk, then edited, ordered $ordered" unshare $flags bash \
            -c 'full_edited "$0"' $ordered
    done
    check 'a full disk, then a full journal' unshare $flags bash -c full_journal
else
    echo 'SKIPPED a full disk: no mount namespace here'
fi

echo "list_kill: $passed passed, $failed failed"
[ "$failed" = 0 ]
