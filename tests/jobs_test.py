#!/usr/bin/env python3
"""jobs_test.py - lists over HTTP beside the sandbox: sent, run, cut off, gone on with, and what
they have come to.

What a job writes is what `quoth -f` writes, whatever happened meanwhile. KILLS is how often the
server is killed (5; make jobs-kill: 50), ROWS how long that list is. Last line: "jobs: N passed, N
failed".

SPDX-License-Identifier: MIT
"""
import csv
import io
import json
import os
import random
import re
import resource
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.parse

import server
from browser import Browser
from server import (QUOTH, TOKEN, WORLD, Clock, Server, answer, everything, fails, path, problem,
                    skip, suite, token_file)

JOBS = "/api/v1/jobs"
csv.field_size_limit(1 << 20)
SEED = int(os.environ.get("SEED", random.randrange(1 << 30)))
KILLS = int(os.environ.get("KILLS", 5))
ROWS = int(os.environ.get("ROWS", 5000))


def state():
    """A state directory of its own."""
    name = path("state%d" % random.randrange(1 << 40))
    os.mkdir(name, 0o700)
    return name


def rows(n):
    """A list with everything in it; each row has a number of its own."""
    kinds = ["any%d@catchall.test", "jane@good.test", "x%d@nullmx.test", "no at %d",
             "full@good.test", "nobody%d@good.test",
             "nobody%d@six.test", "x%d@nosuch.test"]
    text = ["id,email,note"]
    for i in range(n):
        kind = kinds[i % len(kinds)]
        text.append('%d,%s,"row %d, ""said"" twice"' % (i, kind % i if "%d" in kind else kind, i))
    return ("\n".join(text) + "\n").encode()


def undisturbed(data, *options):
    """What quoth -f writes for that list."""
    name = path("list%d" % random.randrange(1 << 40))
    with open(name, "wb") as f:
        f.write(data)
    subprocess.run([QUOTH, "--sandbox=" + WORLD[0].port, "--pace", "off", "--no-wait", "--format",
                    "csv", "-q", "-f", name,
                    "-o", name + ".out"] + list(options), stdin=subprocess.DEVNULL, check=False)
    with open(name + ".out", "rb") as f:
        return f.read()


def send(s, data, query="no_wait=1", status=201, **fields):
    got = s.ask("POST", JOBS + ("?" + query if query else ""), data,
                **dict({"Content_Type": "text/csv"}, **fields))
    assert got[0] == status, got
    job = json.loads(got[2])
    if status == 201:
        assert got[1]["location"] == JOBS + "/" + job["id"] and len(job["id"]) == 26, got
    return job


def job_of(s, ident, **fields):
    got = s.ask("GET", JOBS + "/" + ident, **fields)
    assert got[0] == 200, got
    return json.loads(got[2])


def wait(s, ident, *states):
    """Until it is in one of these states."""
    while True:
        job = job_of(s, ident)
        if job["state"] in states:
            return job
        assert job["state"] not in ("failed", "cancelled", "done"), job


def results(s, ident, query="", **fields):
    return s.ask("GET", "%s/%s/results%s" % (JOBS, ident, query), **fields)


def chunks(data):
    out = b""
    while data:
        size, _, data = data.partition(b"\r\n")
        n = int(size, 16)
        out, data = out + data[:n], data[n + 2:]
        if not n:
            return out
    raise AssertionError("no last chunk")


def lines(data):
    return sorted(data.split(b"\n"))


def same(got, want):
    assert lines(got) == lines(want), (len(got), len(want))


# ---- B31: the life of a job


def B31_life():
    data = rows(400)
    want = undisturbed(data)
    with Server("--state-dir", state()) as s:
        job = send(s, data, "no_wait=1&name=" + urllib.parse.quote("m\u00e4rz \u2028.csv"))
        assert job["name"] == "m\u00e4rz \u2028.csv" and job["bytes"] == len(data), job
        done = wait(s, job["id"], "done")
        assert done["rows"] == done["done"] == sum(done["verdict"].values()) == 400, done
        status, fields, body = results(s, job["id"])
        assert status == 200 and fields["x-quoth-rows"] == "400/400" and fields["etag"], fields
        same(body, want)
        assert [j["id"] for j in json.loads(s.ask("GET", JOBS)[2])["jobs"]] == [job["id"]]
        text = s.ask("GET", "/metrics")[2].decode()
        assert 'quoth_jobs{state="done"} 1' in text and 'quoth_jobs{state="running"} 0' in text
        assert s.ask("DELETE", JOBS + "/" + job["id"])[0] == 204
        for method, target in (("GET", ""), ("DELETE", ""), ("POST", "/pause"), ("GET", "/results"),
                               ("GET", "/events"),
                               ("GET", "/plan")):
            problem(s.ask(method, JOBS + "/" + job["id"] + target), 404, "not-found")


def B31_kinds():
    """Each kind of list, in its order and by its verdict, as quoth -f has it."""
    addresses = ["jane@good.test", "nobody@good.test", "full@good.test", "x@nosuch.test", "a@@b"]
    lists = {"lines": "".join(a + "\n" for a in addresses),
             "ndjson": "".join('{"email":"%s"}\n' % a for a in addresses),
             "csv": "a;b\n" + "".join("%s;2\n" % a for a in addresses), "": "\n".join(addresses)}
    with Server("--state-dir", state()) as s:
        for kind, text in lists.items():
            data = text.encode()
            job = send(s, data, "no_wait=1&ordered=1" + ("&format=" + kind if kind else ""),
                       Content_Type="text/plain")
            wait(s, job["id"], "done")
            assert results(s, job["id"])[2] == undisturbed(data, "--ordered"), kind
        job = send(s, lists["csv"].encode(), "no_wait=1&only=deliverable,risky&column=a&format=csv")
        wait(s, job["id"], "done")
        same(results(s, job["id"])[2], undisturbed(lists["csv"].encode(), "--only", "deliverable",
                                                   "--only", "risky"))


def B31_chunked():
    data = rows(40)
    head = ("POST %s?no_wait=1 HTTP/1.1\r\nHost: localhost\r\n"
            "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n" % JOBS)
    body = b"".join(b"%x\r\n%s\r\n" % (len(data[i:i + 77]), data[i:i + 77])
                    for i in range(0, len(data), 77)) + b"0\r\n\r\n"
    with Server("--state-dir", state()) as s:
        got = answer(s.send(head.encode() + body))
        assert got[0] == 201, got
        ident = json.loads(got[2])["id"]
        wait(s, ident, "done")
        same(results(s, ident)[2], undisturbed(data))


def B31_temporary():
    """Without a state directory lists live as long as the server does."""
    tmp = path("tmp")
    os.mkdir(tmp)
    old = os.environ.get("TMPDIR")
    os.environ["TMPDIR"] = tmp
    try:
        with Server() as s:
            wait(s, send(s, rows(9))["id"], "done")
            assert os.listdir(tmp)
        assert not os.listdir(tmp)
        with Server() as s, Server() as other:  # one is killed, one lives, and a third begins
            for one in (s, other):
                wait(one, send(one, rows(9))["id"], "done")
            s.p.kill()
            s.p.wait()
            os.mkdir(tmp + "/quoth-lists-of-me")
            assert len(os.listdir(tmp)) == 3
            with Server() as third:
                assert third.ask("GET", JOBS)[0] == 200
                left = os.listdir(tmp)
                assert len(left) == 2 and "quoth-lists-of-me" in left, left
            assert json.loads(other.ask("GET", JOBS)[2])["jobs"][0]["state"] == "done"
            os.rmdir(tmp + "/quoth-lists-of-me")
        assert not os.listdir(tmp)
        os.rmdir(tmp)
        with Server() as s:  # nowhere to put lists, but all else works
            problem(s.ask("POST", JOBS, rows(9), Content_Type="text/csv"), 507, "disk-full")
            assert s.check("jane@good.test", wait_s=120)[0] == 200
    finally:
        os.environ.pop("TMPDIR") if old is None else os.environ.update(TMPDIR=old)


# ---- B32: what is refused


