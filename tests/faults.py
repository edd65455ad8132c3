#!/usr/bin/env python3
"""faults.py - every system call and every allocation of the command fails once.

    QUOTH=build/faults/quoth python3 tests/faults.py [--points N] [NAME]...

Each scenario below runs once undisturbed, with its calls counted by name; then once for each of its
calls, which fails with an error that this call may have (strace's --inject), and once for each
allocation, which finds no memory (faults_alloc.c). What must hold at every point:

  - the command ends by itself, by no signal, with a documented exit status;
  - an allocation that fails ends no run;
  - no verdict about an address changes but to `unknown` (or to `risky`, where the decoy was what
    failed);
  - an exit status of a result (0 to 3) means that a result stands there for every address;
  - a list that did not end so is resumed without a fault, and is then complete.

Points of one scenario run side by side. Without --points all run; with it each scenario takes every
system call, and of the allocations, most of which are mbedTLS's, as many as are left of N, spread
over all of them. The line says how many of how many. Last line: "faults: N passed, N failed".

SPDX-License-Identifier: MIT
"""
import collections
import concurrent.futures
import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import tempfile

QUOTH = os.path.realpath(os.environ.get("QUOTH", "build/faults/quoth"))
JOBS = 2 * (os.cpu_count() or 1)
HANGS = 300                     # seconds; only a process that never ends takes so long
RESULTS = {0, 1, 2, 3}
STATUS = RESULTS | {64, 66, 70, 74}
ENDED = "one failed allocation ended the run"

# Calls by which a process begins, ends, or cannot be refused by a kernel that follows its own
# manual.
NEVER_FAIL = {"execve", "exit", "exit_group", "arch_prctl", "set_tid_address", "set_robust_list",
              "rseq", "munmap",
              "rt_sigreturn", "mprotect", "getpid", "gettid", "brk", "close", "clock_gettime",
              "rt_sigprocmask", "restart_syscall"}
ERROR = {"socket": "EMFILE", "open": "EMFILE", "openat": "EMFILE", "connect": "ENETUNREACH",
         "bind": "EADDRINUSE",
         "sendto": "ENETUNREACH", "sendmsg": "ENETUNREACH", "sendmmsg": "ENETUNREACH",
         "recvfrom": "ECONNRESET",
         "recvmsg": "ECONNRESET", "recvmmsg": "ECONNRESET", "epoll_wait": "EINTR",
         "epoll_pwait": "EINTR",
         "poll": "EINTR", "ppoll": "EINTR", "mmap": "ENOMEM", "epoll_ctl": "ENOMEM",
         "epoll_create1": "EMFILE",
         "getrandom": "ENOSYS", "write": "ENOSPC", "pwrite64": "ENOSPC", "writev": "ENOSPC",
         "ftruncate": "EIO",
         "fcntl": "ENOLCK", "flock": "ENOLCK", "rename": "EROFS", "unlink": "EROFS",
         "link": "EPERM",
         "fstat": "EIO", "newfstatat": "EACCES", "lseek": "ESPIPE", "ioctl": "ENODEV"}

ADDRESSES = ["jane@good.test", "nobody@good.test", "any@catchall.test", "x@nullmx.test",
             "no at all", "full@good.test",
             "jane@tls.test", "info@good.test", "a@nxdomain.test", "jane@six.test"]

Point = collections.namedtuple("Point", "kind at error")


class Scenario:
    """A command, the files it reads, and how its answers are read: {address: verdict}."""

    box = None                      # where the sandbox's certificate is

    def __init__(self, name, args, answers, output=None, resume=False):
        self.name, self.args, self.answers = name, args, answers
        self.output, self.resume = output, resume

    def command(self, where, port):
        return [QUOTH, f"--sandbox={port}"] + [
            a.replace("DIR", where).replace("BOX", self.box) for a in self.args]

    def read(self, where, stdout):
        if not self.output:
            return self.answers(stdout)
        try:
            with open(os.path.join(where, self.output), encoding="utf-8", newline="") as f:
                return self.answers(f.read())
        except OSError:
            return {}


