#!/bin/sh
# list_test.sh - lists from outside, against the sandbox: what is read, what is written, in which
# order, how often.
#
# QUOTH is the command to test. Every process is ended by its pid. The last line is "list: N passed,
# N failed".
# SPDX-License-Identifier: MIT
set -u
LC_ALL=C; export LC_ALL
QUOTH=${QUOTH:-build/quoth}
here=$(dirname "$0")
command=$(realpath "$QUOTH")
dir=$(mktemp -d) || exit 1
passed=0 failed=0 box=
trap '[ -z "$box" ] || kill "$box" 2> /dev/null; rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM HUP
for v in $(env | sed -n 's/^\(QUOTH_[A-Z_]*\)=.*/\1/p'); do unset "$v"; done
QUOTH_CONFIG=; export QUOTH_CONFIG

check() {       # NAME, then a command that must succeed
    name=$1
    shift
    if "$@"; then passed=$((passed + 1)); return; fi
    failed=$((failed + 1))
    echo "FAILED $name"
    [ ! -s "$dir/err" ] || sed 's/^/    err: /' "$dir/err" | head -n 4
}
equal() { [ "$1" = "$2" ] || { echo "  got \"$1\", not \"$2\""; false; }; }
has() { grep -q -e "$1" "$2"; }
lacks() { ! grep -q -e "$1" "$2"; }
fewer() { [ "$1" -lt "$2" ] || { echo "  $1 is not less than $2"; false; }; }

up() {
    : > "$dir/box"
    "$QUOTH" sandbox --port 0 > "$dir/box" 2> "$dir/box.err" &
    box=$!
    until grep -q '^ready: ' "$dir/box"; do
        kill -0 "$box" || { echo 'the sandbox did not start'; exit 1; }
        sleep 0.05
    done
    port=$(sed -n 's/^ready: .*port \([0-9]*\).*/\1/p' "$dir/box")
}
down() { kill "$box"; wait "$box"; box=; }
ask() {
    "$QUOTH" --sandbox="$port" --pace off --no-wait "$@" > "$dir/out" 2> "$dir/err" < /dev/null
    status=$?
}
dry() { "$QUOTH" --syntax-only "$@" > "$dir/out" 2> "$dir/err" < /dev/null; status=$?; }

# ---- what is refused before anything happens ------------------------------------------------
refused() {     # NAME PATTERN OPTION...
    name=$1 pattern=$2
    shift 2
    dry "$@"
    check "$name: 64" equal $status 64
    check "$name: said" has "$pattern" "$dir/err"
    check "$name: no result" [ ! -s "$dir/out" ]
}
printf 'jane@good.test\n' > "$dir/one"
refused csv-needs-f 'csv is for lists' --format csv jane@good.test
refused o-needs-f 'for lists' -o "$dir/x" jane@good.test
refused resume-needs-o 'resume needs' --resume -f "$dir/one"
refused explain-o 'explain' --explain -o "$dir/x" -f "$dir/one"
refused arguments-o 'from -f FILE alone' -o "$dir/x" -f "$dir/one" jane@good.test
for bad in 0/4 5/4 1/0 1 /2 1/2/3 -1/2 x/y; do
    refused "shard $bad" '--shard' --shard "$bad" -f "$dir/one"
done
for bad in open=0 per-session=0 per-host=x gap=-1 passes=4 pace=fast only=good input=xml \
    header=perhaps delimiter=ab; do
    refused "$bad" "--${bad%=*}" "--$bad" -f "$dir/one"
done
"$QUOTH" --helo localhost.localdomain -f "$dir/one" -o "$dir/nobody.csv" 2> "$dir/err"
check 'L05 a list without a name of ours: 64' equal $? 64
check 'L05 and nothing is written' [ ! -e "$dir/nobody.csv" ]
check 'L05 and what is wanted is said' has 'a list needs a name to say who asks: --helo NAME' \
    "$dir/err"
cp "$dir/one" "$dir/self"
dry -f "$dir/self" -o "$dir/self"
check 'not over the list itself' equal $status 64
check 'which is still there' cmp -s "$dir/one" "$dir/self"
dry -f "$dir/one" -o "$dir/none/out"
check 'no such directory: 70' equal $status 70
check 'too few open files: 70' equal "$( (ulimit -n 50; "$QUOTH" --sandbox -f "$dir/one") 2>&1
    echo $?)" \
    "$(printf \
    'quoth: address: each line\nquoth: ulimit -n: this needs 64 open files at least\nquoth: '\
'cannot go on\n70')"

# ---- every row of the sandbox's table that needs no option, or --timeout alone, at one go -------
up
table() {       # OPTIONS: the rows with these, and what comes of them
    "$QUOTH" sandbox --list --format json | grep "\"options\":$1[,}]" |
        sed 's/^{"address":\(".*"\),"verdict":"\([a-z]*\)","reason":"\([a-z0-9_]*\)".*/\1 \2 \3/' \
            > "$dir/table"
    sed 's/^\("\(\\.\|[^"\\]\)*"\) .*/{"email":\1}/' "$dir/table" > "$dir/table.ndjson"
    sort "$dir/table" > "$dir/want"
    shift
    ask --format json "$@" -f "$dir/table.ndjson"
    sed -n \
        's/^{"input":\("\(\\.\|[^"\\]\)*"\),"verdict":"\([a-z]*\)","reason":"\([a-z0-9_]*\)".*/\1 '\
'\3 \4/p' \
        "$dir/out" |
        sort > "$dir/got"
    diff "$dir/want" "$dir/got" > "$dir/err"
}
table '"--timeout 3"' --timeout 3
check '--timeout: five rows' equal "$(wc -l < "$dir/want")" 5
check '--timeout: each as if it were asked alone' cmp "$dir/want" "$dir/got"
table '"--decoys 2"' --decoys 2
check '--decoys 2: accepted by shape' cmp "$dir/want" "$dir/got"
table null
check 'the table: exit code' equal $status 1
check 'the table: at least 90 rows' fewer 90 "$(wc -l < "$dir/want")"
check 'the table: each as if it were asked alone' cmp "$dir/want" "$dir/got"
check 'times, as in a single check' has \
    '"jane@tls.test".*"ms":{"total":[0-9]*,.*"ehlo":[0-9]*,"starttls":[0-9]*,"mail":[0-9]*,'\
'"rcpt":[0-9]*,"decoy":' \
    "$dir/out"
check 'the last line is the summary' has '^{"summary":{"total":' "$dir/out"
check 'and nothing is behind it' equal "$(tail -n 1 "$dir/out" | cut -c 1-10)" '{"summary"'
check 'the summary adds up' equal "$(sed -n 's/.*"total":\([0-9]*\),.*/\1/p' "$dir/out" \
    | tail -n 1)" "$(wc -l < "$dir/want")"

# ---- TLS: the second conversation with a host needs no certificate -------
box_log() {
    : > "$dir/box" # or the line of the one before would pass for its own
    "$QUOTH" sandbox --port "$port" --log > "$dir/box" 2> "$dir/box.err" &
    box=$!
    until grep -q '^ready: ' "$dir/box"; do kill -0 "$box" && sleep 0.05 || exit 1; done
}
for domain in tls tls12 stranger expired bigchain tlsmust; do
    for name in jane n1 n2 n3 n4; do echo "$name@$domain.test"; done
done > "$dir/tls"
faults() {
    sed -n \
        's/^{"input":"[^@]*@\([a-z0-9]*\).test".*"version":"\(...\)".*"cert_faults":\(\[[^]]*\]\)}'\
'.*/\1 \2 \3/p' \
        "$1"
}
down
box_log
ask --format json --ordered --per-session 50 -f "$dir/tls"
faults "$dir/out" > "$dir/want"
down
box_log
ask --format json --ordered --per-session 1 --per-host 1 -f "$dir/tls"
down
if grep -q '^tls 1' "$dir/want"; then
    case $QUOTH in
    */static/*) echo 'SKIPPED sessions: a static build keeps none' ;;
    *)  check 'T16 each host once in full' equal "$(grep -c 'TLS is up$' "$dir/box.err")" 6
        check 'T16 and four times resumed' equal "$(grep \
            -c 'TLS is up, resumed$' "$dir/box.err")" 24 ;;
    esac
    faults "$dir/out" > "$dir/got"
    check 'T16 what is told of each certificate is the same' cmp "$dir/want" "$dir/got"
else
    echo 'SKIPPED sessions: this build has no TLS'
fi
up

# ---- several addresses as arguments: the manners of a list, and the order given ----
down
box_log
several="nobody@good.test any@catchall.test jane@@ full@good.test jane@good.test"
several="$several gone@good.test nobody@good.test"
"$QUOTH" --sandbox="$port" --format json $several > "$dir/out" 2> "$dir/err" < /dev/null
check 'T9 several addresses: the exit code' equal $? 1
check 'T9 results in the order given' equal "$(sed 's/{"input":"\([^"]*\)".*/\1/' "$dir/out" \
    | tr '\n' ' ')" "$several "
check 'T9 one conversation with a host' equal "$(grep -c '<- EHLO' "$dir/box.err")" 2
check 'T9 the same address is asked once' equal "$(grep -c '<- RCPT TO:<nobody@good.test>' \
    "$dir/box.err")" 1
: > "$dir/box.err"
for address in $several; do echo "$address"; done |
    "$QUOTH" --sandbox="$port" --format json --explain -f - > "$dir/got" 2> "$dir/err"
check 'T9 --explain -f: the same results' equal "$(sed 's/"phase".*//' "$dir/got" | sed '$d')" \
    "$(sed 's/"phase".*//' "$dir/out")"
