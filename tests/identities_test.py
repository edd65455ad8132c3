#!/usr/bin/env python3
"""identities_test.py - `quoth serve --identities` before a mail server that this test plays, and
that sees who greets it, as whom, and when.

Each case is a function named after its rule (B23_named). Nothing here measures time: where a time
is to pass, the test moves the server's clock. Last line: "identities: N passed, N failed".

SPDX-License-Identifier: MIT
"""
import json
import os
import re
import socket
import subprocess
import threading
import time

from server import QUOTH, Clock, Listener, Server, path, suite

OURS = ("us.quoth.test", "probe@us.quoth.test")
SHOP = ("mail.shop.test", "hello@shop.test")
NEWS = ("mail.news.test", "hello@news.test")
MORE = ("mail.shop.test", "bounces@shop.test")


class Call:
    """A conversation: who greeted, as whom, and who was asked for."""

    def __init__(self):
        self.helo = self.sender = None
        self.asked, self.over, self.last = [], False, b""
        self.go = threading.Event()


def until(true):
    """Wait for something that happens."""
    while not true():
        time.sleep(0.01)


def known(local):
    return local[0] == "u" and len(local) < 4  # a decoy is longer


class Mx(Listener):
    """A mail server on loopback that knows whoever's name begins with "u". Who calls is greeted
    while `open` is set, or once their `go` is; `says`: its answer to an asked name, or to a sender,
    instead."""

    def __init__(self):
        self.calls, self.says, self.greeting = [], {}, b"220 mx.inner.corp ESMTP\r\n"
        self.open = threading.Event()
        self.open.set()
        super().__init__()

    def accepted(self, c):
        self.calls.append(Call())
        return (c, self.calls[-1])

    def answer(self, call, line):
        word = line[:4].upper()
        if word == b"EHLO":
            call.helo = line[5:].strip().decode()
            return b"250-mx.inner.corp\r\n250 PIPELINING\r\n"
        if word == b"MAIL":
            call.sender = re.search(rb"<(.*)>", line).group(1).decode()
            return self.says.get(call.sender, b"250 ok\r\n")
        if word == b"RCPT":
            local = re.search(rb"<(.*)@", line).group(1).decode()
            call.asked.append(local)
            return self.says.get((call.sender, local),
                                 b"250 ok\r\n" if known(local) else b"550 5.1.1 no user\r\n")
        return b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n"

    def talk(self, c, call):
        until(lambda: self.open.is_set() or call.go.is_set())
        try:
            c.sendall(self.greeting)
            for line in c.makefile("rb"):
                call.last = line
                c.sendall(self.answer(call, line))
                if line[:4].upper() == b"QUIT":
                    break
        except OSError:
            pass
        call.over = True
        c.close()

    def of(self, who):
        return [c for c in self.calls if (c.helo, c.sender) == who]

    def asked(self, who):
        return [a for c in self.of(who) for a in c.asked]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.open.set()
        self.s.close()


def listed(*pairs, text=None):
    name = path("identities")
    with open(name, "w") as f:
        f.write(text if text is not None else "# as whom else\n\n" + "".join(
            "%s\t %s\n" % pair for pair in pairs))
    return name


def server(mx, *options, file=None, clock=None, us=OURS):
    names = [o for i in range(8) for o in ("--allow-name", "d%d.corp" % i)]
    world = ["--server", "127.0.0.1:%d" % mx.port, "--allow", "127.0.0.1", "--helo", us[0],
             "--from", us[1]] + names
    file = file or listed(SHOP, NEWS)
    return Server("--identities", file, *options, world=world, clock=clock)


def named(who):
    return dict(zip(("hello_name", "from_email"), who))


def ask(s, address, **more):
    status, fields, body = s.ask("POST", "/v1/check_email", dict(to_email=address, **more))
    return status, fields, json.loads(body)


def reachable(s, address, who=OURS):
    status, _, body = ask(s, address, **named(who))
    assert status == 200, body
    return body["is_reachable"]


FAST = ("--gap", "1", "--per-host", "8", "--per-net", "8")


