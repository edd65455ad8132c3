#!/bin/sh
# check.sh - the package's Makefile read by make, with the little of OpenWrt's own that it uses in
# stub/: its fields, what it would compile with, what it installs. Last line: "openwrt: N passed, N
# failed".
#
# SPDX-License-Identifier: MIT
set -u
here=$(cd "$(dirname "$0")" && pwd)
MAKE=${MAKE:-make}
passed=0 failed=0
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

check() {       # NAME COMMAND...
    name=$1; shift
    if "$@" > "$tmp/log" 2>&1; then passed=$((passed + 1))
    else failed=$((failed + 1)); echo "FAILED $name"; cat "$tmp/log"; fi
}
run() {
    env -u MAKEFLAGS -u MFLAGS "$MAKE" --no-print-directory \
        -C "$here" TOPDIR="$here/stub" WORK="$tmp" "$@"
}
has() { grep -q -e "$1" "$2" || { echo "no \"$1\" in:"; cut -c1-300 "$2"; false; }; }

run info > "$tmp/info" 2>&1
version=$(sed -n 's/^#define QUOTH_VERSION "\(.*\)"/\1/p' "$here/../../core/quoth.h")
check 'the version is the one of quoth.h' has "name=quoth version=$version license=MIT" "$tmp/info"
check 'where it stands and what it needs' has \
    'section=mail category=Mail depends=+libmbedtls title=.' "$tmp/info"
run all > "$tmp/all" 2>&1
check 'it is prepared, compiled and installed' [ $? = 0 ]
check 'the target has a compiler and flags of its own' \
    has 'stub-target-gcc .*-Os -pipe .*-c -o build/core/verify.o' "$tmp/all"
check 'and the mbedTLS of the system' has '-o build/quoth .*-lmbedtls -lmbedx509 -lmbedcrypto' \
    "$tmp/all"
check 'its directory' has '-L.*/staging/usr/lib' "$tmp/all"
check "the host's compiler makes the tables" has 'stub-hostcc .*-o build/host/pack_judge' "$tmp/all"
check 'nothing is fetched' sh -c "! grep -q get.sh '$tmp/all'"
check 'the command' [ -x "$tmp/root/usr/bin/quoth" ]
check 'its config file' cmp "$here/files/quoth.conf" "$tmp/root/etc/quoth.conf"
check 'what rpcd runs' cmp "$here/files/quoth.rpcd" "$tmp/root/usr/libexec/rpcd/quoth"
check 'and who may have it run' cmp "$here/files/quoth.acl.json" \
    "$tmp/root/usr/share/rpcd/acl.d/quoth.json"
check 'no service without a server' [ ! -e "$tmp/root/etc/init.d/quoth" ]
check 'and no page about it' [ ! -e "$tmp/root/www" ]
mkdir "$tmp/second"
run all QUOTH_SERVE=1 WORK="$tmp/second" > "$tmp/serve" 2>&1
check 'with a server it is built' has '-c -o build/port/cli/serve_cmd.o' "$tmp/serve"
check 'with a service' cmp "$here/files/quoth.init" "$tmp/second/root/etc/init.d/quoth"
check 'and its configuration' cmp "$here/files/quoth.uci" "$tmp/second/root/etc/config/quoth"
menu=$tmp/second/root/usr/share/luci/menu.d/quoth.json
check 'LuCI has it in a menu' jq -e '."admin/services/quoth".action.type == "view"' "$menu"
view=$tmp/second/root/www/luci-static/resources/view/$(
    jq -r '."admin/services/quoth".action.path' "$menu").js
check 'which leads to its view' cmp "$here/files/quoth.view.js" "$view"
check 'for those who may ask' jq -es '.[1] as $acl |
    .[0]."admin/services/quoth".depends.acl | all(. as $name | $acl | has($name))' \
    "$menu" "$here/files/quoth.acl.json"

# rpcd's side of the protocol: "list" and "call METHOD", JSON on standard input and output.
mkdir -p "$tmp/sys/usr/share/libubox" "$tmp/sys/lib" "$tmp/bin"
cp "$here/stub/jshn.sh" "$tmp/sys/usr/share/libubox/"
cp "$here/stub/functions.sh" "$tmp/sys/lib/"
printf \
    '#!/bin/sh\nprintf "%%s\\n" "$@" > "%s/asked"\necho "{\\"verdict\\":\\"risky\\"}"\nexit 2\n' \
    "$tmp" > "$tmp/bin/quoth"
sed 's/exit 2/exit 0/' "$tmp/bin/quoth" > "$tmp/bin/uclient-fetch"
command -v hexdump > /dev/null || printf '#!/bin/sh\nod -An -v -tx1 | tr "\\n" " "\n' \
    > "$tmp/bin/hexdump"