def B32_bad():
    with Server("--state-dir", state(), "--upload", "1") as s:
        def no(data, status, ident, query="", says="", **fields):
            got = problem(s.ask("POST", JOBS + query, data,
                                **dict({"Content_Type": "text/csv"}, **fields)), status, ident)
            assert says in got["detail"], got
        no(b"a,b\n1,2\n", 400, "bad-list", says="line 1")
        no(b"# x\n\na,b\njane@good.test,2\n", 400, "bad-list", "?column=c", says="no column c")
        no(b'{"email":"a@good.test"}\n\n{x\n', 400, "bad-list", "?format=ndjson", says="Line 3")
        no(b"", 400, "bad-list", says="line 1")
        for joined in (b"mail,njane@good.test,1nobody@good.test,2", b"a@good.testb@good.test"):
            no(joined, 400, "bad-list", says="--data-binary", Content_Type=None)
        for one in (b"a@good.test", b'[{"email":"a@good.test"},{"email":"b@good.test"}]'):
            ident = send(s, one, "start=0", Content_Type=None)["id"]
            assert s.ask("DELETE", JOBS + "/" + ident)[0] == 204
        no(b"%PDF-1.7\n1 0 obj\n", 400, "bad-list", says="pdftotext", Content_Type="text/plain")
        no(b"name\n" + b"x\n" * 50 + b"jane@good.test\n", 400, "bad-list", "?format=lines",
           says="of the first")
        for query in ("?colum=1", "?format=xls", "?only=dead", "?only=", "?ordered=maybe",
                      "?name=" + "x" * 128, "?start=2"):
            no(rows(3), 422, "bad-member", query)
        no(rows(3), 400, "bad-request", "?name=%ff")
        no(rows(3), 415, "media-type", Content_Type="multipart/form-data; boundary=x",
           says="--data-binary")
        head = "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % (JOBS,
            (1 << 20) + 1)
        problem(answer(s.send(head.encode())), 413, "too-large")
        no(rows(3), 415, "media-type", Content_Encoding="gzip", says="Content-Encoding")
        no(rows(3), 400, "bad-request", "?start=0&start=1")
        for key in ("x" * 128, "", '""', 'a"b', '"'):
            no(rows(3), 400, "bad-request", Idempotency_Key=key)
        ident = send(s, rows(3), "start=0")["id"]
        for target in ("?limit=0", "?limit=x", "?cursor=1", "?x=1"):
            problem(s.ask("GET", JOBS + target), 422, "bad-member")
        for target in ("?format=xml", "?only=x", "?x=1"):
            problem(results(s, ident, target), 422, "bad-member")
        problem(results(s, ident), 409, "conflict")
        got = s.ask("PUT", JOBS + "/" + ident)
        assert problem(got, 405, "method") and got[1]["allow"] == "GET, HEAD, DELETE", got
        assert len(json.loads(s.ask("GET", JOBS)[2])["jobs"]) == 1


def B32_limits():
    name = token_file("shop:%s\nother:%s\n" % (TOKEN, TOKEN[::-1]))
    with Server("--state-dir", state(), "--token-file", name, "--jobs-kept", "2",
                "--jobs-running", "1") as s:
        shop, other = {"Authorization": TOKEN}, {"Authorization": TOKEN[::-1]}
        slow = "email\n" + "".join("jane%d@mutercpt.test\n" % i for i in range(5))
        first = send(s, slow.encode(), "", **shop)["id"]
        second = send(s, rows(8), **shop)["id"]
        problem(s.ask("POST", JOBS, rows(8), **dict(shop, Content_Type="text/csv")),
                429, "too-many")
        third = send(s, rows(8), **other)["id"]
        while job_of(s, third, **other)["state"] != "done":
            pass
        assert job_of(s, second, **shop)["state"] == "ready" and job_of(s, second,
            **shop)["waits"] is True
        for target, fields in ((first, other), (third, shop)):
            problem(s.ask("GET", JOBS + "/" + target, **fields), 404, "not-found")
        problem(s.ask("GET", JOBS), 401, "unauthorized")
        problem(s.ask("POST", JOBS, rows(1)), 401, "unauthorized")
        assert [j["id"] for j in json.loads(s.ask("GET", JOBS, **other)[2])["jobs"]] == [third]
        assert json.loads(s.ask("POST", JOBS + "/" + first + "/cancel",
                                **shop)[2])["state"] == "cancelled"
        while job_of(s, second, **shop)["state"] != "done":
            pass
    for option, value in (("--keep", "7"), ("--keep", "d"), ("--upload", "0"), ("--jobs-kept", "0"),
                          ("--jobs-running", "99")):
        assert fails(option, value)[0] == 64, (option, value)


def B32_alone():
    """A state directory is one server's: another one would delete what is being received."""
    place = state()
    with Server("--state-dir", place) as s:
        ident = send(s, rows(3), "start=0")["id"]
        got = fails("--state-dir", place, "--listen", "unix:" + path("second"))
        assert got[0] == 66 and "another server" in got[1] and place in got[1], got
        assert job_of(s, ident)["state"] == "ready"
    with Server("--state-dir", place) as s:
        assert job_of(s, ident)["state"] == "ready"


def B32_held():
    """That a list is to begin, when its turn comes, outlives a kill."""
    options = ("--state-dir", state(), "--jobs-running", "1")
    slow = ("email\n" + "".join("jane%d@mutercpt.test\n" % i for i in range(5))).encode()
    with Server(*options) as s:
        send(s, slow, "")
        ident = send(s, rows(3), "start=0")["id"]
        assert not job_of(s, ident)["waits"]
        assert s.ask("POST", JOBS + "/" + ident + "/resume")[0] == 200
        s.p.kill()
        s.p.wait()
    with Server(*options) as s:
        got = job_of(s, ident)
        assert got["waits"] or got["state"] != "ready", got


def B32_deleted_meanwhile():
    """A list that comes again while the one of its key is deleted may come once more."""
    with Server("--state-dir", state()) as s, s.connect() as c:
        ident = send(s, rows(3), "start=0", Idempotency_Key="again")["id"]
        c.sendall(("POST %s?start=0 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                   "Content-Type: text/csv\r\nIdempotency-Key: again\r\nContent-Length: %d\r\n"
                   "Expect: 100-continue\r\n\r\n" % (JOBS, len(rows(3)))).encode())
        assert c.recv(100).startswith(b"HTTP/1.1 100 ")
        assert s.ask("DELETE", JOBS + "/" + ident)[0] == 204
        c.sendall(rows(3))
        problem(answer(everything(c)), 409, "conflict")
        assert send(s, rows(3), "start=0", Idempotency_Key="again")["id"] != ident


def B32_pages():
    with Server("--state-dir", state()) as s:
        idents = [send(s, rows(2), "start=0")["id"] for _ in range(7)]
        seen, cursor = [], ""
        while cursor is not None:
            got = json.loads(s.ask("GET",
                                   JOBS + "?limit=3" + ("&cursor=" + cursor if cursor else ""))[2])
            assert len(got["jobs"]) <= 3
            seen += [j["id"] for j in got["jobs"]]
            if cursor == "":
                assert s.ask("DELETE", JOBS + "/" + seen[-1])[0] == 204  # the cursor's own
            cursor = got["next"]
        assert sorted(seen) == sorted(idents), (seen, idents)


# ---- B33: paused, gone on with, cancelled


def B33_states():
    slow = ("email\n" + "".join("jane%d@mutercpt.test\n" % i for i in range(5))).encode()
    with Server("--state-dir", state()) as s:
        def do(ident, what, status=200):
            got = s.ask("POST", "%s/%s/%s" % (JOBS, ident, what))
            assert got[0] == status, got
            return json.loads(got[2])
        ident = send(s, slow, "start=0")["id"]
        assert job_of(s, ident)["state"] == "ready" and job_of(s, ident)["waits"] is False
        assert do(ident, "resume")["state"] == "ready"
        wait(s, ident, "running")
        for _ in range(2):
            assert do(ident, "pause")["state"] == "paused"
        for _ in range(2):
            assert do(ident, "resume")["state"] in ("ready", "running")
        wait(s, ident, "running")
        for _ in range(2):
            assert do(ident, "cancel")["state"] == "cancelled"
        do(ident, "resume", 409)
        do(ident, "pause", 409)
        data = rows(8)
        ident = send(s, data)["id"]
        wait(s, ident, "done")
        for what in ("pause", "resume", "cancel"):
            do(ident, what, 409)