def of_json(text):
    got = {}
    for line in text.splitlines():
        try:
            one = json.loads(line)
        except ValueError:
            continue                # cut off in mid-line: the exit status must say so
        if "verdict" in one:
            got[one["address"]] = one["verdict"]
    return got


def of_csv(text):
    rows = csv.DictReader(io.StringIO(text))
    return {row["email"]: row["quoth_verdict"] for row in rows if row.get("quoth_verdict")}


LIST = ["-q", "-f", "DIR/list.csv", "--no-wait", "--pace", "off"]
SCENARIOS = [
    Scenario("one", ["--format", "json", "jane@good.test"], of_json),
    Scenario("tls", ["--format", "json", "--tls", "must", "jane@tls.test"], of_json),
    Scenario("few", ["--format", "json", "--pace", "off", "--no-wait"] + ADDRESSES, of_json),
    Scenario("csv", LIST + ["--format", "csv", "-o", "DIR/out.csv", "--resume"], of_csv,
             "out.csv", True),
    Scenario("ordered", LIST + ["--format", "json", "-o", "DIR/out.json", "--ordered",
                                "--resume"], of_json,
             "out.json", True),
    Scenario("domains", ["-q", "-f", "DIR/one.txt", "--no-wait", "--pace", "off", "--with-domain",
                         "--ca-file", "BOX/ca.pem",
                         "--format", "json", "-o", "DIR/out.json", "--resume"], of_json,
                         "out.json", True),
    Scenario("cache", LIST + ["--format", "csv", "-o", "DIR/out.csv", "--resume", "--cache",
                              "DIR/cache"], of_csv,
             "out.csv", True),
]


def prepare(where):
    with open(os.path.join(where, "list.csv"), "w", encoding="utf-8") as f:
        f.write("id,email\n" + "".join(f"{i},{a}\n" for i, a in enumerate(ADDRESSES)))
    with open(os.path.join(where, "one.txt"), "w", encoding="utf-8") as f:
        f.write(ADDRESSES[0] + "\n")


def run(command, point=None, count=None):
    env = dict(os.environ, LC_ALL="C")
    if point and point.kind == "allocation":
        env["QUOTH_FAULT_AT"] = str(point.at)
    elif point:
        command = ["strace", "-f", "--seccomp-bpf", "-qqq", "-o", "/dev/null", "-e",
                   f"trace={point.kind}",
                   "-e", f"inject={point.kind}:error={point.error}:when={point.at}"] + command
    if count:
        env["QUOTH_FAULT_COUNT"] = count
    done = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, env=env,
                            start_new_session=True)
    try:
        out, err = done.communicate(timeout=HANGS)
    except subprocess.TimeoutExpired:
        os.killpg(done.pid, signal.SIGKILL)
        done.communicate()
        return None, "", "it did not end"
    return done.returncode, out.decode("utf-8", "replace"), err.decode("utf-8", "replace")