check 'T9 --explain -f: one conversation with a host' equal "$(grep -c '<- EHLO' "$dir/box.err")" 2
check 'T9 each is explained' equal "$(grep -c '^undeliverable, \|^risky, \|^deliverable, ' \
    "$dir/err")" 7
# One that was accepted may be asked again (P38).
check 'T9 and its own line is told' equal "$(awk \
    '/^[a-z]*@/ { who = $1; n += told; told = 0 } /-> RCPT TO/ && index($0, who) { told = 1 }
    END { print n + told }' "$dir/err")" 6
down
up

# ---- order, duplicates, line numbers -------------------------------------
i=0
: > "$dir/mixed"
while [ $i -lt 300 ]; do
    i=$((i + 1))
    case $((i % 5)) in
    0) echo "jane@good.test" ;; 1) echo "any@catchall.test" ;; 2) echo \
        "nobody$i@six.test" ;; 3) echo "jane@nullmx.test" ;;
    *) echo "no@@address$i"; echo ;;
    esac
done > "$dir/mixed"
grep -n . "$dir/mixed" | sed 's/^\([0-9]*\):\(.*\)$/\2 \1/' > "$dir/numbered"
pairs() { sed -n 's/^{"input":"\([^"]*\)".*"line":\([0-9]*\),.*/\1 \2/p' "$dir/out"; }
ask --format json --ordered -f "$dir/mixed"
pairs > "$dir/got"
check 'O05 --ordered: one result a row, in order, with its line' cmp "$dir/numbered" "$dir/got"
ask --format json -f "$dir/mixed"
pairs | sort > "$dir/got"
sort "$dir/numbered" | cmp -s - "$dir/got"
check 'O05 as they come: each row once' equal $? 0
ask --format json --ordered -f - < /dev/null
check 'an empty standard input: 64' equal $status 64
"$QUOTH" --sandbox="$port" --pace off --format json --ordered -f - < "$dir/mixed" > "$dir/out" \
    2> "$dir/err"
pairs > "$dir/got"
check 'from standard input' cmp "$dir/numbered" "$dir/got"
{
    read -r first
    "$QUOTH" --sandbox="$port" --pace off --format json --ordered -f -
} < "$dir/mixed" > "$dir/out" 2> "$dir/err"
check 'standard input from where it stands' fewer 290 "$(pairs | wc -l)"
cat "$dir/mixed" | "$QUOTH" --sandbox="$port" --pace off --format json --ordered -f - > "$dir/out" \
    2> "$dir/err"
pairs > "$dir/got"
check 'from a pipe' cmp "$dir/numbered" "$dir/got"
ask --format json --only deliverable,risky -f "$dir/mixed"
check '--only' equal "$(grep -c '"verdict":"\(deliverable\|risky\)"' "$dir/out")" 120
check '--only, and nothing else' equal "$(wc -l < "$dir/out")" 121
check '--only: all are counted' has \
    '"total":300,"unknown":0,"deliverable":60,"undeliverable":180,"risky":60,' "$dir/out"

# ---- quiet, progress, summary --------------------------------------------
began=$(date +%s)
ask -f "$dir/mixed"
check 'the table at the end' has '^  deliverable  *60   20.0 %$' "$dir/err"
check 'no line below ten seconds' [ "$(grep -c '^quoth: [0-9]* of' "$dir/err")" \
    -le $((($(date +%s) - began) / 10)) ]
ask -q -f "$dir/mixed"
check '-q: nothing at all' equal "$(cat "$dir/out" "$dir/err" | wc -c)" 0
echo jane@slow.test > "$dir/slow"
check '-q: the exit code tells' equal $status 1
ask -q -f "$dir/mixed" -o "$dir/q.out" --format csv
check '-q -o: the file is written' equal "$(wc -l < "$dir/q.out")" 301
check '-q -o: and nothing said' equal "$(cat "$dir/out" "$dir/err" | wc -c)" 0
printf 'x\n' > "$dir/on"
"$QUOTH" --syntax-only --format csv -q -f "$dir/one" -o /dev/stdout >> "$dir/on" 2> "$dir/err"
check '-o /dev/stdout goes on behind what is there' equal "$(sed -n '1p;3s/,.*//p' "$dir/on" \
    | tr '\n' ' ')" 'x jane@good.test '
check 'beside it stands that it is finished, and no more' equal "$(ls "$dir" \
    | grep 'q.out.')" q.out.quoth-journal
if script -qec true "$dir/tty" < /dev/null > /dev/null 2>&1; then
    { cat "$dir/mixed"; echo jane@slow.test; } > "$dir/two"
    printf '%s\n' jane@busy.test jane@blocked.test > "$dir/noted"
    shown() {
        tr '\r' '\n' < "$dir/tty" | sed "s/$(printf '\033')\[[0-9]*[A-Z]//g" \
            | grep -v -e '^Script' -e '^quoth: --pace'
    }
    for columns in 80 40; do
        onscreen="stty cols $columns; '$QUOTH' --sandbox=$port --no-wait -o '$dir/tty.out' "\
"--format csv --force"
        TERM=xterm script -qec "$onscreen --pace off -f '$dir/two'" "$dir/tty" < /dev/null \
            > /dev/null 2>&1
        check 'on a terminal: a bar' has '% \[=*>* *\] [0-9,]* of 301' "$dir/tty"
        check 'on a terminal: redrawn in place' has "$(printf '\033\\[[3-7]A')" "$dir/tty"
        check "on a terminal: $columns columns" equal "$(shown \
            | awk -v most=$((columns - 1)) 'length > most')" ''
        TERM=xterm script -qec "$onscreen -f '$dir/noted'" "$dir/tty" < /dev/null > /dev/null 2>&1
        check 'on a terminal: notes' equal "$(shown | grep -c '^quoth: mx')" 2
        check "on a terminal: notes in $columns columns" equal "$(shown \
            | awk -v most=$((columns - 1)) 'length > most')" ''
    done
else
    echo 'SKIPPED the display: no terminal can be made here'
fi

# ---- outputs: how they are written, and over what ------------------------
for end in csv CSV json ndjson jsonl txt; do
    dry -f "$dir/one" -o "$dir/named.$end"
    printf '%s ' "$(head -c 8 "$dir/named.$end")"
done > "$dir/begins"
check 'L08 the name says the format' equal "$(cat "$dir/begins")" \
    'address, address, {"input" {"input" {"input" unknown  '
dry -f "$dir/one" -o "$dir/text.csv" --format text
check 'L08 unless --format does' has '^unknown' "$dir/text.csv"
echo 'a letter' > "$dir/letter.csv"
dry -f "$dir/one" -o "$dir/letter.csv"
check 'L08 what is there is not written over' equal "$status $(cat "$dir/letter.csv")" '64 a letter'
check 'L08 and what to do is said' has 'it is there already; --force writes over it' "$dir/err"
check 'L08 nothing is put beside it' [ ! -e "$dir/letter.csv.quoth-journal" ]
dry -f "$dir/one" -o "$dir/letter.csv" --resume
check 'L05 nor taken for finished' equal $status 64
for journal in letter.csv named.csv.quoth-journal; do
    cp "$dir/$journal" "$dir/journal"
    dry -f "$dir/one" -o "$dir/new.csv" --resume="$dir/journal"
    check "L05 $journal is no journal of this run" equal $status 64
    check 'L08 nor is an output begun' [ ! -e "$dir/new.csv" ]
done
dry -f "$dir/one" -o "$dir/letter.csv" --force
check 'L08 --force' equal "$status $(sed -n '2s/,.*//p' "$dir/letter.csv")" '3 jane@good.test'
dry -f "$dir/one" -o "$dir/letter.csv" --resume
check 'L05 the same again is finished' equal $status 0
check 'L05 and says so' has 'it is finished: nothing to do' "$dir/err"
dry -f "$dir/mixed" -o "$dir/letter.csv" --resume
check 'L05 another list is another run' equal $status 64
check 'L05 what differs is told in words' has "^  the list's rows: 300, then 1$" "$dir/err"
printf 'name;email\nJane;jane@good.test\n' > "$dir/other.csv"
dry -f "$dir/other.csv" -o "$dir/letter.csv" --resume
check 'L05 so is where the address stands' has \
    '^  where the address is: CSV by semicolon, column 2, below headings, from byte 11, then l' \
    "$dir/err"
echo good.test > "$dir/trusted"
dry -f "$dir/one" -o "$dir/own.csv" --trusted "$dir/trusted"
cp "$dir/trusted" "$dir/copy"
dry -f "$dir/one" -o "$dir/own.csv" --trusted "$dir/copy" --resume
check 'L05 a copy of an option file is the same file' equal $status 0
echo other.test > "$dir/trusted"
dry -f "$dir/one" -o "$dir/own.csv" --trusted "$dir/trusted" --resume
check 'L05 one that says something else is not' equal "$status $(grep \
    -c '^  --trusted: [0-9a-f]*, then [0-9a-f]*$' "$dir/err")" '64 1'
dry -f "$dir/one" -o "$dir/own.csv" --resume
check 'L05 nor is none' equal "$status $(grep -c '^  --trusted: nothing, then [0-9a-f]*$' \
    "$dir/err")" '64 1'
dry -f "$dir/one" -o "$dir/new.csv" --resume="$dir/mixed"
check 'L05 a list is no journal' equal "$status $(wc -l < "$dir/mixed")" '64 360'
dry -f "$dir/one" -o "$dir/new.csv" --resume="$dir/mixed" --force
check 'L05 not even by force' equal "$status $(wc -l < "$dir/mixed")" '64 360'
ln -s "$dir/mixed" "$dir/link"
dry -f "$dir/one" -o "$dir/new.csv" --resume="$dir/link"
check 'L05 nor is a name for something else' equal "$status $(grep \
    -c 'this is a symbolic link: name the file itself' "$dir/err")" '64 1'