def B23_named():
    """As whom is said to the server; what a request leaves out is ours, or that of the one line."""
    with Mx() as mx, server(mx, *FAST, file=listed(SHOP, NEWS, MORE)) as s:
        for i, (said, who) in enumerate((
                ({}, OURS), (named(OURS), OURS), (named(SHOP), SHOP), (named(MORE), MORE),
                ({"hello_name": "MAIL.News.test"}, NEWS), ({"from_email": NEWS[1]}, NEWS),
                ({"from_email": MORE[1]}, MORE), ({"hello_name": OURS[0]}, OURS),
                ({"from_email": OURS[1]}, OURS), ({"hello_name": None}, OURS))):
            for route in ("/v0/check_email", "/v1/check_email"):
                user = "u%d%s" % (i, route[2])
                status, fields, body = s.ask("POST", route, dict(
                    to_email=user + "@d1.corp", retries_count=1, **said))
                got = json.loads(body)
                assert status == 200 and got["smtp"]["is_deliverable"] is True, (said, body)
                assert user in mx.asked(who), (said, user)
                told = got["debug"]["smtp"]["verif_method"]["verif_method"]
                assert (told["hello_name"], told["from_email"]) == who, told
                ignored = "retries_count" + (", hello_name" if None in said.values() else "")
                assert fields["x-quoth-ignored"] == ignored, fields
        us = json.loads(s.ask("GET", "/api/v1/self")[2])
        assert (us["helo"], us["from"]) == OURS, us
        assert us["identities"] == [dict(zip(("helo", "from"), who)) for who in
                                    (SHOP, NEWS, MORE)], us
        calls = len(mx.calls)
        for said in ({"hello_name": SHOP[0]},  # there are two
                     {"hello_name": SHOP[0], "from_email": NEWS[1]},
                     {"hello_name": OURS[0], "from_email": SHOP[1]},
                     {"hello_name": "mail.else.test"}, {"from_email": "a@else.test"},
                     {"from_email": ""}, {"from_email": "u@" + "x" * 600}):
            status, _, got = ask(s, "u@d1.corp", **said)
            assert status == 400 and list(got) == ["error"], (said, got)
            assert "--identities" in got["error"] or "512" in got["error"], got
        for said, want in ((named(OURS), 200), (named(SHOP), 400), ({"from_email": "a@b.c"}, 400)):
            status, _, body = s.ask("POST", "/v1/bulk", dict(said, input=["u1@d1.corp"]))
            assert status == want and (status == 200 or b"--from" in body), (said, body)
        assert ask(s, "u@d1.corp", proxy={"host": "a"}, **named(SHOP))[0] == 400
        until(lambda: s.metric("quoth_checks_total") == 21)
        assert all((c.helo, c.sender) == OURS for c in mx.calls[calls:])
    pair = (OURS[0], SHOP[1])
    with Mx() as mx, server(mx, *FAST, file=listed(SHOP, pair)) as s:
        ask(s, "u1@d1.corp", from_email=SHOP[1])  # ours for what is left out goes before others
        assert mx.asked(pair) and not mx.asked(SHOP)
    null = (SHOP[0], "")
    with Mx() as mx, server(mx, *FAST, file=listed(text="%s <>" % SHOP[0])) as s:
        for i, said in enumerate((null, (SHOP[0], "<>"))):
            ask(s, "u%d@d1.corp" % i, **named(said))
            assert len(mx.asked(null)) >= i + 1


def B23_apart():
    """What a server said to one identity is nothing that another one knows: results, decoys,
    who is asked again later."""
    with Mx() as mx, server(mx, *FAST) as s:
        for who in (OURS, SHOP, NEWS):
            for user in ("u1", "u2"):
                assert ask(s, user + "@d1.corp", **named(who))[2]["smtp"]["is_deliverable"], who
            asked = mx.asked(who)  # and one decoy, for both
            assert sorted(a for a in asked if known(a)) == ["u1", "u2"], asked
            assert len([a for a in asked if not known(a)]) == 1, asked
        mx.says[SHOP[1], "u3"] = b"450 4.7.1 greylisted, come back in 5 minutes\r\n"
        assert reachable(s, "u3@d1.corp", SHOP) == "unknown"
        assert reachable(s, "u3@d1.corp") == "safe"
        mx.says[NEWS[1]] = b"550 5.7.1 no mail from you\r\n"
        mx.says[OURS[1], "u4"] = b"552 5.2.2 full\r\n"
        assert reachable(s, "u4@d1.corp", NEWS) == "unknown"
        assert reachable(s, "u4@d1.corp", SHOP) == "safe"
        got = ask(s, "u4@d1.corp")[2]
        assert got["is_reachable"] == "risky" and got["smtp"]["has_full_inbox"] is True, got
        mx.open.clear()  # at once: each is a check of its own
        answers = []
        threads = [threading.Thread(target=lambda who=who: answers.append(
            reachable(s, "u5@d1.corp", who))) for who in (OURS, OURS, SHOP, SHOP)]
        for thread in threads:
            thread.start()
        until(lambda: s.metric("quoth_queue_addresses") == 2)
        mx.open.set()
        for thread in threads:
            thread.join()
        assert answers == ["safe"] * 4
        for who in (OURS, SHOP):
            assert mx.asked(who).count("u5") == 1, mx.asked(who)
        assert s.metric("quoth_conversations_open") == 0
        assert s.metric("quoth_conversations_total") == len(mx.calls), len(mx.calls)


