#!/usr/bin/env python3
"""serve_test.py - `quoth serve` as programs use it, and as nobody should, beside the sandbox.

Each case is a function named after its rule (B08_host). Nothing here measures time: a case that
waits, waits for something that happens. Last line: "serve: N passed, N failed".

SPDX-License-Identifier: MIT
"""
import base64
import contextlib
import gzip
import hashlib
import http.server
import json
import os
import re
import resource
import signal
import socket
import struct
import subprocess
import threading

import server
from browser import Browser
from server import (QUOTH, TOKEN, WORLD, Clock, Sandbox, Server, answer, everything, fails, path,
                    problem, skip, suite, token_file)


# ---- B01: malformed requests, over a socket


def B01_wire():
    """Each is refused, once, and what stands behind it is not read as a request."""
    fine = ("ok", "absolute-form", "chunks", "three")
    good = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    seeds = [name for name in sorted(os.listdir("fuzz/corpus/http")) if name not in fine]
    assert len(seeds) >= 22, seeds
    with Server() as s:
        for seed in seeds:
            with open("fuzz/corpus/http/" + seed, "rb") as f:
                data = f.read()[1:].replace(b"POST / HTTP/1.1\r\n",
                                            b"POST /api/v1/checks HTTP/1.1\r\n"
                                            b"Content-Type: application/json\r\n")
            got = s.send(data + good)
            assert got.count(b"HTTP/1.1 ") == 1 and answer(got)[0] in (400, 501, 505), (seed, got)
            assert answer(got)[1]["connection"] == "close", got


# ---- B08: who may ask


def B08_host():
    with Server("--host", "quoth.example", "--host", "192.0.2.1", "--host", "[2001:DB8::1]",
                tcp=True) as s:
        for host in ("192.0.2.1", "192.0.2.1:8025", "[2001:db8::1]:1", "localhost",
                     "127.0.0.1", "127.0.0.1:%d" % s.port, "[::1]:80", "LOCALHOST:1",
                     "quoth.example", "quoth.example:443", "localhost:"):
            assert s.ask("GET", "/healthz", Host=host)[0] == 200, host
        for host in ("127.0.0.1.example.com", "localhost.example", "example.com", "",
                     "quoth.example.",
                     "xquoth.example", "[::1", "127.0.0.1x", "192.0.2.10", "2001:db8::1",
                     "localhost:80a", "localhost:80:80", "[::1]:x"):
            problem(s.ask("GET", "/api/v1/self", Host=host), 421, "host")
            problem(s.ask("GET", "/nowhere", Host=host), 421, "host")
        problem(s.ask("GET", "http://example.com/version", Host="localhost"), 421, "host")
        assert s.ask("GET", "http://localhost/version", Host="example.com")[0] == 200


def B08_origin():
    with Server(tcp=True) as s:
        ours = "localhost:%d" % s.port
        for fields in ({"Origin": "http://" + ours}, {"Sec_Fetch_Site": "same-origin"},
                       {"Sec_Fetch_Site": "none"}):
            assert s.ask("GET", "/api/v1/self", Host=ours, **fields)[0] == 200, fields
        for fields in ({"Origin": "http://example.com"}, {"Origin": "null"},
                       {"Origin": "http://" + ours + "0"},
                       {"Origin": "http://localhost"}, {"Sec_Fetch_Site": "cross-site"},
                       {"Sec_Fetch_Site": "same-site"}):
            problem(s.ask("GET", "/api/v1/self", Host=ours, **fields), 403, "other-origin")
            assert s.ask("GET", "/healthz", Host=ours, **fields)[0] == 200, fields




def B08_cross():
    """Pages of an origin that is allowed may ask, and read the answer; those of others may not,
    whatever their name looks like. Never with cookies, and never for all."""
    app, other = "https://app.example", "http://localhost:3000"
    ask = {"Access_Control_Request_Method": "POST",
           "Access_Control_Request_Headers": "authorization,content-type"}
    with Server("--allow-origin", app, "--allow-origin", other, "--token-file",
                token_file("shop:%s\n" % TOKEN)) as s:
        for origin in (app, other):
            for target in ("/api/v1/checks", "/api/v1/jobs/x/events", "/v1/check_email", "/none"):
                status, fields, body = s.ask("OPTIONS", target, Origin=origin,
                                             Sec_Fetch_Site="cross-site", **ask)
                assert status == 204 and not body, (status, body)
                assert fields["access-control-allow-origin"] == origin
                assert fields["vary"] == "Origin", fields
                assert {"POST", "GET", "DELETE"} <= set(
                    fields["access-control-allow-methods"].split(", "))
                assert {"Authorization", "Content-Type"} <= set(
                    fields["access-control-allow-headers"].split(", "))
                assert "access-control-allow-credentials" not in fields
            for site in ("cross-site", "same-site"):
                got = s.ask("GET", "/api/v1/check?address=jane%40good.test&wait_s=120",
                            Origin=origin, Sec_Fetch_Site=site, Authorization=TOKEN)
                assert got[0] == 200 and got[1]["access-control-allow-origin"] == origin, got
            got = s.ask("GET", "/api/v1/self", Origin=origin)
            problem(got, 401, "unauthorized")  # which its page may read
            assert got[1]["access-control-allow-origin"] == origin
            problem(s.ask("OPTIONS", "/api/v1/checks", Origin=origin), 405, "method")
            ident = json.loads(s.ask("POST", "/api/v1/checks", {"addresses": ["joe@good.test"]},
                                     Authorization=TOKEN)[2])["checks"][0]["id"]
            got = s.ask("GET", "/api/v1/checks/" + ident, Accept="text/event-stream",
                        Origin=origin, Authorization=TOKEN)
            assert got[0] == 200 and got[1]["access-control-allow-origin"] == origin, got
        for origin in ("https://app.example:444", "http://app.example", "https://app.example.com",
                       "https://xapp.example", "https://app.example/", "https://APP.example",
                       "null", "*", "", app + ", " + other):
            for method in ("OPTIONS", "GET"):
                got = s.ask(method, "/api/v1/self", Origin=origin, Authorization=TOKEN, **ask)
                problem(got, 403, "other-origin")
                assert "access-control-allow-origin" not in got[1] and got[1]["vary"] == "Origin"
        problem(s.ask("GET", "/api/v1/self", Sec_Fetch_Site="cross-site", Authorization=TOKEN), 403,
                "other-origin")
        got = s.ask("GET", "/version")
        assert got[0] == 200 and got[1]["vary"] == "Origin"
        assert "access-control-allow-origin" not in got[1]
        with s.connect() as c:  # the next request of a connection may be another's
            head = "GET /version HTTP/1.1\r\nHost: localhost\r\n%s\r\n"
            c.sendall((head % ("Origin: %s\r\n" % app) + head % "Connection: close\r\n").encode())
            assert everything(c).count(b"Access-Control-Allow-Origin: ") == 1
    with Server() as s:
        problem(s.ask("OPTIONS", "/api/v1/checks", Origin=app, **ask), 403, "other-origin")
        problem(s.ask("OPTIONS", "/api/v1/checks"), 405, "method")
        assert "vary" not in s.ask("GET", "/version")[1]
    for wrong in ("*", "null", "", "app.example", "ftp://app.example", "https://", "https:///",
                  "https://app.example/", "https://app.example/x", "https://App.example",
                  "HTTPS://app.example", "https://app.example:443", "http://app.example:80",
                  "https://app.example:", "https://app.example:0", "https://app.example:080",
                  "https://app.example:65536", "https://*.example", "https://a@app.example",
                  "https://b\u00fccher.example", "https://[::1", "https://::1", "https://a b",
                  "https://app.example?x", "https://" + "x" * 300 + ".example"):
        code, said = fails("--allow-origin", wrong)
        assert code == 64 and ("as browsers write it" in said or not wrong), (wrong, said)
    for right in ("http://[::1]:8080", "http://10.0.0.5", "https://xn--bcher-kva.example",
                  "https://app.example:8443", "http://localhost"):
        with Server("--allow-origin", right) as s:
            assert s.ask("GET", "/version", Origin=right)[0] == 200