def B33_pause():
    """Paused again and again, the file is the same."""
    data = rows(ROWS)
    want = undisturbed(data)
    with Server("--state-dir", state()) as s:
        ident = send(s, data)["id"]
        pauses = 0
        while job_of(s, ident)["state"] != "done":
            if s.ask("POST", "%s/%s/pause" % (JOBS, ident))[0] == 200:
                pauses += 1
                s.ask("POST", "%s/%s/resume" % (JOBS, ident))
                before = job_of(s, ident)["done"]
                while job_of(s, ident)["state"] != "done" and job_of(s,
                        ident)["done"] < before + ROWS // 10:
                    pass
        assert pauses
        same(results(s, ident)[2], want)


def B33_beside():
    """However many rows of a list wait, a check and a mail server are answered beside it."""
    door = path("beside")
    with Server("--gate-domain", "good.test", "--gate", "unix:" + door) as s:
        send(s, b"".join(b"u%d@slow.test\n" % i for i in range(15000)), "")
        while s.metric("quoth_queue_addresses") < 11000:
            pass
        got = json.loads(s.check("jane@good.test", wait_s=120)[2])
        assert got["verdict"] == "deliverable", got
        with socket.socket(socket.AF_UNIX) as c:
            c.connect(door)
            c.sendall(b"request=smtpd_access_policy\nrecipient=nobody@good.test\n\n")
            assert b"550 5.1.1" in c.recv(4096)
        assert s.metric("quoth_queue_addresses") >= 11000
        s.p.kill()


def B33_unwritten():
    """What cannot be written is not answered as if it were: 507, and the job is as it was, in
    memory and over a kill."""
    where = state()
    slow = ("email\n" + "".join("jane%d@mutercpt.test\n" % i for i in range(5))).encode()
    with Server("--state-dir", where) as s:
        running, held = send(s, slow)["id"], send(s, rows(3), "start=0")["id"]
        wait(s, running, "running")
        for ident, state_, can in ((running, "running", "pause"), (held, "ready", "resume")):
            kept = "%s/jobs/%s/job.json" % (where, ident)
            with open(kept, encoding="utf-8") as f:
                before = f.read()
            os.mkdir(kept + ".new")  # in the way of what is written
            for what in ("pause", "cancel") + ((can,) if can == "resume" else ()):
                problem(s.ask("POST", "%s/%s/%s" % (JOBS, ident, what)), 507, "disk-full")
                assert job_of(s, ident)["state"] == state_, what
            os.rename(kept, kept + ".old")
            os.mkdir(kept)  # in the way of what removes it
            problem(s.ask("DELETE", JOBS + "/" + ident), 507, "disk-full")
            assert job_of(s, ident)["state"] == state_
            os.rmdir(kept)
            os.rename(kept + ".old", kept)
            with open(kept, encoding="utf-8") as f:
                assert f.read() == before
        s.p.kill()
        s.p.wait()
    with Server("--state-dir", where) as s:
        assert "written" in wait(s, running, "paused")["why"]
        assert job_of(s, held)["state"] == "ready" and not job_of(s, held)["waits"]
        for ident in (running, held):
            os.rmdir("%s/jobs/%s/job.json.new" % (where, ident))
            assert s.ask("POST", "%s/%s/cancel" % (JOBS, ident))[0] == 200
            assert s.ask("DELETE", JOBS + "/" + ident)[0] == 204
    assert not os.listdir(where + "/jobs")


