#!/bin/sh
# Lists at speed: every row of the table, five runs each, interleaved with what it is measured
# against; medians.
#
#   B=build sh tests/bench/bench.sh [ROW...]        rows: one many tls wire million command memory
#   lookups open extract
#
# Needs two cores that have nothing else to do. The wire row needs root or user namespaces.
# SPDX-License-Identifier: MIT
set -eu
B=${B:-build}
RUNS=${RUNS:-5}
T=$(mktemp -d)
PORT=2699 DNS=2653
server=
finish() { if [ -n "$server" ]; then kill "$server" 2>/dev/null || :; fi; rm -rf "$T"; }
trap finish EXIT INT TERM

serve() { serve_by responder "$@"; }
serve_by() {
    by=$1
    shift
    "$B/bench/$by" --port $PORT --dns-port $DNS "$@" & server=$!
    sleep 0.3
}
unserve() { kill "$server"; wait "$server" 2>/dev/null || :; server=; }

# addresses DOMAINS COUNT: three in four exist
addresses() {
    awk -v d="$1" -v n="$2" 'BEGIN {
        for (i = 0; i < n; i++) printf "%s%d@d%d.test\n", i % 4 == 3 ? "x" : "u", i, i % d }'
}

# value NAME < line of name=value
value() { tr ' ' '\n' | sed -n "s/^$1=//p"; }
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
of() { while read -r line; do printf '%s\n' "$line" | value "$2"; done < "$1" | median; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }

# pair NAME A B: run both in turn
pair() {
    : > "$T/a"; : > "$T/b"
    for _ in $(seq "$RUNS"); do
        eval "$2" >> "$T/a"
        eval "$3" >> "$T/b"
    done
    ra=$(of "$T/a" rate) rb=$(of "$T/b" rate)
    ca=$(of "$T/a" cpu_1000) cb=$(of "$T/b" cpu_1000)
    printf '%-44s %8s/s  floor %8s/s  ratio %s   CPU s/1000 %s  floor %s  ratio %s\n' \
        "$1" "$ra" "$rb" "$(ratio "$ra" "$rb")" "$ca" "$cb" "$(ratio "$ca" "$cb")"
}

# rounds DOMAINS EACH COUNT: nine in ten exist; EACH of a domain in a row, then of the next, and
# again from the first
rounds() {
    awk -v d="$1" -v e="$2" -v n="$3" 'BEGIN {
        for (i = 0; i < n; i++)
            printf "%s%d@d%d.test\n", (i + int(i / e)) % 10 == 9 ? "x" : "u", i, int(i / e) % d }'
}

# whole COUNT FORMAT FILE [OPTION...]: the whole command, from a file into a new one, with its
# journal
whole() {
    count=$1 format=$2 file=$3
    shift 3
    rm -f "$T"/out*
    "$B/bench/cost" "$B/quoth" -q -f "$file" -o "$T/out" --format "$format" --pace off "$@" \
        > "$T/cost"
    [ "$(wc -l < "$T/out")" -eq $((count + 1)) ] || {
        echo "bench: not every row has a result" >&2
        exit 1
    }
    awk -v n="$count" -v wall="$(value wall < "$T/cost")" -v cpu="$(value cpu < "$T/cost")" \
        -v rss="$(value rss_mb < "$T/cost")" \
        'BEGIN { printf "rate=%d cpu_1000=%.5f rss_mb=%s\n", n / wall, cpu * 1000 / n, rss }'
}

row_one() {
    addresses 1000 20000 > "$T/20k"
    serve --ride
    pair "20,000 of 1,000 domains, one each" \
        "$B/bench/list $T/20k 127.0.0.1:$DNS $PORT --per-session 1 --check" \
        "$B/bench/floor $T/20k 127.0.0.1:$DNS $PORT --domains 1000"
    unserve
}

# Twenty addresses and the decoy; the floor asks a decoy in each conversation, as each is a domain's
# only one.
row_many() {
    addresses 1000 20000 > "$T/20k"
    sort -t@ -k2,2 -s "$T/20k" > "$T/sorted"
    serve --ride
    pair "the same, 20 a conversation" \
        "$B/bench/list $T/20k 127.0.0.1:$DNS $PORT --per-session 21 --open 64 --check" \
        "$B/bench/floor $T/sorted 127.0.0.1:$DNS $PORT --per-session 20 --open 64"
    unserve
}