class Elsewhere:
    """A page of another origin, with nothing on it."""

    def __enter__(self):
        class Page(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
        self.origin = "http://127.0.0.1:%d" % self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def B08_cross_browser():
    """What a browser makes of it."""
    if not Browser.found():
        skip("pages of other origins", "no browser here")
        return
    script = """(async () => {
        const head = {Authorization: 'Bearer %s', 'Content-Type': 'application/json'};
        const got = await fetch('http://localhost:%d/api/v1/checks', {method: 'POST', headers: head,
            body: JSON.stringify({address: 'jane@good.test', wait_s: 60})});
        const later = await fetch(got.url, {method: 'POST', headers: head,
            body: JSON.stringify({addresses: ['joe@good.test']})});
        const id = (await later.json()).checks[0].id;
        const live = await fetch(got.url + '/' + id,
            {headers: {...head, Accept: 'text/event-stream'}});
        return [(await got.json()).verdict, later.headers.get('X-Request-Id') != null,
                (await live.text()).includes('event: result')].join();
    })().catch(e => String(e))"""
    with Elsewhere() as page, Browser() as b:
        b.open(page.origin)
        for allowed, want in ((page.origin, "deliverable,true,true"),
                              ("http://127.0.0.1:1", "TypeError: Failed to fetch")):
            with Server("--allow-origin", allowed, "--token-file",
                        token_file("shop:%s\n" % TOKEN), tcp=True) as s:
                got = b.run(script % (TOKEN, s.port))
                assert got == want, got


def B08_token():
    name = token_file("# who\nshop:%s\nother:%s\n" % (TOKEN, TOKEN[::-1]))
    with Server("--token-file", name) as s:
        body = problem(s.ask("GET", "/api/v1/self"), 401, "unauthorized")
        assert "x-reacher-secret" in body["detail"]
        assert s.ask("GET", "/api/v1/self")[1]["www-authenticate"] == "Bearer"
        for fields in ({"Authorization": "Bearer " + TOKEN}, {"Authorization": TOKEN},
                       {"x_reacher_secret": TOKEN[::-1]}, {"Authorization": "bearer " + TOKEN}):
            assert s.ask("GET", "/api/v1/self", **fields)[0] == 200, fields
        for text in (TOKEN[:-1], TOKEN + "0", "Bearer", "shop:" + TOKEN, "Basic " + TOKEN, ""):
            problem(s.ask("GET", "/api/v1/self", Authorization=text), 401, "unauthorized")
        problem(s.ask("GET", "/api/v1/self?token=" + TOKEN), 401, "unauthorized")
        assert s.ask("GET", "/healthz")[0] == 200
        token_file("shop:%s\n" % ("f" * 16))
        s.p.send_signal(signal.SIGHUP)
        while "was read again" not in s.said():
            pass
        problem(s.ask("GET", "/api/v1/self", Authorization=TOKEN), 401, "unauthorized")
        assert s.ask("GET", "/api/v1/self", Authorization="f" * 16)[0] == 200
        token_file("broken\n")
        s.p.send_signal(signal.SIGHUP)
        while "NAME:TOKEN" not in s.said():
            pass
        assert s.ask("GET", "/api/v1/self", Authorization="f" * 16)[0] == 200


def B08_start():
    assert fails("--listen", "0.0.0.0:0")[0] == 64
    assert "--token-file" in fails("--listen", "[::]:0")[1]
    for where in ("", "8025", "localhost:80", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:65536",
                  "unix:" + "x" * 120):
        assert fails("--listen", where)[0] == 64, where
    assert fails("--token-file", path("none"))[0] == 66
    for text, mode in (("a:%s\n" % TOKEN, 0o644), ("a:%s\n" % TOKEN, 0o660), ("", 0o600),
                       ("a:short\n", 0o600),
                       (":%s\n" % TOKEN, 0o600), ("a:%s x\n" % TOKEN, 0o600)):
        assert fails("--token-file", token_file(text, mode))[0] == 64, text
    assert fails("--listen", "unix:/nowhere/s")[0] == 70
    assert fails("--state-dir", "/nowhere")[0] == 66
    for option in ("--connections", "--wait", "--head-time"):
        assert fails(option, "0")[0] == 64 and fails(option, "x")[0] == 64
    assert fails("--column", "1")[0] == 64
    assert fails("jane@good.test")[0] == 64


def B12_taken():
    """A server takes no other's Unix socket away, and finds the place of one that was killed."""
    with Server() as s:
        status, said = fails("--listen", "unix:" + s.unix)
        assert status == 70 and s.unix in said, (status, said)
        assert s.ask("GET", "/healthz")[0] == 200
        s.p.kill()
        s.p.wait()
        again = Server()
        again.unix = s.unix
        assert os.path.exists(s.unix)
        with again:
            assert again.ask("GET", "/healthz")[0] == 200


def B08_minute():
    name = token_file("shop:%s\nother:%s\n" % (TOKEN, TOKEN[::-1]))
    with Server("--token-file", name, "--checks-a-minute", "3") as s:
        got = [s.ask("POST", "/api/v1/checks", {"addresses": ["a@good.test"] * 4},
                     Authorization=TOKEN)]
        assert problem(got[0], 429, "too-many")["detail"].count("--checks-a-minute")
        assert got[0][1]["retry-after"] == "60"
        assert s.ask("POST", "/api/v1/checks", {"addresses": ["a@good.test"] * 3},
                     Authorization=TOKEN[::-1])[0] == 202


def B08_once():
    """One token's waiting requests are counted, those of others are not."""
    name = token_file("shop:%s\nother:%s\n" % (TOKEN, TOKEN[::-1]))
    slow = "/api/v1/check?wait_s=120&address=jane%40mutercpt.test"
    with Server("--token-file", name, "--checks-at-once", "2") as s:
        crowd = [s.connect() for _ in range(2)]
        for c in crowd:
            c.sendall(("GET %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: %s\r\n\r\n"
                       % (slow, TOKEN)).encode())
        while s.said().count("check=") < 2:
            pass
        got = s.ask("GET", "/api/v1/check?address=a@b", Authorization=TOKEN)
        assert problem(got, 429, "too-many")["detail"].count("--checks-at-once"), got
        assert s.ask("GET", "/api/v1/check?address=a@b", Authorization=TOKEN[::-1])[0] == 200
        assert s.ask("GET", "/api/v1/self", Authorization=TOKEN)[0] == 200
        for c in crowd:
            c.close()
        while s.ask("GET", "/api/v1/check?address=a@b", Authorization=TOKEN)[0] != 200:
            pass


def B21_ends():
    """What conversations ended in, those with a server of our own too, and lookups; what waits."""
    with Server("--timeout", "5", "--gate", "unix:" + path("ends"),
                "--route", "inner.example=127.0.0.1:1") as s:
        for name in ("good", "busy", "blocked", "dead", "nosuch"):
            assert s.check("jane@%s.test" % name, wait_s=120)[0] == 200
        before = s.metric('quoth_conversations_total{end="closed"}')
        assert s.check("jane@inner.example", wait_s=120)[0] == 200
        assert s.metric('quoth_conversations_total{end="closed"}') > before
        assert s.metric('quoth_conversations_total{end="timeout"}') == 0
        assert s.check("jane@mutercpt.test", wait_s=120)[0] == 200
        end = {e: s.metric('quoth_conversations_total{end="%s"}' % e)
               for e in ("ok", "busy", "refused", "timeout", "closed")}
        assert all(end.values()) and s.metric("quoth_conversations_total") == sum(end.values()), end
        said = {r: s.metric('quoth_lookups_total{result="%s"}' % r) for r in ("data", "nxdomain")}
        assert all(said.values()) and s.metric("quoth_lookups_total") >= sum(said.values()), said
    with Server("--gap", "3600000") as s:
        assert s.check("jane@good.test")[0] == 200
        s.ask("POST", "/api/v1/checks", {"addresses": ["joe@good.test"]})
        s.ask("POST", "/api/v1/jobs?start=1", b"one@good.test\ntwo@good.test\n",
              Content_Type="text/plain")
        while s.metric('quoth_queue_addresses{kind="list"}') != 2:
            pass
        assert s.metric('quoth_queue_addresses{kind="interactive"}') == 1


def B21_apart():
    """At a listener of its own there is nothing else, and it is nowhere else."""
    for where, name in (("127.0.0.1:%d", "localhost"), ("unix:" + path("metrics"), "any.example")):
        port = server.free_port()
        where = where % port if "%" in where else where
        with Server("--metrics", where, "--token-file", token_file("prom:%s\n" % TOKEN)) as s:
            assert where + ": listening, for /metrics\n" in s.said()

            def scrape(target, **fields):
                if where[0] == "u":
                    c = socket.socket(socket.AF_UNIX)
                    c.connect(where[5:])
                else:
                    c = socket.create_connection(("127.0.0.1", port))
                head = dict({"Host": name, "Connection": "close"}, **fields)
                with c:
                    c.sendall(("GET %s HTTP/1.1\r\n" % target + "".join(
                        "%s: %s\r\n" % kv for kv in head.items()) + "\r\n").encode())
                    return answer(everything(c))

            problem(scrape("/metrics"), 401, "unauthorized")
            got = scrape("/metrics", Authorization="Bearer " + TOKEN)
            assert got[0] == 200 and b"quoth_build_info" in got[2], got
            for target in ("/", "/healthz", "/api/v1/self", "/version", "/openapi.json"):
                got = problem(scrape(target, Authorization=TOKEN), 404, "not-found")
                assert got["detail"].endswith(": /metrics"), got
            got = problem(s.ask("GET", "/metrics", Authorization=TOKEN), 404, "not-found")
            assert "/metrics" not in got["detail"] and "/healthz" in got["detail"], got
            assert s.ask("GET", "/healthz")[0] == 200
            if where[0] != "u":
                problem(scrape("/metrics", Host="rebound.example"), 421, "host")
    assert "--token-file" in fails("--metrics", "0.0.0.0:0")[1]
    assert fails("--metrics", "8025")[0] == 64
    assert "--listen" not in fails("--metrics", "nowhere")[1]
    with socket.create_server(("127.0.0.1", 0)) as s:  # and one that was opened for it
        with server.given((s.fileno(),), [QUOTH, "serve", "--sandbox=" + WORLD[0].port, "--listen",
                                          "unix:" + path("beside")], stderr=subprocess.PIPE,
                          text=True, env=dict(os.environ, LISTEN_FDS="1",
                                              LISTEN_FDNAMES="metrics")) as p:
            assert p.stderr.readline() == "quoth: metrics: listening, for /metrics\n"
            with socket.create_connection(s.getsockname()) as c:
                c.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                assert answer(everything(c))[0] == 200
            p.terminate()
            p.communicate()


def B12_probe():
    """Whoever starts it may ask by the command itself whether it is alive."""
    def probe(where):
        p = subprocess.run([QUOTH, "serve", "--probe", "--listen", where], stderr=subprocess.PIPE,
                           stdin=subprocess.DEVNULL, text=True, check=False)
        assert bool(p.stderr) == bool(p.returncode), p
        return p.returncode
    with Server("--host", "mx.acme.example", tcp=True) as s:
        assert probe("127.0.0.1:%d" % s.port) == probe("unix:" + s.unix) == 0
        s.stop()
        assert probe("127.0.0.1:%d" % s.port) == probe("unix:" + s.unix) == 70
    for where in ("nowhere", "unix:" + "x" * 200):
        assert probe(where) == 70, where
    with socket.socket() as other:  # it answers, and is no server of ours
        other.bind(("127.0.0.1", 0))
        other.listen()
        p = subprocess.Popen([QUOTH, "serve", "--probe", "--listen",
                              "127.0.0.1:%d" % other.getsockname()[1]], stderr=subprocess.DEVNULL)
        with other.accept()[0] as c:
            c.recv(4096)
            c.sendall(b"HTTP/1.1 503 Service Unavailable\r\n\r\n")
        assert p.wait() == 70


def B09_log():
    """Which address was asked about is a sum, another one in each run, unless it is to be told; a
    trace that is one is named."""
    sums, trace = [], "00-%s-00f067aa0ba902b7-01"
    ids = ["4bf92f3577b34da6a3ce929d0e0e4736", "0" * 32, "x" * 32, "4BF9" * 8, "1" * 31]
    for _ in range(2):
        with Server() as s:
            for address in ("jane@good.test", "jane@good.test", "gone@good.test"):
                assert s.check(address)[0] == 200
            for ident in ids:
                s.ask("GET", "/version", Traceparent=trace % ident)
            s.ask("POST", "/v1/check_email", {"to_email": "jane@good.test"})
            said = s.said()
            assert "jane" not in said and said.count("trace=") == 1, said
            assert "trace=%s\n" % ids[0] in said, said
            each = re.findall(r"^request=(\w+) check=\w{26} address=(\w{16})$", said, re.M)
            assert len(each) == 4 and each[0][1] == each[1][1] == each[3][1] != each[2][1], said
            assert all("request=%s method=" % number in said for number, _ in each), said
            sums.append(each[0][1])
    assert sums[0] != sums[1]
    with Server("--log-addresses") as s:
        s.check('"a\\n\\" b"@good.test')
        assert r'address="\"a\\n\\\" b\"@good.test"' in s.said(), s.said()
    with Server("--log-addresses", "--quiet") as s:
        s.check("jane@good.test")
        assert "address=" not in s.said()


def B08_reload():
    """Who came with a token that is gone is cut off; the others go on, and what they used stays."""
    both = "shop:%s\nother:%s\n" % (TOKEN, TOKEN[::-1])
    only = "# one\nother:%s\n" % TOKEN[::-1]
    state = path("reload")
    os.mkdir(state)

    def begun(s, token, head, end):
        c = s.connect()
        c.settimeout(600)
        c.sendall((head + "Host: localhost\r\nConnection: close\r\nAuthorization: %s\r\n\r\n"
                   % token).encode())
        got = b""
        while not got.endswith(end):
            got += c.recv(1)
        return c

    with Server("--token-file", token_file(both), "--checks-a-minute", "3", "--state-dir",
                state) as s:
        def reload(text):
            before = s.said().count("was read again")
            token_file(text)
            s.p.send_signal(signal.SIGHUP)
            while s.said().count("was read again") == before:
                pass
        body = b'{"address":"jane@good.test","wait_s":120}'
        post = ("POST /api/v1/checks HTTP/1.1\r\nContent-Type: application/json\r\n"
                "Expect: 100-continue\r\nContent-Length: %d\r\n" % len(body))
        job = json.loads(s.ask("POST", "/api/v1/jobs?start=0", b"jane@good.test\n",
                               Authorization=TOKEN)[2])["id"]
        events = "GET /api/v1/jobs/%s/events HTTP/1.1\r\n" % job
        gone = [begun(s, TOKEN, post, b"\r\n\r\n"), begun(s, TOKEN, events, b"\n\n")]
        kept = begun(s, TOKEN[::-1], post, b"\r\n\r\n")
        reload(only)
        for c in gone:
            everything(c)  # its end
            c.close()
        kept.sendall(body)
        assert answer(everything(kept))[0] == 200
        kept.close()
        assert "client=other" in s.said()
        for _ in range(9):  # a minute may be over in between
            used = three = {"addresses": ["a@good.test"] * 3}
            while used != 429:
                used = s.ask("POST", "/api/v1/checks", three, Authorization=TOKEN[::-1])[0]
            reload(both)
            if s.ask("POST", "/api/v1/checks", three, Authorization=TOKEN[::-1])[0] == 429:
                break
        else:
            raise AssertionError("what was used is forgotten")
        token_file("wrong\n")
        s.p.send_signal(signal.SIGHUP)
        while "the tokens of before go on" not in s.said():
            pass
        assert s.ask("GET", "/api/v1/jobs", Authorization=TOKEN)[0] == 200


# ---- B09: what is asked, and answered


def B09_verdicts():
    want = {"jane@good.test": ("deliverable", "accepted"),
            "nobody@good.test": ("undeliverable", "user_unknown"),
            "full@good.test": ("risky", "mailbox_full"),
            "jane@nosuch.test": ("undeliverable", "no_such_domain"),
            "jane@@good.test": ("undeliverable", "syntax"),
            "greylisted@good.test": ("unknown", "greylisted")}
    with Server() as s:
        for address, verdict in want.items():
            status, fields, body = s.check(address, wait_s=120)
            got = json.loads(body)
            assert status == 200 and (got["verdict"], got["reason"]) == verdict, (address, got)
            assert got["input"] == address and got["v"] == 1
            assert fields["content-type"] == "application/json"
            assert fields["x-content-type-options"] == "nosniff"
            target = ("/api/v1/check?wait_s=120&max_age_s=3600&address="
                      + address.replace("@", "%40"))
            assert json.loads(s.ask("GET", target)[2]) == got
        assert s.metric("quoth_lookups_total") <= len(want)


def B09_later():
    with Server() as s:
        status, fields, body = s.check("jane@mutercpt.test", wait_s=0)
        got = json.loads(body)
        assert status == 202 and got["state"] == "running", got
        assert fields["location"] == "/api/v1/checks/" + got["id"], got
        assert len(got["id"]) == 26
        assert s.ask("GET", fields["location"])[0] == 202
        status, _, body = s.ask("POST", "/api/v1/checks",
                                {"addresses": ["jane@good.test", "a@@b", "jane@good.test"]})
        rows = json.loads(body)["checks"]
        assert status == 202 and [r["address"] for r in rows] == ["jane@good.test", "a@@b",
            "jane@good.test"]
        assert rows[0]["id"] == rows[2]["id"]
        for row in rows:
            while True:
                status, _, body = s.ask("GET", "/api/v1/checks/" + row["id"])
                if status == 200:
                    break
            assert json.loads(body)["input"] == row["address"]
        for ident in ("x", "a" * 26, got["id"][:-1], got["id"] + "a", "%C3%A4"):
            problem(s.ask("GET", "/api/v1/checks/" + ident), 404, "not-found")


def B09_bad():
    bad = [({}, "bad-member"), ({"adress": "a@b"}, "bad-member"), ({"address": 1}, "bad-member"),
           ({"address": None}, "bad-member"),
           ({"address": "a@b", "addresses": ["a@b"]}, "bad-member"),
           ({"addresses": []}, "bad-member"), ({"addresses": "a@b"}, "bad-member"),
           ({"addresses": ["a@b", 1]}, "bad-member"), ({"addresses": ["a@b"] * 101}, "bad-member"),
           ({"address": "a@b", "wait_s": -1}, "bad-member"),
           ({"address": "a@b", "wait_s": 121}, "bad-member"),
           ({"address": "a@b", "wait_s": "1"}, "bad-member"),
           ({"address": "a@b", "wait_s": 1.5}, "bad-member"),
           ({"address": "x" * 513}, "bad-member"),
           ({"address": "a@b", "frehs": True}, "bad-member")]
    with Server() as s:
        for body, ident in bad:
            got = problem(s.ask("POST", "/api/v1/checks", body), 422, ident)
            assert got["errors"][0]["pointer"][0] == "/", got
        for body in (b"", b"[]", b"{", b'{"address":"a@b"} {}',
                     b'{"address":"a@b","address":"c@d"}',
                     b'{"address":"a@b\xff"}', b'{"address":"a\0@b"}', b"address=a@b"):
            problem(s.ask("POST", "/api/v1/checks", body), 400, "bad-request")
        # half a character is none, and is not made another one
        problem(s.ask("POST", "/api/v1/checks", b'{"address":"\\ud800@b"}'), 422, "bad-member")
        for coding, status in (("gzip", 415), ("Identity", 202)):
            assert s.ask("POST", "/api/v1/checks", {"addresses": ["a@b"]},
                         Content_Encoding=coding)[0] == status, coding
        for target in ("/api/v1/check?depth=syntax&address=a@b&address=c@d",
                       "/api/v1/jobs?limit=1&limit=2", "/api/v1/check?address=a@b&%61ddress=a@b"):
            problem(s.ask("GET", target), 400, "bad-request")
        problem(s.ask("POST", "/api/v1/checks", {"address": "a@b"}, Content_Type="text/plain"), 415,
                "media-type")
        problem(s.ask("POST", "/api/v1/checks", {"address": "a@b"}, Content_Type=None), 415,
                "media-type")
        problem(s.ask("POST", "/api/v1/checks", b" " * 65537), 413, "too-large")
        problem(s.ask("GET", "/healthz", b"x"), 413, "too-large")
        for query in ("", "?", "?adress=a@b", "?address", "?address=%zz", "?address=%00",
                      "?address=a@b&wait_s=x",
                      "?address=a@b&wait_s=121", "?address=" + "x" * 600):
            assert s.ask("GET", "/api/v1/check" + query)[0] in (400, 422), query
        got = problem(s.ask("GET", "/nowhere"), 404, "not-found")
        assert " /readyz" in got["detail"] and " / " in got["detail"], got
        named = got["detail"].partition(": ")[2].split()
        assert len(named) == len(set(named)), named
        assert got["instance"] == "/nowhere", got
        for target in ("/api/v1/checks/", "/api/v1/checks/a/b", "/api/v1/check/",
                       "//healthz", "/HEALTHZ"):
            problem(s.ask("GET", target), 404, "not-found")
        numbers = {problem(answer(s.send(text)), 400, "bad-request")["request"]
                   for text in (b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\n\n") * 2}
        assert len(numbers) == 4 and "0" not in numbers, numbers  # so that the log has it
        got = problem(s.ask("POST", "/api/v1/judge", {"stag": "RCPT"}), 422, "bad-member")
        assert got["errors"][0]["pointer"] == "/stag", got
        got = s.ask("DELETE", "/healthz")
        problem(got, 405, "method")
        assert got[1]["allow"] == "GET, HEAD"
        problem(s.ask("PUT", "/api/v1/checks", b""), 405, "method")


def done(s, ident):
    """The result of a check that was begun."""
    while True:
        status, _, body = s.ask("GET", "/api/v1/checks/" + ident)
        if status != 202:
            return status, body
        assert json.loads(body)["state"] == "running"


def B16_depth():
    """As far as asked: no mail server is called for dns, nobody for syntax; a server goes no
    further than itself."""
    want = {("dns", "jane@good.test"): "dns_ok", ("dns", "x@nosuch.test"): "no_such_domain",
            ("dns", "a@@b"): "syntax",
            ("syntax", "jane@good.test"): "syntax_ok", ("syntax", "a@@b"): "syntax"}
    with Server() as s:
        for (depth, address), reason in want.items():
            status, _, body = s.check(address, depth=depth, wait_s=120, max_age_s=60)
            got = json.loads(body)
            assert status == 200 and got["connects"] == 0 and got["input"] == address, got
            assert (depth == "dns" or got["queries"]
                    == 0) and got["reason"] == reason, (reason, got)
            assert json.loads(s.ask("GET",
                                    "/api/v1/check?wait_s=120&depth=%s&address=%s" % (depth,
                                        address))[2])[
                "reason"] == got["reason"]
            hosts = ["mx.good.test"] if reason == "dns_ok" else []
            assert got["mx"]["hosts"] == hosts, got
        assert s.metric("quoth_conversations_total") == 0
        assert json.loads(s.check("jane@good.test", wait_s=120,
                                  max_age_s=60)[2])["reason"] == "accepted"
        rows = json.loads(s.ask("POST", "/api/v1/checks",
                                {"addresses": ["j%d@d%d.test" % (i, i) for i in range(100)],
                                                           "depth": "dns"})[2])["checks"]
        assert len(rows) == 100
        for row in rows:
            status, body = done(s, row["id"])
            assert status == 200 and json.loads(body)["input"] == row["address"], body
        for depth in ("smtp ", "mx", "", 1, None):
            problem(s.check("jane@good.test", depth=depth), 422, "bad-member")
    with Server("--dns-only") as s:
        got = json.loads(s.check("jane@good.test", wait_s=120)[2])
        assert got["connects"] == 0 and got["mx"]["hosts"] == ["mx.good.test"], got
        assert json.loads(s.check("a@good.test", wait_s=120, depth="syntax")[2])["queries"] == 0
        problem(s.check("jane@good.test", depth="smtp"), 422, "bad-member")


def B16_fresh():
    with Server() as s:
        one, again, fresh = (json.loads(s.ask("POST", "/api/v1/checks",
                                              dict(addresses=["jane@mutercpt.test"], **more))[2])[
            "checks"][0]["id"] for more in ({}, {}, {"fresh": True}))
        assert one == again != fresh
        problem(s.check("a@good.test", fresh=True, max_age_s=1), 422, "bad-member")
        problem(s.check("a@good.test", fresh="true"), 422, "bad-member")
        assert s.check("a@good.test", fresh=False, max_age_s=1, wait_s=120)[0] == 200


def watch(s, ident):
    """The kinds of its events, of waits the reasons, and its result, once that is told."""
    told = events(s.send(b"GET /api/v1/checks/%s HTTP/1.1\r\nHost: localhost\r\n"
                         b"Accept: text/event-stream\r\n\r\n" % ident.encode()))
    return [data.get("why", event) for _, event, data in told], told[-1][2]["result"]


def B22_follow():
    """Greylisted at first; in front of a sandbox it is asked again after a second."""
    address = "greylisted@good.test"
    with Sandbox("--grey", "1") as box, Server(sandbox=box.port) as s:
        status, fields, body = s.check(address, follow=True, wait_s=120)
        got = json.loads(body)
        assert status == 202 and fields["location"] == "/api/v1/checks/" + got["id"], got
        told, result = watch(s, got["id"])
        assert "later" in told and result["verdict"] == "deliverable", (told, result)
        status, _, body = s.ask("GET", fields["location"])
        assert status == 200 and json.loads(body) == result
        problem(s.check(address, follow=1), 422, "bad-member")
    with Server() as s:  # it says later each time, and is not asked for ever
        ident = json.loads(s.check(address, follow=True, wait_s=120)[2])["id"]
        got = s.check(address, wait_s=120)
        assert got[0] == 200 and json.loads(got[2])["reason"] == "greylisted", got
        told, result = watch(s, ident)
        assert result["reason"] == "greylisted" and told.count("later") == 3, (told, result)


def B17_domain():
    """What `quoth domain` says, over HTTP: the same findings."""
    with Sandbox("--ca", path("ca")) as box, Server("--ca-file", path("ca"), sandbox=box.port) as s:
        policies = set()
        for name in ("good.test", "dmarcnone.test", "nosuch.test", "signed.test", "sts-unseen.test",
                     "xn--bcher-kva.test"):
            status, _, body = s.ask("GET", "/api/v1/domains/%s?wait_s=120" % name)
            got = json.loads(body)
            p = subprocess.run([QUOTH, "domain", "--sandbox=" + box.port, "--ca-file", path("ca"),
                                "--format", "json", name],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False)
            want = json.loads(p.stdout)
            assert p.returncode <= 3, p
            assert status == 200 and got["domain"] == name, body
            assert [(f["id"], f["text"], f["fix"]) for f in got["findings"]] == [
                (f["id"], f["text"], f["fix"]) for f in want["findings"]], (got["findings"],
                    want["findings"])
            for key in set(want) - {"ms"}:
                assert got[key] == want[key], (name, key)
            policies.add(got["mta_sts_policy"]["fetched"])
        assert "done" in policies and len(policies) > 1, policies
        assert json.loads(s.ask("GET",
                "/api/v1/domains/b%C3%BCcher.test?wait_s=120&max_age_s=60")[2]) == got
        status, fields, body = s.ask("GET", "/api/v1/domains/servfail.test?wait_s=0")
        assert status == 202 and json.loads(body)["domain"] == "servfail.test", body
        assert done(s, json.loads(body)["id"])[0] == 200 and fields["location"].endswith(
            json.loads(body)["id"])
        for name in ("a..b", "a%20b", "jane@good.test", "-a.test", "[127.0.0.1]", "x" * 300):
            assert s.ask("GET", "/api/v1/domains/" + name)[0] == 422, name


def B17_doctor():
    """What `quoth doctor` says, over HTTP; mail servers are called for it once in five minutes."""
    with Server() as s:
        me = json.loads(s.ask("GET", "/api/v1/self")[2])
        assert me["doctor"] is None and me["port_25"]["open"] is None, me
        first = s.ask("GET", "/api/v1/doctor?wait_s=120")
        got = json.loads(first[2])
        p = subprocess.run([QUOTH, "doctor", "--sandbox=" + WORLD[0].port, "--format", "json"],
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False)
        want = json.loads(p.stdout)
        assert p.returncode <= 3 and first[0] == 200 and got["addresses"] == want["addresses"], got
        sender = [f for f in want["findings"] if f["ip"] is None]  # of its domain: not asked
        assert sender and got["findings"] == [f for f in want["findings"] if f not in sender], got
        assert got["addresses"][0]["ptr"] == [{"name": "sender.test", "leads_back": True}]
        assert s.ask("GET", "/api/v1/doctor?wait_s=120&max_age_s=0")[2] == first[2]
        me = json.loads(s.ask("GET", "/api/v1/self")[2])
        assert me["doctor"] == got and me["port_25"]["open"] is True, me
        assert s.ask("DELETE", "/api/v1/cache/@us")[0] == 204
        assert s.ask("GET", "/api/v1/doctor?wait_s=120")[2] == first[2]
    with Sandbox("--quiet") as box, Server(sandbox=box.port) as s:
        box.p.terminate()
        box.p.wait()
        got = json.loads(s.ask("GET", "/api/v1/doctor?wait_s=120")[2])
        assert "port25.unknown" in [f["id"] for f in got["findings"]], got
        assert json.loads(s.ask("GET", "/api/v1/self")[2])["port_25"]["open"] is None


def B18_forget():
    with gate("good.test", "slow.test") as s:
        def ident(address):
            got = s.ask("POST", "/api/v1/checks", {"addresses": [address], "max_age_s": 3600})
            return json.loads(got[2])["checks"][0]["id"]
        names = ["jane@good.test", "Jane@good.test", "jane@GOOD.test", "jane@slow.test",
                 "a@xgood.test"]
        first = {name: ident(name) for name in names}
        for name in names:
            assert done(s, first[name])[0] == 200 and ident(name) == first[name], name
        assert s.ask("DELETE", "/api/v1/cache/jane%40Good.test")[0] == 204
        assert {n for n in names if ident(n) != first[n]} == {"jane@good.test", "jane@GOOD.test"}
        assert s.ask("GET", "/api/v1/checks/" + first["jane@good.test"])[0] == 404
        got = s.ask("DELETE", "/api/v1/cache/@good.test")
        assert got[0] == 204 and not got[2] and "content-length" not in got[1], got
        assert "content-type" not in got[1], got
        assert {n for n in names if ident(n) != first[n]} == set(names) - {"jane@slow.test",
            "a@xgood.test"}
        assert gate_ask(s, policy("jane@good.test")) == b"action=DUNNO\n\n"
        asked = s.metric('quoth_cache_total{result="miss"}')
        for target in ("/api/v1/cache/jane%40good.test", "/api/v1/cache/%40GOOD.TEST"):
            assert s.ask("DELETE", target)[0] == 204
            gate_ask(s, policy("jane@good.test"))
            asked += 1
            assert s.metric('quoth_cache_total{result="miss"}') == asked, target
        under_way = ident("joe@slow.test")  # told only after it was to be forgotten
        assert s.ask("DELETE", "/api/v1/cache/joe%40slow.test")[0] == 204
        assert done(s, under_way)[0] == 200
        gate_ask(s, policy("joe@slow.test"))
        assert s.metric('quoth_cache_total{result="miss"}') == asked + 1
        for target in ("good.test", "x"):
            problem(s.ask("DELETE", "/api/v1/cache/" + target), 422, "bad-member")


def B09_about():
    with Server() as s:
        assert json.loads(s.ask("GET", "/version")[2])["version"]
        assert s.ask("GET", "/healthz")[2] == b"ok\n" and s.ask("GET", "/readyz")[0] == 200
        me = json.loads(s.ask("GET", "/api/v1/self")[2])
        assert me["helo"] == "probe.quoth.test" and me["sandbox"] is True
        got = json.loads(s.ask("POST", "/api/v1/judge",
                               {"stage": "RCPT", "reply": "550-5.1.1 no\r\n550 5.1.1 user"})[2])
        assert (got["reason"], got["says"], got["code"]) == ("user_unknown", "not_exists", 550), got
        problem(s.ask("POST", "/api/v1/judge", {"stage": "RCPT", "reply": "hello"}), 422,
                "bad-member")
        problem(s.ask("POST", "/api/v1/judge", {"stage": "DATA", "reply": "250 ok"}), 422,
                "bad-member")
        problem(s.ask("POST", "/api/v1/judge", {"reply": "250 ok"}), 422, "bad-member")
        status, fields, body = s.ask("HEAD", "/healthz")
        assert status == 200 and fields["content-length"] == "3" and body == b""
        text = s.ask("GET", "/metrics")[2].decode()
        names = set()  # (B21)
        for line in text.splitlines():
            if line.startswith("# TYPE "):
                names.add(line.split()[2])
            elif not line.startswith("#"):
                name = re.sub(r"_(bucket|sum|count)$", "", line.split("{")[0].split()[0])
                assert name in names and float(line.split()[-1]) >= 0, line
        s.check("jane@nosuch.test", wait_s=120)
        assert s.metric('quoth_check_seconds_bucket{le="+Inf"}') == s.metric(
            "quoth_check_seconds_count") == 1
        assert s.metric('quoth_checks_total{verdict="undeliverable",via="api"}') == 1
        assert s.metric('quoth_http_requests_total{route="/api/v1/judge",code="422"}') == 3


def B13_compat():
    with Server() as s:
        for path_ in ("/v0/check_email", "/v1/check_email"):
            status, fields, body = s.ask("POST", path_,
                                         {"to_email": "full@good.test",
                                          "retries_count": 1, "x": {}})
            got = json.loads(body)
            assert status == 200 and got["input"] == "full@good.test", got
            assert got["is_reachable"] == "risky" and got["smtp"]["has_full_inbox"] is True, got
            assert got["debug"]["start_time"][:4] > "2000", got["debug"]
            assert fields["x-quoth-ignored"] == "retries_count, x", fields
        plain = s.ask("POST", "/v0/check_email", {"to_email": "jane@@good.test"})
        assert plain[0] == 200 and json.loads(
            plain[2])["is_reachable"] == "invalid" and "x-quoth-ignored" not in plain[1]
        ours = {"to_email": "full@good.test", "from_email": "postmaster@probe.quoth.test",
                "hello_name": "Probe.quoth.test"}
        assert s.ask("POST", "/v0/check_email", ours)[0] == 200
        for more in ({"proxy": {"host": "a"}}, {"from_email": "a@b"}, {"hello_name": "a.b"}):
            status, _, body = s.ask("POST", "/v0/check_email", dict(to_email="a@good.test", **more))
            assert status == 400 and list(json.loads(body)) == ["error"], body
        for bad in ({}, {"to_email": 1}, b"[]"):
            assert s.ask("POST", "/v1/check_email", bad)[0] == 400
        status, _, body = s.ask("GET", "/v1/jane%40good.test/verification")
        got = json.loads(body)
        assert status == 200 and got["email"] == "jane@good.test" and got["reachable"] == "yes", got
        status, _, body = s.ask("GET", "/v1/jane/verification")
        assert status == 200 and json.loads(body)["syntax"]["valid"] is False, body
        for target in ("/v1//verification", "/v1/a%2Fb/verification", "/v1/verification"):
            assert s.ask("GET", target)[0] in (400, 404), target
        asked = [s.ask("POST", "/v1/check_email", {"to_email": "nobody@good.test"}),
                 s.check("nobody@good.test", wait_s=120)]
        assert [a[0] for a in asked] == [200,
                                         200] and json.loads(
                                             asked[1][2])["verdict"] == "undeliverable"


def B13_services():
    """With --compat alone: the object of that --format, and a token where their clients put it."""
    shapes = {"truemail": ("/?email=%s", {"success"}),
              "kickbox": ("/v2/verify?timeout=6000&email=%s", {"result", "sendex"}),
              "zerobounce": ("/v2/validate?ip_address=&email=%s", {"status", "sub_status"})}
    token = token_file("shop:%s\n" % TOKEN)
    with Server() as s:
        for target, _ in shapes.values():
            got = s.ask("GET", target % "a")
            assert got[0] == 404 or b"<html" in gzip.decompress(got[2]), target
    for name, (target, members) in shapes.items():
        with Server("--compat", name, "--token-file", token) as s:
            for address in ("jane@good.test", "nobody@good.test", "blocked@blocked.test", "a@@b",
                            "x@nosuch.test"):
                status, fields, body = s.ask("GET", target % address, Authorization=TOKEN)
                got = json.loads(body)
                assert status == 200 and members <= set(got), (name, body)
                assert fields.get("x-quoth-ignored") in (None, "timeout", "ip_address"), fields
                if name == "truemail":
                    assert got["email"] == address and got["success"] == (address[0] in "jb"), got
                    assert (got["errors"] is None) == got["success"], got
            assert s.ask("GET", target % "jane@good.test")[0] == 401
            for key in ("apikey=", "api_key="):
                assert s.ask("GET", (target % "jane@good.test") + "&" + key + TOKEN)[0] == 200
                assert s.ask("GET", "/api/v1/self?" + key + TOKEN)[0] == 401
            assert s.ask("GET", target % "jane@good.test", Authorization="token " + TOKEN)[0] == 200
            got = s.ask("GET", target.split("?")[0], Authorization=TOKEN)
            assert got[0] == 400 and len(json.loads(got[2])) == 1, got
    assert fails("--compat", "hunter")[0] == 64


def B19_proxy():
    """Who asks, behind a proxy that is trusted: for the log, and the limit of one address; nobody
    else's word counts."""
    def waits(s, forwarded):
        c = s.connect()
        c.sendall(b"GET /api/v1/check?wait_s=120&address=jane%%40mutercpt.test HTTP/1.1\r\n"
                  b"Host: localhost\r\nX-Forwarded-For: %s\r\n\r\n" % forwarded.encode())
        return c
    with Server("--trusted-proxy", "127.0.0.0/8", "--trusted-proxy", "10.0.0.1",
                "--connections-each", "2", tcp=True) as s:
        crowd = [waits(s, "192.0.2.1"), waits(s, "198.51.100.7, 192.0.2.1 , 10.0.0.1")]
        while s.metric("quoth_http_open") < 3 or s.said().count("from=") < 1:
            pass
        while s.ask("GET", "/version", X_Forwarded_For="192.0.2.1")[0] != 429:
            pass
        problem(s.ask("GET", "/version", X_Forwarded_For="192.0.2.1"), 429, "too-many")
        assert s.ask("GET", "/version", X_Forwarded_For="192.0.2.1, 192.0.2.2")[0] == 200
        assert s.ask("GET", "/version", X_Forwarded_For="x, 10.0.0.1")[0] == 200
        said = s.said()
        assert "from=192.0.2.2" in said and "from=10.0.0.1" in said, said
        assert "198.51.100.7" not in said, said
        for c in crowd:
            c.close()
    with Server("--trusted-proxy", "unix") as s:
        assert s.ask("GET", "/version", X_Forwarded_For="2001:db8::1")[0] == 200
        assert "from=2001:db8::1" in s.said()
    with Server() as s:
        s.ask("GET", "/version", X_Forwarded_For="192.0.2.1")
        assert "192.0.2.1" not in s.said()
    for net in ("", "x", "10.0.0.0/33"):
        assert fails("--trusted-proxy", net)[0] == 64, net


def events(data):
    rows = []
    for block in answer(data)[2].decode().split("\n\n"):
        row = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line)
        if row:
            rows.append((int(row["id"]), row["event"], json.loads(row["data"])))
    return rows


def B10_live():
    with Server() as s:
        for address in ("jane@good.test", "escape@good.test", "jane@@good.test"):
            ident = json.loads(s.ask("POST", "/api/v1/checks",
                                     {"addresses": [address]})[2])["checks"][0]["id"]
            ask = ("GET /api/v1/checks/%s HTTP/1.1\r\nHost: localhost\r\n"
                   "Accept: text/event-stream\r\n\r\n" % ident)
            live = s.send(ask.encode())
            again = s.send(ask.encode())
            rows = events(live)
            assert answer(live)[1]["content-type"] == "text/event-stream"
            assert rows == events(again) and [r[0]
                                              for r in rows] == list(range(1, len(rows) + 1)), rows
            assert rows[-1][1] == "result" and rows[-1][2]["result"]["input"] == address
            lines = [r[2]["text"] for r in rows if r[1] == "line"]
            assert ("RCPT TO:<%s>" % address in lines) == ("@@" not in address), lines
            assert all(ord(c) >= 32 for c in live.decode() if c not in "\r\n")


def B10_wait():
    """Who asks about another of a server that was called just now sees how long that takes."""
    with Server("--gap", "3600000") as s:
        assert s.check("jane@good.test")[0] == 200
        ident = json.loads(s.ask("POST", "/api/v1/checks",
                                 {"addresses": ["joe@good.test"]})[2])["checks"][0]["id"]
        with s.connect() as c:
            c.sendall(("GET /api/v1/checks/%s HTTP/1.1\r\nHost: localhost\r\n"
                       "Accept: text/event-stream\r\n\r\n" % ident).encode())
            got = b""
            while b"event: wait\ndata: " not in got or not got.endswith(b"\n\n"):
                piece = c.recv(65536)
                assert piece, got
                got += piece
        wait = json.loads(got.split(b"event: wait\ndata: ")[1].split(b"\n")[0])
        assert wait["why"] == "gap" and wait["host"] == "mx.good.test", wait
        assert wait["until_ms"] > 3000000, wait


def B10_many():
    """Twenty ask about one address: one conversation, and all are told."""
    with Server("--connections-each", "100") as s:
        got = []
        threads = [threading.Thread(target=lambda: got.append(s.check("jane@slow.test",
            wait_s=120)))
                   for _ in range(20)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        assert len(got) == 20 and {g[0] for g in got} == {200} and len({g[2]
            for g in got}) == 1, got
        assert s.metric("quoth_checks_total{verdict=\"deliverable\",via=\"api\"}") == 1


# ---- B11: connections


def B11_pipeline():
    one = b"GET /version HTTP/1.1\r\nHost: localhost\r\n\r\n"
    two = (b"POST /api/v1/checks HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
           b"Content-Length: 38\r\n\r\n" + b'{"address":"jane@good.test"}          ')
    last = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    with Server() as s:
        got = s.send(one + two + one + last)
        parts = got.split(b"HTTP/1.1 ")[1:]
        assert [p[:3] for p in parts] == [b"200"] * 4, got
        assert b"version" in parts[0] and b"accepted" in parts[1] and b"version" in parts[2]
        assert b"ok" in parts[3]
        with s.connect() as c:
            for i in range(2000):
                c.sendall(one)
                head = b""
                while b"}\n" not in head:
                    head += c.recv(4096)
                assert head.count(b"HTTP/1.1 200") == 1, (i, head)


def resident(s):
    with open("/proc/%d/statm" % s.p.pid, encoding="utf-8") as f:
        return int(f.read().split()[1]) * resource.getpagesize()


def B11_unread():
    """Who asks and asks and reads no answer costs a buffer, and has all answers once he reads."""
    page = b"GET /version HTTP/1.1\r\nHost: localhost\r\n\r\n"
    door = path("unread")
    with Server("--quiet", "--gate-domain", "good.test", "--gate", "unix:" + door) as s:
        s.gate = door
        for where, question, end in ((s.unix, page, b"HTTP/1.1 200 OK\r\n"),
                                     (door, netstring("rcpt @good.test"), b":NOTFOUND ,")):
            with socket.socket(socket.AF_UNIX) as c:
                c.connect(where)
                c.setblocking(False)
                before, asked, idle = resident(s), 0, 0
                while idle < 50 and asked < 1 << 23:  # it took nothing in so many turns
                    idle += 1
                    try:
                        asked += c.send(question * 500)
                        idle = 0
                    except BlockingIOError:
                        assert s.ask("GET", "/healthz")[0] == 200
                assert asked > 100000 and resident(s) - before < 1 << 22, (resident(s), before)
                c.setblocking(True)
                c.settimeout(60)
                threading.Thread(target=lambda: c.shutdown(socket.SHUT_WR)).start()
                assert everything(c).count(end) == asked // len(question)


def B11_expect():
    head = (b"POST /api/v1/checks HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: 28\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n")
    with Server() as s, s.connect() as c:
        c.sendall(head)
        assert c.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        c.sendall(b'{"address":"jane@good.test"}')
        assert answer(everything(c))[0] == 200


def B11_expect_other():
    """What cannot be expected is refused (417); of HTTP/1.0 it is nothing."""
    head = b"GET /version HTTP/1.%d\r\nHost: localhost\r\nExpect: %s\r\nConnection: close\r\n\r\n"
    with Server() as s:
        problem(answer(s.send(head % (1, b"200-ok"))), 417, "expectation")
        problem(answer(s.send(head % (1, b"100-continue, x"))), 417, "expectation")
        assert answer(s.send(head % (1, b"100-Continue")))[0] == 200
        assert answer(s.send(head % (0, b"200-ok")))[0] == 200


def B11_expect_too_large():
    """A body that is too large is not asked for first."""
    head = (b"POST /api/v1/checks HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: 65537\r\nExpect: 100-continue\r\n\r\n")
    with Server() as s:
        problem(answer(s.send(head)), 413, "too-large")


def B11_slow():
    with Server("--head-time", "1", "--idle-time", "1") as s:
        assert s.send(b"") == b""
        got = s.send(b"GET / HTTP/1.1\r\n")
        problem(answer(got), 408, "too-slow")


def B11_slow_body():
    """A kilobyte a second, after its time: a body of any route, and from its head on."""
    head = "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\nContent-Length: 9000\r\n\r\n"
    routes = [("/api/v1/checks", "application/json"), ("/v1/bulk", "application/json"),
              ("/api/v1/jobs", "text/csv")]
    with Server("--body-time", "1") as s:
        for path, kind in routes:
            with s.connect() as c:
                c.sendall((head % (path, kind)).encode())
                got = answer(everything(c))
                assert got[0] == 408 and b"did not come in time" in got[2], (path, got)


def B11_rate():
    """A body has its time, and as long as what came takes at the least rate."""
    clock = Clock()
    head = (b"POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\n"
            b"Content-Length: 90000\r\n\r\n")
    with Server("--body-time", "1", "--body-rate", "10", clock=clock) as s:
        with s.connect() as c:
            c.sendall(head + b"jane@good.test\n" * 2000)  # 30,000 bytes: 1 s and 3 s
            for _ in range(9):  # 8 KB of it are read at a time
                assert s.ask("GET", "/healthz")[0] == 200
            clock.passes(3900)
            assert s.ask("GET", "/healthz")[0] == 200
            c.setblocking(False)
            try:
                assert not c.recv(1), "it is hung up on"
                raise AssertionError("it is answered")
            except BlockingIOError:
                c.settimeout(600)
            clock.passes(200)
            assert s.ask("GET", "/healthz")[0] == 200
            assert answer(everything(c))[0] == 408


def B11_sizes():
    """A body is as large as its route's limit, and no byte larger."""
    head = ("POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\nContent-Length: %d\r\n"
            "Expect: 100-continue\r\n\r\n")
    with Server("--json-body", "1", "--bulk", "2", "--upload", "3") as s:
        for route, kind, most in (("/api/v1/checks", "application/json", 1 << 10),
                                  ("/v1/bulk", "application/json", 2 << 20),
                                  ("/api/v1/jobs", "text/csv", 3 << 20)):
            with s.connect() as c:
                c.sendall((head % (route, kind, most)).encode())
                assert c.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n", route
            assert answer(s.send((head % (route, kind, most + 1)).encode()))[0] == 413, route
    for option in ("--json-body", "--bulk", "--upload", "--body-time", "--body-rate"):
        for value in ("0", "x", "99999999999", "", "1k"):
            assert fails(option, value)[0] == 64, (option, value)


def B11_crowd():
    """Above the limit a newcomer gets the place of who has waited longest with no request under
    way, and waits where all are at work."""
    check = (b"GET /api/v1/check?wait_s=120&address=jane%40slow.test HTTP/1.1\r\n"
             b"Host: localhost\r\n\r\n")
    begun = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
    with Server("--connections", "8", "--head-time", "600", "--idle-time", "600") as s:
        at_work = s.connect()
        at_work.sendall(check)
        while s.metric("quoth_queue_addresses") + s.metric("quoth_conversations_open") == 0:
            pass
        crowd = [s.connect() for _ in range(100)]
        for c in crowd:
            try:
                c.sendall(begun)
            except OSError:
                pass
        assert answer(s.send(begun + b"Connection: close\r\n\r\n"))[0] == 200
        assert everything(crowd[0]) == b""
        crowd[-1].sendall(b"Connection: close\r\n\r\n")
        assert answer(everything(crowd[-1]))[0] == 200
        s.p.terminate()
        assert answer(everything(at_work))[0] == 200
    with Server("--connections", "2", "--idle-time", "600") as s:
        at_work = [s.connect() for _ in range(2)]
        for c in at_work:
            c.sendall(check)
        waiting = s.connect()
        waiting.sendall(begun + b"Connection: close\r\n\r\n")
        waiting.settimeout(0.5)
        try:
            assert not waiting.recv(1)
        except TimeoutError:
            at_work[0].close()
        waiting.settimeout(60)
        assert answer(everything(waiting))[0] == 200
    with Server("--connections-each", "2", tcp=True) as s:
        one, two = s.connect(), s.connect()
        assert s.send(b"") == b""
        one.close()
        two.close()


def B11_descriptors():
    """Few descriptors, and more connections than those: there is one left for whoever asks, and
    for asking a mail server."""
    server.QUOTH = server.quoth_below("few", "ulimit -n 256 && exec")
    try:
        # as they were shared at the start, as few as never expected, and for good
        for lower, most in ((None, 256), (40, 256), (40, 40)):
            with Server("--connections", "1000", "--connections-each", "1000", "--head-time", "600",
                        "--idle-time", "600", tcp=True) as s:
                assert "ulimit -n: there is room for 128 connections" in s.said(), s.said()
                if lower:
                    resource.prlimit(s.p.pid, resource.RLIMIT_NOFILE, (lower, most))
                with contextlib.ExitStack() as held:
                    crowd = [held.enter_context(s.connect()) for _ in range(60 if lower else 200)]
                    for c in crowd[::2]:
                        c.sendall(b"GET / HTTP/1.1\r\n")
                    for _ in range(20):
                        assert s.ask("GET", "/healthz")[0] == 200
                    for i in range(4 if lower else 40):
                        got = json.loads(s.check("any%d@catchall.test" % i, wait_s=120)[2])
                        assert got["reason"] == "catch_all", got
    finally:
        server.QUOTH = QUOTH


def B11_taken_away():
    """Descriptors are taken away, and no connection finds that out: a check does, before it asks
    anybody. That there is none for a question is no answer of a name server."""
    clock = Clock()
    clock.passes(60000)  # and stands still: nothing is looked at because a second is over
    for depth, reason in (("smtp", "accepted"), ("dns", "dns_ok")):
        with Server("--connections-each", "100", tcp=True, clock=clock) as s:
            with contextlib.ExitStack() as held:
                crowd = [held.enter_context(s.connect()) for _ in range(60)]
                while s.metric("quoth_http_open") < 61:
                    pass
                resource.prlimit(s.p.pid, resource.RLIMIT_NOFILE, (40, 40))
                body = json.dumps({"address": "jane@good.test", "depth": depth, "wait_s": 120})
                crowd[0].sendall(("POST /api/v1/checks HTTP/1.1\r\nHost: localhost\r\n"
                                  "Content-Type: application/json\r\nConnection: close\r\n"
                                  "Content-Length: %d\r\n\r\n%s" % (len(body), body)).encode())
                got = json.loads(answer(everything(crowd[0]))[2])
                assert got["reason"] == reason, got


def B11_none_left():
    """There is no descriptor at all for a question of a check as far as name servers: it waits
    until there is one."""
    for target in ("check?address=jane%40good.test&depth=dns&wait_s=120",
                   "domains/good.test?wait_s=120"):
        with Server(tcp=True) as s, s.connect() as other, contextlib.ExitStack() as held:
            def said(target):
                other.sendall(b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n" % target)
                got = b""
                while b"\r\n\r\n" not in got or len(answer(got)[2]) < int(
                        answer(got)[1]["content-length"]):
                    got += other.recv(65536)
                return got
            def clients(n):
                while b"\nquoth_http_open %d\n" % n not in said(b"/metrics"):
                    pass
            clients(1)
            goes, asker = [held.enter_context(s.connect()) for _ in range(2)]
            clients(3)
            least = 0  # the first that is free: all others are below
            while os.path.exists("/proc/%d/fd/%d" % (s.p.pid, least)):
                least += 1
            resource.prlimit(s.p.pid, resource.RLIMIT_NOFILE, (least, least))
            asker.sendall(("GET /api/v1/%s HTTP/1.1\r\nHost: localhost\r\n"
                           "Connection: close\r\n\r\n" % target).encode())
            for _ in range(5):  # turns of the server
                said(b"/healthz")
            goes.close()
            got = json.loads(answer(everything(asker))[2])
        with Server(tcp=True) as s:
            want = json.loads(s.ask("GET", "/api/v1/" + target)[2])
        for key in {"verdict", "reason", "findings"} & set(want):
            assert got[key] == want[key], (key, got)


def B11_hung_up():
    """Who hangs up while an answer is owed gives the place back: over TCP with a reset, or when
    another one needs it, for who only says no more looks the same, and still gets the answer."""
    head = b"GET /api/v1/check?wait_s=120&address=%s HTTP/1.1\r\nHost: localhost\r\n\r\n"
    reset = struct.pack("ii", 1, 0)
    for tcp in (False, True):
        with Server(tcp=tcp) as s:
            for i in range(4):
                with s.connect() as c:
                    c.sendall(head % (b"jane%d%%40mutercpt.test" % i))
                    while s.metric("quoth_queue_addresses") <= i:
                        pass
                    if tcp:
                        c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
            while s.metric("quoth_http_open") > 1:
                assert s.metric("quoth_queue_addresses") == 4, "the answer came before"
            with s.connect() as c:
                c.sendall(head % b"jane%40slow.test")
                c.shutdown(socket.SHUT_WR)
                assert answer(everything(c))[0] == 200
    for limit in ("--connections", "--connections-each"):
        with Server(limit, "4", tcp=True) as s:
            for i in range(20):
                with s.connect() as c:
                    c.sendall(head % (b"jane%d%%40mutercpt.test" % i))
                    while s.metric("quoth_queue_addresses") <= i:
                        pass
            assert s.metric("quoth_queue_addresses") == 20, "an answer came before"


def B11_vanished():
    """Who reads a stream and takes nothing of it for a minute is gone, and gives the place back:
    over TCP that is who acknowledges nothing. Who reads stays."""
    clock = Clock()
    head = "GET %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n"
    with Server("--gap", "3600000", tcp=True, clock=clock) as s:
        assert s.check("jane@good.test")[0] == 200
        ident = json.loads(s.ask("POST", "/api/v1/checks",
                                 {"addresses": ["joe@good.test"]})[2])["checks"][0]["id"]
        ask = head % ("/api/v1/checks/" + ident, "Accept: text/event-stream\r\n")
        with s.connect() as reader, socket.socket() as silent:
            reader.sendall(ask.encode())
            silent.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
            silent.connect(("127.0.0.1", s.port))
            silent.sendall((head % ("/metrics", "") + ask).encode())
            while s.said().count("route=/api/v1/checks/{} ") < 2:
                pass
            for i in range(12):
                clock.passes(15500)
                assert s.ask("GET", "/healthz")[0] == 200
                got = b"-"
                while got and not got.endswith(b"\n:\n\n") and got != b":\n\n":
                    got = reader.recv(65536)
                assert got, i
                left = s.metric("quoth_http_open")
                assert left == 3 or (left == 2 and i > 3), (i, left)
            assert left == 2, left
        s.p.kill()


def B11_drained():
    """What is refused is read to its end, or the reset would take the answer away."""
    with Server() as s:
        body = b"x" * 40000
        head = b"POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 40000\r\n\r\n"
        assert answer(s.send(head + body))[0] == 404


# ---- B12: stopping


def B12_stop():
    with Server() as s:
        c = s.connect()
        c.sendall(b"GET /api/v1/check?wait_s=120&address=jane%40slow.test HTTP/1.1\r\n"
                  b"Host: localhost\r\n\r\n")
        idle = s.connect()
        while s.metric("quoth_queue_addresses") + s.metric("quoth_conversations_open") == 0:
            pass
        s.p.terminate()
        assert everything(idle) == b""
        got = answer(everything(c))
        assert got[0] == 200 and got[1]["connection"] == "close", got
        assert s.stop() == 0 and not os.path.exists(s.unix)


def B12_followed():
    """Who watches a check that is to be asked again is let go, and others are waited for."""
    with Server() as s, s.connect() as c, s.connect() as other:
        other.sendall(b"GET /api/v1/check?wait_s=120&address=jane%40mutercpt.test HTTP/1.1\r\n"
                      b"Host: localhost\r\n\r\n")
        got = s.check("greylisted@good.test", follow=True, wait_s=120)
        c.sendall(("GET %s HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"
                   % got[1]["location"]).encode())
        while b"later" not in c.recv(65536):
            pass
        s.p.terminate()
        everything(c)
        other.setblocking(False)
        try:
            assert not other.recv(1), "answered"
            raise AssertionError("not waited for")
        except BlockingIOError:
            s.p.terminate()


def B12_ready():
    """The name server goes away: after 20 domains in a row the server says so."""
    with Sandbox() as box, Server(sandbox=box.port) as s:
        assert s.check("jane@good.test", wait_s=120)[0] == 200 and s.ask("GET", "/readyz")[0] == 200
        box.p.terminate()
        box.p.wait()
        many = ["jane@d%d.test" % i for i in range(20)]
        for row in json.loads(s.ask("POST", "/api/v1/checks", {"addresses": many})[2])["checks"]:
            assert watch(s, row["id"])[1]["verdict"] == "unknown"
        assert "name server" in problem(s.ask("GET", "/readyz"), 503, "busy")["detail"]
        assert s.ask("GET", "/healthz")[0] == 200


def B12_state():
    state = path("state")
    os.mkdir(state)
    with Server("--state-dir", state, "--pace", "polite") as s:
        s.check("jane@blocked.test", wait_s=120)
        assert os.stat(s.unix).st_mode & 0o777 == 0o660
        assert s.stop() == 0
    for name in os.listdir(state):
        assert os.stat(os.path.join(state, name)).st_mode & 0o077 == 0, name
    with open(os.path.join(state, "manners"), encoding="utf-8") as f:
        first = f.read()
    assert first
    with open(os.path.join(state, "manners"), "a", encoding="utf-8") as f:
        f.write("nonsense\n")
    with Server("--state-dir", state) as s:
        assert "damaged" in s.said() and s.ask("GET", "/healthz")[0] == 200


def B14_manager():
    """A service manager of ours: it opens two sockets, and hears how the server is."""
    heard, http, door = socket.socket(socket.AF_UNIX,
                                      socket.SOCK_DGRAM), socket.socket(
                                          ), socket.socket(socket.AF_UNIX)
    heard.bind(path("notify"))
    http.bind(("127.0.0.1", 0))
    door.bind(path("door"))
    for s in (http, door):
        s.listen(10)
    heard.settimeout(600)
    p = server.given((http.fileno(), door.fileno()),
                     [QUOTH, "serve", "-q", "--sandbox=" + WORLD[0].port,
                      "--gate-domain", "good.test"],
                     env=dict(os.environ, NOTIFY_SOCKET=path("notify"), LISTEN_FDS="2",
                              LISTEN_FDNAMES="http:gate", WATCHDOG_USEC="100000"))
    try:
        assert heard.recv(100) == b"READY=1"
        assert heard.recv(100) == b"WATCHDOG=1" and heard.recv(100) == b"WATCHDOG=1"
        with socket.create_connection(http.getsockname()) as c:
            c.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            assert answer(everything(c))[0] == 200
        with socket.socket(socket.AF_UNIX) as c:
            c.connect(path("door"))
            c.sendall(b"rcpt jane@good.test\n")
            assert everything(c) == b"deliverable accepted 250\n"
        p.send_signal(signal.SIGHUP)
        said = b""
        while said != b"READY=1":
            said = heard.recv(100)
            assert said in (b"WATCHDOG=1",
                            b"READY=1") or said.startswith(b"RELOADING=1\nMONOTONIC_USEC="), said
        p.terminate()
        while said != b"STOPPING=1":
            said = heard.recv(100)
        assert p.wait() == 0 and os.path.exists(path("door"))
    finally:
        p.kill()
        p.wait()
        for s in (heard, http, door):
            s.close()


def B14_given():
    """What a service manager gives is looked at: only sockets that listen are taken, and told by
    their names."""
    def start(s, names, *options):
        return server.given((s.fileno(),), [QUOTH, "serve", "--sandbox=" + WORLD[0].port]
                            + list(options), stderr=subprocess.PIPE, text=True,
                            env=dict(os.environ, LISTEN_FDS="1", LISTEN_FDNAMES=names))
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(type=kind) as s:
            s.bind(("127.0.0.1", 0))
            with start(s, "http") as p:
                said = p.communicate()[1]
                assert p.returncode == 64 and "no socket that listens" in said, said
    for names, want in (("http", "http: listening\n"), ("gate", "gate: listening as a gateway\n"),
                        ("gates", "gates: listening\n"), ("", "LISTEN_FDS: listening\n")):
        with socket.create_server(("127.0.0.1", 0)) as s:
            with start(s, names, "--gate-domain", "good.test") as p:
                line = p.stderr.readline()
                p.terminate()
                p.communicate()
                assert line == "quoth: " + want, line


# ---- B20: the page


PAGE = "port/serve/page/index.html"


def B20_page():
    with open(PAGE, "rb") as f:
        source = f.read()
    with Server("--token-file", token_file("shop:%s\n" % TOKEN)) as s:
        status, fields, body = s.ask("GET", "/", Accept_Encoding="gzip, deflate, br")
        assert status == 200 and fields["content-type"] == "text/html; charset=utf-8" and len(
            body) <= 14336
        assert gzip.decompress(body) == source and fields["content-encoding"] == "gzip"
        assert fields["cache-control"] == "no-cache"
        assert fields["x-content-type-options"] == "nosniff"
        assert fields["referrer-policy"] == "no-referrer"
        assert fields["cross-origin-opener-policy"] == "same-origin"
        policy_ = dict(p.strip().split(" ", 1)
                       for p in fields["content-security-policy"].split(";"))
        assert policy_["default-src"] == "'none'" and policy_["connect-src"] == "'self'", policy_
        for tag in ("style", "script"):
            inside = re.findall(("<%s>(.*?)</%s>" % (tag, tag)).encode(), source, re.S)
            assert len(inside) == 1 and source.count(b"<" + tag.encode()) == 1, tag
            wanted = base64.b64encode(hashlib.sha256(inside[0]).digest()).decode()
            assert policy_[tag + "-src"] == "'sha256-%s'" % wanted, policy_
        for known in (fields["etag"], "W/" + fields["etag"], '"x", ' + fields["etag"], "*"):
            got = s.ask("GET", "/", If_None_Match=known)
            assert got[0] == 304 and not got[2] and got[1]["etag"] == fields["etag"], got
            assert got[1]["content-length"] == fields["content-length"], got
        assert s.ask("GET", "/", If_None_Match='"x"')[0] == 200
        assert s.ask("HEAD", "/")[1]["content-length"] == fields["content-length"]
        for taken in (None, "*", "br, GZIP;q=0.5", "gzip ; q=1", "*;q=0, gzip"):
            assert s.ask("GET", "/", Accept_Encoding=taken)[0] == 200, taken
        for taken in ("", "br", "identity", "gzip;q=0", "gzip;q=0.000 , br", "*;q=0",
                      "*, gzip;q=0", "gzipped"):
            got = s.ask("GET", "/", Accept_Encoding=taken)
            problem(got, 406, "not-acceptable")
            assert got[1]["cache-control"] == "no-store", got
        assert s.ask("GET", "/api/v1/self", Authorization=TOKEN)[1]["cache-control"] == "no-store"


def B20_inert():
    """Nothing is loaded from elsewhere, and no bytes of a stranger become elements."""
    with open(PAGE, encoding="utf-8") as f:
        source = f.read()
    for word in ("innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "DOMParser",
                 "setHTML", "srcdoc",
                 "new EventSource", "localStorage", " style=", "@import", "url("):
        assert word not in source, word
    assert not re.search(r"\son[a-z]+=", source.split("<script>")[0])
    # the line for curl
    assert set(re.findall(r"(?:https?:)?//[a-z0-9.:]+", source)) == {"http://127.0.0.1:8025"}
    assert re.findall(r'(?:src|href)="([^#"][^"]*)"', source) == ["data:,"]
    names = re.findall(r'\bid="([^"]+)"', source)
    assert len(set(names)) == len(names)
    for kind, name in re.findall(r'<(input|select|textarea) id="([^"]+)"', source):
        assert '<label for="%s">' % name in source, (kind, name)
    assert "<noscript>" in source and 'lang="en"' in source
    # without a script there is nothing to be pressed
    body = source.split("<body>")[1].split("<script>")[0]
    outer = re.findall(r"<(?:section|nav|form id)\b[^>]*>", body)
    assert len(outer) == 8 + 1 and all("hidden" in tag for tag in outer if "drop" not in tag), outer


def B20_pack():
    """What is too large, or has another style than the one that is summed, is not built."""
    good = "<style>\n</style>\n<script>\n</script>\n"
    noise = base64.b64encode(os.urandom(16000)).decode()
    for text, code in ((good, 0), (good + noise, 1), (good + good, 1),
                       (good.replace("\n</style>", "</style>"), 1), ("", 1)):
        with open(path("page.html"), "w", encoding="utf-8") as f:
            f.write(text)
        p = subprocess.run(["sh", "port/serve/page/pack.sh", "page", path("page.html")],
                           stdin=subprocess.DEVNULL,
                           capture_output=True, text=True, check=False)
        assert p.returncode == code and bool(p.stderr) == bool(code), (text[:80], p)


def B20_browser():
    """Every view in both schemes at 320 pixels; hostile bytes; a token; a server that is gone."""
    if not Browser.found():
        skip("B20_browser", "no chromium here (Debian: chromium)")
        return
    word = "(document.querySelector('#%s .word') || {textContent: ''}).textContent"
    with Server("--token-file", token_file("shop:%s\n" % TOKEN), tcp=True) as s, Browser() as b:
        def check(address, said):
            b.run("location.hash = '#check'; document.querySelector('#address').value = %s; "
                  "document.querySelector('#check form').requestSubmit()" % json.dumps(address))
            b.until("%s.includes(%s)" % (word % "verdict", json.dumps(said)))
        for scheme in ("light", "dark"):
            b.look(320, 640, scheme)
            b.open("http://localhost:%d/" % s.port)
            for view in ("domain", "judge", "check", "self", "sandbox"):
                b.run("location.hash = '#%s'" % view)
                b.until("!document.querySelector('#%s').hidden" % view)
                shown = "document.querySelectorAll('main > section:not([hidden])').length"
                assert b.run(shown) == 1
                assert b.run("document.documentElement.scrollWidth") <= 320, (scheme, view)
            if scheme == "light":
                b.until("!document.querySelector('#door').hidden")
                b.until("document.activeElement.id == 'token'")
                b.run("document.querySelector('#token').value = %s; "
                      "document.querySelector('#door').requestSubmit()" % json.dumps(TOKEN))
            b.until("!document.querySelector('#boxes').hidden")
            check("jane@good.test", "deliverable: accepted")
            b.run("document.querySelector('#follow').checked = true")
            check("greylisted@good.test", "unknown: greylisted")
            text = b.run("document.querySelector('#talk').textContent")
            assert text.count("the server says later: asked again in about") == 3, text
            b.run("document.querySelector('#follow').checked = false")
            check("greylisted@good.test", "unknown: greylisted")
            assert "says later" not in b.run("document.querySelector('#talk').textContent")
            b.run("location.hash = '#self'; document.querySelector('#look').click()")
            b.until("!!document.querySelector('#doctor dl')")
            assert "which leads back" in b.run("document.querySelector('#doctor').textContent")
            assert "open: mail" in b.run("document.querySelector('#identity').textContent")
            assert b.run("document.documentElement.scrollWidth") <= 320
            check("escape@good.test", "undeliverable: user unknown")
            text = b.run("document.querySelector('#talk').textContent")
            assert "RCPT TO:<escape@good.test>" in text and "\\u001b[31m" in text, text
            assert "\\u202e" in text, text
            assert "\x1b" not in text and "\u202e" not in text, text
            check("<img src=x onerror=alert(1)>@good.test", "syntax")
            assert b.run("document.querySelectorAll('main img').length") == 0
            assert b.run("document.documentElement.scrollWidth") <= 320
            for name, said in (("good.test", "Nothing is wrong"), ("nosuch.test", "Bad"),
                               ("a..b", "No report")):
                b.run("location.hash = '#domain'; document.querySelector('#name').value = %s; "
                      "document.querySelector('#domain form').requestSubmit()" % json.dumps(name))
                b.until("%s === %s" % (word % "health", json.dumps(said)))
                assert b.run("document.querySelectorAll('#findings tbody tr').length > 0") == (said
                    == "Bad"), name
                assert b.run("document.documentElement.scrollWidth") <= 320, name
            b.run("location.hash = '#judge'; document.querySelector('#reply').value = "
                  "'550-5.1.1 no\\n550 5.1.1 user'; "
                  "document.querySelector('#judge form').requestSubmit()")
            b.until("%s === 'user unknown'" % (word % "reading"))
            for mine, kind in (({"helo": None}, "wrong"), ({"helo": "a.test"}, "wrong"),
                               ({"helo": "a.test", "port_25": {"open": True}}, "")):  # is it us?
                mine = json.dumps({"port_25": {"open": False}, **mine})
                b.run("window.real ||= fetch; fetch = async () => new Response(%s); self('self')"
                      % json.dumps(mine))
                assert b.run("document.querySelector('#us').className") == "told " + kind, mine
            b.run("fetch = real; 0")
            assert not b.trouble and b.refused() == [], (b.trouble, b.refused())
        b.run("document.body.setAttribute('style', 'color: red')")
        b.until("refused.length")
        assert b.refused() == ["style-src-attr inline"], b.refused()
        assert s.stop() == 0
        check("jane@good.test", "No result")
        assert "does not answer" in b.run("document.querySelector('#verdict').textContent")


def B20_keyboard():
    """Each view by Tab, Enter and Space alone: what is stood on is seen, and nobody falls off it
    when other buttons come."""
    if not Browser.found():
        skip("B20_keyboard", "no chromium here (Debian: chromium)")
        return
    on = "((e) => e.id || e.textContent.trim())(document.activeElement)"
    seen = ("getComputedStyle(document.activeElement).outlineStyle != 'none' || "
            "['BODY', 'H2'].includes(document.activeElement.tagName)")
    with Server("--token-file", token_file("shop:%s\n" % TOKEN), "--gap", "400", tcp=True) as s, \
            Browser() as b:
        def to(where):
            """Tab until it is there: not further than all of them."""
            for _ in range(40):
                if b.run(on) == where:
                    return
                b.press("Tab")
                assert b.run(seen), (where, b.run(on)[:40])
            raise AssertionError("no way to %s, but to %s" % (where, b.run(on)))

        b.look(320, 640)
        b.open("http://localhost:%d/" % s.port)
        stops = []
        for _ in range(9):
            b.press("Tab")
            stops.append(b.run(on))
        assert stops == ["Check", "List", "Domain", "Judge", "Sandbox", "About us", "address",
                         "follow", "Check"], stops
        b.open("http://localhost:%d/" % s.port)
        to("address")
        b.press("nobody@good.test", "Enter")
        b.until("document.activeElement.id == 'token'")
        b.press(TOKEN, "Enter")
        b.until("document.querySelector('#verdict').textContent.includes('user unknown')")
        assert b.run(on) == "address", b.run(on)
        to("again")
        b.run("document.querySelector('#verdict').replaceChildren()")
        b.press("Space")
        b.until("document.querySelector('#verdict').textContent.includes('user unknown')")
        assert b.run(on) == "again", b.run(on)
        list_ = path("people.csv")
        with open(list_, "w", encoding="utf-8") as f:
            f.write("".join("p%d@good.test\n" % i for i in range(400)))
        b.run("location.hash = '#list'")
        b.until("!document.querySelector('#list').hidden")
        file_ = b.say("Runtime.evaluate", expression="document.querySelector('#file')")["result"]
        b.say("DOM.setFileInputFiles", files=[list_], objectId=file_["objectId"])
        b.until("!document.querySelector('#sample').hidden")
        to("ordered")
        b.press("Space")
        assert b.run("document.querySelector('#ordered').checked")
        to("Send it, and see what it would take")
        b.press("Enter")
        b.until("document.querySelector('#how').textContent.includes('It would take')")
        to("Run")
        for pressed, then in (("Run", "Pause"), ("Pause", "Go on"), ("Go on", "Pause")):
            assert b.run(on) == pressed, (pressed, b.run(on))
            b.press("Enter")
            b.until("document.querySelector('#do button').textContent == %s" % json.dumps(then))
        to("Remove")
        b.press("Enter")
        b.until("document.querySelector('#state').textContent == 'It is removed.'")
        assert b.run(on) == "file", b.run(on)
        assert not b.trouble and b.refused() == [], (b.trouble, b.refused())


# ---- Y: mail servers


def gate(*domains, **more):
    """A server with a gateway; its path is s.gate."""
    options = []
    for d in domains:
        options += ["--gate-domain", d]
    s = Server(*options, *more.pop("options", []), **more)
    s.gate = s.unix + "g"
    s.options += ["--gate", "unix:" + s.gate]
    return s


def gate_ask(s, data, half=False):
    """One question; what comes: all of it when half-closed, else as much as one answer."""
    with socket.socket(socket.AF_UNIX) as c:
        c.connect(s.gate)
        c.sendall(data)
        if half:
            c.shutdown(socket.SHUT_WR)
            return everything(c)
        return c.recv(4096)


def policy(address):
    return ("request=smtpd_access_policy\nprotocol_state=RCPT\nsender=a@b.test\nrecipient=%s\n\n"
            % address).encode()


def netstring(text):
    return ("%d:%s," % (len(text), text)).encode()


def Y05_wire():
    with gate("good.test", "Busy.test", "nosuch.test", "nullmx.test", "blocked.test",
              "b\u00fccher.test") as s:
        got = gate_ask(s, policy("jane@good.test"))
        assert got == b"action=DUNNO\n\n", got
        got = gate_ask(s, policy("nobody@Good.Test"))
        assert got.startswith(b"action=550 5.1.1 no such mailbox (") and len(got) == 42, got
        assert b"nobody" not in got and b"mx." not in got
        assert gate_ask(s, policy("jane@elsewhere.test")) == b"action=DUNNO\n\n"
        assert gate_ask(s, policy("")) == b"action=DUNNO\n\n"
        assert gate_ask(s, netstring("rcpt nobody@good.test")) == b"9:NOTFOUND ,"
        assert gate_ask(s, netstring("rcpt jane@good.test")) == b"14:OK deliverable,"
        # of a relay domain that nobody routed no mail is refused; other keys are not addresses
        for key in ("jane@elsewhere.test", "jane@good.test.", "x" * 600 + "@good.test"):
            assert b":TEMP " in gate_ask(s, netstring("rcpt " + key)), key
        for key in ("@good.test", "@elsewhere.test", "jane"):
            assert gate_ask(s, netstring("rcpt " + key)) == b"9:NOTFOUND ,", key
        assert b"550 5.1.2 " in gate_ask(s, policy("jane@b\u00fccher.test"))
        assert gate_ask(s, netstring("access jane@good.test")) == b"8:OK DUNNO,"
        assert gate_ask(s, netstring("access good.test")) == b"9:NOTFOUND ,"
        assert b"OK 550 5.1.1 no such mailbox" in gate_ask(s, netstring("access nobody@good.test"))
        assert gate_ask(s, b"get jane%40good.test\n") == b"200 DUNNO\n"
        assert gate_ask(s, b"get jane%40elsewhere.test\n") == b"500 not%20here\n"
        assert gate_ask(s, b"rcpt nobody@good.test\n",
                        half=True).startswith(b"undeliverable user_unknown 550 5.1.1 (")
        assert gate_ask(s, b"rcpt jane@good.test\n") == b"deliverable accepted 250\n"
        assert gate_ask(s, b"rcpt x@elsewhere.test", half=True) == b"skipped\n"
        assert gate_ask(s, netstring("access jane@nullmx.test")).startswith(b"52:OK 556 5.1.10 ")
        assert b"550 5.1.2 no such domain" in gate_ask(s, policy("jane@nosuch.test"))
        got = gate_ask(s, policy("jane@blocked.test"))
        assert got.startswith(b"action=DEFER_IF_PERMIT 4.2.1 "), got
        for bad in (b"GET / HTTP/1.1\r\n\r\n", b"5:hello,", b"EHLO x\r\n", b"a" * 9000, b"\0\n",
                    b"x=y\nz\n"):
            assert gate_ask(s, bad, half=True) == b"", bad
        log = s.said()
        assert "verdict=undeliverable reason=user_unknown" in log and "nobody" not in log


def Y06_early():
    """A server that thinks too long: "later" now, and the answer for who comes again."""
    with gate("mutercpt.test", "slow.test", options=["--gate-time", "1"]) as s:
        got = gate_ask(s, policy("jane@slow.test"))
        assert got.startswith(b"action=DEFER_IF_PERMIT 4.2.1 address is being verified"), got
        while gate_ask(s, policy("jane@slow.test")) != b"action=DUNNO\n\n":
            pass
        assert gate_ask(s, netstring("rcpt jane@mutercpt.test")) == b"14:TEMP verifying,"
        text = s.ask("GET", "/metrics")[2].decode()
        assert 'quoth_gateway_answers_total{protocol="policy",answer="good"} 1' in text


def Y06_one():
    """Many ask about one address at once: one check. One client asks many times: one connection."""
    with gate("good.test", "slow.test", options=["--connections", "100"]) as s:
        got = []
        threads = [threading.Thread(target=lambda: got.append(gate_ask(s,
            policy("jane@slow.test"))))
                   for _ in range(30)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        assert got == [b"action=DUNNO\n\n"] * 30, got
        assert s.metric("quoth_checks_total{verdict=\"deliverable\",via=\"gateway\"}") == 1
        with socket.socket(socket.AF_UNIX) as c:
            c.connect(s.gate)
            c.sendall(policy("nobody@good.test") + policy("jane@good.test")
                      + netstring("rcpt jane@slow.test"))
            data = b""
            while data.count(b"\n\n") < 2 or not data.endswith(b","):
                data += c.recv(4096)
            assert data.startswith(b"action=550") and data.endswith(
                b"DUNNO\n\n14:OK deliverable,"), data


def Y06_start():
    assert "--gate-domain" in fails("--gate", "unix:" + path("g"))[1]
    assert fails("--gate", "unix:" + path("g"), "--gate-domain", "a b")[0] == 64
    assert fails("--gate", "0.0.0.0:0", "--gate-domain", "good.test")[0] == 64


suite("serve", globals(), "BY")