def points_of(scenario, port):
    """The undisturbed answers, and each point at which the scenario may fail."""
    with tempfile.TemporaryDirectory() as where:
        prepare(where)
        status, out, err = run(scenario.command(where, port), count=os.path.join(where, "count"))
        want = scenario.read(where, out)
        if status not in RESULTS or not want:
            sys.exit(f"faults: {scenario.name} does not run undisturbed: {status} {err}")
        with open(os.path.join(where, "count"), encoding="utf-8") as f:
            points = [Point("allocation", i + 1, "") for i in range(int(f.read()))]
    with tempfile.TemporaryDirectory() as where:
        prepare(where)
        log = os.path.join(where, "log")
        subprocess.run(["strace", "-f", "-qqq", "-o", log] + scenario.command(where, port),
                       stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        with open(log, encoding="utf-8", errors="replace") as f:
            calls = collections.Counter(re.findall(r"^\d+ +(\w+)\(", f.read(), re.M))
    for call, n in sorted(calls.items()):
        if call not in NEVER_FAIL:
            points += [Point(call, i + 1, ERROR.get(call, "EIO")) for i in range(n)]
    return want, points


def wrong(want, got):
    """A verdict that changed to anything but what harms nobody."""
    for address, verdict in got.items():
        if verdict not in (want.get(address),
                           "unknown") and not (verdict == "risky"
                                               and want[address] == "deliverable"):
            return f"{address}: {verdict}, not {want.get(address)}"
    return None


def what_is_wrong(scenario, want, place, outcome):
    """With a run that ended so, or with the one that goes on from there: a sentence, or None."""
    where, port = place
    status, out, err = outcome
    if status is None or status not in STATUS:
        return f"ended by {status}: {err.strip()[-200:]}"
    got = scenario.read(where, out)
    bad = wrong(want, got)
    if bad:
        return bad
    if status <= 3 and set(got) != set(want):
        missing = sorted(set(want) - set(got))
        return f"status {status}, but no answer for {missing}: {err.strip()[-200:]}"
    if status <= 3 or not scenario.resume:
        return None
    again, out, err = run(scenario.command(where, port))
    got = scenario.read(where, out)
    if again not in RESULTS or set(got) != set(want):
        return f"status {status}; resumed: {again}, {len(got)} of {len(want)}: {err.strip()[-200:]}"
    return wrong(want, got)


def try_point(scenario, want, point, port):
    """What is wrong, or None."""
    with tempfile.TemporaryDirectory() as where:
        prepare(where)
        outcome = run(scenario.command(where, port), point)
        if point.kind == "allocation" and outcome[0] not in RESULTS:
            return f"{ENDED}: {outcome[0]} {outcome[2].strip()[-200:]}"
        return what_is_wrong(scenario, want, (where, port), outcome)


def sample(points, n):
    """Every system call, and allocations at even distances up to n points; all without n."""
    calls = [p for p in points if p.kind != "allocation"]
    allocations = [p for p in points if p.kind == "allocation"]
    left = max(n - len(calls), 0)
    if not n or left >= len(allocations):
        return points
    return calls + [allocations[i * len(allocations) // left] for i in range(left)]


def try_scenario(scenario, port, n):
    want, points = points_of(scenario, port)
    chosen = sample(points, n)
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        results = list(pool.map(lambda p: try_point(scenario, want, p, port), chosen))
    failures = [(point, bad) for point, bad in zip(chosen, results) if bad]
    for point, bad in failures[:20]:
        print(f"FAILED {scenario.name}: {point.kind} {point.at} {point.error}: {bad}")
    kinds = len({p.kind for p in points})
    allocations = sum(point.kind == "allocation" for point in chosen)
    ended = sum(bad.startswith(ENDED) for _, bad in failures)
    print(f"{scenario.name}: {len(chosen)} of {len(points)} points, {kinds} kinds, "
          f"{len(failures)} wrong; {ended} of {allocations} allocations end the run", flush=True)
    return len(chosen), len(failures)


def main():
    args, n = sys.argv[1:], 0
    if args[:1] == ["--points"]:
        n, args = int(args[1]), args[2:]
    chosen = [s for s in SCENARIOS if not args or s.name in args]
    traced = subprocess.run(["strace", "-qqq", "-o", "/dev/null", "-e", "inject=getppid:error=EIO",
                             "true"], check=False)
    if traced.returncode:
        print("SKIPPED faults: no process can be traced here\nfaults: 0 passed, 0 failed")
        return 0
    shared = tempfile.TemporaryDirectory()
    Scenario.box = shared.name
    box = subprocess.Popen([QUOTH, "sandbox", "--port", "0", "--ca", f"{shared.name}/ca.pem"],
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        ready = next(line for line in box.stdout if line.startswith("ready: "))
        port = re.search(r"port (\d+)", ready).group(1)
        results = [try_scenario(s, port, n) for s in chosen]
    finally:
        box.kill()
        box.wait()
        shared.cleanup()
    done, failed = (sum(column) for column in zip(*results))
    print(f"{done} points")
    print(f"faults: {done - failed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