def B33_removed():
    """A large list is removed in pieces, its names at once, and no turn waits for the disk to keep
    what goes. Who reads its results, or has a name of his own for them, has them whole."""
    where, kept = state(), path("kept")
    note = b"x" * 400
    big = b"email,note\n" + b"".join(b"x%d@nullmx.test,%s\n" % (i, note) for i in range(22000))
    slow = b"jane@mutercpt.test,\n"
    with Server("--state-dir", where) as s, s.connect() as reader:
        ident = send(s, big + slow)["id"]
        while job_of(s, ident)["done"] < 22000:
            pass
        while job_of(s, ident)["state"] != "cancelled":
            s.ask("POST", "%s/%s/cancel" % (JOBS, ident))
        file = "%s/jobs/%s/results.csv" % (where, ident)
        with open(file, "rb") as f:
            want = f.read()
        assert len(want) > 2 * (4 << 20)
        reader.sendall(b"GET %s/%s/results HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                       % (JOBS.encode(), ident.encode()))
        got = reader.recv(100)
        assert s.ask("DELETE", JOBS + "/" + ident)[0] == 204
        assert not os.path.exists(os.path.dirname(file))
        for _ in range(10):  # turns of the server
            s.ask("GET", "/healthz")
        assert answer(got + everything(reader))[2] == want
        ident = send(s, big)["id"]
        wait(s, ident, "done")
        os.link("%s/jobs/%s/results.csv" % (where, ident), kept)
        assert s.ask("DELETE", JOBS + "/" + ident)[0] == 204
        for _ in range(10):
            s.ask("GET", "/healthz")
        with open(kept, "rb") as f:
            assert len(f.read()) == len(want)
    trace, command = below_strace("cuts", "trace=ftruncate,unlink,write,fdatasync")
    if not may_trace("B33_removed"):
        return
    server.QUOTH = command
    try:
        with Server("--state-dir", where) as s:
            ident = send(s, big + slow)["id"]
            while job_of(s, ident)["done"] < 22000:
                pass
            assert s.ask("DELETE", JOBS + "/" + ident)[0] == 204
            for _ in range(10):
                s.ask("GET", "/healthz")
            traced(s)
            s.p.wait()
    finally:
        server.QUOTH = QUOTH
    with open(trace, encoding="utf-8") as f:
        calls = f.read().split("/%s/job.json\")" % ident)[-1]
    assert "unlink" in calls and ident + "/list" in calls, calls
    assert "fdatasync" not in calls and not re.search(r"write\([^,]*/jobs/", calls), calls
    sizes = [int(n) for n in re.findall(r"ftruncate\([^,]*/list[^,]*, (\d+)\)", calls)]
    assert sizes == [n << 20 for n in range(4 * ((len(big) - 1) >> 22), 0, -4)], (sizes, calls)


def B33_descriptors():
    """Without a descriptor left nothing is said to be so that is not, and no list fails for it."""
    with Server("--state-dir", state()) as s, s.connect() as c:
        def said(method, path):
            c.sendall(("%s %s HTTP/1.1\r\nHost: localhost\r\n\r\n" % (method, path)).encode())
            got = b""
            while True:
                more = c.recv(65536)
                assert more, got
                got += more
                if b"\r\n\r\n" in got:
                    status, fields, body = answer(got)
                    if len(body) == int(fields["content-length"]):
                        return status, fields, body
        def ask(what):
            return said("POST" if what else "GET", "%s/%s%s" % (JOBS, ident, what and "/" + what))
        def used():
            while b"\nquoth_http_open 1\n" not in said("GET", "/metrics")[2]:
                pass  # others have not gone yet
            return set(map(int, os.listdir("/proc/%d/fd" % s.p.pid)))
        ident = ""
        assert ask("")[0] == 404
        before = used()
        ident = send(s, rows(3), "start=0")["id"]
        assert used() == before
        assert ask("pause")[0] == 200
        most = resource.prlimit(s.p.pid, resource.RLIMIT_NOFILE)
        free = sorted(set(range(len(before) + 3)) - before)
        # File and directory are open at once. Two: it is written, but its files do not open.
        for more, status in ((0, 507), (1, 507), (2, 200)):
            resource.prlimit(s.p.pid, resource.RLIMIT_NOFILE, (free[more], most[1]))
            got = ask("resume")
            assert got[0] == status, (more, got, s.said())
        while b'"state":"paused"' not in ask("")[2]:
            assert s.p.poll() is None
        resource.prlimit(s.p.pid, resource.RLIMIT_NOFILE, most)
        assert "files" in job_of(s, ident)["why"]
        assert ask("resume")[0] == 200
        wait(s, ident, "done")


# ---- B34: results at any time


def B34_range():
    data = rows(300)
    with Server("--state-dir", state()) as s:
        ident = send(s, data)["id"]
        wait(s, ident, "done")
        status, fields, whole = results(s, ident)
        size, tag = len(whole), fields["etag"]
        assert status == 200 and fields["accept-ranges"] == "bytes" and size == int(
            fields["content-length"])
        for text, at, end in (("0-0", 0, 1), ("5-99", 5, 100), ("5-", 5, size),
                              ("-7", size - 7, size),
                              ("0-99999999", 0, size), ("-99999999", 0, size),
                              ("1-18446744073709551615", 1, size),
                              ("-99999999999999999999", 0, size)):
            status, fields, body = results(s, ident, Range="bytes=" + text)
            assert status == 206 and body == whole[at:end], text
            assert fields["content-range"] == "bytes %d-%d/%d" % (at, end - 1, size), fields
        for text in ("bytes=%d-" % size, "bytes=-0"):
            got = results(s, ident, Range=text)
            assert problem(got, 416, "range") and got[1]["content-range"] == "bytes */%d" % size
        for text in ("bytes=9-5", "bytes=a-b", "bytes=1-2,4-5", "rows=1-2", "bytes=-", "bytes=1",
                     "bytes= 1-2", "bytes=+1-2", "bytes=--5", "bytes=1--2", "bytes=1-+2"):
            assert results(s, ident, Range=text)[0] == 200, text
        assert results(s, ident, Range="bytes=1-2", If_Range=tag)[0] == 206
        assert results(s, ident, Range="bytes=1-2", If_Range='"x"')[0] == 200
        for fields in ({}, {"Range": "bytes=1-2"}):  # RFC 9110 14.2: of GET alone
            head = s.ask("HEAD", "%s/%s/results" % (JOBS, ident), **fields)
            assert head[0] == 200 and int(head[1]["content-length"]) == size and head[2] == b""
        for fields in ({}, {"Range": "bytes=1-2"}, {"Range": "bytes=%d-" % size}):
            got = results(s, ident, If_None_Match=tag, **fields)
            assert got[0] == 304 and got[1]["etag"] == tag and not got[2], got
        assert results(s, ident, If_None_Match='"x"')[0] == 200
        assert results(s, ident, "?only=risky", If_None_Match=tag)[0] == 200
        assert results(s, ident, Range="Bytes=1-2")[0] == 206  # RFC 9110 14.1


def B34_match():
    """What If-Match names is there, or nothing is done; of times nothing is told, so
    If-Unmodified-Since is passed by."""
    with Server("--state-dir", state()) as s:
        ident = send(s, rows(5))["id"]
        wait(s, ident, "done")
        job, tag = "%s/%s" % (JOBS, ident), results(s, ident)[1]["etag"]
        for match, status in ((tag, 206), ("*", 206), ('"x", ' + tag, 206), ('"x"', 412),
                              ("W/" + tag, 412), ("W/%s, %s" % (tag, tag), 206), ("", 412)):
            got = results(s, ident, Range="bytes=1-2", If_Match=match)
            assert got[0] == status, (match, got)
        problem(results(s, ident, "?only=risky", If_Match=tag), 412, "precondition")
        old = "Sat, 29 Oct 1994 19:43:31 GMT"
        assert results(s, ident, Range="bytes=1-2", If_Unmodified_Since=old)[0] == 206
        for method, target, body in (("DELETE", job, None), ("POST", job + "/cancel", None),
                                     ("POST", JOBS, b"jane@good.test\n"),
                                     ("POST", "/v1/bulk", {"input": ["jane@good.test"]}),
                                     ("GET", "/", None), ("GET", "/version", None)):
            problem(s.ask(method, target, body, If_Match=tag), 412, "precondition")
        assert len(json.loads(s.ask("GET", JOBS)[2])["jobs"]) == 1
        page = s.ask("GET", "/")[1]["etag"]
        assert s.ask("GET", "/", If_Match=page)[0] == 200
        assert s.ask("GET", "/", If_Match="W/" + page)[0] == 412
        assert s.ask("DELETE", job, If_Match="*")[0] == 204


def B34_shapes():
    """A row as JSON, and as Reacher has it, says what its row of CSV does."""
    data = rows(300)
    with Server("--state-dir", state()) as s:
        ident = send(s, data)["id"]
        wait(s, ident, "done")
        table = results(s, ident)[2].decode().splitlines()[1:]
        got = [json.loads(line) for line in results(s, ident,
                                                    "?format=ndjson")[2].decode().splitlines()]
        assert len(got) == len(table) == 300
        for row, text in zip(got, table):
            assert ",%d,%s,%s," % (row["line"], row["verdict"], row["reason"]) in text, (row, text)
        kept = "GET %s/%s/results?format=ndjson&only=risky HTTP/1.1\r\nHost: localhost\r\n\r\n" % (
            JOBS, ident)
        body = answer(s.send(kept.encode()
                             + b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
                             b"Connection: close\r\n\r\n"))
        assert body[2].endswith(b"ok\n")
        assert body[1]["transfer-encoding"] == "chunked"
        some = [json.loads(line) for line in chunks(body[2]).decode().splitlines()]
        assert some == [row for row in got if row["verdict"] == "risky"] and some
        assert results(s, ident, "?only=risky")[2].decode().splitlines()[1:] == [t for t in table
            if ",risky," in t]
        for row in results(s, ident, "?format=reacher")[2].decode().splitlines():
            row = json.loads(row)
            if not row["syntax"]["is_valid_syntax"]:
                continue  # nobody was asked
            alone = json.loads(s.ask("POST", "/v0/check_email", {"to_email": row["input"]})[2])
            assert (row["is_reachable"], row["misc"]) == (alone["is_reachable"],
                alone["misc"]), (row, alone)
            if row["is_reachable"] != "unknown":
                assert row["smtp"] == alone["smtp"], (row, alone)


def B34_old():
    """To HTTP/1.0 nothing is sent in chunks, whatever it says about the connection; its end is the
    end."""
    with Server("--state-dir", state()) as s:
        ident = send(s, rows(16))["id"]
        wait(s, ident, "done")
        text = "GET %s/%s/results?format=ndjson HTTP/1.%%d\r\nHost: localhost\r\n%%s\r\n" % (JOBS,
            ident)
        last = "GET /version HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        want = s.send((text % (1, "") + last).encode()).partition(b"\r\n\r\n")[2]
        old = s.send((text % (0, "Connection: keep-alive\r\n")).encode())
        head, _, body = old.partition(b"\r\n\r\n")
        assert b"chunked" not in head and b"Connection: close" in head, head
        assert body == chunks(want) and body.count(b"\n") == 16, body[:200]


def B34_odd():
    """Rows that are hard to read again: line ends and quotes in cells, long ones, no headings,
    results checked again."""
    lists = {"quoted": 'note;email\n"a ""b"";\nc";jane@good.test\n"";nobody@good.test\n'
                       '"x\r\n";=a@good.test\n',
             "long": "email,note\njane@good.test,%s\nnobody@good.test,%s\n"
                     % ("x" * 300000, "y" * 70000),
             "bare": "jane@good.test,1\nnobody@good.test,2\nfull@good.test,3\n",
             "several": "id,email\n1,jane@good.test; nobody@good.test\n"
                        "2,\"Full <full@good.test>\"\n",
             "mark": "\ufeffemail\tname\njane@good.test\tJane\n",
             "crlf": "email,n\r\njane@good.test,1\r\nx@@y,2\r\n"}
    with Server("--state-dir", state()) as s:
        again = None
        for name, text in list(lists.items()) + [("again", None)]:
            ident = send(s, text.encode() if text else again, "no_wait=1&ordered=1")["id"]
            wait(s, ident, "done")
            again = results(s, ident)[2]
            assert again == undisturbed(text.encode() if text else before, "--ordered"), name
            before = again
            mark = ";" if name == "quoted" else "\t" if name == "mark" else ","
            table = list(csv.reader(io.StringIO(again.decode("utf-8-sig"), newline=""),
                                    delimiter=mark))
            at = table[0].index("quoth_line") if name != "bare" else 2
            got = [json.loads(line) for line in results(s, ident,
                "?format=ndjson")[2].decode().splitlines()]
            want = [row[at:at + 3] + [row[at + 12]] for row in table[name != "bare":]]
            assert [[str(r["line"]), r["verdict"], r["reason"],
                     (r["address"] or "").replace("=", "'=")] for r in got] == want, (name, got)
            assert all(r["input"] for r in got), got


def B34_partial():
    """While it runs, what is answered is there in whole rows, and only grows."""
    data = rows(ROWS)
    with Server("--state-dir", state()) as s:
        ident = send(s, data)["id"]
        before, running = b"", 0
        while job_of(s, ident)["state"] != "done":
            status, fields, body = results(s, ident)
            if status == 409:
                continue
            assert status == 200 and body.startswith(before) and (not body
                or body.endswith(b"\n")), fields
            running += "etag" not in fields
            before = body
        assert running and results(s, ident)[2].startswith(before)


# ---- B35: events


def stream(s, ident, last=None):
    text = "GET %s/%s/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n" % (JOBS,
        ident)
    return s.send((text + ("Last-Event-ID: %d\r\n" % last if last else "") + "\r\n").encode())


def events(data):
    found = []
    for block in answer(data)[2].decode().split("\n\n"):
        row = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line)
        if row:
            found.append((int(row["id"]), row["event"], json.loads(row["data"])))
    return found