for end in - /dev/stdout /dev/null; do
    dry -f "$dir/one" -o "$end" --resume
    check "L05 nobody can go on with $end" equal "$status $(grep \
        -c 'it is no file, so nobody can go on with it' "$dir/err")" '64 1'
done
{ printf 'qthjrnl1'; head -c 60 /dev/zero; } > "$dir/new.csv.quoth-journal"
dry -f "$dir/one" -o "$dir/new.csv" --resume
check 'L05 an old journal is refused in words' has 'an older quoth has written it' "$dir/err"
printf 'id,email\n1,jane@good.test\n' > "$dir/heads.csv"
dry -f "$dir/heads.csv" -o "$dir/heads.out"
dry -f "$dir/heads.csv" -o "$dir/heads.out" --skip 1 --resume
check 'L05 the same rows without their headings are another output' equal "$status $(grep \
    -c 'where the address is: CSV by comma, column 2, from byte 9, then .* below headings, ' \
    "$dir/err")" '64 1'

# ---- the names of what a run writes: none is a list, or somebody's file ----
mkdir "$dir/names"
of_names() {    # NAME SENTENCE LIST OPTION...: refused, and all files are as before
    about=$1 sentence=$2 list=$3
    shift 3
    cp "$dir/one" "$dir/names/$list"
    tar -cf "$dir/before.tar" -C "$dir/names" --sort=name --mtime=@0 .
    dry -f "$dir/names/$list" "$@"
    check "L05 $about: 64" equal $status 64
    check "L05 $about: said" has "$sentence" "$dir/err"
    tar -cf "$dir/after.tar" -C "$dir/names" --sort=name --mtime=@0 .
    check "L05 $about: nothing is touched" cmp "$dir/before.tar" "$dir/after.tar"
}
out=$dir/names/o.csv
of_names 'the list has the name of the journal' 'this is the list itself' o.csv.quoth-journal \
    -o "$out" --force
