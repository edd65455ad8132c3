#!/usr/bin/env python3
"""gate_test.py - a gateway before an inner server that this test plays: routes, senders, what
outlives a restart.

Each case is a function named after its rule (Y08_route). Nothing here measures time: a case that
waits, waits for something that happens. Last line: "gate: N passed, N failed".

SPDX-License-Identifier: MIT
"""
import os
import re
import shutil
import signal
import socket
import subprocess
import threading

from server import Clock, Listener, Server, fails, path, skip, suite


class Inner(Listener):
    """A mail server on loopback that knows whoever's name begins with "u"; what it was asked, and
    how often it was called. To RCPT it answers only while `may` is set. `left`: the last words of
    those who are gone."""

    def __init__(self, port=0, offers=b"PIPELINING"):
        self.offers = offers
        self.asked, self.calls, self.left = [], 0, []
        self.may = threading.Event()
        self.may.set()
        self.no = b"550 5.1.1 no such user here, says mail.inner.corp\r\n"
        self.words = {}  # of others
        self.clients = []
        super().__init__(port)

    def accepted(self, c):
        self.calls += 1
        self.clients.append(c)
        return (c,)

    def talk(self, c):
        line = b""
        try:
            c.sendall(b"220 mail.inner.corp ESMTP\r\n")
            for line in c.makefile("rb"):
                word = line[:4].upper()
                if word == b"EHLO":
                    c.sendall(b"250-mail.inner.corp\r\n250 %s\r\n" % self.offers)
                elif word == b"RCPT":
                    local = re.search(rb"<(.*)@", line).group(1).decode()
                    self.asked.append(local)
                    self.may.wait()
                    c.sendall(self.words.get(local, b"250 2.1.5 ok\r\n" if local.startswith("u")
                                             else self.no))
                elif word == b"QUIT":
                    c.sendall(b"221 bye\r\n")
                    break
                else:
                    c.sendall(b"250 ok\r\n")
            c.close()
        except OSError:
            pass
        self.left.append(line)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.s.shutdown(socket.SHUT_RDWR)
        self.s.close()
        for c in self.clients:
            c.close()


def gate(*options, clock=None):
    s = Server(*options, clock=clock)
    s.gate = s.unix + "g"
    s.options += ["--gate", "unix:" + s.gate]
    return s


def ask(s, text):
    """One question, and all of its answer."""
    with socket.socket(socket.AF_UNIX) as c:
        c.connect(s.gate)
        c.sendall(text.encode())
        return c.recv(4096).decode()


def rcpt(s, address):
    return ask(s, "request=smtpd_access_policy\nprotocol_state=RCPT\nsender=\nrecipient=%s\n\n"
               % address)[7:].strip()


def sender(s, address, context="sender"):
    return ask(s, "request=smtpd_access_policy\nprotocol_state=RCPT\nsender=%s\n"
               "recipient=u1@inner.corp\npolicy_context=%s\n\n" % (address, context))[7:].strip()


def netstring(text):
    return "%d:%s," % (len(text), text)


GOOD, LATER, NONE = "DUNNO", "DEFER_IF_PERMIT 4.2.1 ", "550 5.1.1 no such mailbox ("


# ---- Y08: whom to ask


def Y08_route():
    """The inner server is asked and not the MX, for a name that only we know, and on a network
    closed to strangers."""
    with Inner() as inner, gate("--route", "Inner.Corp=127.0.0.1:%d" % inner.port, "--pace",
                                "polite") as s:
        assert rcpt(s, "u1@inner.corp") == GOOD
        assert rcpt(s, "x1@INNER.CORP").startswith(NONE)
        assert rcpt(s, "u1@good.test") == GOOD and rcpt(s, "nobody@good.test") == GOOD  # not ours
        assert ask(s, netstring("rcpt x1@inner.corp")) == "9:NOTFOUND ,"
        assert inner.asked == ["u1", "x1"], inner.asked  # once each, and nobody made up
        # No pace: many, one after the other.
        for i in range(40):
            assert rcpt(s, "%s@inner.corp" % ("u%d" if i % 2 else "x%d")
                        % i).startswith((GOOD, NONE))
        got = s.check("x5@inner.corp")  # over HTTP it is the same server
        assert got[0] == 200 and b'"user_unknown"' in got[2], got
        assert "mail.inner.corp" not in rcpt(s, "x7@inner.corp")