def B35_events():
    with Server("--state-dir", state()) as s:
        ident = send(s, rows(ROWS))["id"]
        got = events(stream(s, ident))
        ids = [e[0] for e in got]
        assert ids == sorted(set(ids)) and got[0][1] == "state" and got[-1][1:] == ("state",
            {"state": "done", "why": None})
        done = [e[2]["done"] for e in got if e[1] == "progress"]
        assert done == sorted(done) and done[-1] == ROWS and got[-2][2]["verdict"] == job_of(s,
            ident)["verdict"], done
        again = events(stream(s, ident, got[-1][0]))
        assert [e[1] for e in again] == ["state", "progress"] and again[0][0] > got[-1][0]
        held = send(s, rows(3), "start=0")["id"]
        with s.connect() as c:
            c.sendall(("GET %s/%s/events HTTP/1.1\r\nHost: localhost\r\n\r\n" % (JOBS,
                held)).encode())
            while b'"ready"' not in c.recv(65536):
                pass
            assert s.ask("DELETE", JOBS + "/" + held)[0] == 204
            assert b'"cancelled"' in everything(c)


def B35_plan():
    with Server("--state-dir", state()) as s:
        ident = send(s, rows(80), "start=0")["id"]
        while True:
            got = s.ask("GET", "%s/%s/plan" % (JOBS, ident))
            if got[0] == 200:
                break
            assert got[0] == 202 and got[1]["retry-after"], got
        plan = json.loads(got[2])
        assert plan["addresses"] == 70 and plan["domains"] == 5 and plan["no_mail"] == 2, plan
        assert plan["destinations"], plan
        assert job_of(s, ident)["state"] == "ready" and s.metric("quoth_conversations_total") == 0


# ---- B36: the same list once


def B36_key():
    where = state()
    with Server("--state-dir", where) as s:
        first = send(s, rows(20), Idempotency_Key="k1")["id"]
        assert send(s, rows(20), Idempotency_Key="k1")["id"] == first
        assert send(s, rows(20), Idempotency_Key='"k1"')["id"] == first
        assert send(s, rows(20), Idempotency_Key="k2")["id"] != first
        problem(s.ask("POST", JOBS + "?no_wait=1", rows(21), Content_Type="text/csv",
                      Idempotency_Key="k1"), 422, "bad-member")
        problem(s.ask("POST", JOBS, rows(20), Content_Type="text/csv", Idempotency_Key="k1"), 422,
                "bad-member")
        with s.connect() as c:
            c.sendall(("POST %s HTTP/1.1\r\nHost: localhost\r\nIdempotency-Key: k3\r\n"
                       "Content-Length: 100\r\n\r\nemail\n" % JOBS).encode())
            while 'quoth_jobs{state="receiving"} 1' not in s.ask("GET", "/metrics")[2].decode():
                pass
            problem(s.ask("POST", JOBS, rows(20), Idempotency_Key="k3"), 409, "conflict")
        while 'quoth_jobs{state="receiving"} 0' not in s.ask("GET", "/metrics")[2].decode():
            pass
        send(s, rows(20), Idempotency_Key="k3")
    with Server("--state-dir", where) as s:
        assert send(s, rows(20), Idempotency_Key="k1")["id"] == first


# ---- B37: nothing is lost