chmod +x "$tmp"/bin/*
rpcd() { env IPKG_INSTROOT="$tmp/sys" PATH="$tmp/bin:$PATH" sh "$here/files/quoth.rpcd" "$@"; }
rpcd list > "$tmp/list"
check 'list: its methods and their arguments' jq -e \
    '. == {check: {address: "jane@example.com"}, status: {}}' "$tmp/list"
check 'list: each of them, and no other, may be called' jq -es \
    '.[1].quoth.read.ubus == {quoth: (.[0] | keys)}' "$tmp/list" "$here/files/quoth.acl.json"
printf '{"address":"jane@example.com"}\n' | rpcd call check > "$tmp/call"
check 'call: the answer, whatever the exit code' [ $? = 0 ]
check 'call: is the answer of the command' jq -e '.verdict == "risky"' "$tmp/call"
check 'call: which was asked for that address' [ "$(tail -n 2 "$tmp/asked" \
    | tr '\n' ' ')" = '-- jane@example.com ' ]
printf '{"address":"$(touch %s/pwned);`id`\\" --from x@y.z"}\n' "$tmp" \
    | rpcd call check > "$tmp/call"
check 'call: an address is no command' [ ! -e "$tmp/pwned" ]
check 'call: and no option' [ "$(tail -n 2 "$tmp/asked" | head -n 1)" = -- ]
for bad in '' '[]' '{' '{}' '{"address":""}' '{"address":5}' '{"other":"a@b.c"}'; do
    printf '%s\n' "$bad" | rpcd call check > "$tmp/call"
    check "call: $bad is told what is wrong" jq -e '.error | length > 0' "$tmp/call"
done
rpcd call other < /dev/null > "$tmp/call"
check 'call: no such method' jq -e .error "$tmp/call"
printf '{"address":"a+b&c=%%41 é@example.com"}\n' \
    | config_enabled=1 IPKG_INSTROOT="$tmp/sys" PATH="$tmp/bin:$PATH" \
    sh "$here/files/quoth.rpcd" call check > "$tmp/call"
asked=http://127.0.0.1:8025/api/v1/check
check 'call: with a service, the service is asked' \
    has "^$asked?address=a%2bb%26c%3d%2541%20%c3%a9@example.com&wait_s=23$" "$tmp/asked"


# What the service says of itself, and LuCI's view of it.
status() {      # status LISTEN: its answer is in self
    config_enabled=1 config_listen=$1 IPKG_INSTROOT="$tmp/sys" PATH="$tmp/bin:$PATH" \
        sh "$here/files/quoth.rpcd" call status < /dev/null > "$tmp/status"
}
show() { node "$here/stub/luci.js" "$here/files/quoth.view.js" < "$tmp/status" > "$tmp/page"; }
shows() { name=$1; shift; check "view: $name" "$@"; }
command -v node > /dev/null || { shows() { :; }; echo "SKIPPED LuCI's view: no node here"; }
rpcd call status < /dev/null > "$tmp/status"
check 'status: it is off' jq -e '. == {enabled: false}' "$tmp/status"
shows 'it is off' show
shows 'and says so' has '^Service: not enabled$' "$tmp/page"
printf '#!/bin/sh\nprintf "%%s\n" "$@" > "%s/asked"\ncat "%s/self"\n' "$tmp" "$tmp" \
    > "$tmp/bin/uclient-fetch"
hostile='<img src=x onerror=alert(1)>'
printf '{"version":"0.1.0","helo":"%s","from":"a@b.c","port_25":{"open":false},"held":3}\n' \
    "$hostile" > "$tmp/self"
status 192.168.1.1:8025
check 'status: it is asked' has '^http://192.168.1.1:8025/api/v1/self$' "$tmp/asked"
check 'status: it is on' jq -e '.enabled and .listen == "192.168.1.1:8025" and .self.held == 3' \
    "$tmp/status"
shows 'it is on' show
shows 'and what it says is text' has "^Name in EHLO: $hostile$" "$tmp/page"
shows 'by the method there is' has '^asked: quoth.status$' "$tmp/page"
shows 'the link' has '^Page: http://192.168.1.1:8025/ <http://192.168.1.1:8025/>$' "$tmp/page"
shows 'port 25' has '^Mail servers can be called: no: port 25 is closed$' "$tmp/page"
for listen in 0.0.0.0:8025 '[::]:8025' 127.0.0.1:8025 '[::1]:8025'; do
    status "$listen"
    shows "at $listen" show
    case $listen in
    127.*|'[::1]'*) shows "$listen: how to reach it" has "^Page: .*ssh -L 8025:" "$tmp/page" ;;
    *) shows "$listen: as the router is called" has '<http://router.lan:8025/>$' "$tmp/page" ;;
    esac
done
for listen in 'a"b:1' 'x:1/../..' 'unix:/run/s' '$(id):1' "a'b:1"; do
    rm -f "$tmp/asked"
    status "$listen"
    check "status: $listen is no place to ask" [ ! -e "$tmp/asked" ]
    check "status: $listen is told" jq -e '.error and .enabled and (has("listen") | not)' \
        "$tmp/status"
done
for self in '' 'not JSON' '{"cut'; do
    printf %s "$self" > "$tmp/self"
    status 127.0.0.1:8025
    check "status: an answer of \"$self\"" jq -e '.error | length > 0' "$tmp/status"
    shows 'no answer' show
    shows 'and says so' has '^Service: enabled, but it does not answer$' "$tmp/page"
done

init() { (STUB="$here/stub"; . "$here/stub/rc.common.sh"; . "$here/files/quoth.init"
    start_service); }
check 'init: off as installed' [ -z "$(init)" ]
check 'init: on, with what it was told' [ "$(mkdir() { :; }; chmod() { :; }
    config_enabled=1 config_callback=1
    config_state_dir="$tmp" config_list_gate='127.0.0.1:1 unix:/var/run/gate' \
        config_list_route='a.b=10.0.0.5'; init)" = \
    "/usr/bin/quoth serve --quiet --listen 127.0.0.1:8025 --state-dir $tmp --gate 127.0.0.1:1 "\
"--gate unix:/var/run/gate --route a.b=10.0.0.5 --callback" \
    ]

echo "openwrt: $passed passed, $failed failed"
[ $failed = 0 ]
