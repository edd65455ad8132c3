"""server.py - `quoth serve` as its suites use it: started beside the sandbox, asked, and stopped.

    from server import Server, problem, suite

    def B09_about():                        a case, named after its rule
        with Server("--wait", "5") as s:    on a Unix socket; with tcp=True on a port as well
            s.ask("GET", "/version")        (status, fields, body)

    skip("a page", "no browser here")       of a case that cannot run; where CI is set it fails

    suite("serve", globals(), "BY")         runs the cases whose names begin with B or Y,
                                            prints "serve: N passed, N failed"

SPDX-License-Identifier: MIT
"""
import json
import os
import random
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading

QUOTH = os.environ.get("QUOTH", "build/quoth")
TMP = tempfile.TemporaryDirectory()
TOKEN = "0123456789abcdef"
WORLD = []  # the sandbox of this run


def path(name):
    return os.path.join(TMP.name, name)


def quoth_below(name, what):
    """A command that is quoth, started by these words of the shell."""
    command = path(name)
    with open(command, "w", encoding="utf-8") as f:
        f.write("#!/bin/sh\n%s %s \"$@\"\n" % (what, os.path.abspath(QUOTH)))
    os.chmod(command, 0o700)
    return command


def free_port():
    """A port of loopback that nobody listens on. Below those the kernel hands out (from 32768 on),
    so that no connection of a suite that runs beside this one takes it before the server has it."""
    while True:
        with socket.socket() as s:
            try:
                port = random.randrange(10000, 32768)
                s.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass


class Sandbox:
    """The sandbox on any free port."""

    def __init__(self, *options):
        self.options = list(options)

    def __enter__(self):
        self.p = subprocess.Popen([QUOTH, "sandbox", "--port", "0", "--quiet"] + self.options,
                                  stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, text=True)
        line = self.p.stdout.readline()
        while line and not line.startswith("ready:"):
            line = self.p.stdout.readline()
        self.port = line.split("port ")[1].strip()
        return self

    def __exit__(self, *_):
        self.p.terminate()
        self.offence = self.p.wait()


class Listener:
    """What a test plays on loopback: each connection has a thread that runs talk(*args), with what
    accepted() gave, which runs in the order of the connections."""

    def __init__(self, port=0):
        self.s = socket.socket()
        self.s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.s.bind(("127.0.0.1", port))
        self.s.listen(64)
        self.port = self.s.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                c, _ = self.s.accept()
            except OSError:
                return
            threading.Thread(target=self.talk, args=self.accepted(c), daemon=True).start()


class Clock:
    """Two clocks that a test moves, of a server that has them. Milliseconds."""

    def __init__(self, wall_ms=0):
        self.file, self.shim = path("clock%d" % id(self)), path("clock.so")
        self.run = self.wall = 0
        self.jump(wall_ms)
        if not os.path.exists(self.shim):
            subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-o", self.shim,
                            os.path.join(os.path.dirname(__file__), "clock.c")], check=True)

    def jump(self, wall_ms):
        """The wall clock is set to another time."""
        self.passes(0, wall_ms)

    def passes(self, ms, more=0):
        self.run += ms
        self.wall += ms + more
        with open(self.file, "r+b" if os.path.exists(self.file) else "wb") as f:
            f.write(struct.pack("qq", self.run, self.wall))

    def world(self):
        return dict(os.environ, LD_PRELOAD=self.shim, QUOTH_CLOCK=self.file,
                    ASAN_OPTIONS="verify_asan_link_order=0")