def B37_broken_off():
    """A list that is broken off anywhere leaves nothing, also when the server goes with it."""
    where = state()
    data = rows(3000)
    head = b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % (JOBS.encode(),
        len(data))
    with Server("--state-dir", where) as s:
        for i in range(20):
            with s.connect() as c:
                c.sendall(head + data[:len(data) * i // 20])
                if i % 2:
                    c.shutdown(socket.SHUT_WR)
                    everything(c)
        while os.listdir(where + "/jobs"):
            pass
        with s.connect() as c:
            c.sendall(head + data[:100000])
            while not os.listdir(where + "/jobs"):
                pass
            s.p.kill()
            s.p.wait()
    assert os.listdir(where + "/jobs")
    with Server("--state-dir", where):
        assert not os.listdir(where + "/jobs")


def B37_kill():
    """kill -9 again and again: the file is that of quoth -f undisturbed."""
    data = rows(ROWS)
    want = {o: undisturbed(data, *(["--ordered"] if o else [])) for o in (0, 1)}
    rng = random.Random(SEED)
    kills = 0
    while kills < KILLS:
        where, ordered = state(), kills % 2
        ident, seen = None, 0
        while True:
            with Server("--state-dir", where) as s:
                if ident is None:
                    ident = send(s, data, "no_wait=1&ordered=%d" % ordered)["id"]
                goal = seen + 1 + rng.randrange(max(ROWS // 4, 1))
                job = job_of(s, ident)
                while job["state"] != "done" and job["done"] < goal:
                    job = job_of(s, ident)
                seen = job["done"]
                if job["state"] == "done":
                    got = results(s, ident)[2]
                    assert got == want[1] if ordered else lines(
                        got) == lines(want[0]), "seed %d" % SEED
                    break
                s.p.send_signal(rng.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM]))
                s.p.wait()
                kills += 1
        shutil.rmtree(where)


def unpushed(trace, where):
    """Of a trace: the answers that left while a name in a directory of jobs was not on the disk."""
    dirty, early, answers = set(), [], 0
    for line in trace:
        call, _, rest = line.partition(" ")[2].lstrip().partition("(")
        paths = [p for p in re.findall('[<"]([^">]*)[">]', rest) if p.startswith(where)]
        if call == "mkdir" and paths:
            dirty.add(os.path.dirname(paths[0]))
        elif paths and (call, os.path.basename(paths[-1])) in (
                ("rename", "job.json"), ("rename", "list"), ("unlink", "job.json")):
            dirty.add(os.path.dirname(paths[-1]))
        elif call == "fsync" and paths:
            dirty.discard(paths[0].rstrip("/"))
        elif '"HTTP/1.1' in rest:
            answers += 1
            early += [(line, sorted(dirty))] if dirty else []
    return answers, early


def loose(trace, where):
    """Of a trace: the files that got their name before their bytes were on the disk, and those
    whose name was not there in the end; and how many had both."""
    dirty, names, early, whole = set(), set(), [], 0
    for line in trace:
        call, _, rest = line.partition(" ")[2].lstrip().partition("(")
        paths = [p for p in re.findall('[<"]([^">]*)[">]', rest) if p.startswith(where)]
        if not paths:
            continue
        if call == "write":
            dirty.add(paths[0])
        elif call in ("fsync", "fdatasync"):
            dirty.discard(paths[0])
            names.discard(paths[0].rstrip("/"))
        elif call == "rename":
            early += paths[:1] if paths[0] in dirty else []
            names.add(os.path.dirname(paths[1]))
            whole += 1
    return early + sorted(names), whole


def may_trace(case):
    if subprocess.run(["strace", "-f", "-qq", "-o", "/dev/null", "true"],
                      stderr=subprocess.DEVNULL, check=False).returncode == 0:
        return True
    skip(case, "no strace here, or it may not trace")
    return False


def below_strace(name, calls):
    """A file, and a command that is quoth below strace, which writes those calls to the file."""
    trace = path(name)
    return trace, server.quoth_below(name + ".sh", "exec strace -y -f -qq -s 200 -o %s -e %s"
                                     % (trace, calls))


def traced(s):
    """End a server that runs below strace, which takes no signal."""
    with open("/proc/%d/task/%d/children" % (s.p.pid, s.p.pid), encoding="utf-8") as f:
        os.kill(int(f.read()), signal.SIGTERM)


def cut(calls, n, where, steps, clock=None):
    """A server that takes these steps and is killed at its n-th call of `calls`: was it, or had it
    fewer of them?"""
    server.QUOTH = server.quoth_below("cut", "exec strace -f -qq -o /dev/null -e trace=%s "
                                      "-e inject=%s:signal=KILL:when=%d" % (calls, calls, n))
    try:
        s = Server("--state-dir", where, clock=clock)
        with s:
            steps(s)
            traced(s)
            s.p.wait()
    except (AssertionError, OSError, IndexError, ValueError) as e:
        assert s.p.wait() == -signal.SIGKILL, (n, e, s.said())
    finally:
        server.QUOTH = QUOTH
    return s.p.returncode == -signal.SIGKILL


def B37_power():
    """A list, a pause and a removal are on the disk, with their names, before they are answered: a
    power cut takes back nothing that was said. A file that takes the place of another is whole."""
    where = state()
    trace, command = below_strace(
        "trace", "trace=mkdir,rename,unlink,write,fsync,fdatasync,sendto,sendmsg")
    if not may_trace("B37_power"):
        return
    server.QUOTH = command
    try:
        with Server("--state-dir", where, "--gate-domain", "good.test") as s:
            ident = send(s, rows(9), "start=0")["id"]
            for what in ("resume", "pause", "cancel"):
                assert s.ask("POST", "%s/%s/%s" % (JOBS, ident, what))[0] == 200
            assert s.ask("DELETE", JOBS + "/" + ident)[0] == 204
            traced(s)
            s.p.wait()
    finally:
        server.QUOTH = QUOTH
    with open(trace, encoding="utf-8") as f:
        answers, early = unpushed(f, where)
    assert answers == 5 and not early, (answers, early[:2])
    with open(trace, encoding="utf-8") as f:
        early, whole = loose(f, where)
    assert not early and {"manners", "known"} < set(os.listdir(where)) and whole > 6, (early, whole)


def B37_cut():
    """Killed at any change of a name or a file's end, whatever was to be done: the next start shows
    each list as it was or as it was to be, and what is of none gives its room back."""
    if not may_trace("B37_cut"):
        return

    def steps(s, states):
        """What is done, and after each step what may be found of that list."""
        ident = send(s, rows(9), "start=0")["id"]
        states[ident] = {"ready"}
        for what, state_of in (("pause", {"paused"}), ("resume", {"running", "ready", "done"}),
                               ("cancel", {"cancelled", "done"})):
            states[ident] |= state_of
            assert s.ask("POST", "%s/%s/%s" % (JOBS, ident, what))[0] in (200, 409)
            states[ident] = state_of
        states[ident] = states[ident] | {"gone"}
        assert s.ask("DELETE", JOBS + "/" + ident)[0] == 204
        states[ident] = {"gone"}

    killed, n = True, 0
    while killed:  # once it was not, there is no such call any more
        n += 1
        where, states = state(), {}
        killed = cut("mkdir,rename,unlink,rmdir,ftruncate,fsync", n, where,
                     lambda s, found=states: steps(s, found))
        with Server("--state-dir", where) as s:
            found = {j["id"]: j["state"] for j in json.loads(s.ask("GET", JOBS)[2])["jobs"]}
            assert sorted(os.listdir(where + "/jobs")) == sorted(found), (n, found)
            for ident, may in states.items():
                assert found.pop(ident, "gone") in may, (n, ident, may)
            assert set(found.values()) <= {"ready"}, (n, found)  # one whose 201 was not sent yet
        shutil.rmtree(where)
    assert n > 20, n


def B37_cut_keep():
    """Killed at any call of removing lists whose time is over: the next start has each of them
    whole or not at all, and those whose time is not over; then the rest goes as well."""
    if not may_trace("B37_cut_keep"):
        return
    clock, made = Clock(), state()
    with Server("--state-dir", made, clock=clock) as s:
        over = [send(s, rows(9))["id"] for _ in range(3)]
        for ident in over:
            wait(s, ident, "done")
        whole = {ident: results(s, ident)[2] for ident in over}
    clock.passes(8 * DAY)
    with Server("--state-dir", made, clock=clock) as s:
        young = send(s, rows(9), "start=0")["id"]

    def sweep(s, where):
        while set(os.listdir(where + "/jobs")) != {young}:
            minutes(s, clock, 1)

    killed, n, halves = True, 0, 0
    while killed:
        n += 1
        where = state()
        shutil.copytree(made, where, dirs_exist_ok=True)
        killed = cut("unlink,rmdir,fsync,rename", n, where,
                     lambda s, where=where: sweep(s, where), clock)
        left = os.listdir(where + "/jobs")
        halves += any(len(os.listdir("%s/jobs/%s" % (where, ident))) < len(os.listdir(
            "%s/jobs/%s" % (made, ident))) for ident in left)
        with Server("--state-dir", where, clock=clock) as s:
            found = {j["id"]: j["state"] for j in json.loads(s.ask("GET", JOBS)[2])["jobs"]}
            assert sorted(os.listdir(where + "/jobs")) == sorted(found), (n, found)
            assert found.pop(young) == "ready", (n, found)
            for ident, now in found.items():
                assert now == "done" and results(s, ident)[2] == whole[ident], (n, ident, now)
            while set(os.listdir(where + "/jobs")) != {young}:
                minutes(s, clock, 1)
        shutil.rmtree(where)
    assert n > 15 and halves, (n, halves)


class Small:
    """The command in a world of its own, where `where` is a small disk."""

    def __init__(self, where, size):
        mount = "mount -t tmpfs -o size=%s none %s" % (size, where)
        self.can = subprocess.run(["unshare", "-Urm", "sh", "-c", mount], stdin=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL,
                                  check=False).returncode == 0
        self.command = server.quoth_below("small%d" % random.randrange(1 << 40), "exec unshare "
                                          "-Urm sh -c '%s && exec \"$0\" \"$@\"'" % mount)

    def __enter__(self):
        server.QUOTH = self.command

    def __exit__(self, *_):
        server.QUOTH = QUOTH


def B37_disk():
    """A disk that is full: nothing of the upload is left, and a job waits until there is room."""
    where = state()
    small = Small(where, "16m")
    if not small.can:
        print("SKIPPED B37_disk: no user namespaces here")
        return
    data = rows(max(ROWS, 5000))
    want = undisturbed(data)
    with small, Server("--state-dir", where) as s:
        inside = "/proc/%d/root%s" % (s.p.pid, where)
        big = b"email\n" + b"jane@good.test\n" * (20 << 16)
        with s.connect() as c:
            try:
                c.sendall(b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"
                          % (JOBS.encode(), len(big)))
                c.sendall(big)
            except OSError:
                pass  # it hung up
            got = b""
            try:
                got = everything(c)
            except OSError:
                pass
            assert not got or answer(got)[0] == 507, got
        while os.listdir(inside + "/jobs"):
            pass
        ident = send(s, data, "no_wait=1&start=0")["id"]
        with open(inside + "/filler", "wb") as f:
            f.truncate(0)
            room = os.statvfs(inside).f_bavail * os.statvfs(inside).f_frsize - 200000
            f.write(b"x" * room)
        s.ask("POST", "%s/%s/resume" % (JOBS, ident))
        job = wait(s, ident, "paused")
        assert "disk" in job["why"] and job["done"] < job["rows"], job
        os.unlink(inside + "/filler")
        kept = "%s/jobs/%s/job.json" % (inside, ident)
        with open(kept, encoding="utf-8") as f:
            before = json.load(f)
        assert s.ask("POST", "%s/%s/pause" % (JOBS, ident))[0] == 200
        with open(kept, encoding="utf-8") as f:
            assert json.load(f) != before, "that it was paused does not outlive a kill"
        assert s.ask("POST", "%s/%s/resume" % (JOBS, ident))[0] == 200
        assert wait(s, ident, "done")["why"] is None
        same(results(s, ident)[2], want)


def B37_changed():
    """A list or results that somebody changed are not mixed with ours."""
    where = state()
    with Server("--state-dir", where) as s:
        cut = send(s, rows(20), "start=0")["id"]
        other = send(s, rows(20), "start=0")["id"]
    with open("%s/jobs/%s/list" % (where, cut), "ab") as f:
        f.truncate(100)
    with open("%s/jobs/%s/results.csv" % (where, other), "wb") as f:
        f.write(b"mine\n")
    with Server("--state-dir", where) as s:
        problem(s.ask("GET", JOBS + "/" + cut), 404, "not-found")
        s.ask("POST", "%s/%s/resume" % (JOBS, other))
        while job_of(s, other)["state"] != "failed":
            pass
        assert job_of(s, other)["why"]
    with open("%s/jobs/%s/results.csv" % (where, other), "rb") as f:
        assert f.read() == b"mine\n"


def B37_left():
    """What cannot be read, or is damaged, is left, and shown as failed: only what surely is no list
    is removed, or what somebody asks to be."""
    where = state()
    with Server("--state-dir", where) as s:
        dark, torn, longer, odd, gone, half = [send(s, rows(9), "start=0")["id"] for _ in range(6)]

    def file(ident, name="job.json"):
        return "%s/jobs/%s/%s" % (where, ident, name)
    os.rename(file(dark), file(dark, "aside"))
    os.mkdir(file(dark))  # opens, and cannot be read
    with open(file(torn), "r+b") as f:
        f.truncate(50)
    with open(file(longer, "list"), "ab") as f:
        f.write(b"more\n")
    with open(file(odd), "r+", encoding="utf-8") as f:
        text = f.read().replace('"input":2', '"input":99')
        assert "99" in text, text
        f.seek(0)
        f.write(text)
    os.unlink(file(gone))
    os.unlink(file(half, "list"))
    left = sorted((dark, torn, longer, odd))
    clock = Clock()
    with Server("--state-dir", where, "--keep", "30m", clock=clock) as s:
        minutes(s, clock, 60)
        assert sorted(os.listdir(where + "/jobs")) == left
        jobs = json.loads(s.ask("GET", JOBS)[2])["jobs"]
        assert sorted(j["id"] for j in jobs) == left, jobs
        for job in jobs:
            assert job["state"] == "failed" and "directory" in job["why"], job
            assert ("damaged" in job["why"]) == (job["id"] != dark), job
            assert job["id"] in s.said(), s.said()
            for what in ("pause", "resume", "cancel"):
                problem(s.ask("POST", "%s/%s/%s" % (JOBS, job["id"], what)), 409, "conflict")
            plan = s.ask("GET", "%s/%s/plan" % (JOBS, job["id"]))
            assert plan[0] in (200, 202), plan  # of a list that is whole
            problem(s.ask("GET", "%s/%s/results" % (JOBS, job["id"])), 409, "conflict")
            assert b"failed" in s.ask("GET", "%s/%s/events" % (JOBS, job["id"]))[2]
        assert s.said().count("damaged") == 3, s.said()
        assert s.ask("DELETE", JOBS + "/" + torn)[0] == 204
        assert torn not in os.listdir(where + "/jobs")
    os.rmdir(file(dark))
    os.rename(file(dark, "aside"), file(dark))
    with Server("--state-dir", where) as s:
        assert job_of(s, dark)["state"] == "ready"


MINUTE = 60000
DAY = 1440 * MINUTE


def minutes(s, clock, n):
    """They pass, and the server looks each time."""
    for _ in range(n):
        clock.passes(MINUTE + 1)
        assert s.ask("GET", "/version")[0] == 200


def B37_keep():
    """A list's time is over: its files are gone, its key is free, who watches is told, who reads
    its results has all of them."""
    where, clock = state(), Clock()
    many = ("email\n" + "".join("x%d@nullmx.test\n" % i for i in range(30000))).encode()
    with Server("--state-dir", where, "--keep", "15m", clock=clock) as s:
        over = send(s, many, "format=csv", Idempotency_Key="mine")["id"]
        wait(s, over, "done")
        held = send(s, rows(9), "start=0")["id"]
        minutes(s, clock, 10)
        with s.connect() as watching, s.connect() as reading:
            whole = results(s, over)[2]
            watching.sendall(("GET %s/%s/events HTTP/1.1\r\nHost: localhost\r\n\r\n"
                              % (JOBS, held)).encode())
            reading.sendall(("GET %s/%s/results HTTP/1.1\r\nHost: localhost\r\n"
                             "Connection: close\r\n\r\n" % (JOBS, over)).encode())
            got = reading.recv(65536)
            for _ in range(8):
                assert s.ask("GET", JOBS + "/" + over)[0] in (200, 404)
                clock.passes(MINUTE - 10000)
                got += reading.recv(65536)
            while os.listdir(where + "/jobs"):
                assert s.ask("GET", "/version")[0] == 200
            assert s.ask("GET", JOBS + "/" + over)[0] == s.ask("GET", JOBS + "/" + held)[0] == 404
            assert b'"state":"cancelled"' in everything(watching)
            assert answer(got + everything(reading))[2] == whole
        assert json.loads(s.ask("GET", JOBS)[2])["jobs"] == []
        assert send(s, many, "format=csv", Idempotency_Key="mine")["id"] != over


def B37_keep_restart():
    """Time counts while nobody runs, and is believed ten minutes after the start."""
    where, clock = state(), Clock()
    with Server("--state-dir", where, clock=clock) as s:
        wait(s, send(s, rows(9))["id"], "done")
    clock.passes(8 * DAY)
    with Server("--state-dir", where, clock=clock) as s:
        minutes(s, clock, 9)
        assert len(os.listdir(where + "/jobs")) == 1
        minutes(s, clock, 2)
        assert not os.listdir(where + "/jobs")


def jumps(first, then):
    """The wall clock is another one by `first` at a start, and by `then` more while that runs."""
    where, clock = state(), Clock()
    with Server("--state-dir", where, clock=clock) as s:
        ours = [send(s, rows(9), Idempotency_Key="a")["id"]]
        wait(s, ours[0], "done")
    clock.jump(first)
    with Server("--state-dir", where, clock=clock) as s:
        ours.append(send(s, rows(9), Idempotency_Key="b")["id"])
        wait(s, ours[1], "done")  # though what was held is of another time
        minutes(s, clock, 3)
        clock.jump(then)
        minutes(s, clock, 30)
        assert send(s, rows(9), Idempotency_Key="b")["id"] == ours[1]
        for ident in ours:
            assert job_of(s, ident)["state"] == "done", first
    clock.jump(-first - then)
    with Server("--state-dir", where, clock=clock) as s:
        minutes(s, clock, 12)
        clock.passes(6 * DAY)
        minutes(s, clock, 12)
        assert job_of(s, ours[1])["state"] == "done", first
        clock.passes(2 * DAY)
        minutes(s, clock, 12)
        assert not os.listdir(where + "/jobs"), first


def B37_clock():
    """A wall clock that begins in 1970 and is set by and by, or that is set back: no list is
    removed before its time, each is in the end, and a key is not forgotten."""
    now = int(time.time() * 1000)
    jumps(-now, now)
    jumps(0, -now)
    jumps(400 * DAY, -400 * DAY)


# ---- B38: the page


def B38_page():
    """A list of 10 MB from the file to its results, by hand and in a browser, through a restart of
    the server."""
    if not Browser.found():
        skip("B38_page", "no chromium here (Debian: chromium)")
        return
    where, hostile = state(), "<img src=x onerror=alert(1)>\u202e"
    name = path("contacts%d.csv" % random.randrange(1 << 40))
    with open(name, "wb") as f:
        f.write(("who;mail\n%s;jane@good.test\n" % hostile).encode()
                + b"x;nobody@good.test\ny;jane@mutercpt.test\n" * 3
                + b"a name as people have them;nobody@good.test\n" * 240000)
    assert os.path.getsize(name) > 10 << 20  # as people's lists are
    tokens = token_file("shop:%s\n" % TOKEN)
    with Server("--state-dir", where, "--token-file", tokens, tcp=True) as s, Browser() as b:
        port = s.port

        def press(text):
            b.until("[...document.querySelectorAll('#do button')].some(e => e.textContent === %s)"
                    % json.dumps(text))
            b.run("[...document.querySelectorAll('#do button')]"
                  ".find(e => e.textContent === %s).click()" % json.dumps(text))

        def says(text):
            b.until("document.querySelector('#state').textContent.includes(%s)" % json.dumps(text))

        def fits():
            for scheme in ("light", "dark"):
                b.look(320, 640, scheme)
                assert b.run("document.documentElement.scrollWidth") <= 320
        b.look(320, 640)
        b.open("http://localhost:%d/#list" % port)
        b.until("!document.querySelector('#door').hidden")
        b.run("document.querySelector('#token').value = %s; "
              "document.querySelector('#door').requestSubmit()" % json.dumps(TOKEN))
        field = b.say("Runtime.evaluate",
                      expression="document.querySelector('#file')")["result"]["objectId"]
        b.say("DOM.setFileInputFiles", files=[name], objectId=field)
        b.until("document.querySelectorAll('#sample tr').length === 5 && "
                "document.querySelector('#column').selectedIndex === 2")
        shown = b.run("document.querySelector('#sample').textContent")
        assert "\\u202e" in shown and "\u202e" not in shown and b.run(
            "document.querySelectorAll('main img').length") == 0
        fits()
        b.run("document.querySelector('#drop').requestSubmit()")
        says("ready")
        b.until("document.querySelector('#how').textContent.includes('It would take')")
        kept = b.run("document.querySelector('#jobs').textContent")
        assert "ready" in kept and not re.search(r"\dT\d", kept), kept  # a time for people
        assert b.run("[0, 1, 2, 90, 129600].map(span).join()") == (
            "about a second,about a second,about 2 seconds,about 2 minutes,about 2 days")
        fits()
        press("Run")
        says("it runs")
        press("Pause")
        says("paused")
        press("Go on")
        says("it runs")
        s.p.kill()
        s.p.wait()
        says("does not answer")
        assert not b.trouble and b.refused() == [], (b.trouble, b.refused())
        with Server("--state-dir", where, "--token-file", tokens, "--listen",
                    "127.0.0.1:%d" % port):
            says("it runs")
            press("Cancel")
            says("cancelled")
            fits()
            press("Remove")
            says("removed")
        assert not b.trouble and b.refused() == [], (b.trouble, b.refused())


# ---- B39: as Reacher has it


def bulk(s, addresses, status=200, **fields):
    """Its number, or what is wrong."""
    got = s.ask("POST", "/v1/bulk", addresses
                if isinstance(addresses, (bytes, dict)) else {"input": addresses}, **fields)
    assert got[0] == status and got[1]["content-type"] == "application/json", got
    return json.loads(got[2])["job_id" if status == 200 else "error"]


def bulk_state(s, number, **fields):
    got = s.ask("GET", "/v1/bulk/%d" % number, **fields)
    assert got[0] == 200, got
    return json.loads(got[2])


def bulk_over(s, number, **fields):
    while True:
        state_ = bulk_state(s, number, **fields)
        if state_["job_status"] == "Completed":
            return state_
        assert state_["job_status"] == "Running" and state_["finished_at"] is None, state_


def bulk_rows(s, number, query="", **fields):
    got = s.ask("GET", "/v1/bulk/%d/results%s" % (number, query), **fields)
    assert got[0] == 200 and got[1]["content-type"] == "application/json", got
    return json.loads(chunks(got[2]) if "transfer-encoding" in got[1] else got[2])["results"]


def B39_bulk():
    sent = ["any%d@catchall.test" % i for i in range(70)] + ["nobody@good.test", "no at",
        "jane@good.test", 'a"\n\\b', "full@six.test", ""]
    with Server("--state-dir", state()) as s:
        number = bulk(s, sent)
        over = bulk_over(s, number)
        assert over["job_id"] == number and over["total_records"] == over["total_processed"] == len(
            sent), over
        assert sum(over["summary"].values()) == len(sent), over
        assert over["created_at"] <= over["finished_at"], over
        got = bulk_rows(s, number, "?limit=1000")
        told = [text.replace("\n", "\\u000a") for text in sent]
        assert sorted(row["input"] for row in got) == sorted(told), got
        for word, verdict in (("safe", "deliverable"), ("risky", "risky"),
                              ("invalid", "undeliverable"), ("unknown", "unknown")):
            assert sum(row["quoth"]["verdict"] == verdict
                       for row in got) == over["summary"]["total_" + word] > 0, (word, over)
        assert bulk_rows(s, number) == got[:50]
        assert bulk_rows(s, number, "?offset=50&format=json") == got[50:]
        assert bulk_rows(s, number, "?offset=3&limit=2") == got[3:5]
        assert bulk_rows(s, number, "?limit=0") == bulk_rows(s, number,
            "?offset=%d" % len(sent)) == []
        table = s.ask("GET", "/v1/bulk/%d/results?format=csv" % number)
        lines = table[2].decode().splitlines(True)
        assert table[1]["content-type"].startswith("text/csv") and len(
            list(csv.reader(lines))) == len(sent) + 1
        some = s.ask("GET", "/v1/bulk/%d/results?format=csv&offset=2&limit=3" % number)
        assert (chunks(some[2]) if "transfer-encoding" in some[1]
                else some[2]).decode() == "".join(lines[:1] + lines[3:6]), some
        several = bulk(s, ["jane@good.test; full@six.test"])
        assert bulk_over(s, several)["total_records"] == 2
        assert sorted(row["is_reachable"] for row in bulk_rows(s, several)) == ["invalid", "safe"]
        none = bulk(s, ["no at", "", "x"])
        assert bulk_over(s, none)["total_records"] == 3
        assert [r["is_reachable"] for r in bulk_rows(s, none)] == ["invalid"] * 3
        for row in got:  # a yes has its hosts, an unknown no word of the mailbox
            assert "error" in row["mx"] or row["mx"]["accepts_mail"] == (row["mx"]["records"] != [])
            assert ("error" in row["smtp"]) == (row["is_reachable"] == "unknown"), row
        for query in ("?limit=x", "?offset=-1", "?format=xml", "?limit=%zz"):
            got = s.ask("GET", "/v1/bulk/%d/results%s" % (number, query))
            assert got[0] == 400 and "error" in json.loads(got[2]), (query, got)


def B39_bad():
    with Server("--state-dir", state()) as s:
        for body in (b"", b"[]", b"{}", {"input": []}, {"input": "a@good.test"}, {"input": [1]},
                     {"input": [["a@good.test"]]},
                     {"input": ["a" * 513]}, b'{"input":["a@good.test",]}',
                     b'{"input":["a\\ud800@good.test"]}', b'{"input":["a\xff@good.test"]}',
                     b'{"input":["a@good.test"]}x',
                     b'{"input":["a@good.test"],"input":[]}', b'{"input":["a@good.test"}',
                     b'{"input":["a@good.test" "b@good.test"]}', b'["input",["a@good.test"]]',
                     b'{"x":{"input":["a@good.test"]}}', b'{"input":["a@good.test"]',
                     b'{"input":["a@good.test"],"x":"' + b"x" * 70000 + b'"}'):
            assert "input" in bulk(s, body, 400), body
        assert "proxies" in bulk(s, {"input": ["a@good.test"], "proxy": {"host": "x"}}, 400)
        assert "webhooks" in bulk(s, {"input": ["a@good.test"],
                                      "webhook": {"on_each_email": {"url": "http://x/"}}}, 400)
        assert "larger" in bulk(s, b"{", 413, Content_Length=(50 << 20) + 1)
        assert json.loads(s.ask("GET", JOBS)[2])["jobs"] == []
        got = s.ask("POST", "/v1/bulk", {"input": ["a@good.test"], "webhook": None, "tag": 1})
        assert got[0] == 200 and got[1]["x-quoth-ignored"] == "webhook, tag", got
        many = {"x": ["input", {"input": [1]}],
                "input": ["any%05d@catchall.test" % i for i in range(100000)]}  # 2.7 MB
        assert bulk_state(s, bulk(s, many))["job_status"] == "Running"


def B39_tokens():
    name = token_file("shop:%s\nother:%s\n" % (TOKEN, TOKEN[::-1]))
    with Server("--state-dir", state(), "--token-file", name, "--jobs-kept", "1") as s:
        shop, other = {"x-reacher-secret": TOKEN}, {"x-reacher-secret": TOKEN[::-1]}
        number = bulk(s, ["jane@mutercpt.test"], **shop)
        assert "kept" in bulk(s, ["jane@good.test"], 429, **shop)
        for tail in ("", "/results"):
            for fields, wanted in ((other, 404), ({}, 401)):
                assert s.ask("GET", "/v1/bulk/%d%s" % (number, tail), **fields)[0] == wanted
        got = s.ask("GET", "/v1/bulk/%d/results" % number, **shop)
        assert got[0] == 400 and "running" in json.loads(got[2])["error"], got
        bulk_over(s, bulk(s, ["jane@good.test"], **other), **other)


if __name__ == "__main__":
    suite("jobs", globals(), "B")
