#!/bin/bash
# cross_test.sh - the static command for every target that can be built here, run where it is meant
# to run.
#
#   each target    it builds; it is one stripped file without a loader; as client against the host's
#                  sandbox and as sandbox against the host's client: TLS 1.3, TLS 1.2, an 8 KB
#                  chain; the port of printf.c to it
#   x86_64         its size; alone in an empty root directory; the whole table of the sandbox; lists
#                  packed: the same, addresses alone or with the sandbox, and what the server adds
#   mips, armhf    the suites over core: big-endian, and 32 bits with unsigned char
#   this machine   printf.c under the sanitizers; port/example/bare.c; port/openwrt
#
# CROSS_TARGETS says which (all by default). What lacks its compiler or qemu-user is skipped,
# loudly; with E2E_ALL=1 it fails. B: where to build.
# Every process is ended by its pid. The last line is "cross: N passed, N failed".
# SPDX-License-Identifier: MIT
[ -n "${BASH_VERSION-}" ] || exec bash "$0" "$@"
set -u
B=${B:-build}
MAKE=${MAKE:-make}
JOBS=$(nproc 2> /dev/null || echo 1)
SIZE_MAX=$((612 * 1024))        # x86_64, bytes; port/static/static.mk says what was left out
ADDRESSES_MAX=$((396 * 1024))   # with TOOLS=none
PACKED_MAX=$((345 * 1024))      # with PACK=1: whole, addresses alone, what SERVE=1 adds
PACKED_SANDBOX_MAX=330000       # with TOOLS=sandbox
PACKED_ADDRESSES_MAX=$((330 * 1024))
PACKED_SERVE_MAX=$((90 * 1024))
targets=${CROSS_TARGETS:-x86_64 mips mipsel armhf aarch64 riscv64}
host=$B/quoth
dir=$(mktemp -d) || exit 1
passed=0 failed=0 pids=
trap '[ -z "$pids" ] || kill $pids 2> /dev/null; rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM HUP

try() {         # NAME COMMAND...
    local name=$1
    shift
    if "$@" > "$dir/log" 2>&1; then passed=$((passed + 1))
    else failed=$((failed + 1)); echo "FAILED $name"; tail -n 20 "$dir/log" | cut -c1-300; fi
}
up() {          # COMMAND...: a sandbox of that command; sets `sandbox` (its pid) and `port`
    : > "$dir/up"
    "$@" sandbox --port 0 --quiet > "$dir/up" 2>&1 &
    sandbox=$!
    pids="$pids $sandbox"
    until grep -q '^ready: ' "$dir/up"; do
        kill -0 "$sandbox" 2> /dev/null || break
        sleep 0.05
    done
    port=$(sed -n 's/^ready: .*port \([0-9]*\).*/\1/p' "$dir/up")
    [ -n "$port" ]
}
down() {        # it saw no offence: exit status 0
    kill "$sandbox"
    wait "$sandbox"
    local status=$?
    pids=${pids/ $sandbox/}
    return $status
}
# ADDRESS PATTERN PORT COMMAND...: its JSON has the pattern
says() {
    "${@:4}" --sandbox="$3" --format json "$1" | tee "$dir/json" | grep -q "$2" || {
        cat "$dir/json"
        false
    }
}
conversations() {       # WHO PORT COMMAND...
    try "$1: TLS 1.3" says jane@tls.test '"verdict":"deliverable".*"version":"1.3"' "${@:2}"
    try "$1: TLS 1.2" says jane@tls12.test '"verdict":"deliverable".*"version":"1.2"' "${@:2}"
    try "$1: 8 KB of certificates" says jane@bigchain.test \
        '"verdict":"deliverable".*"version":"1.3"' "${@:2}"
    try "$1: refused over TLS" says nobody@tlsmust.test \
        '"reason":"user_unknown".*"code":550.*"version":"1.3"' "${@:2}"
    try "$1: TLS that breaks" says jane@tlsalert.test '"verdict":"deliverable".*"broken":true' \
        "${@:2}"
    try "$1: catch-all" says any@catchall.test '"reason":"catch_all"' "${@:2}"
    try "$1: DNS over TCP" says jane@truncated.test '"verdict":"deliverable"' "${@:2}"
}
alone() {
    readelf -lSW "$1" > "$dir/elf" && grep -q LOAD "$dir/elf" \
        && ! grep -E 'INTERP|DYNAMIC|\.symtab|\.debug' "$dir/elf"
}
empty_root() {  # in a root directory with nothing but the command: no /dev, /etc, /proc
    mkdir -p "$dir/root" && cp "$1" "$dir/root/quoth" || return 1
    local -a enter=(chroot "$dir/root")
    [ "$(id -u)" = 0 ] || enter=(unshare -Ur chroot "$dir/root")
    says jane@tlsmust.test '"verdict":"deliverable".*"version":"1.3"' "$2" "${enter[@]}" /quoth
}
static() {      # VARIABLE=VALUE...: built, and packed, for x86_64
    "$MAKE" --no-print-directory -j"$JOBS" B="$B" TARGET=x86_64 PACK=1 "$@" static
}
at_most() {     # NAME BYTES LIMIT
    try "$1: $2 bytes, at most $3" [ "$2" -le "$3" ]
}
bytes() { stat -c %s "$B/static/x86_64$1/quoth"; }
addresses_alone() { # PORT
    try "addresses alone: builds" static TOOLS=none
    at_most "addresses alone" "$(bytes -addresses)" $ADDRESSES_MAX
    at_most "addresses alone, packed" "$(bytes -addresses-packed)" $PACKED_ADDRESSES_MAX
    conversations "addresses alone" "$1" "$B/static/x86_64-addresses-packed/quoth"
}
its_sandbox() { # WHO COMMAND...: the host takes the sandbox of that command for one
    try "$1: its sandbox starts" up "${@:2}"
    [ -n "$port" ] || return
    conversations "the host against $1" "$port" "$host"
    try "the host against $1: no offence seen" down
}
sandbox_alone() {
    try "addresses and the sandbox: builds" static TOOLS=sandbox
    at_most "addresses and the sandbox, packed" "$(bytes -sandbox-packed)" $PACKED_SANDBOX_MAX
    its_sandbox "addresses and the sandbox" "$B/static/x86_64-sandbox-packed/quoth"
}
packed() {      # PORT: what is packed says the same, and nothing but itself is needed for it
    try "packed: builds" static
    at_most "packed" "$(bytes -packed)" $PACKED_MAX
    try "packed, with the server: builds" static SERVE=1
    at_most "packed: what the server adds" $(($(bytes -serve-packed) - $(bytes -packed))) \
        $PACKED_SERVE_MAX
    conversations "packed" "$1" "$B/static/x86_64-packed/quoth"
    try "packed: in an empty root directory" empty_root "$B/static/x86_64-serve-packed/quoth" "$1"
}
suites() {      # TARGET EMULATOR: every suite ends well; in $dir/TARGET.suites what did not
    local t
    for t in "$B/static/$1/tests/"*_test; do
        $2 "$t" > "$dir/$1.out" 2>&1 < /dev/null
        if [ $? = 0 ] && tail -n 1 "$dir/$1.out" | grep -q ' passed, 0 failed$'; then
            echo "ok $t"
            continue
        fi
        echo "FAILED $1: ${t##*/}: $(grep -a FAILED "$dir/$1.out" | head -n 3 \
            | tr '\n' ' ')$(tail -n 1 "$dir/$1.out")"
    done
}