class Asking:
    """A check that somebody waits for, and who may pass the time."""

    def __init__(self, s, address, who):
        self.answer = None
        self.thread = threading.Thread(target=self.ask, args=(s, address, who))
        self.thread.start()

    def ask(self, s, address, who):
        self.answer = ask(s, address, **named(who))

    def over(self):
        self.thread.join()
        return self.answer[2]["is_reachable"]


def turns(s, n=20):
    """The server has gone round so often."""
    for _ in range(n):
        assert s.ask("GET", "/healthz")[0] == 200


def B23_polite():
    """To an address all identities are one caller: one conversation at once, and the gap between
    two, whoever has them."""
    clock = Clock()
    with Mx() as mx, server(mx, "--wait", "120", clock=clock) as s:
        mx.open.clear()
        first = Asking(s, "u1@d1.corp", SHOP)
        until(lambda: len(mx.calls) == 1)
        others = []
        for i, who in enumerate((OURS, NEWS, SHOP)):
            others.append(Asking(s, "u%d@d%d.corp" % (i, i), who))
            until(lambda n=i: s.metric("quoth_queue_addresses") == n + 2)
        turns(s)
        clock.passes(13000)  # the gap is over, and the first one talks on
        turns(s)
        assert len(mx.calls) == 1
        mx.open.set()
        assert first.over() == "safe"
        assert others.pop().over() == "safe"  # by the conversation that was open
        for n in (2, 3):
            until(lambda n=n: s.metric("quoth_conversations_open") == 0 and len(mx.calls) == n)
            clock.passes(9900)
            turns(s)
            assert len(mx.calls) == n, mx.calls
            clock.passes(3000)
        assert [other.over() for other in others] == ["safe"] * 2
        assert [c.helo for c in mx.calls] == [SHOP[0], OURS[0], NEWS[0]]  # in their order


def B23_open():
    """--open is for all of them together; each has a part."""
    with Mx() as mx, server(mx, "--open", "3", *FAST) as s:
        mx.open.clear()
        asking = [Asking(s, "u@d%d.corp" % i, who) for i in range(4) for who in (OURS, SHOP, NEWS)]
        until(lambda: s.metric("quoth_queue_addresses") == 12 and len(mx.calls) >= 3)
        turns(s)
        assert len(mx.calls) == 3 and s.metric("quoth_conversations_open") == 3
        mx.open.set()
        assert [one.over() for one in asking] == ["safe"] * 12
        assert {c.helo for c in mx.calls[:3]} == {OURS[0], SHOP[0], NEWS[0]}


def B23_route():
    """A server of the operator's own (--route) is no stranger, whoever asks: its conversations take
    no turn at an address that both have."""
    with Mx() as mx, server(mx, "--gate", "unix:" + path("gate"), "--route",
                            "inner.corp=127.0.0.1:%d" % mx.port, "--gap", "1") as s:
        mx.open.clear()
        own = [Asking(s, "u%d@inner.corp" % i, who) for i, who in enumerate((SHOP, SHOP, OURS))]
        until(lambda: len(mx.calls) == 2)
        stranger = Asking(s, "u@d1.corp", NEWS)
        until(lambda: len(mx.calls) == 3)
        second = Asking(s, "u@d2.corp", OURS)
        until(lambda: s.metric("quoth_queue_addresses") == 5)
        for call in mx.calls[:2]:
            call.go.set()
        for one in own:
            one.over()  # of ours no decoy is asked, so it may take everybody
            assert one.answer[2]["smtp"]["is_deliverable"] is True, one.answer
        until(lambda: s.metric("quoth_conversations_open") == 1)
        turns(s)
        assert len(mx.calls) == 3
        mx.open.set()
        assert [stranger.over(), second.over()] == ["safe"] * 2
        assert sorted(c.helo for c in mx.calls) == [NEWS[0], SHOP[0]] + [OURS[0]] * 2, mx.calls
        until(lambda: s.metric("quoth_conversations_total") == 4)
        assert ask(s, "x9@inner.corp", **named(SHOP))[2]["is_reachable"] == "invalid"
        with socket.socket(socket.AF_UNIX) as c:  # mail servers are told what we were told
            c.connect(path("gate"))
            c.sendall(b"request=smtpd_access_policy\nprotocol_state=RCPT\nsender=\n"
                      b"recipient=x9@inner.corp\n\n")
            assert b"5.1.1" in c.recv(4096)
        assert "x9" in mx.asked(OURS)