# One conversation an address: in clear, with a full handshake, and with sessions resumed (each host
# is asked fifteen times). A handshake with all there is to a conversation is measured against a
# bare one in memory, and against what mbedTLS's own benchmark says of its parts: a key exchange and
# the verification of one signature.
row_tls() {
    [ -x "$B/bench/responder_tls" ] || {
        echo "tls: only with the mbedTLS that is built here"
        return 0
    }
    addresses 200 3000 > "$T/3k"
    serve_by responder_tls --ride --tickets
    : > "$T/clear"; : > "$T/full"; : > "$T/resumed"; : > "$T/bare"
    for _ in $(seq "$RUNS"); do
        for how in clear full resumed; do
            case $how in clear) o= ;; full) o=--tls ;; resumed) o="--tls --resume" ;; esac
            "$B/bench/list" "$T/3k" 127.0.0.1:$DNS $PORT --per-session 1 --check $o >> "$T/$how"
        done
        "$B/bench/tls_floor" 500 >> "$T/bare"
    done
    unserve
    r=$(of "$T/clear" rate) c=$(of "$T/clear" cpu_1000)
    for how in full resumed; do
        a=$(of "$T/$how" rate) b=$(of "$T/$how" cpu_1000)
        printf '%-44s %8s/s  clear %8s/s  ratio %s   CPU s/1000 %s  clear %s  ratio %s\n' \
            "STARTTLS on every conversation, $how" "$a" "$r" "$(ratio "$a" "$r")" "$b" "$c" \
            "$(ratio "$b" "$c")"
    done
    for how in full resumed; do
        a=$(of "$T/$how" calls_core) b=$(of "$T/bare" $how)
        printf '%-44s %8s a core and second  bare mbedTLS %s  ratio %s\n' \
            "conversations with a handshake, $how" \
            "$a" "$b" "$(ratio "$b" "$a")"
    done
    { "$B/bench/mbedtls" ecdsa secp256r1; "$B/bench/mbedtls" ecdh x25519; } > "$T/parts"
    verify=$(sed -n 's/.*ECDSA.* \([0-9]*\) verify.*/\1/p' "$T/parts")
    exchange=$(sed -n 's/.*ECDHE.* \([0-9]*\) ephemeral.*/\1/p' "$T/parts")
    b=$(awk -v v="$verify" -v e="$exchange" 'BEGIN { printf "%d", 1 / (1 / v + 1 / e) }') a=$(of \
        "$T/full" calls_core)
    printf '%-44s %8s a core and second  mbedTLS benchmark %s (verify %s, ECDHE %s)  ratio %s\n' \
        "the same, full" "$a" "$b" "$verify" "$exchange" "$(ratio "$b" "$a")"
}

row_wire() {
    addresses 20000 20000 > "$T/wide"
    far="$B/bench/delay 25 -- $B/bench/responder --ip 10.77.0.1 --port 25 --dns-port 53 --ride --"
    pair "50 ms round trip, 1,000 open" \
        "$far $B/bench/list $T/wide 10.77.0.1:53 25 --open 1000 --per-session 1 --check" \
        "$far $B/bench/floor $T/wide 10.77.0.1:53 25 --open 1000"
}

row_million() {
    addresses 100000 1000000 > "$T/1m"
    addresses 2000 20000 > "$T/20k"
    serve --ride
    : > "$T/a"; : > "$T/b"
    for _ in $(seq "$RUNS"); do
        "$B/bench/list" "$T/1m" 127.0.0.1:$DNS $PORT --per-session 50 --check >> "$T/a"
        "$B/bench/list" "$T/20k" 127.0.0.1:$DNS $PORT --per-session 50 --check >> "$T/b"
    done
    unserve
    ra=$(of "$T/a" rate) rb=$(of "$T/b" rate)
    printf '%-44s %8s/s  at 20,000: %s/s  ratio %s   resident %s MB (engine and counting)\n' \
        "1,000,000 of 100,000 domains" "$ra" "$rb" "$(ratio "$ra" "$rb")" "$(of "$T/a" rss_mb)"
}

# The whole command beside the floor, and where nobody is asked. The command hangs up at the fifth
# refusal and asks no more at once than may still be refused; so does the floor here, for that is
# manners and not overhead.
row_command() {
    rounds 1000 20 200000 > "$T/200k"
    addresses 1000 20000 > "$T/20k"
    addresses 100000 1000000 > "$T/1m"
    serve --ride --ip 127.0.25.53 --dns-port $PORT
    for format in csv json; do
        pair "command, 200,000, 20 a conversation, $format" \
            "whole 200000 $format $T/200k --sandbox=$PORT --per-session 21 --open 64" \
            "$B/bench/floor $T/200k 127.0.25.53:$PORT $PORT --per-session 20 --open 64 --domains "\
"20000 --refused 5"
    done
    pair "command, 20,000, one a conversation, csv" \
        "whole 20000 csv $T/20k --sandbox=$PORT --per-session 1 --open 128" \
        "$B/bench/floor $T/20k 127.0.25.53:$PORT $PORT --domains 1000"
    unserve
    for format in csv json; do
        : > "$T/a"
        for _ in $(seq "$RUNS"); do whole 1000000 $format "$T/1m" --syntax-only >> "$T/a"; done
        printf '%-44s %8s/s  %s a core and second\n' "command, --syntax-only, 1,000,000, $format" \
            "$(of "$T/a" rate)" \
            "$(awk -v c="$(of "$T/a" cpu_1000)" 'BEGIN { printf "%d", 1000 / c }')"
    done
    row_memory
}