of_names 'of a new journal' 'this is the list itself' o.csv.quoth-journal.new -o "$out"
rm "$dir"/names/*
of_names 'of records that wait' 'this is the list itself' o.csv.quoth-part -o "$out" --ordered
of_names 'of a journal that is named' 'this is the list itself' j.new -o "$out" \
    --resume="$dir/names/j"
of_names 'of the cache' 'this is the list itself' l -o "$out" --cache "$dir/names/l"
rm "$dir"/names/*
of_names 'one file for cache and output' 'results go there' l -o "$out" --cache "$out"
: > "$out"
ln -s o.csv "$dir/names/link"
of_names 'through a link' 'results go there' l -o "$dir/names/link" --cache "$out"
rm "$dir"/names/*
of_names 'one file for cache and journal' 'results go there' l -o "$out" \
    --cache "$out.quoth-journal"
echo 'a letter' > "$out.quoth-part"
of_names "somebody's file where records would wait" 'no journal says whose it is' l -o "$out" \
    --ordered
rm "$out.quoth-part"
echo 'a letter' > "$out.quoth-journal.new"
of_names "somebody's file where the journal would be written" 'this is no journal of quoth' \
    l -o "$out"
rm -r "$dir/names"
long=$(printf %0237d 0).csv
dry -f "$dir/one" -o "$dir/$long"
check 'L05 no room for the name of a new journal: known at once' equal "$status $(ls "$dir" \
    | grep -c "^$long")" '70 0'
dry --ordered -f "$dir/one" -o "$dir/order.csv"
mv "$dir/order.csv.quoth-journal" "$dir/journal"
echo waits > "$dir/order.csv.quoth-part"
mv "$dir/journal" "$dir/order.csv.quoth-journal"
dry -f "$dir/one" -o "$dir/order.csv" --force
check 'L05 --force leaves nothing of a run that kept order' equal "$(ls "$dir" \
    | grep 'order.csv.')" order.csv.quoth-journal

( ulimit -f 0; "$QUOTH" --syntax-only -q -f "$dir/one" -o "$dir/none.csv" ) 2> "$dir/err"
check 'L08 no room for a journal' equal "$? $(ls "$dir" | grep -c '^none.csv')" '74 0'
( ulimit -f 1; "$QUOTH" --syntax-only -q -f "$dir/mixed" -o "$dir/limited.csv" ) 2> "$dir/err"
check 'L08 a limit of file sizes is a full disk' equal $? 74
( "$QUOTH" --sandbox="$port" --pace off --no-wait -f "$dir/mixed" -o "$dir/piped.csv" 2>&1
    echo $? > "$dir/status" ) | :
check 'L08 nobody reads what is said: the run goes on' equal "$(cat "$dir/status") $(wc -l \
    < "$dir/piped.csv")" '1 301'
(trap '' HUP; "$QUOTH" --sandbox="$port" --timeout 2 -f "$dir/slow" -o "$dir/hup.csv" -q) & pid=$!
kill -HUP $pid 2> /dev/null; wait $pid
check 'L08 nohup(1) is respected' fewer $? 4

# ---- CSV -----------------------------------------------------------------
printf \
    'name,Email,"a ""b"""\r\n"Doe, Jane",jane@good.test,"x\r\ny"\r\nNobody,nobody@good.test,'\
'=1+1\r\n' \
    > "$dir/t.csv"
ask --format csv --ordered -f "$dir/t.csv"
head -n 1 "$dir/out" | grep -q \
    '^name,Email,"a ""b""",quoth_line,quoth_verdict,quoth_reason,quoth_code,quoth_enhanced,'\
'quoth_text,quoth_mx,quoth_catch_all,'
check 'O02 the headings' equal $? 0
check 'O02 own columns as they were' has "^\"Doe, Jane\",jane@good.test,\"x" "$dir/out"
check 'O02 ours behind them' has '^y",2,deliverable,accepted,250,2.1.5,' "$dir/out"
check 'O02 a formula of the list stays as it is' has \
    '^Nobody,nobody@good.test,=1+1,4,undeliverable,user_unknown,550,5.1.1,' "$dir/out"
ask --format csv --escape-formulas -f "$dir/t.csv"
check 'O02 unless asked' has "^Nobody,nobody@good.test,'=1+1,4,undel" "$dir/out"
ask --format csv --column 1 --anyway -f "$dir/t.csv"
check '--column N: a name is no dead address' has '^Nobody,.*,unknown,empty,' "$dir/out"
printf 'name,email\nNobody,no@@good.test\n' > "$dir/fault.csv"
ask --format csv --anyway -f "$dir/fault.csv"
check 'a syntax fault names its byte' has '^Nobody,.*,undeliverable,syntax,.*,byte 3: ' "$dir/out"
ask --format csv --column 1 -f "$dir/t.csv"
check 'a column without addresses: 64' equal $status 64
check 'and what was read is said' has 'address: column 1, "name"; CSV by comma' "$dir/err"
ask --format csv --column nosuch -f "$dir/t.csv"
check '--column unknown: 64' equal $status 64
check '--column unknown: the columns are named' has 'name, Email' "$dir/err"
printf 'jane@policy.test\njane@norelay.test\n' > "$dir/nothing"
ask -f "$dir/nothing"
check 'L01 nothing is known of any: that is said' has '^quoth: nothing was learnt of any' "$dir/err"
dry -f "$dir/nothing"
check 'L01 nobody was to be asked: it is not' lacks 'nothing was learnt' "$dir/err"
echo jane@good.test >> "$dir/nothing"
ask -f "$dir/nothing"
check 'L01 something is known: it is not' lacks 'nothing was learnt' "$dir/err"
printf 'escape@good.test\n+jane@good.test\n' > "$dir/esc"
ask --format csv -f "$dir/esc"
check 'O01 controls of a server are visible' has 'no such user ?\[31m?\\xff\\u202e here' "$dir/out"
check 'O02 an address that is a formula' has "^'+jane@good.test,2,unknown,unreadable" "$dir/out"

# ---- strict readers that nobody here wrote
# --------------------------------------------------------------------- Cells of every row, of a CSV
# by `delimiter`, one row a line: the number of cells, then those given by name or number.
strict() {      # FILE DELIMITER [COLUMN...]
    python3 - "$@" > "$dir/strict" 2> "$dir/strict.err" << 'END'
import csv, sys
name, delimiter, *wanted = sys.argv[1:]
text = open(name, newline="", encoding="utf-8-sig", errors="surrogateescape")
rows = list(csv.reader(text, delimiter=delimiter, strict=True))
assert len(set(map(len, rows))) == 1, "rows of different length"
assert len(set(rows[0])) == len(rows[0]), "a heading twice"
for row in rows:
    print(len(row), *(repr(row[int(w) if w.isdigit() else rows[0].index(w)]) for w in wanted))
END
}
if command -v python3 > /dev/null && command -v jq > /dev/null; then
    csv() {     # NAME DELIMITER TEXT: checked, and its results checked again: both are whole
        printf "$3" > "$dir/s.csv"
        dry --ordered -f "$dir/s.csv" -o "$dir/s1.csv" --force
        strict "$dir/s1.csv" "$2" email quoth_address quoth_reason
        check "L07 $1: read back" [ ! -s "$dir/strict.err" ]
        cp "$dir/strict" "$dir/strict1"
        dry --ordered -f "$dir/s1.csv" -o "$dir/s2.csv" --force
        check "L07 $1: checked again it is the same" cmp "$dir/s1.csv" "$dir/s2.csv"
        dry --format csv -q -f "$dir/s1.csv"
        check "L07 $1: -q prints nothing" [ ! -s "$dir/out" ]
    }
    csv plain , 'name,email\nJane,jane@good.test\nJoe,joe@good.test\n'
    csv BOM ';' '\357\273\277name;email\r\n"M\303\274ller; J";jane@good.test\r\n'
    check 'L07 the BOM is kept' equal "$(head -c 3 "$dir/s1.csv" | od -An -tx1 | tr -d ' ')" efbbbf
    csv CRCRLF , 'name,email\r\r\n"a\r\nb",jane@good.test\r\r\nJoe,joe@good.test\r\r\n'
    check 'L07 CR CR LF is one line end' equal "$(wc -l < "$dir/strict1")" 3
    csv CR , 'name,email\rJane,jane@good.test\rJoe,joe@good.test\r'
    check 'L07 so is CR' equal "$(sed -n 2p "$dir/strict1")" \
        "18 'jane@good.test' 'jane@good.test' 'reserved'"
    csv 'broken quotes' , \
        'name,email\n"x,"ok",jane@good.test\n5" pipe,joe@good.test\n"a""b",j@good.test\n'
    check 'L07 a cell with broken quotes stays one cell' has \
        "^18 'jane@good.test' 'jane@good.test'" "$dir/strict1"
    csv 'quotes that never close' , \
        'name,email\nJ,jane@good.test\n"J,joe@good.test\nX,x@good.test\n'
    check 'L07 no row is lost to them' equal "$(wc -l < "$dir/strict1")" 4
    csv 'short rows' "$(printf '\t')" 'email\tname\tage\njane@good.test\njoe@good.test\tJoe\n' \
        2> "$dir/err"
    csv 'bad UTF-8 and controls' , \
        'name,email\n\377\001,jane@good.test\n"\377\033[1m",bad\001@good.test\n'
    csv 'a formula' , 'name,email\n=1+1,jane@good.test\n-5,=joe@good.test\n'
    check 'L07 our own columns are no addresses that nobody is asked' lacks 'not asked' "$dir/err"
    printf 'jane@good.test\n"q,q"@good.test\na b@good.test\n\377x@good.test\n' > "$dir/lines"
    dry --ordered -f "$dir/lines" -o "$dir/lines.csv" --anyway
    strict "$dir/lines.csv" , address quoth_reason
    check 'L07 lines: read back' equal "$(wc -l < "$dir/strict") $(wc -c < "$dir/strict.err")" '5 0'
    dry --ordered -f "$dir/lines" -o "$dir/lines.json" --anyway
    check 'L07 JSON: each line is an object' equal "$(jq -c 'keys | length > 0' "$dir/lines.json" \
        | sort | uniq -c | tr -s ' ')" ' 5 true'
    check 'L07 JSON: and UTF-8' equal "$(iconv -f UTF-8 -t UTF-8 "$dir/lines.json" \
        | cmp - "$dir/lines.json")" ''
    printf 'jane@good.test, joe@good.test\n<jane@good.test>\nN/A\nj at x\nbad@@\n' > "$dir/lines"
    dry --ordered -f "$dir/lines" -o "$dir/l1.json" --anyway
    dry --ordered -f "$dir/l1.json" -o "$dir/l2.json" --anyway
    check 'L07 JSON: checked again it is the same, without the summary of the first time' equal \
        "$(jq -c '[.input, .verdict, .reason, .address]' "$dir/l2.json")" \
        "$(jq -c '[.input, .verdict, .reason, .address]' "$dir/l1.json")"
    printf '%s\n' '{"email":"jane@good.test"}' '{"summary":{"total":5},"email":"joe@good.test"}' \
        '{"summary":{"total":5},"v":1,"email":"ann@good.test"}' '{"summary":{"total":5}' \
        '{"summary":{"total":5},"v":1} ' > "$dir/lines"
    dry --ordered -f "$dir/lines" -o "$dir/l3.json"
    check 'L07 JSON: what begins as a summary of ours and is none is a row' equal \
        "$(jq -r '.address // .reason' "$dir/l3.json" | tr '\n' ' ')" \
        'jane@good.test joe@good.test ann@good.test unreadable null '
    dry --ordered -f "$dir/l1.json" -o "$dir/l2.json" --anyway
    check 'L07 JSON: what was written there is asked' has 'member "input"; NDJSON, 1 comment' \
        "$dir/err"
else
    echo 'SKIPPED strict readers: python3 or jq is not here'
fi

# ---- what a person sees meanwhile
# ------------------------------------------------------------------------------ On a screen of so
# many columns: no line is as wide as it, so none wraps, and the cursor goes up as many lines as
# were drawn, so nothing of an earlier picture stays. Says whether a picture was drawn over another.
screen() {      # COLUMNS COMMAND...
    python3 - "$@" << 'END'
import fcntl, os, pty, re, struct, sys, termios
columns = int(sys.argv[1])
pid, fd = pty.fork()
if not pid:
    fcntl.ioctl(2, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    os.environ["TERM"] = "xterm"
    os.execv(sys.argv[2], sys.argv[2:])
seen = b""
while True:
    try:
        more = os.read(fd, 65536)
    except OSError:
        break
    if not more:
        break
    seen += more
os.waitpid(pid, 0)
pictures, below, line = 0, 0, ""
piece = r"\x1b\[(\d+)A|(\x1b\[K\r?\n)|(\n)|\x1b\[J|([^\x1b\n]+)"
for up, drawn, end, text in re.findall(piece, seen.decode()):
    if up:
        assert int(up) == below, "up %s of %d lines" % (up, below)
        pictures, below = pictures + 1, 0
    elif drawn:
        assert len(line) < columns, "as wide as the screen: " + line
        below, line = below + 1, ""
    else:
        line = text.strip("\r")
print(pictures > 0)
END
}
if command -v python3 > /dev/null; then
    for name in jane joe jim jil jack; do
        echo "$name@slow.test"
        echo "$name@grey.test"
        echo "$name@busy.test"
    done > "$dir/slow"
    for columns in 22 80; do
        check "O03 $columns columns" equal \
            "$(screen $columns "$QUOTH" --sandbox="$port" --gap 1 --max-time 3 -f "$dir/slow" \
            -o "$dir/screen.csv" --force 2>&1)" True
    done
else
    echo 'SKIPPED a screen: python3 is not here'
fi

# ---- what it was taken for -----------------------------------------------
printf \
    'Export, as of January\n\nName;Owner Email;E-Mail\nDoe;boss@six.test;\nRoe;boss@six.test;'\
'<jane@good.test>\n' \
    > "$dir/look.csv"
printf 'Poe;boss@six.test;"nobody@good.test, forwarded@good.test"\n' >> "$dir/look.csv"
ask --format json --ordered -f "$dir/look.csv"
check 'L01 the decision is told' has \
    '^quoth: address: column 3, "E-Mail"; CSV by semicolon, 2 lines above left out$' "$dir/err"
check 'L01 and in the summary' has \
    '"list":{"kind":"CSV","encoding":"UTF-8","delimiter":"semicolon","column":3,'\
'"address":"E-Mail","left_out":2,"sample":{"rows":3,"filled":2,"addresses":2}}' \
    "$dir/out"
check 'L01 an empty cell is nobody' has \
    '"input":"","verdict":"unknown","reason":"empty".*"line":4,' "$dir/out"
check 'L03 each of several is asked' equal "$(grep -c '"line":6,' "$dir/out")" 2
check 'L04 what was written, and what was asked' has \
    '"input":"<jane@good.test>","verdict":"deliverable".*"address":"jane@good.test"' "$dir/out"
ask --dry-run -f "$dir/look.csv"
check 'L01 --dry-run tells it too' has \
    '^  address  *column 3, "E-Mail"; CSV by semicolon, 2 lines above left out$' "$dir/out"
ask --format csv --ordered -f "$dir/look.csv"
check 'L04 the cleaned address has a column' has \
    '^Roe;boss@six.test;<jane@good.test>;5;deliverable;.*;jane@good.test;;;[-0-9]*$' "$dir/out"
check 'L03 the row is there for each' equal "$(grep -c \
    '^Poe;boss@six.test;"nobody@good.test, forwarded@good.test";6;' "$dir/out")" 2
refused 'L01 a workbook' 'this is an Excel workbook (.xlsx), which is not read here' \
    -f "$here/../fuzz/corpus/list/xlsx" 2> /dev/null
printf '%%PDF-1.4\n' > "$dir/a b.pdf"
refused 'L01 a PDF' '^  pdftotext -layout .*a b.pdf list.txt' -f "$dir/a b.pdf"
printf 'BEGIN:VCARD\r\nitem1.email;type=a:jane@\r\n good.test\r\nNOTE:email\r\n' > "$dir/vcf"
refused 'L01 vCard' '^  tr .* | sed .* | sed -n .*[Mm].* > list.txt$' -f "$dir/vcf"
eval "$(sed -n "2s#list.txt#$dir/list.txt#p" "$dir/err")"
check 'L01 and the command it tells works' equal "$(cat "$dir/list.txt")" jane@good.test
printf '<table><tr><td>jane@quoth.net' > "$dir/page.htm"
refused 'L01 a table of HTML' '^  quoth extract .*page.htm > list.txt$' -f "$dir/page.htm"
eval "$(sed -n "2s#quoth extract#$QUOTH extract#; 2s#list.txt#$dir/list.txt#p" "$dir/err")"
check 'L01 and that command works' equal "$(cat "$dir/list.txt")" jane@quoth.net
printf '10:00 login user jane@quoth.net from 192.0.2.1\n' > "$dir/log"
refused 'L01 text around addresses' \
    '^To take the addresses out of any text: quoth extract .*log > list.txt$' -f "$dir/log"
# Numbers stuck to addresses: of two readings, 1.jane@... and jane@..., nobody can tell which lives.
printf '1.jane@good.test\n2.bob@good.test\n3.eve@good.test\n' > "$dir/stuck.txt"
printf 'no;email\na;0-jane@good.test\nb;1-bob@good.test\nc;\nd;2-eve@good.test\n' > "$dir/stuck.csv"
for end in txt csv; do
    refused "L01 numbers stuck to addresses, $end" "rows' numbers are stuck to the addresses" \
        -f "$dir/stuck.$end"
done
dry -f "$dir/stuck.txt" --anyway
check 'L01 unless they are parts of them' equal "$status $(grep -c '[123][.]' "$dir/out")" '3 3'
printf '1.test@good.test\n2.test@good.test\n3.test@good.test\n' > "$dir/named"
dry --format csv -f "$dir/named"
check 'L01 numbers that alone tell addresses apart are part of them' equal \
    "$status $(cut -d, -f1,4 "$dir/out" | sed 1d | tr '\n' ' ')" \
    '3 1.test@good.test,reserved 2.test@good.test,reserved 3.test@good.test,reserved '
printf '20190101.jane@good.test\n20190102.bob@good.test\n' > "$dir/rising"
dry --format csv -f "$dir/rising"
check 'L01 numbers that only rise are people' equal "$status $(grep -c ,reserved, "$dir/out")" '3 2'
printf '1. jane@good.test\n2. bob@good.test\n' > "$dir/bullets"
dry --format csv -f "$dir/bullets"
check 'L04 a blank parts number and address' equal "$status $(grep -c ,reserved, "$dir/out")" '3 2'
printf '%s\n' 'id,email' '1,"<a href=""mailto:jane@good.test?subject=x"">jane@good.test</a>"' \
    "2,<A HREF='MAILTO:bob@good.test'>Bob</A>" '3,eve@good.test' \
    '4,"<a href=""mailto:a@good.test"">A</a><a href=""mailto:b@good.test"">B</a>"' > "$dir/href.csv"
dry --format json --ordered -f "$dir/href.csv"
check 'L04 a link of HTML in a cell' equal "$(sed -n \
    's/.*"reason":"\([a-z_]*\)".*"address":\("[^"]*"\|null\).*/\1 \2/p' "$dir/out" \
    | tr '\n' ' ')" \
    'reserved "jane@good.test" reserved "bob@good.test" reserved "eve@good.test" several null '
{   printf 'id,note,email\n1,'
    head -c 1100000 /dev/zero | tr '\0' n
    printf ',jane@good.test\n2,x,bob@good.test\n3,'
    head -c 1100000 /dev/zero | tr '\0' n
    printf '\n4,y,eve@good.test\n'
} > "$dir/long.csv"
dry --format json --ordered -f "$dir/long.csv"
check 'L01 a row cut at 1 MiB before its address is unreadable, and the others are read' equal \
    "$(sed -n \
    's/.*"verdict":"\([a-z]*\)","reason":"\([a-z_]*\)".*"line":\([0-9]*\),.*/\3 \1 \2/p' \
    "$dir/out" | tr '\n' ';')" \
    '2 unknown unreadable;3 unknown reserved;4 unknown unreadable;5 unknown reserved;'
