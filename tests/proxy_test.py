#!/usr/bin/env python3
"""proxy_test.py - nginx, HAProxy and Apache in front of `quoth serve`, with the lines of
port/serve/contrib.

10,000 requests on connections that are kept alive, each answered for its own target; the malformed
requests; events as they happen. They are got as e2e/fetch.sh gets servers, into PROXY_DEPS; without
them it is skipped aloud; where CI is set that fails. Last line: "proxy: N passed, N failed".

SPDX-License-Identifier: MIT
"""
import glob
import os
import re
import shutil
import socket
import subprocess
import threading

from server import TMP, Server, answer, everything, free_port, path, skip, suite

DEPS = os.environ.get("PROXY_DEPS", "build/deps/e2e")
ROOT = DEPS + "/root"
EACH = int(os.environ.get("PROXY_REQUESTS", "10000"))
GOOD = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def find(name):
    for at in (ROOT + "/usr/sbin/" + name, shutil.which(name) or ""):
        if at and os.path.exists(at):
            return at
    skip(name, "not found here")
    return None


def lines(name, unix, port):
    """The lines of contrib, for this place and without TLS."""
    with open("port/serve/contrib/" + name, encoding="utf-8") as f:
        text = f.read().replace("/run/quoth/http", unix)
    text = re.sub(r"listen 443 ssl;", "listen 127.0.0.1:%d;" % port, text)
    text = re.sub(r"bind :443 ssl crt \S+", "bind 127.0.0.1:%d" % port, text)
    text = re.sub(r"VirtualHost \*:443", "VirtualHost 127.0.0.1:%d" % port, text)
    return re.sub(r"\n *(ssl_|SSL)\S+ .*", "", text)


class Proxy:
    """One of them, until it takes connections."""

    def __init__(self, command, port):
        self.port = port
        libs = ":".join(glob.glob(ROOT + "/usr/lib/*-linux-*")
                        + [os.environ.get("LD_LIBRARY_PATH", "")])
        self.log = open(path("proxy.log"), "w+", encoding="utf-8")
        self.p = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.log,
                                  stderr=self.log,
                                  env=dict(os.environ, LD_LIBRARY_PATH=libs))
        while True:
            try:
                self.connect().close()
                return
            except OSError:
                if self.p.poll() is not None:
                    with open(self.log.name, encoding="utf-8") as f:
                        raise AssertionError("it did not start: " + f.read()) from None

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.p.terminate()
        self.p.wait()
        self.log.close()