class Server:
    """A server on a Unix socket, and on a free port of loopback where `tcp`. It asks the sandbox,
    or as the options `world` say."""

    def __init__(self, *options, tcp=False, sandbox=None, clock=None, world=None):
        self.options = list(options)
        self.unix = path("s%d" % id(self))
        self.tcp = tcp
        self.clock = clock
        self.port = None
        self.sandbox = sandbox or WORLD[0].port
        self.world = world or ["--sandbox=" + self.sandbox]
        self.gate = None  # the path where mail servers ask, opened after the others

    def __enter__(self):
        listen = ["--listen", "unix:" + self.unix]
        if self.tcp:
            self.port = free_port()
            listen += ["--listen", "127.0.0.1:%d" % self.port]
        self.err = open(path("err%d" % id(self)), "w+")
        self.p = subprocess.Popen([QUOTH, "serve"] + self.world + listen + self.options,
                                  stdin=subprocess.DEVNULL, stderr=self.err,
                                  env=self.clock.world() if self.clock else None)
        while True:
            try:
                with self.connect() as c:  # it hangs up once it has said all and goes round
                    c.shutdown(socket.SHUT_WR)
                    everything(c)
                if self.gate:
                    with socket.socket(socket.AF_UNIX) as c:
                        c.connect(self.gate)
                return self
            except OSError:
                if self.p.poll() is not None:
                    raise AssertionError("it did not start: " + self.said())

    def __exit__(self, failed, *_):
        ended = self.p.poll() is not None
        code = self.stop()
        assert failed or ended or code in (0, -signal.SIGKILL), (code, self.said())
        self.err.close()

    def stop(self):
        if self.p.poll() is None:
            self.p.terminate()
        return self.p.wait()

    def said(self):
        with open(self.err.name) as f:
            return f.read()

    def connect(self):
        if self.tcp:
            s = socket.create_connection(("127.0.0.1", self.port))
        else:
            s = socket.socket(socket.AF_UNIX)
            s.connect(self.unix)
        return s

    def send(self, data):
        """What comes until the server hangs up."""
        with self.connect() as s:
            s.sendall(data)
            return everything(s)

    def ask(self, method, target, body=None, **fields):
        """(status, fields, body)"""
        head = {"Host": "localhost", "Connection": "close"}
        if body is not None:
            body = body if isinstance(body, bytes) else json.dumps(body).encode()
            head["Content-Length"] = str(len(body))
            head["Content-Type"] = "application/json"
        head.update({k.replace("_", "-"): v for k, v in fields.items()})
        text = "%s %s HTTP/1.1\r\n" % (method, target)
        text += "".join("%s: %s\r\n" % kv for kv in head.items() if kv[1] is not None) + "\r\n"
        return answer(self.send(text.encode() + (body or b"")))

    def check(self, address, **more):
        return self.ask("POST", "/api/v1/checks", dict(address=address, **more))

    def metric(self, name):
        """The number at NAME, or at NAME{...} the sum of all of them."""
        rows = [line.rsplit(" ", 1) for line in
                self.ask("GET", "/metrics")[2].decode().splitlines()]
        found = [int(row[1]) for row in rows if name in (row[0], row[0].split("{")[0])]
        assert found, "no " + name
        return sum(found)


def everything(s):
    data = b""
    while True:
        more = s.recv(65536)
        if not more:
            return data
        data += more


def answer(data):
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    fields = {}
    for line in lines[1:]:
        name, _, value = line.partition(": ")
        fields[name.lower()] = value
    return int(lines[0].split()[1]), fields, body


def problem(got, status, ident):
    assert got[0] == status, (got, status)
    assert got[1]["content-type"] == "application/problem+json", got
    body = json.loads(got[2])
    assert body["type"] == "urn:quoth:problem:" + ident and body["status"] == status, body
    assert body["detail"], body
    return body


def token_file(text, mode=0o640):
    name = path("token")
    with open(name, "w") as f:
        f.write(text)
    os.chmod(name, mode)
    return name


def given(fds, command, **more):
    """A process that finds these descriptors at 3, 4, ..., as a service manager hands them on, and
    its own number in LISTEN_PID. A shell would not do: dash reads one digit of a descriptor."""
    script = ("import os, sys\n"
              "fds = [os.dup(int(f)) for f in sys.argv[1].split()]\n"
              "high = [os.dup2(f, 64 + i) for i, f in enumerate(fds)]\n"
              "[os.dup2(f, 3 + i) for i, f in enumerate(high)]\n"
              "os.environ['LISTEN_PID'] = str(os.getpid())\n"
              "os.execvp(sys.argv[2], sys.argv[2:])\n")
    return subprocess.Popen([sys.executable, "-c", script, " ".join(map(str, fds))] + command,
                            stdin=subprocess.DEVNULL, pass_fds=fds, **more)


def fails(*options):
    p = subprocess.run([QUOTH, "serve", "--sandbox=" + WORLD[0].port] + list(options),
                       stdin=subprocess.DEVNULL,
                       stderr=subprocess.PIPE, text=True, check=False)
    return p.returncode, p.stderr


def skip(what, why):
    """Told, and not run. Where CI is set nothing may be missing: then it fails."""
    assert not os.environ.get("CI"), "%s: %s" % (what, why)
    print("SKIPPED %s: %s" % (what, why))


def run(cases):
    passed = failed = 0
    for name, case in cases:
        try:
            case()
            passed += 1
        except Exception as e:  # pylint: disable=broad-except
            failed += 1
            at = e.__traceback__.tb_next
            print("FAILED %s: line %d: %s %s" % (name, at.tb_lineno, type(e).__name__,
                                                 str(e)[:600]))
    return passed, failed


def suite(name, names, groups):
    """Run the cases among `names`, or those of them that the command line names, and end the
    process."""
    cases = [(n, f) for n, f in sorted(names.items()) if n[0] in groups and n[1:3].isdigit()]
    if len(sys.argv) > 1:
        cases = [c for c in cases if c[0] in sys.argv[1:]]
    with Sandbox() as sandbox:
        WORLD.append(sandbox)
        passed, failed = run(cases)
    if sandbox.offence:
        failed += 1
        print("FAILED: a client did what a verifier must never do")
    print("%s: %d passed, %d failed" % (name, passed, failed))
    sys.exit(failed != 0)
