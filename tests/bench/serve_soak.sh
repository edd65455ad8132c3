#!/bin/sh
# serve_soak.sh - ten million checks through one server over HTTP, each asked for at a mail server:
# its memory is that after the first million. It is looked at when all that was sent is answered: a
# check that waits is smaller than one whose result is kept. Then 1,000 clients that send a byte now
# and then, and others are answered all the same.
#
#   B=build sh tests/bench/serve_soak.sh [tenth]      tenth: a million checks, for make check
#
# Last line: "serve-soak: N passed, N failed".
# SPDX-License-Identifier: MIT
set -u
B=${B:-build}
tmp=$(mktemp -d) || exit 1
pids=
# shellcheck disable=SC2086 # pids are meant to part
trap 'kill $pids 2> /dev/null; rm -rf "$tmp"' EXIT
"$B/bench/responder" --port 0 --dns-port 0 --ride > "$tmp/ports" 2>&1 < /dev/null & pids="$pids $!"
until grep -qs smtp "$tmp/ports"; do kill -0 $! || exit 1; sleep 0.05; done
port() { sed -n "s/^$1 //p" "$tmp/ports"; }
"$B/quoth" serve -q --listen "unix:$tmp/http" --nameserver "127.0.0.1:$(port dns)" \
    --server "127.0.0.1:$(port smtp)" \
    --allow 127.0.0.0/8 --allow-name test --helo probe.quoth.test --from probe@quoth.test \
    --pace off \
    --connections 1100 > "$tmp/serve" 2>&1 < /dev/null &
serve=$!
pids="$pids $serve"
until [ -S "$tmp/http" ]; do kill -0 $serve || { cat "$tmp/serve"; exit 1; }; sleep 0.05; done
python3 - "$tmp/http" $serve "${1:-}" <<'PY'
import json
import socket
import sys
import time

path, pid, tenth = sys.argv[1], sys.argv[2], sys.argv[3] == "tenth"
ALL = 1000000 if tenth else 10000000
passed = failed = 0


def must(what, held):
    global passed, failed
    passed, failed = passed + bool(held), failed + (not held)
    if not held:
        print("FAILED", what)


def connect():
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)
    return s


def ask(s, head, body=b""):
    """(status, body) on a connection that goes on."""
    s.sendall(b"%s\r\nHost: localhost\r\nContent-Type: application/json\r\n"
              b"Content-Length: %d\r\n\r\n%s" % (head, len(body), body))
    data = b""
    while b"\r\n\r\n" not in data:
        data += s.recv(65536)
    fields, _, data = data.partition(b"\r\n\r\n")
    n = int(fields.split(b"Content-Length: ")[1].split(b"\r\n")[0])
    while len(data) < n:
        data += s.recv(65536)
    return int(fields.split()[1]), data


def resident():
    with open("/proc/%s/status" % pid) as f:
        return int(next(line for line in f if line.startswith("VmRSS")).split()[1])


def verdicts(s):
    text = ask(s, b"GET /metrics HTTP/1.1")[1].decode()
    return {line.split('"')[1]: int(line.split()[1])
            for line in text.splitlines() if 'via="api"' in line}


def send(s, first, end):
    """Checks first..end-1 sent, and all of them answered: (resident memory, verdicts)."""
    while first < end:
        body = {"addresses": ["%s%d@d%03d.test" % ("ux"[i % 4 == 3], i, i // 10 % 500)
                              for i in range(first, first + 100)]}
        status, _ = ask(s, b"POST /api/v1/checks HTTP/1.1", json.dumps(body).encode())
        if status == 202:
            first += 100
        else:
            time.sleep(0.01)  # it has enough for now
    while sum(verdicts(s).values()) < end:
        time.sleep(0.05)
    return resident(), verdicts(s)


def soak():
    """Memory after all is that after a tenth. What rose is looked at again over as many more: a
    leak rises each time, the heap of a server that keeps 20,000 results only when they come to lie
    further apart."""
    s = connect()
    last, _ = send(s, 0, ALL // 10)
    for first, end in ((ALL // 10, ALL), (ALL, 2 * ALL), (2 * ALL, 3 * ALL)):
        before = last
        last, got = send(s, first, end)
        print("%d checks: %d KB after %d, %d KB at the end; %s" % (end, before, first, last, got))
        if last <= before * 1.05:
            break
    must("memory: at most 5 % more", last <= before * 1.05)
    must("all are answered as they should", got == {
        "deliverable": end * 3 // 4, "undeliverable": end // 4, "risky": 0, "unknown": 0})


def slow():
    """A thousand that send a byte now and then: all others are answered as without them."""
    crowd = [connect() for _ in range(1000)]
    text = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
    s, answers = connect(), 0
    for i in range(len(text)):
        for c in crowd:
            c.sendall(text[i:i + 1])
        answers += ask(s, b"POST /api/v1/judge HTTP/1.1",
                       b'{"stage":"RCPT","reply":"250 ok"}')[0] == 200
    must("1,000 slow clients: others are answered", answers == len(text))
    for c in crowd:
        c.sendall(b"\r\nConnection: close\r\n\r\n")
    must("1,000 slow clients: and so are they",
         all(c.recv(4096).startswith(b"HTTP/1.1 200") for c in crowd))


soak()
slow()
print("serve-soak: %d passed, %d failed" % (passed, failed))
sys.exit(failed != 0)
PY