def Y08_name():
    """By a host name: its address is looked up."""
    with gate("--route", "good.test=mx.blocked.test:1", "--gate-time", "1") as s:
        assert rcpt(s, "jane@good.test").startswith(LATER)  # nobody is there


def Y08_start():
    where = "unix:" + path("g")
    assert "--route" in fails("--gate", where)[1]
    for route in ("inner.corp", "a b=127.0.0.1", "inner.corp=", "inner.corp=nodots",
                  "inner.corp=127.0.0.1:0",
                  "inner.corp=127.0.0.1:99999", "=127.0.0.1", "inner.corp=" + "a." * 200 + "b"):
        assert fails("--gate", where, "--route", route)[0] == 64, route
    assert fails("--gate", where, "--gate-domain", "good.test=127.0.0.1")[0] == 64


def Y08_many():
    """However many ask at once, ten conversations at most are open with the inner server."""
    with Inner() as inner, gate("--route", "inner.corp=127.0.0.1:%d" % inner.port,
                                "--connections", "300") as s:
        got = [None] * 200

        def one(i):
            got[i] = rcpt(s, "%s%d@inner.corp" % ("u" if i % 2 else "x", i))
        threads = [threading.Thread(target=one, args=(i,)) for i in range(200)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        for i, said in enumerate(got):
            assert said.startswith(GOOD if i % 2 else NONE), (i, said)
        # one that was accepted vouches for refusals behind it, by being asked again
        refused = sorted(name for name in inner.asked if name[0] == "x")
        assert refused == sorted(set(refused)), "one was asked twice"
        assert len(inner.asked) < 300, "more vouch than there are conversations"


# ---- B12: nobody's conversation breaks off, where QUIT does not come along with RCPT (no
# PIPELINING)


def stopping(s):
    """SIGTERM was heard: nothing new is taken."""
    s.p.terminate()
    while os.path.exists(s.unix):
        assert s.p.poll() is None or not os.path.exists(s.unix)


def quits(s, inner):
    """SIGTERM while the inner server thinks about RCPT; then it answers."""
    while not inner.asked:
        assert s.p.poll() is None
    stopping(s)
    inner.may.set()
    assert s.p.wait() == 0, s.said()
    while not inner.left:
        pass
    assert inner.left == [b"QUIT\r\n"], inner.left


def B12_quit():
    """Whoever asked has gone, so nobody waits for the answer: the mail server hears QUIT all the
    same."""
    with Inner(offers=b"SIZE") as inner, gate("--route",
                                              "inner.corp=127.0.0.1:%d" % inner.port) as s:
        inner.may.clear()
        assert s.check("ursula@inner.corp", wait_s=0)[0] == 202
        quits(s, inner)


def B12_list():
    """The same with a list that is running."""
    state = path("quits")
    os.mkdir(state)
    with Inner(offers=b"SIZE") as inner, gate("--route", "inner.corp=127.0.0.1:%d" % inner.port,
                                              "--state-dir", state) as s:
        inner.may.clear()
        got = s.ask("POST", "/api/v1/jobs?format=lines", b"ursula@inner.corp\n",
                    Content_Type="text/plain")
        assert got[0] == 201, got
        quits(s, inner)


def B12_twice():
    """A second signal waits for nobody, though the mail server says nothing."""
    with Inner(offers=b"SIZE") as inner, gate("--route",
                                              "inner.corp=127.0.0.1:%d" % inner.port) as s:
        inner.may.clear()
        assert s.check("ursula@inner.corp", wait_s=0)[0] == 202
        while not inner.asked:
            assert s.p.poll() is None
        stopping(s)
        s.p.terminate()
        assert s.p.wait() == 0, s.said()
        assert "given up" in s.said(), s.said()
        inner.may.set()


# ---- Y06, Y09: the inner server is away, and so are we


def Y06_away():
    """Away: yes for who was good, later for all others. Never a no."""
    with gate("--route", "inner.corp=127.0.0.1:1") as s:  # nobody listens there
        assert rcpt(s, "u1@inner.corp").startswith(LATER)
        assert rcpt(s, "x1@inner.corp").startswith(LATER)
        assert ask(s, netstring("rcpt x1@inner.corp")) == "14:TEMP verifying,"


def Y06_no_proof():
    """What an inner server says of us, or for now, is no proof."""
    for no in (b"450 4.2.0 later\r\n", b"554 5.7.1 you are blocked, see https://bl.example/\r\n",
               b"550 5.7.1 relaying denied\r\n", b"452 4.2.2 full\r\n",
               b"421 4.3.2 shutting down\r\n", b"rubbish\r\n"):
        with Inner() as inner, gate("--route", "inner.corp=127.0.0.1:%d" % inner.port,
                                    "--gate-time", "2") as s:
            inner.no = no
            assert not rcpt(s, "x1@inner.corp").startswith("5"), no


def Y09_restart():
    """What is known outlives a restart, and holds no address."""
    state = path("known")
    os.mkdir(state)
    with Inner() as inner:
        options = ["--route", "inner.corp=127.0.0.1:%d" % inner.port, "--state-dir", state]
        with gate(*options) as s:
            assert rcpt(s, "u1@inner.corp") == GOOD and rcpt(s, "x1@inner.corp").startswith(NONE)
            name = rcpt(s, "x1@inner.corp")
            assert s.stop() == 0
        with open(os.path.join(state, "known"), encoding="ascii") as f:
            text = f.read()
        assert text.startswith("quoth-known 1\nkey ") and text.endswith("\nend 2\n"), text
        assert "inner" not in text and "u1" not in text
        asked = len(inner.asked)
        with gate(*options) as s:
            assert rcpt(s, "u1@inner.corp") == GOOD and rcpt(s, "x1@inner.corp") == name
            assert len(inner.asked) == asked, "asked again"
            assert s.stop() == 0
        with Inner() as other:  # what one server said is not known of another
            with gate("--route", "inner.corp=127.0.0.1:%d" % other.port, "--state-dir",
                      state) as s:
                assert rcpt(s, "x1@inner.corp").startswith(NONE) and "x1" in other.asked
        for bad in (text[:-6], text.replace("end 2", "end 3"), text + "x\n",
                    text.replace("key ", "key x"), "",
                    text.replace("\nend", "\n0 0 0 0 0 0 0 9\nend").replace("end 2", "end 3")):
            with open(os.path.join(state, "known"), "w", encoding="ascii") as f:
                f.write(bad)
            with gate(*options) as s:
                assert "damaged" in s.said(), bad
                assert rcpt(s, "x1@inner.corp").startswith(NONE)
                assert s.stop() == 0


def Y09_forget():
    """What is to be forgotten leaves the file as well, not only a minute later."""
    state, clock = path("forget"), Clock()
    os.mkdir(state)
    file = os.path.join(state, "known")

    def end(s, n):
        while True:
            assert s.p.poll() is None
            if os.path.exists(file):
                with open(file, encoding="ascii") as f:
                    if f.read().endswith("\nend %d\n" % n):
                        return
            s.ask("GET", "/version")
    with Inner() as inner:
        options = ["--route", "inner.corp=127.0.0.1:%d" % inner.port, "--state-dir", state]
        with gate(*options, clock=clock) as s:
            assert rcpt(s, "u1@inner.corp") == GOOD and rcpt(s, "x1@inner.corp").startswith(NONE)
            clock.passes(61000)
            end(s, 2)
            assert s.ask("DELETE", "/api/v1/cache/x1%40inner.corp")[0] == 204
            end(s, 1)
            s.p.kill()
            s.p.wait()
        with gate(*options) as s:
            assert rcpt(s, "x1@inner.corp").startswith(NONE) and inner.asked.count("x1") == 2


def Y09_killed():
    """kill -9 in the middle of a question: the next server answers, and an old file is whole."""
    state = path("killed")
    os.mkdir(state)
    with Inner() as inner:
        options = ["--route", "inner.corp=127.0.0.1:%d" % inner.port, "--state-dir", state]
        with gate(*options) as s:
            assert rcpt(s, "x1@inner.corp").startswith(NONE)
            assert s.stop() == 0
        for _ in range(3):
            with gate(*options) as s:
                with socket.socket(socket.AF_UNIX) as c:
                    c.connect(s.gate)
                    c.sendall(b"request=smtpd_access_policy\nrecipient=u2@inner.corp\n\n")
                    s.p.send_signal(signal.SIGKILL)
                    s.p.wait()
            with gate(*options) as s:
                assert "damaged" not in s.said()
                assert rcpt(s, "x1@inner.corp").startswith(NONE)
                s.p.send_signal(signal.SIGKILL)
                s.p.wait()


def Y05_haraka():
    """The plugin for Haraka, with what Haraka would give it played by a script."""
    if not shutil.which("node"):
        skip("Haraka's plugin", "no node here")
        return
    with Inner() as inner, gate("--route", "inner.corp=127.0.0.1:%d" % inner.port, "--route",
                                "away.corp=127.0.0.1:1", "--gate-refuse", "disabled") as s:
        script = """
            Object.assign(global, {DENY: 'DENY', DENYSOFT: 'DENYSOFT'});
            const plugin = require(process.argv[1]);
            plugin.config = {get: () => ({main: {socket: process.argv[2]}})};
            plugin.register();
            const rcpt = (address) => new Promise((done) => plugin.hook_rcpt(
                (...said) => done(said.join(' ')), {}, [{address: () => address}]));
            (async () => { for (const a of process.argv.slice(3)) console.log(await rcpt(a)); })();
        """
        plugin = os.path.abspath("port/gateway/contrib/haraka.js")

        def run(*addresses):
            return subprocess.run(["node", "-e", script, plugin, s.gate] + list(addresses),
                                  stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, text=True,
                                  check=True).stdout.split("\n")[:-1]
        inner.words["off"] = b"550 5.2.1 mailbox disabled\r\n"
        yes, no, none, later, off = run("u1@inner.corp", "x1@inner.corp", "jane@good.test",
                                        "u1@away.corp", "off@inner.corp")
        assert yes == "" and none == "", (yes, none)
        assert re.fullmatch(r"DENY 5\.1\.1 no such mailbox \(.{5}\)", no), no
        assert later.startswith("DENYSOFT address is being verified"), later
        assert re.fullmatch(r"DENY 5\.2\.1 mailbox is disabled \(.{5}\)", off), off
        assert s.stop() == 0
        assert run("x1@inner.corp") == [""]


# ---- Y11, Y12: full, disabled


FULL, CLOSED = "DEFER_IF_PERMIT 4.2.2 mailbox is full (", "550 5.2.1 mailbox is disabled ("


def Y11_wire():
    """Good, unless it is to be told: full then later, closed for good refused, each with its
    reason. What is closed for now is good either way."""
    words = {"full": b"552 5.2.2 mailbox is full\r\n", "off": b"550 5.2.1 mailbox disabled\r\n",
             "soon": b"450 4.2.1 mailbox disabled\r\n"}
    full, off = ["--gate-defer", "full"], ["--gate-refuse", "disabled"]
    for options, said in (([], {}), (full, {"full": FULL}), (off, {"off": CLOSED}),
                          (full + off, {"full": FULL, "off": CLOSED})):
        clock = Clock()
        clock.passes(1000)
        with Inner() as inner, gate("--route", "inner.corp=127.0.0.1:%d" % inner.port, "--callback",
                                    *options, clock=clock) as s:
            inner.words = dict(words)
            for name in words:
                want = said.get(name, GOOD)
                for _ in range(2):
                    assert rcpt(s, name + "@inner.corp").startswith(want), (options, name)
                assert inner.asked.count(name) == 1
                assert ask(s, netstring("rcpt %s@inner.corp" % name)) == "14:OK deliverable,"
                assert ":OK %s" % want in ask(s, netstring("access %s@inner.corp" % name))
                assert ask(s, "get %s@inner.corp\n" % name).startswith("200 " + want.replace(" ",
                    "%20"))
                line = ask(s, "rcpt %s@inner.corp\n" % name)
                assert line.startswith("risky mailbox_" if name in said else "deliverable "), line
            text = s.ask("GET", "/metrics")[2].decode()
            count = 'quoth_gateway_answers_total{protocol="policy",answer="%s"} %d\n'
            assert count % ("full", 2 * ("full" in said)) in text, text
            assert count % ("disabled", 2 * ("off" in said)) in text, text
            for name in words:
                assert sender(s, name + "@inner.corp") == GOOD
            clock.passes(15 * 60 * 1000)
            inner.words = {name: b"250 ok\r\n" for name in words}
            if "full" in said:
                assert rcpt(s, "full@inner.corp") == GOOD and inner.asked.count("full") == 2
            if "off" in said:
                assert rcpt(s, "off@inner.corp").startswith(CLOSED)
                clock.passes(3 * 3600 * 1000)
                assert rcpt(s, "off@inner.corp") == GOOD and inner.asked.count("off") == 2
    for wrong in (("--gate-defer", "empty"), ("--gate-defer", "disabled"),
                  ("--gate-refuse", "full")):
        assert fails(*wrong)[0] == 64, wrong


def Y11_restart():
    """Full and closed outlive a restart, for a gateway that tells them."""
    state = path("boxes")
    os.mkdir(state)
    with Inner() as inner:
        inner.words = {"u1": b"552 5.2.2 mailbox is full\r\n",
                       "off": b"550 5.2.1 mailbox disabled\r\n"}
        options = ["--route", "inner.corp=127.0.0.1:%d" % inner.port, "--state-dir", state]
        for tells in (1, 1, 0):
            with gate(*options, *["--gate-defer", "full", "--gate-refuse",
                                  "disabled"][:4 * tells]) as s:
                assert rcpt(s, "u1@inner.corp").startswith(FULL if tells else GOOD), tells
                assert inner.asked.count("u1") == 1
                assert rcpt(s, "off@inner.corp").startswith(CLOSED if tells else GOOD), tells
                assert inner.asked.count("off") == 2 - tells
                assert s.stop() == 0


def Y12_good():
    """Who was good is refused after two refusals ten minutes apart, of which a 4yz is none."""
    minute, clock = 60 * 1000, Clock()
    clock.passes(1000)
    with Inner() as inner, gate("--route", "inner.corp=127.0.0.1:%d" % inner.port,
                                "--gate-refuse", "disabled", clock=clock) as s:
        def asked_again(n):
            """A stale one is answered first and asked then."""
            total = 0
            while total < n:
                text = s.ask("GET", "/metrics")[2].decode()
                total = sum(int(x) for x in re.findall('quoth_checks_total.*"gateway"} (.*)', text))
            assert inner.asked.count("u1") == n
        assert rcpt(s, "u1@inner.corp") == GOOD
        for n, word in ((2, b"450 4.2.1 mailbox disabled"), (3, b"550 5.2.1 mailbox disabled"),
                        (4, b"550 5.2.1 mailbox disabled")):
            clock.passes(10 * minute if n == 4 else 25 * 60 * minute)
            inner.words["u1"] = word + b"\r\n"
            assert rcpt(s, "u1@inner.corp") == GOOD, n
            asked_again(n)
        assert rcpt(s, "u1@inner.corp").startswith(CLOSED)


# ---- Y10: senders


def Y10_off():
    """Senders are not asked about unless it was told to."""
    with Inner() as inner, gate("--route", "inner.corp=127.0.0.1:%d" % inner.port) as s:
        assert sender(s, "nobody@good.test") == "DUNNO"
        assert sender(s, "x1@inner.corp") == "DUNNO"
        assert ask(s, netstring("sender nobody@good.test")) == "9:NOTFOUND ,"
        assert ask(s, "sender nobody@good.test\n") == "skipped\n"
        text = s.ask("GET", "/metrics")[2].decode()
        assert not re.search(r'quoth_checks_total{[^}]*"undeliverable"[^}]*} [1-9]',
                             text) and not inner.asked


def Y10_on():
    with gate("--callback") as s:
        assert sender(s, "jane@good.test") == "DUNNO"
        assert re.fullmatch(r"550 5\.1\.7 sender address does not exist \(.{5}\)",
                            sender(s, "nobody@good.test"))
        assert sender(s, "jane@nosuch.test").startswith("550 5.1.8 sender domain does not exist (")
        assert sender(s, "jane@nullmx.test").startswith("550 5.7.27 ")
        assert sender(s, "jane@blocked.test") == "DUNNO"  # not known
        assert sender(s, "") == "DUNNO" and sender(s, "<>") == "DUNNO"
        assert sender(s, "nobody@good.test", "recipient") == "DUNNO"  # u1@inner.corp is not ours
        assert ask(s, netstring("sender nobody@good.test")).split(":",
            1)[1].startswith("OK 550 5.1.7 ")
        assert ask(s, netstring("sender jane@blocked.test")) == "8:OK DUNNO,"
        assert ":TEMP " in ask(s, netstring("rcpt nobody@good.test"))  # nor is that
        assert ask(s, "sender nobody@good.test\n").startswith(
            "undeliverable user_unknown 550 5.1.7 (")


suite("gate", globals(), "BY")
