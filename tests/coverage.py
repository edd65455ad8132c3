#!/usr/bin/env python3
"""Runs programs built by coverage.mk and tells what of core they reached.

    coverage.py --argued tests/coverage.txt DIR PROGRAM...
        suites: lines, branches, MC/DC, and what is missing
    coverage.py --seeds fuzz/corpus DIR PROGRAM...
        harnesses over their seeds: lines and branches

What is missing has one of these forms, with the condition as it stands in the source:

    decides CONDITION     one of several in a decision; never seen to decide it alone
    true CONDITION        the only one, and it never was; `false` likewise
    other VALUE           a switch without a default never met a value that is in none of its cases
    called FUNCTION       never

A row "FILE | FORM TEXT | why" of the argued ones takes it off the list; a row that takes nothing
off is stale, and fails like a gap does. Last line: "coverage: N passed, N failed".

SPDX-License-Identifier: MIT
"""
import json
import os
import subprocess
import sys

LLVM = "-19"
SEEDS_LINES, SEEDS_BRANCHES = 95, 85  # per cent, by the seeds alone


def run(programs, seeds, work):
    """Each program once, its counters in a file of its own; all of them in one."""
    raw = []
    for program in programs:
        name = os.path.basename(program)
        raw.append(os.path.join(work, name + ".profraw"))
        command = [program] + ([os.path.join(seeds, name)] if seeds else [])
        env = dict(os.environ, LLVM_PROFILE_FILE=raw[-1])
        done = subprocess.run(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode:
            sys.exit("%s\ncoverage: %s failed" % (done.stdout.decode(errors="replace"), program))
    merged = os.path.join(work, "all.profdata")
    subprocess.run(["llvm-profdata" + LLVM, "merge", "-sparse", "-o", merged] + raw, check=True)
    command = ["llvm-cov" + LLVM, "export", "-instr-profile=" + merged, programs[0]]
    for program in programs[1:]:
        command += ["-object", program]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)["data"][0]


class File:
    """One file of core. An inline function counts once, however many files include it."""

    def __init__(self, data, root):
        self.name = os.path.relpath(data["filename"], root)
        self.text = open(data["filename"], encoding="utf-8").read().split("\n")
        lines = data["summary"]["lines"]
        self.lines = (lines["covered"], lines["count"])
        self.outcomes, self.decisions = {}, {}
        branches = [(one[:4], one) for one in data["branches"]]
        for macro in data["expansions"]:  # a condition made by a macro stands where its name does
            branches += [(macro["source_region"][:4], one) for one in macro["branches"]]
        for at, (_, _, _, _, yes, no, *_) in branches:
            seen = self.outcomes.setdefault(tuple(at), [0, 0])
            seen[0] += yes
            seen[1] += no
        for line, col, end, end_col, *_, conditions in data["mcdc_records"]:
            seen = self.decisions.setdefault((line, col, end, end_col), [False] * len(conditions))
            for i, shown in enumerate(conditions):
                seen[i] = seen[i] or shown

    def source(self, at):
        line, col, end, end_col = at
        part = self.text[line - 1:end]
        part[-1] = part[-1][:end_col - 1]
        part[0] = part[0][col - 1:]
        return " ".join(" ".join(part).split())

    def conditions(self, decision):
        """Those of the decision itself, in order; not what a condition is made of (`x == (tag ? 16
        : 4)`)."""
        within = lambda at, whole: at != whole and whole[:2] <= at[:2] and at[2:] <= whole[2:]
        inside = [at for at in self.outcomes if within(at, decision)]
        return sorted(at for at in inside if not any(within(at, other) for other in inside))

    def branches(self):
        return sum((yes > 0) + (no > 0) for yes, no in self.outcomes.values()), 2 * len(
            self.outcomes)

    def mcdc(self):
        shown = [one for conditions in self.decisions.values() for one in conditions]
        return sum(shown), len(shown)

    def missing(self):
        """(line, form and text) of each gap."""
        gaps, in_decision = [], set()
        for decision, shown in self.decisions.items():
            conditions = self.conditions(decision)
            if len(conditions) != len(shown):
                sys.exit("coverage: %s:%d: cannot tell the conditions apart" % (self.name,
                    decision[0]))
            in_decision.update(conditions)
            gaps += [(at[0], "decides " + self.source(at))
                     for at, one in zip(conditions, shown) if not one]
        for at, (yes, no) in self.outcomes.items():
            if at in in_decision:
                continue
            if not yes:
                switch = self.text[at[0] - 1][:at[1] - 1].endswith("switch (")
                gaps.append((at[0], ("other " if switch else "true ") + self.source(at)))
            if not no:
                gaps.append((at[0], "false " + self.source(at)))
        return sorted(gaps)


def never_called(data, root):
    """{file: [function]}; one that is inline may be called elsewhere."""
    called = {}
    for function in data["functions"]:
        name = function["name"].split(":")[-1]
        key = (os.path.relpath(function["filenames"][0], root), name)
        called[key] = called.get(key, 0) + function["count"]
    return [key for key, count in called.items() if not count]


def read_argued(path):
    rows = {}
    for number, row in enumerate(open(path, encoding="utf-8"), 1):
        if row.strip() and not row.startswith("#"):
            name, what, why = (part.strip() for part in row.split(" | ", 2))
            rows[name, what] = [number, why, 0]
    return rows


def per_cent(part):
    return "%5d of %5d %6.2f %%" % (part[0], part[1], 100 * part[0] / part[1] if part[1] else 100)


def add(parts):
    parts = list(parts)
    return sum(part[0] for part in parts), sum(part[1] for part in parts)


def main():
    mode, where, work, *programs = sys.argv[1:]
    root = os.getcwd()
    data = run(programs, where if mode == "--seeds" else None, work)
    files = [File(one, root) for one in data["files"]
             if one["filename"].startswith(root + "/core/")]
    print("%-20s %24s %24s %24s" % ("", "lines", "branches", "MC/DC"))
    for one in files:
        print("%-20s %24s %24s %24s" % (one.name, per_cent(one.lines), per_cent(one.branches()),
                                        per_cent(one.mcdc())))
    total = [add(one.lines for one in files), add(one.branches() for one in files),
             add(one.mcdc() for one in files)]
    print("%-20s %24s %24s %24s" % (("all",) + tuple(per_cent(one) for one in total)))
    if mode == "--seeds":
        good = [100 * one[0] >= least * one[1]
                for one, least in zip(total, (SEEDS_LINES, SEEDS_BRANCHES))]
        print("coverage: %d passed, %d failed" % (sum(good), len(good) - sum(good)))
        sys.exit(not all(good))

    argued = read_argued(where)
    gaps = [(one.name, line, what) for one in files for line, what in one.missing()]
    gaps += [(name, 1, "called " + function) for name, function in never_called(data, root)
             if name.startswith("core/")]
    failed = 0
    for name, line, what in gaps:
        row = argued.get((name, what))
        if row:
            row[2] += 1
        else:
            failed += 1
            print("%s:%d: MISSING %s" % (name, line, what))
    for (name, what), (number, why, used) in argued.items():
        if not used:
            failed += 1
            print("%s:%d: STALE, it is reached now: %s | %s" % (where, number, name, what))
    taken = sum(row[2] for row in argued.values())
    print("%d gaps are argued in %s" % (taken, where))
    print("coverage: %d passed, %d failed" % (total[1][0] + total[2][0] + taken, failed))
    sys.exit(failed != 0)


main()