check 'L01 and that is said' has 'rows longer than 1 MiB, cut there: 2' "$dir/err"
{ head -c 1100000 /dev/zero | tr '\0' n; printf '\njane@good.test\n'; } > "$dir/first.csv"
refused 'L01 a first row longer than that' 'its first row is longer than 1 MiB' \
    -f "$dir/first.csv"
printf 'mail:: amFuZUBnb29kLnRlc3Q=\n\nmail:: Ym9iQGdvb2QudGVzdA==\n' > "$dir/b64"
refused 'L01 LDIF in base64' 'b64' -f "$dir/b64"
printf 'name,email\nJ,jane=40good.test\nB,bob@good.test\nE,eve@good.test\nX,x%%40good.test\n' \
    > "$dir/qp.csv"
dry --format csv --ordered -f "$dir/qp.csv"
check 'L01 quoted-printable and percent signs are nobody dead' lacks undeliverable "$dir/out"
printf 'Dear all,\nthis is a letter.\nIt has lines,\nbut hardly an address:\njane@good.test\n' \
    > "$dir/letter.txt"
refused 'L01 a letter' 'only 1 of the first . rows holds an address. It was read so:' \
    -f "$dir/letter.txt"
check 'L01 with what was seen' has '^  the first one: "' "$dir/err"
printf 'name,email\nA,x\033[1m\nB,y\n' > "$dir/few.csv"
refused 'L01 no address' 'none of the first 2 rows holds an address' -f "$dir/few.csv"
check 'L01 escaped' has '^  the first one: "x.u001b.1m"$' "$dir/err"
check 'L01 and what to type' has \
    '^Say --column NAME|N, --delimiter C or --skip N; or --anyway, if it is right$' "$dir/err"
dry --anyway -f "$dir/few.csv"
check '--anyway: they are read' equal $status 3
dry --skip 4 -f "$dir/letter.txt"
check '--skip' equal "$status $(grep -c jane "$dir/out")" '3 1'

# ---- a list that changes while it is checked -----------------------------
awk \
    'BEGIN { for (i = 0; i < 300; i++) print "u" i "@slow" i % 3 ".good.test"
             print "jane@slow.test" }' \
    > "$dir/moving"
"$QUOTH" --sandbox="$port" --pace off --no-wait --timeout 20 --format csv -f "$dir/moving" \
    -o "$dir/moved" > "$dir/out" 2> "$dir/err" &
pid=$!
until [ -s "$dir/moved" ] || ! kill -0 $pid; do sleep 0.1; done
tr 'u' 'w' < "$dir/moving" > "$dir/other"
cat "$dir/other" > "$dir/moving"
wait $pid
check 'T3 it stops' equal $? 70
check 'T3 and says why' has 'the list changed while it was read' "$dir/err"
check 'T3 no verdict stands beside another address' lacks '^w' "$dir/moved"

# ---- shards --------------------------------------------------------------
i=0
while [ $i -lt 1000 ]; do i=$((i + 1)); echo "u$i@d$((i % 200)).net"; done > "$dir/many"
printf 'a@b@c\n' >> "$dir/many"
: > "$dir/union"
for i in 1 2 3 4; do
    dry --format csv --shard $i/4 -f "$dir/many"
    sed 1d "$dir/out" > "$dir/part$i"
    cat "$dir/part$i" >> "$dir/union"
    check "shard $i is a quarter or so" fewer 150 "$(wc -l < "$dir/part$i")"
    check "shard $i is not all" fewer "$(wc -l < "$dir/part$i")" 351
done
dry --format csv -f "$dir/many"
sed 1d "$dir/out" | sort > "$dir/want"
sort "$dir/union" | cmp -s - "$dir/want"
check 'the shards together are the list' equal $? 0
for i in 1 2 3 4; do
    sed 's/.*@\([^,]*\),.*/\1/' "$dir/part$i" | sort -u
done | sort | uniq -d > "$dir/twice"
check 'no domain is in two' equal "$(cat "$dir/twice")" ''
printf 'a@EXAMPLE.net\nb@example.net\nc@b\303\274cher.net\nd@xn--bcher-kva.net\n' > "$dir/same"
for i in 1 2 3 4 5 6 7; do
    dry --format csv --shard $i/7 -f "$dir/same"
    sed 1d "$dir/out" | wc -l
done > "$dir/sizes"
check 'case and script of a domain do not matter' equal "$(grep -c '[13]' "$dir/sizes")" 0
check 'SipHash-2-4, key 0, of example.net, modulo 7' equal "$(sed -n 1p "$dir/sizes")" 2

# ---- parts joined --------------------------------------------------------
awk 'BEGIN { for (i = 0; i < 600; i++) print "u" i "@d" i % 50 ".net, w" i "@e" i % 7 ".net" }' \
    > "$dir/whole"
joined() {      # FORMAT OPTION...: parts of a list, given in any order, are what one run writes
    for i in 1 2 3; do
        dry -q --shard $i/3 "$@" -f "$dir/whole" -o "$dir/p$i" --force --format $format
    done
    dry -q "$@" -f "$dir/whole" -o "$dir/want" --force --format $format
    "$QUOTH" merge "$dir/p3" "$dir/p1" "$dir/p2" -o "$dir/joined" --force 2> "$dir/err"
    check "L09 merge $format $*" equal $? 0
    grep -v '^{"summary"' "$dir/want" > "$dir/want.rows"
    grep -v '^{"summary"' "$dir/joined" > "$dir/joined.rows"
}
for format in csv json text; do
    joined
    sort "$dir/want.rows" > "$dir/sorted"
    sort "$dir/joined.rows" | cmp -s "$dir/sorted" -
    check "L09 merge $format: each row once, one heading" equal $? 0
    joined --ordered
    check "L09 merge $format --ordered: the list's order" cmp "$dir/want.rows" "$dir/joined.rows"
    "$QUOTH" merge "$dir/p1" "$dir/p2" "$dir/p3" | cmp -s - "$dir/joined"
    check "L09 merge $format: to standard output" equal $? 0
done
format=json
joined --ordered
check 'L09 the summary is of all parts' has '^{"summary":{"total":1200,' "$dir/joined"
printf 'jane@good.test;x\njoe@six.test;y\njim@busy.test;z\n' > "$dir/headless.csv"
for i in 1 2 3; do
    dry -q --shard $i/3 --ordered --format csv -f "$dir/headless.csv" -o "$dir/p$i" --force
