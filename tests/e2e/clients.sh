#!/bin/sh
# clients.sh - programs that others wrote, against `quoth serve` beside the sandbox:
# tests/e2e/clients.sh BUILD
#
#   clients of Reacher, Kickbox, ZeroBounce      clients.js
#   a client by the document of the API          its types are made from it, and a program that uses
#   them is compiled
#   a linter of such documents                   no error
#   promtool check metrics                       no complaint
#   axe-core over the page, in a Chromium        no rule of accessibility is broken
#
# They are got by npm, in the versions below, without their scripts, into BUILD; nothing of them is
# kept here. What cannot be got is told, and not run; where CI is set that fails. Last line:
# "clients: N passed, N failed".
#
# SPDX-License-Identifier: MIT
set -u
B=$(cd "${1:-build}" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
spec=$here/../../port/serve/openapi.json
passed=0 failed=0 pids=
tmp=$(mktemp -d)
# shellcheck disable=SC2086 # pids are meant to part
trap 'kill $pids 2> /dev/null; rm -rf "$tmp"' EXIT
must() {        # must NAME COMMAND...
    name=$1; shift
    if "$@" > "$tmp/log" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED $name"
        tail -n 20 "$tmp/log"
    fi
}

skip() {        # skip WHAT
    echo "SKIPPED $1"
    [ -z "${CI-}" ] || failed=$((failed + 1))
}

got="@reacherhq/api@0.3.2 kickbox@2.0.4 @zerobounce/zero-bounce-sdk@1.2.2 @redocly/cli@1.34.5 "\
"openapi-typescript@7.8.0
    openapi-fetch@0.17.0 typescript@5.8.3 axe-core@4.10.3"
mkdir -p "$B/npm"
# shellcheck disable=SC2086 # one word each
if [ "$(cat "$B/npm/got" 2> /dev/null)" != "$got" ] && command -v npm > /dev/null; then
    (cd "$B/npm" && npm install --ignore-scripts --no-audit --no-fund $got > npm.log 2>&1 \
        && echo "$got" > got)
fi

"$B/quoth" sandbox --port 0 --quiet > "$tmp/sandbox" 2>&1 < /dev/null & pids="$pids $!"
until grep -q '^ready' "$tmp/sandbox" 2> /dev/null; do
    kill -0 $! 2> /dev/null || { cat "$tmp/sandbox"; exit 1; }
    sleep 0.05
done
box=$(sed -n 's/^ready: .*port \([0-9]*\).*/\1/p' "$tmp/sandbox")
port=$(PYTHONPATH=$here/.. python3 -c "import server; print(server.free_port())")
(umask 077; echo 'shop:0123456789abcdef' > "$tmp/token")
"$B/quoth" serve -q --sandbox="$box" --listen "127.0.0.1:$port" --token-file "$tmp/token" \
    --compat kickbox \
    --compat zerobounce --gate "unix:$tmp/gate" --gate-domain good.test > "$tmp/serve" 2>&1 \
    < /dev/null & pids="$pids $!"
until [ -S "$tmp/gate" ]; do
    kill -0 $! 2> /dev/null || { cat "$tmp/serve"; exit 1; }
    sleep 0.05
done

if [ "$(cat "$B/npm/got" 2> /dev/null)" = "$got" ]; then
    cp "$here/clients.js" "$B/npm/clients.js"
    (cd "$B/npm" && node clients.js "$port") > "$tmp/clients" 2>&1
    passed=$((passed + $(grep -c '^passed' "$tmp/clients")))
    failed=$((failed + $(grep -vc '^passed' "$tmp/clients")))
    grep -v '^passed' "$tmp/clients"
    cd "$B/npm" || exit 1
    must lint node_modules/.bin/redocly lint "$spec"
    must types node_modules/.bin/openapi-typescript "$spec" -o types.ts
    cat > use.ts << 'EOF'
import createClient from "openapi-fetch";
import type { paths } from "./types";
const client = createClient<paths>({ baseUrl: "http://127.0.0.1:8025" });
export async function verdict(address: string): Promise<string | undefined> {
    const query = { address, wait_s: 5, depth: "dns" } as const;
    const { data } = await client.GET("/api/v1/check", { params: { query } });
    return data && "verdict" in data ? data.verdict : undefined;
}
export async function begin(addresses: string[]) {
    const { data, error } = await client.POST("/api/v1/checks", { body: { addresses } });
    return error ? error.detail : data;
}
EOF
    must compiles node_modules/.bin/tsc --noEmit --strict --skipLibCheck --target es2022 \
        --module nodenext use.ts
    if command -v chromium > /dev/null; then
        must axe python3 "$here/axe.py" "$port" "$B/npm/node_modules/axe-core/axe.min.js" \
            0123456789abcdef
    else
        skip "axe: no chromium here (Debian: chromium)"
    fi
else
    skip "clients: npm could not get them (Debian: npm)"
fi

metrics() {
    python3 -c 'import sys, urllib.request as u
for p in "/api/v1/check?address=jane@good.test", "/api/v1/check?address=x@nosuch.test", "/metrics":
    what = u.Request("http://127.0.0.1:" + sys.argv[1] + p,
                     headers={"Authorization": "0123456789abcdef"})
    body = u.urlopen(what).read()
sys.stdout.buffer.write(body)' "$port" > "$tmp/metrics"
    promtool check metrics < "$tmp/metrics"
}
"$here/fetch.sh" "$B/deps/e2e" || echo "clients: some servers are missing"
PATH=$PATH:$B/deps/e2e/root/usr/bin
if command -v promtool > /dev/null; then
    must metrics metrics
else
    skip "metrics: no promtool here (Debian: prometheus)"
fi
echo "clients: $passed passed, $failed failed"
[ $failed = 0 ]