def B23_restart():
    """What holds one identity back holds it after a restart, and no other one."""
    place = path("state")
    os.mkdir(place)
    with Mx() as mx:
        options = ("--state-dir", place, "--gap", "1")
        mx.says[SHOP[1]] = b"421 4.7.0 too many of yours, come back later\r\n"
        with server(mx, *options) as s:
            assert reachable(s, "u1@d1.corp", SHOP) == "unknown" and len(mx.of(SHOP)) == 1
            assert "mail.shop.test: " in s.said() and "left alone for 15 min" in s.said(), s.said()
        del mx.says[SHOP[1]]
        files = [n for n in os.listdir(place) if n.startswith("manners")]
        assert len(files) == 3 and "manners" in files, files
        with server(mx, *options, file=listed(NEWS, SHOP)) as s:
            for user in ("u1", "u2"):
                assert reachable(s, user + "@d1.corp", SHOP) == "unknown"
            assert len(mx.of(SHOP)) == 1
            for who in (OURS, NEWS):
                assert reachable(s, "u1@d1.corp", who) == "safe"
        with server(mx, *options, file=listed((SHOP[0], "a@shop.test"))) as s:
            assert reachable(s, "u1@d1.corp", (SHOP[0], "a@shop.test")) == "safe"


def B23_stop():
    """Whoever asks, what somebody waits for is answered at the end, and mail servers hear QUIT."""
    with Mx() as mx, server(mx, *FAST) as s:
        mx.open.clear()
        asking = [Asking(s, "u1@d1.corp", who) for who in (SHOP, NEWS)]
        until(lambda: len(mx.calls) == 2)
        s.p.terminate()
        until(lambda: not os.path.exists(s.unix))
        mx.open.set()
        assert [one.over() for one in asking] == ["safe"] * 2
        assert s.p.wait() == 0
        until(lambda: all(c.over for c in mx.calls))
        assert all(c.last.upper() == b"QUIT\r\n" for c in mx.calls), [c.last for c in mx.calls]
    with Mx() as mx, server(mx, "--wait", "1", *FAST) as s:
        mx.open.clear()
        assert ask(s, "u1@d1.corp", **named(NEWS))[0] != 200  # nobody waits any longer
        s.p.terminate()
        until(lambda: "stopping: " in s.said())
        mx.open.set()
        until(lambda: mx.calls[0].over)
        assert mx.calls[0].last.upper() == b"QUIT\r\n" and s.p.wait() == 0, mx.calls[0].last


def B23_file():
    """A line that is wrong is told with its number, and nothing starts."""
    good = "%s %s\n" % SHOP

    def told(text, *options):
        p = subprocess.run(
            [QUOTH, "serve", "--listen", "unix:" + path("none"), "--helo", OURS[0], "--from",
             OURS[1], "--identities", listed(text=text)] + list(options),
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
        return p.returncode, p.stderr

    for line in ("mail.shop.test", "mail.shop.test a@shop.test b", "shop a@shop.test",
                 "mail.shop.test shop", "mail.shop.test <a@shop.test>", "mail.example.com a@b.test",
                 "mail.shop.test hello@shop.test", "Mail.Shop.test\thello@SHOP.test",
                 "%s %s" % OURS, "mail.a\0b.test a@b.test", "mail.ab.test a@b.test\r\rx",
                 "a.test,b@c.test", "mail.b.test a@b.test # that is none"):
        status, said = told("# who\n" + good + line + "\n")
        assert status == 64 and "identities:3: " in said, (line, said)
    status, said = told("".join("m%d.shop.test a@shop.test\n" % i for i in range(8)))
    assert status == 64 and "identities:8: " in said, said
    for text in ("", "# nobody\n", "\n \n"):
        status, said = told(text)
        assert status == 64 and "no identity" in said, said
    status, said = told(good, "--open", "1")
    assert status == 64 and "--open" in said, said
    status, said = told(good, "--identities", "/nowhere/x")
    assert status == 66 and "/nowhere/x" in said, said
    with Mx() as mx, server(mx, *FAST, file=listed(text="  # x\r\n\t%s \t %s \r\n" % SHOP)) as s:
        assert reachable(s, "u1@d1.corp", SHOP) == "safe"
    seven = [("m%d.shop.test" % i, "a@shop.test") for i in range(7)]
    with Mx() as mx, server(mx, *FAST, file=listed(*seven)) as s:
        for who in seven:
            assert reachable(s, "u1@d1.corp", who) == "safe"
        assert len({c.helo for c in mx.calls}) == 7


if __name__ == "__main__":
    suite("identities", globals(), "B")