[ -x "$host" ] || { echo "no $host: run make first"; echo "cross: 0 passed, 1 failed"; exit 1; }
sanitized() {
    "$MAKE" --no-print-directory B="$B" "$B/tests/printf_test" && "$B/tests/printf_test"
}
try "printf, with the sanitizers" sanitized
try "bare.c" sh port/example/check.sh "$B"
try "the OpenWrt package" sh port/openwrt/check.sh
for target in $targets; do
    triple=$target-linux-gnu emulator=qemu-$target
    case $target in armhf) triple=arm-linux-gnueabihf emulator=qemu-arm ;; esac
    [ "$target" != "$(uname -m)" ] || emulator=
    for tool in "$triple-gcc" $emulator; do
        command -v "$tool" > /dev/null ||
            {
                echo "SKIPPED $target: no $tool here"
                failed=$((failed + ${E2E_ALL:-0}))
                continue 2
            }
    done
    quoth=$B/static/$target/quoth
    try "$target: builds" "$MAKE" --no-print-directory -j"$JOBS" B="$B" TARGET="$target" static
    [ -x "$quoth" ] || continue
    try "$target: one file, stripped, needs no other" alone "$quoth"
    printf '%-8s %d bytes\n' "$target" "$(stat -c %s "$quoth")"
    case $target in mips | armhf)
        try "$target: the suites build" "$MAKE" --no-print-directory B="$B" TARGET="$target" \
            static-tests
        suites "$target" "$emulator" > "$dir/$target.suites" &
        pids="$pids $!" suites_of="${suites_of-} $target:$!" ;;
    esac

    try "the sandbox starts" up "$host"
    [ -n "$port" ] || break
    # shellcheck disable=SC2086 # no emulator is no word
    conversations "$target against the host" "$port" $emulator "$quoth"
    if [ "$target" = x86_64 ]; then
        at_most "$target" "$(bytes '')" $SIZE_MAX
        try "$target: in an empty root directory" empty_root "$quoth" "$port"
        try "$target: every address of the sandbox" env QUOTH="$quoth" sh tests/sandbox_test.sh
        try "$target: lists" env QUOTH="$quoth" sh tests/list_test.sh
        addresses_alone "$port"
        packed "$port"
    fi
    try "$target: no offence seen" down
    # shellcheck disable=SC2086
    its_sandbox "$target" $emulator "$quoth"
    [ "$target" != x86_64 ] || sandbox_alone
done

for suite in ${suites_of-}; do
    wait "${suite#*:}"
    pids=${pids/ ${suite#*:}/}
    file=$dir/${suite%:*}.suites
    grep FAILED "$file"
    passed=$((passed + $(grep -c '^ok ' "$file"))) failed=$((failed + $(grep -c '^FAILED' "$file")))
done
echo "cross: $passed passed, $failed failed"
[ $failed = 0 ]