# A million at once: what memory it takes, and its rate beside that of a
# list a fifth as long. Every address is there, and nothing but yes and no.
row_memory() {
    addresses 100000 1000000 > "$T/1m"
    addresses 20000 200000 > "$T/200k"
    serve --ride --ip 127.0.25.53 --dns-port $PORT
    : > "$T/a"; : > "$T/b"; : > "$T/c"
    for _ in 1 2 3; do
        whole 200000 csv "$T/200k" --sandbox=$PORT >> "$T/c"
        whole 1000000 csv "$T/1m" --sandbox=$PORT >> "$T/a"
        whole 1000000 csv "$T/1m" --sandbox=$PORT --ordered >> "$T/b"
    done
    c=$(of "$T/c" rate)
    for order in a b; do
        rate=$(of "$T/$order" rate)
        printf '%-44s %8s/s  at 200,000: %s/s  ratio %s   resident %s MB\n' \
            "the whole command, 1,000,000$([ $order = a ] || echo ', --ordered')" "$rate" "$c" \
            "$(ratio "$rate" "$c")" "$(of "$T/$order" rss_mb)"
    done
    printf '%-44s %s of 750000 deliverable, %s of 250000 not\n' "" \
        "$(grep -c ',deliverable,' "$T/out")" "$(grep -c ',undeliverable,' "$T/out")"
    unserve
}

row_lookups() {
    [ -x "$B/bench/lookups" ] || { echo "lookups: no libc-ares-dev here"; return 0; }
    serve
    : > "$T/a"; : > "$T/b"
    for _ in $(seq "$RUNS"); do
        "$B/bench/lookups" quoth 127.0.0.1:$DNS 300000 256 >> "$T/a"
        "$B/bench/lookups" ares 127.0.0.1:$DNS 300000 256 >> "$T/b"
    done
    unserve
    ra=$(of "$T/a" core_rate) rb=$(of "$T/b" core_rate)
    printf '%-44s %8s a core and second  c-ares %s  ratio %s\n' "MX lookups through the pool" \
        "$ra" "$rb" \
        "$(ratio "$ra" "$rb")"
}

row_open() {
    addresses 10000 10000 > "$T/10k"
    serve --ride --delay 3000
    "$B/bench/list" "$T/10k" 127.0.0.1:$DNS $PORT --open 10000 --per-session 1 --check > "$T/a"
    unserve
    each=$(awk -v a="$(value rss_mb < "$T/a")" -v b="$(value rss_load_mb < "$T/a")" \
        'BEGIN { printf "%d", (a - b) * 1048576 / 10000 }')
    printf '%-44s %s wrong, %s open at most, %s bytes of memory each\n' \
        "10,000 open, each answering after 3 s" \
        "$(value wrong < "$T/a")" "$(value peak < "$T/a")" "$each"
}

# The addresses in 256 MB of prose, in one line of a thousand and of four; beside grep, which only
# counts lines with an @.
# (What it prints goes to a file, because into /dev/null grep ends at its first hit.)
row_extract() {
    for every in 1000 4; do
        awk -v every=$every 'BEGIN {
            srand(1)
            said = "the mail server replied that this mailbox is full now"
            for (i = 0; i < 40000; i++) {
                line = ""
                for (k = 0; k < 12; k++)
                    line = line substr(said, 1 + int(rand() * 40), 3 + int(rand() * 9)) " "
                if (i % every == 0) line = line "<user" i "@mail" i % 100 ".example.com>"
                print line
            } }' > "$T/prose"
        : > "$T/text"
        while [ "$(wc -c < "$T/text")" -lt 268435456 ]; do
            cat "$T/prose" "$T/prose" "$T/prose" "$T/prose" >> "$T/text"
        done
        bytes=$(wc -c < "$T/text")
        : > "$T/a"; : > "$T/b"
        for _ in $(seq "$RUNS"); do
            "$B/bench/cost" "$B/quoth" extract --kind text "$T/text" 2> "$T/said" >> "$T/a"
            "$B/bench/cost" grep -c @ "$T/text" 2> "$T/said" >> "$T/b"
        done
        printf '%-44s %8s MB a second of CPU  grep -c @ %s\n' \
            "addresses in text, one line in $every has one" \
            "$(awk -v n="$bytes" -v s="$(of "$T/a" cpu)" 'BEGIN { printf "%d", n / s / 1e6 }')" \
            "$(awk -v n="$bytes" -v s="$(of "$T/b" cpu)" 'BEGIN { printf "%d", n / s / 1e6 }')"
    done
}

[ $# -gt 0 ] || set -- one many tls wire million command lookups open extract
for row in "$@"; do "row_$row"; done