def nginx(unix):
    command, port = find("nginx"), free_port()
    if not command:
        return None
    name, home = path("nginx.conf"), path("nginx")
    os.makedirs(home, exist_ok=True)
    temp = "".join("%s_temp_path %s/%s;\n" % (t, home, t)
                   for t in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    with open(name, "w", encoding="utf-8") as f:
        f.write("daemon off; master_process off; pid %s/pid; error_log stderr warn;\n"
                "events {}\nhttp {\naccess_log off; keepalive_requests 1000000;\n%s%s}\n"
                % (home, temp, lines("nginx.conf", unix, port)))
    return Proxy([command, "-c", name, "-e", "stderr"], port)


def haproxy(unix):
    command, port = find("haproxy"), free_port()
    if not command:
        return None
    name = path("haproxy.cfg")
    with open(name, "w", encoding="utf-8") as f:
        f.write(lines("haproxy.cfg", unix, port))
    return Proxy([command, "-db", "-f", name], port)


def apache(unix):
    """As an ordinary user: it serves nothing as root."""
    command, port = find("apache2"), free_port()
    if not command:
        return None
    name, home = path("apache.conf"), path("apache")
    os.makedirs(home, exist_ok=True)
    if os.getuid() == 0:
        os.chmod(TMP.name, 0o711)
        os.chmod(unix, 0o666)
    modules = os.path.abspath(command + "/../../lib/apache2/modules/mod_")
    with open(name, "w", encoding="utf-8") as f:
        for module in ("mpm_event", "authz_core", "env", "proxy", "proxy_http"):
            f.write("LoadModule %s_module %s%s.so\n" % (module, modules, module))
        f.write("Listen 127.0.0.1:%d\nDefaultRuntimeDir %s\nPidFile %s/pid\nServerName quoth\n"
                "User #65534\nGroup #65534\nErrorLog %s/log\nMaxKeepAliveRequests 0\n%s"
                % (port, home, home, home, lines("apache.conf", unix, port)))
    return Proxy([command, "-DFOREGROUND", "-f", name], port)


def read_answer(f):
    status = f.readline()
    fields = {}
    for line in iter(f.readline, b"\r\n"):
        name, _, value = line.decode().rstrip("\r\n").partition(": ")
        fields[name.lower()] = value
    if fields.get("transfer-encoding") == "chunked":
        body = b""
        while True:
            n = int(f.readline(), 16)
            body += f.read(n)
            f.readline()
            if not n:
                return status, fields, body
    return status, fields, f.read(int(fields["content-length"]))


def each_its_own(proxy):
    """Each answer names the target of its own request, whatever the other connections ask."""
    wrong = []

    def one(client):
        with proxy.connect() as s, s.makefile("rb") as f:
            for i in range(EACH // 8):
                target = "/api/v1/nowhere-%d-%d" % (client, i)
                body = b"x" * (i % 7)
                how = (b"POST", b"Content-Length: %d\r\n"
                       % len(body)) if i % 3 == 0 else (b"GET", b"")
                s.sendall(b"%s %s HTTP/1.1\r\nHost: quoth.example\r\n%s\r\n" % (how[0],
                    target.encode(), how[1])
                          + (body if i % 3 == 0 else b""))
                status, fields, got = read_answer(f)
                if b" 404 " not in status or ('"%s"' % target).encode() not in got:
                    wrong.append((target, status, fields, got))
                    return
    threads = [threading.Thread(target=one, args=(i,)) for i in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong, wrong[0]


def malformed(proxy):
    """Refused by the proxy or by us, or made good by the proxy; the next client is answered for its
    own request."""
    for seed in sorted(os.listdir("fuzz/corpus/http")):
        with open("fuzz/corpus/http/" + seed, "rb") as f:
            data = f.read()[1:]
        with proxy.connect() as s:
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
            try:
                got = everything(s)
            except OSError:
                got = b""
        assert got.count(b"HTTP/1.1 ") <= data.count(b"HTTP/1."), (seed, got)
        with proxy.connect() as s:
            s.sendall(GOOD)
            status, _, body = answer(everything(s))
            assert status == 200 and body == b"ok\n", (seed, status, body)


def events(proxy, server):
    """All that was said before the server fell silent comes before the result is there."""
    body = b'{"addresses":["jane@mutercpt.test"]}'
    with proxy.connect() as s:
        s.sendall(b"POST /api/v1/checks HTTP/1.1\r\nHost: localhost\r\n"
                  b"Content-Type: application/json\r\nContent-Length: %d\r\n"
                  b"Connection: close\r\n\r\n%s" % (len(body), body))
        ident = re.search(rb'"id":"([a-z2-7]+)"', everything(s)).group(1)
    with proxy.connect() as s, s.makefile("rb") as f:
        s.sendall(b"GET /api/v1/checks/%s HTTP/1.1\r\nHost: localhost\r\n"
                  b"Accept: text/event-stream\r\n\r\n" % ident)
        for line in f:
            assert b"event: result" not in line, "only with the result"
            if b"RCPT TO" in line:
                break
        assert b'"running"' in server.ask("GET", "/api/v1/checks/" + ident.decode())[2]


def through(make):
    with Server("--host", "quoth.example", "--connections", "200") as s:
        proxy = make(s.unix)
        if not proxy:
            return
        with proxy:
            each_its_own(proxy)
            malformed(proxy)
            events(proxy, s)


def B40_nginx():
    through(nginx)


def B40_haproxy():
    through(haproxy)


def B40_apache():
    through(apache)


if subprocess.run(["tests/e2e/fetch.sh", DEPS], stdin=subprocess.DEVNULL, check=False).returncode:
    print("proxy: some servers are missing")
suite("proxy", globals(), "B")