done
check 'L09 parts without headings' equal "$("$QUOTH" merge "$dir/p1" "$dir/p2" "$dir/p3" \
    | cut -d';' -f1,2 | tr '\n' ' ')" \
    'jane@good.test;x joe@six.test;y jim@busy.test;z '
unfit() {       # NAME PATTERN PART...: refused, in words, and nothing is written
    name=$1 pattern=$2
    shift 2
    "$QUOTH" merge "$@" > "$dir/out" 2> "$dir/err"
    check "L09 $name: 64" equal $? 64
    check "L09 $name: said" has "$pattern" "$dir/err"
    check "L09 $name: nothing is written" [ ! -s "$dir/out" ]
}
unfit 'a part too few' 'part 2 of 3 is missing' "$dir/p1" "$dir/p3"
unfit 'no more than the first' 'part 2 of 3 is missing' "$dir/p1"
unfit 'no last one' 'part 3 of 3 is missing' "$dir/p1" "$dir/p2"
unfit 'a part twice' 'part 1 of 3 is given twice' "$dir/p1" "$dir/p2" "$dir/p3" "$dir/p1"
dry -q --shard 2/2 --ordered --format csv -f "$dir/headless.csv" -o "$dir/half" --force
unfit 'of more parts' '^  --shard: 2/2, then 1/3$' "$dir/p1" "$dir/half"
unfit 'no part' 'this is no part of a list, but all of it' "$dir/letter.csv"
unfit 'over a part' 'this is one of the parts' "$dir/p1" "$dir/p2" "$dir/p3" -o "$dir/p1" --force
ln "$dir/p1" "$dir/p1.link"
unfit 'over a part by another name' 'this is one of the parts' "$dir/p1" "$dir/p2" "$dir/p3" \
    -o "$dir/p1.link" --force
unfit 'over its journal' 'this is one of the parts' "$dir/p1" "$dir/p2" "$dir/p3" \
    -o "$dir/p1.quoth-journal" --force
mkfifo "$dir/pipe"
timeout 60 cat "$dir/pipe" > "$dir/got" & pid=$!
"$QUOTH" merge "$dir/p1" "$dir/p2" "$dir/p3" -o "$dir/pipe" 2> "$dir/err"
check 'L09 merge into a pipe' equal "$? $([ -p "$dir/pipe" ] && echo pipe)" '0 pipe'
wait $pid
check 'L09 which has all of it' equal "$(cut -d';' -f2 "$dir/got" | tr '\n' ' ')" 'x y z '
for end in - /dev/stdout; do
    check "L09 merge to $end" equal "$("$QUOTH" merge "$dir/p1" "$dir/p2" "$dir/p3" -o $end \
        | wc -l)" 3
done
dry -f "$dir/one" --cache "$dir/pipe"
check 'G07 a pipe is no cache, and stays a pipe' equal "$status $([ -p "$dir/pipe" ] \
    && echo pipe)" '64 pipe'
seq 9999 > "$dir/new.quoth-merge"
flock "$dir/new.quoth-merge" "$command" merge "$dir/p1" "$dir/p2" "$dir/p3" -o "$dir/new" \
    2> "$dir/err"
check 'L09 two merges at once' equal $? 70
check 'L09 the second says so' has 'new.quoth-merge: another quoth is writing here' "$dir/err"
"$QUOTH" merge "$dir/p1" "$dir/p2" "$dir/p3" -o "$dir/new" 2> "$dir/err"
check 'L09 what a killed merge left is of no matter' equal "$? $(cut -d';' -f2 "$dir/new" \
    | tr '\n' ' ')" '0 x y z '
check 'L09 and does not stay' [ ! -e "$dir/new.quoth-merge" ]
ln -s "$dir/letter.csv" "$dir/linked.quoth-merge"
unfit 'over what a link names' 'this is a symbolic link' "$dir/p1" "$dir/p2" "$dir/p3" \
    -o "$dir/linked"
unfit 'over a file' 'it is there already' "$dir/p1" "$dir/p2" "$dir/p3" -o "$dir/letter.csv"
unfit 'an option of checks' '^quoth: column: merge has no such option' --column 1 "$dir/p1"
mv "$dir/p2.quoth-journal" "$dir/p2.journal"
unfit 'no journal' 'nobody knows whether it is finished' "$dir/p1" "$dir/p2" "$dir/p3"
mv "$dir/p2.journal" "$dir/p2.quoth-journal"
cp "$dir/p2" "$dir/p2.kept"
echo >> "$dir/p2"
unfit 'an edited part' 'not what was written there' "$dir/p1" "$dir/p2" "$dir/p3"
mv "$dir/p2.kept" "$dir/p2"
dry -q --shard 2/3 --format csv -f "$dir/headless.csv" -o "$dir/p2" --force
unfit 'other options' '^  --ordered: no, then yes$' "$dir/p1" "$dir/p2" "$dir/p3"
"$QUOTH" merge --help > "$dir/out"
check 'L09 merge --help' has '^  -o, --output FILE' "$dir/out"

printf 'o\342\200\231neill@quoth.net\nja\342\200\223ne@quoth.net\nja\342\200\213ne@quoth.net\n' \
    > "$dir/marks"
dry --format json --ordered --anyway -f "$dir/marks"
check 'L04 what can be seen is asked, what cannot is not called dead' \
    equal "$(sed -n 's/.*"verdict":"\([a-z]*\)","reason":"\([a-z_]*\)".*/\1 \2/p' "$dir/out" \
    | tr '\n' ' ')" \
    'unknown syntax_ok unknown syntax_ok unknown unreadable '

# ---- several lists
# ------------------------------------------------------------------------------------------ One of
# each kind. Asked together they have the answers that each has alone, and all of them in their
# order.
printf 'id,email\n1,jane@good.test\n2,nobody@good.test\n' > "$dir/m1.csv"
printf 'full@good.test\r\nx@nullmx.test, jane@good.test\r\n' > "$dir/m2.txt"
printf '{"email":"any@catchall.test"}\n' > "$dir/m3.json"
answers_of() {
    sed -n \
        's/^{"input":"\([^"]*\)","verdict":"\([a-z]*\)","reason":"\([a-z_]*\)".*"line":\([0-9]*\),'\
'.*/\1 \2 \3 \4/p' \
        "$@"
}
for f in m1.csv m2.txt m3.json; do
    ask -q --ordered --format json -f "$dir/$f" -o "$dir/$f.out" --force
done
ask -q --ordered --format json -f "$dir/m1.csv" -f "$dir/m2.txt" -f "$dir/m3.json" -o "$dir/m.out"
check 'L14 the verdicts decide' equal $status 1
check 'L14 each has the answers it has alone' equal "$(answers_of "$dir/m.out")" \
    "$(answers_of "$dir/m1.csv.out" "$dir/m2.txt.out" "$dir/m3.json.out")"
check 'L14 rows say which list' equal "$(sed -n 's/.*"file":"[^"]*\/\(m[^"]*\)",.*/\1/p' \
    "$dir/m.out" | tr '\n' ' ')" \
    'm1.csv m1.csv m2.txt m2.txt m2.txt m3.json m3.json '
check 'L14 as does the summary' equal "$(tail -n 1 "$dir/m.out" | grep -o '"file":"[^"]*"' \
    | wc -l)" 3
ask -q --ordered --format json -f "$dir/m1.csv" -f "$dir/m2.txt" -f "$dir/m3.json" -o "$dir/m.out" \
    --resume
check 'L14 finished' equal $status 0
ask -q --ordered --format json -f "$dir/m2.txt" -f "$dir/m1.csv" -f "$dir/m3.json" -o "$dir/m.out" \
    --resume
check 'L14 in another order they are others' equal $status 64
ask -q --ordered --format json -f "$dir/m1.csv" -f "$dir/m2.txt" -o "$dir/m.out" --resume
check 'L14 one less is told' has "the list.s rows: 5, then 6" "$dir/err"
for i in 1 2; do
    ask -q --shard $i/2 --ordered --format json -f "$dir/m1.csv" -f "$dir/m2.txt" \
        -f "$dir/m3.json" -o "$dir/m$i" --force
done
"$QUOTH" merge "$dir/m1" "$dir/m2" > "$dir/m.joined"
check 'L14 parts are joined' equal "$(answers_of "$dir/m.joined")" "$(answers_of "$dir/m.out")"
sed 's/jane/=joe/' "$dir/m1.csv" > "$dir/=m4.csv"
( cd "$dir" && QUOTH=$command && ask -q --ordered --format csv -f m1.csv -f =m4.csv -o m.csv )
check 'L14 the same columns are kept' equal "$(sed -n '1p;4p' "$dir/m.csv" | cut -d, -f1-4 \
    | tr '\n' ' ')" \
    "id,email,quoth_file,quoth_line 1,=joe@good.test,'=m4.csv,2 "

# ---- options two by two: what is said of the pairs that have more to say than their rows
printf 'name,email\nJane,jane@quoth.net\nNobody,\nTwo,"u@quoth.net, w@quoth.net"\n' > "$dir/a.csv"
cp "$dir/a.csv" "$dir/b.csv"
echo 'jane@quoth.net' > "$dir/c.txt"
echo '{"p":{"m":"jane@quoth.net"}}' > "$dir/d.json"
pairs_of() { sed 's/^ *//' << 'END'
    64 b.csv: this is a file, not an address      | -f a.csv b.csv
    64 this is a file, not an address             | b.csv
    3 "total":8,                                  | -f a.csv -f b.csv --format json
    3 "file":"b.csv","line":3,                    | -f a.csv -f b.csv --format json
    3 ^name,email,quoth_file,quoth_line           | -f a.csv -f b.csv --format csv
    3 ^address,quoth_file,quoth_line              | -f a.csv -f c.txt --format csv
    3 "total":8,                                  | -f a.csv -f b.csv --format json --column email
    64 c.txt: no column email                     | -f a.csv -f c.txt --column email
    66 none.csv: No such file or directory        | -f a.csv -f none.csv -o x
    3 "total":8,                                  | -f a.csv -f a.csv --format json
    0 c.txt: address: each line                   | -f a.csv -f c.txt --dry-run
    0 rows  *5$                                   | -f a.csv -f c.txt --dry-run
    64 take one list                              | --explain -f a.csv -f b.csv
    64 take one list                              | --follow -f a.csv -f b.csv
    64 take one list                              | x@quoth.net -f a.csv -f b.csv
    64 this is the list itself                    | -f a.csv -f c.txt -o c.txt --force
    64 --column: "1" will not do; .* once         | -f a.csv --column 2 --column 1
    64 -o: "y" will not do; .* once               | -f a.csv -o x -o y
    64 --format: "xml" will not do                | -f a.csv --format csv --format xml
    3 ^jane@quoth.net$                            | --explain -f a.csv
    3 u@quoth.net  *syntax_ok                     | --explain -f a.csv --column 2
    64 holds an address                           | --explain -f a.csv --column 1
    64 --input says which: a list is of one kind  | -f a.csv --input csv --field email
    64 --input says which: a list is of one kind  | -f a.csv --input csv --display-names
    64 --input says which: a list is of one kind  | -f a.csv --input lines --column 2
    64 --input says which: a list is of one kind  | -f a.csv -f b.csv --input json --header no
    64 --input says which: a list is of one kind  | -f a.csv --delimiter , --field email
    64 --input says which: a list is of one kind  | -f a.csv -f d.json --column 2 --field p.m
    3 "file":"d.json","line":1,                   | -f a.csv -f d.json --format json
    64 one result after the other                 | --explain -f a.csv -o x
    64 one result after the other                 | --explain -f a.csv --dry-run
    64 one result after the other                 | --explain -f a.csv --format csv
    64 one result after the other                 | --explain -f a.csv --only unknown
    64 one result after the other                 | --explain -f a.csv --shard 1/2
    64 one result after the other                 | --follow -o x
    64 one result after the other                 | --follow --cache x
    64 one result after the other                 | --follow --format csv
    64 one result after the other                 | x@quoth.net -f a.csv --cache x
    3 ^{"input":"x@quoth.net".*syntax_ok          | x@quoth.net -f a.csv --format json
    3 ^{"input":"w@quoth.net".*"line":4,          | x@quoth.net -f a.csv --format json
    3 "input":"","verdict":"unknown","reason":"empty" | x@quoth.net -f a.csv --format json
    3 ^{"summary":{"total":5,                     | x@quoth.net -f a.csv --format json
    64 from -f FILE alone                         | x@quoth.net -f a.csv -o x
    64 --column is for lists: -f FILE             | x@quoth.net --column 2
    64 --ordered is for lists: -f FILE            | x@quoth.net --ordered
    64 --resume is for lists: -f FILE             | x@quoth.net --resume
    64 --shard is for lists: -f FILE              | x@quoth.net --shard 1/2
    64 resume needs                               | -f a.csv --resume
    3 "line":4,                                   | -f a.csv --format json --ordered
    3 ^name,email,quoth_line                      | -f a.csv --format csv --ordered
    0 "total":0,                                  | -f a.csv --column 2 --shard 1/2 --format json
    64 none of the first 4 rows holds an address  | -f a.csv --field email
    0 column 2, "email"                           | -f a.csv --dry-run --ordered
    0 column 2, "email"                           | -f a.csv --dry-run -o x
    64 x.tsv: the results keep the list's delimiter | -f a.csv -o x.tsv
    3 u@quoth.net  *syntax_ok                      | --follow -f a.csv
END
}
pairs_of | while IFS='|' read -r want options; do
    code=${want%% *} pattern=$(echo "${want#* }" | sed 's/ *$//')
    ( cd "$dir" && eval "'$command' --syntax-only $options" > both 2>&1 < /dev/null
        echo $? > status )
    [ "$(cat "$dir/status")" = "$code" ] && grep -q -e "$pattern" "$dir/both" && continue
    echo "  $options: $(cat "$dir/status"), not $code with \"$pattern\": $(head -n 1 "$dir/both")"
done > "$dir/amiss"
check 'L06 options two by two' equal "$(cat "$dir/amiss")" ''
check 'L06 nothing is written by what is refused' [ ! -e "$dir/x" ]

printf '<mailto:jane@quoth.net>,\nJoe <joe@quoth.net>; x@quoth.net\n \nbad@@\nN/A\n' |
    "$QUOTH" --syntax-only --follow --format json > "$dir/out" 2> "$dir/err"
check 'L04 a line that is followed is cleaned as in a list' \
    equal "$(sed -n \
    's/.*"verdict":"\([a-z]*\)","reason":"\([a-z_]*\)".*"address":\("[^"]*"\|null\).*/\1 \2 \3/p' \
    "$dir/out" | tr '\n' ';')" \
    'unknown syntax_ok "jane@quoth.net";unknown several null;undeliverable syntax null;unknown '\
'empty null;'

# Standard input is answered line by line: the next line is given once the last one is answered.
rm -f "$dir/answers"
mkfifo "$dir/questions" "$dir/answers"
"$QUOTH" --syntax-only --follow --format json < "$dir/questions" > "$dir/answers" \
    2> "$dir/err" & pid=$!
exec 3> "$dir/questions" 4< "$dir/answers"
for address in jane@quoth.net bad@@ joe@quoth.net; do
    echo "$address" >&3
    read -r answer <&4
    printf '%s\n' "$answer"
done > "$dir/followed"
exec 3>&-
cat <&4 > "$dir/rest"
exec 4<&-
wait $pid
check 'L06 --follow: the exit code at its end' equal $? 1
check 'L06 --follow: each line is answered as it comes' equal "$(sed \
    's/{"input":"\([^"]*\)".*/\1/' "$dir/followed" | tr '\n' ' ')" \
    'jane@quoth.net bad@@ joe@quoth.net '
check 'L06 --follow: the summary at the end' has '^{"summary":{"total":3,' "$dir/rest"

# ---- what is wrong with the domains too ----
down
box_log
ids=$(sed -n 's/^= \(\(mx\|spf\|dmarc\|dkim\|sts\|rpt\|dnssec\|dane\)[.][a-z0-9._]*\) .*/\1/p' \
    "$here/../core/data/checks.txt" | tr ._ --)
for id in good $ids catchall; do echo "jane@$id.test"; echo "other@$id.test"; done > "$dir/domains"
echo 'jane@[192.0.2.1]' >> "$dir/domains"
echo 'no address' >> "$dir/domains"
ask --format csv --ordered --dns-only --with-domain -f "$dir/domains"
check 'HR10 what a domain leads to many times is asked once' equal "$(grep \
    -c 'type 16 nomail[.]test' "$dir/box.err")" 1
check 'HR09 one check a domain' equal "$(grep -c 'type 16 _dmarc[.]good[.]test' "$dir/box.err")" 1
sed '1d; $d' "$dir/out" | sed '$d' | awk -F, 'NR % 2 { print $1, $NF }' \
    | sed 's/^[^@]*@//' > "$dir/got"
for id in spf.lookups dmarc.none dkim.syntax mx.alias spf.syntax dnssec.bogus dane.pkix \
    dane.single; do
    check "L15 $id" equal "$(sed -n "s/^$(echo $id \
        | tr ._ --)[.]test .*\($id\).*/\1/p" "$dir/got")" "$id"
done
check 'L15 of many kinds' equal "$(sed '1d; $d' "$dir/out" | sed '$d' \
    | awk -F, '{ print $(NF - 1) }' | sort -u | tr '\n' ' ')" 'bad ok warn '
check 'L15 where there is no domain, nothing' equal "$(tail -n 2 "$dir/out" \
    | sed 's/.*,\([^,]*,[^,]*\)$/\1/' | tr '\n' ' ')" ', , '
cut -d, -f1-5 "$dir/out" > "$dir/with"
ask --format csv --ordered --dns-only -f "$dir/domains"
cut -d, -f1-5 "$dir/out" > "$dir/without"
check 'L15 the verdicts are the same' cmp "$dir/with" "$dir/without"
ask --format json --ordered --dns-only --with-domain -f "$dir/domains"
check 'L15 json says it too' has '"domain_grade":"ok","domain_ids":\[\]' "$dir/out"
refused L15 'with-domain asks name servers' --with-domain -f "$dir/domains"

# All that quoth domain finds, the policy of MTA-STS too: of each domain of the sandbox but those
# whose servers keep one waiting.
down
: > "$dir/box"
"$QUOTH" sandbox --port "$port" --ca "$dir/ca.pem" --log > "$dir/box" 2> "$dir/box.err" & box=$!
until grep -q '^ready: ' "$dir/box"; do kill -0 "$box" && sleep 0.05 || exit 1; done
"$QUOTH" sandbox --list --format tsv | sed -n '1d; s/^[^@]*@\([a-z0-9.-]*\)\t.*/\1/p' > "$dir/named"
for id in good $ids bimi-policy; do echo "$id.test"; done | sort -u - "$dir/named" \
    | grep -v -x '\(dnstimeout\|lossy\|malformed\|silent\|.*mute.*\)[.]test' > "$dir/names"
sed 's/^/jane@/; p; s/^jane/other/' "$dir/names" > "$dir/domains"
ask --format json --ordered --with-domain --ca-file "$dir/ca.pem" -f "$dir/domains"
tr -d '"' < "$dir/out" | sort \
    | sed -n 's/^{input:jane@\([^,]*\),.*_grade:\([a-z]*\),domain_ids:\[\([^]]*\)\].*/\1 \2 \3/p' \
    > "$dir/got"
fetched() { grep -c 'GET /.well-known/mta-sts.txt' "$dir/box.err"; }
gets=$(fetched)
"$QUOTH" domain --sandbox="$port" --ca-file "$dir/ca.pem" --all --format json $(cat "$dir/names") \
    | sed 's/,{"id":/\n&/g; s/\[{"id":/\n&/g' | awk -F'"' '
        /^{"kind"/ { if (name) print name, grade, ids; name = $8; grade = $12; ids = ""; n = 0 }
        /^.{"id"/ && $8 != "note" && n++ < 10 { ids = ids (ids ? "," : "") $4 }
        END { print name, grade, ids }' | sort > "$dir/want"
check 'L15 a list finds in each domain what quoth domain finds' \
    equal "$(diff "$dir/want" "$dir/got")" ''
check 'L15 each domain' equal "$(wc -l < "$dir/got")" "$(wc -l < "$dir/names")"
check 'L15 a policy is fetched once, though two rows are of its domain' \
    equal "$(($(fetched) - gets))" "$gets"
if [ "$gets" -gt 0 ]; then
    for id in sts.mx_missing sts.cert sts.policy_unknown sts.no_policy sts.status; do
        check "L15 $id" has "$id" "$dir/got"
    done
fi
gets=$(fetched)
ask --format csv --dns-only --with-domain --ca-file "$dir/ca.pem" -f "$dir/domains"
ask --format csv --tls never --with-domain --ca-file "$dir/ca.pem" -f "$dir/one"
check 'L15 with --dns-only, and without TLS, no web server is called' equal "$(fetched)" "$gets"
down
up

# ---- how the addresses of a domain are formed ----
for name in jane.roe john.doe ann.lee max.fox amy.poe rita; do
    echo "$name@catchall.test"
done > "$dir/formed"
parts() { sed -n 's/.*"domain_pattern":\(-*\).*/\1/p' "$dir/out" | tr '\n' ,; }
ask --format json --ordered -f "$dir/formed"
check 'L11 others of the domain speak for an address or against it' equal "$(parts)" ',,,,,-,'
check 'L11 who is answered first has no less' equal "$(grep \
    -c '"domain_pattern":1[0-9][0-9]' "$dir/out")" 5
head -n 4 "$dir/formed" > "$dir/few"
ask --format json -f "$dir/few"
check 'L11 four of them are too few' lacks domain_pattern "$dir/out"

# ---- the cache -----------------------------------------------------------
ask --format csv --ordered --cache "$dir/cache" -f "$dir/mixed"
cut -d, -f1-5 "$dir/out" > "$dir/first"
check 'G07 the first run asks' lacks 'from the cache' "$dir/err"
ask --format json --dns-only --cache "$dir/cache" -f "$dir/one"
check 'G07 another depth is another question' lacks cached_s "$dir/out"
printf 'busy@shy.test\nx@busy.test\n' > "$dir/unknown"
ask --format csv --cache "$dir/cache" -f "$dir/unknown"
printf 'other@catchall.test\njohn@good.test\nnobody@good.test\n' > "$dir/others"
ask --format json --ordered -f "$dir/others"
check 'G07 without a cache, decoys are asked' equal "$(grep -c '"ms":{.*"decoy":' "$dir/out")" 2
sed 's/,"line".*//' "$dir/out" > "$dir/first.json"
ask --format json --ordered --cache "$dir/cache" -f "$dir/others"
check 'G07 other addresses of domains that were asked a decoy: none is asked' lacks \
    '"decoy":[0-9]' "$dir/out"
check 'G07 and the verdicts are the same' equal "$(sed 's/,"line".*//' "$dir/out" \
    | cmp - "$dir/first.json")" ''
check 'G07 they were asked, though' lacks cached_s "$dir/out"
down
ask --format csv --ordered --cache "$dir/cache" -f "$dir/mixed"
cut -d, -f1-5 "$dir/out" > "$dir/second"
check 'G07 the second one asks nobody, and says the same' cmp "$dir/first" "$dir/second"
check 'G07 and tells so' has 'from the cache' "$dir/err"
check 'O07 no address is in it' lacks 'test' "$dir/cache"
echo 'a letter' > "$dir/letter"
ask --cache "$dir/letter" -f "$dir/one"
check 'what is no cache is not overwritten' equal "$status $(cat "$dir/letter")" '64 a letter'

# ---- G10 ---
up
printf 'jane@good.test\njane@six.test\njane@oursix.test\n' > "$dir/skip"
ask --format json --ordered --skip-providers=six.test,nosuch.example -f "$dir/skip"
check 'G10 not asked' has '"input":"jane@six.test","verdict":"unknown","reason":"provider_policy"' \
    "$dir/out"
check 'G10 the others are' has '"input":"jane@good.test","verdict":"deliverable"' "$dir/out"
check 'G10 off by default' equal "$(ask --format json -f "$dir/skip"
    grep -c provider_policy "$dir/out")" 0
ask --dry-run --skip-providers -f "$dir/skip"
check 'G10 the built-in list' equal $status 0
refused G10 'skip-providers' --skip-providers=not_a+name -f "$dir/one"
down

# ---- --max-time: what is left is unknown, or is left for a later run ----
up
printf 'greylisted@good.test\njane@good.test\nnot an address\n' > "$dir/late"
late() {
    "$QUOTH" --sandbox="$port" --pace off "$@" -f "$dir/late" > "$dir/out" 2> "$dir/err" < /dev/null
    status=$?
}
late --format json --max-time 2
check 'Z what is left has its reason' has \
    '"input":"greylisted@good.test","verdict":"unknown","reason":"timeout"' "$dir/out"
check 'Z it is unknown to the exit code too' equal "$status $(grep -c '^{"input"' "$dir/out")" '3 3'
late --max-time 2s -o "$dir/late.json"
check 'Z with a journal it is as if interrupted' equal "$status $(grep \
    -c greylisted "$dir/late.json")" '130 0'
check 'Z and says how to go on' has 'max-time is over.*resume goes on' "$dir/err"
late --no-wait -o "$dir/late.json" --resume
check 'Z a later run asks those that are left' equal "$status $(grep \
    -c greylisted "$dir/late.json")" '3 1'
seq 1500 | sed 's/.*/u&@slow.test/' > "$dir/late"
late --format json --max-time 2 --explain
check 'Z rows that were not read by then are told too' equal \
    "$(grep -c '^{"input":"u[0-9]*@slow.test"' "$dir/out")" 1500
"$QUOTH" --sandbox="$port" --max-time 2 --format json jane@slow.test joe@slow.test ann@busy.test \
    jane@silent.test > "$dir/out" 2> "$dir/err"
check 'Z arguments as well' equal \
    "$(grep -c '"j[a-z]*@s[a-z]*.test".*"reason":"timeout"' "$dir/out") $(wc -l < "$dir/out")" '3 4'
mkfifo "$dir/fifo"
exec 9<> "$dir/fifo"
echo jane@good.test >&9
"$QUOTH" --sandbox="$port" --max-time 1 --follow -f - > "$dir/out" 2> "$dir/err" < "$dir/fifo"
exec 9<&-
check 'Z what still comes is not waited for, and that is told' has \
    'max-time is over: no more of it is read' "$dir/err"
refused Z 'max-time' --max-time 0 -f "$dir/one"
refused Z 'max-time' --max-time 41d -f "$dir/one"
down

# ---- --dry-run -----------------------------------------------------------
up
ask --dry-run -f "$dir/mixed" -o "$dir/dry.out"
check 'dry run: exit code' equal $status 0
check 'dry run: domains' has '^  domains  *4$' "$dir/out"
check 'dry run: limits' has '^  recipients in one conversation  *50$' "$dir/out"
check 'dry run: nothing is written' [ ! -e "$dir/dry.out" ]
ask --dry-run --per-session 7 --per-host 3 --gap 1234 --open 9 -f "$dir/mixed"
check 'dry run: limits that were given' equal "$(grep -c -e 'conversation  *7$' \
    -e 'IP address  *3$' -e ' 1,234 ms$' -e 'at once  *9$' "$dir/out")" 4

if command -v python3 > /dev/null; then
    check 'L06 any two options' equal \
        "$(python3 "$here/list_pairs.py" "$QUOTH" "$port" 2>&1)" '190 pairs'
else
    echo 'SKIPPED any two options: python3 is not here'
fi
down

# ---- a million lines -----------------------------------------------------
awk \
    'BEGIN { for (i = 1; i <= 1000000; i++) print (i % 1000 ? "u" i "@d" i % 50000 ".net" : '\
'"no@@address") }' \
    > "$dir/million"
( ulimit -v 150000; "$QUOTH" --syntax-only --format csv --ordered --only undeliverable -q \
    -f "$dir/million" -o "$dir/million.out" ) 2> "$dir/err"
check 'O05 a million lines in bounded memory' equal $? 1
check 'O05 each is there' equal "$(sed 1d "$dir/million.out" | cut -d, -f2 \
    | awk '$1 != NR * 1000 { exit 1 } END { print NR }')" 1000

echo "list: $passed passed, $failed failed"
[ $failed = 0 ]
