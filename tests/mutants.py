#!/usr/bin/env python3
"""Breaks core in one place after the other and asks the suites whether they notice.

    mutants.py DIR N SEED [FILE...]      N mutants, the same ones for the same SEED and sources

A mutant is one change by one operator:

    relation    < to >=, == to !=             return      another value
    boundary    < to <=                       drop        a statement less
    constant    one more, one less            logic       && to ||
    negate      the condition of an if        arithmetic  + to -, & to |, << to >>

What is returned as a truth value is one: `return 1` becomes 0 alone. No array is made longer than it is declared: nothing
can tell. Those that do not compile, and those whose object file is the same as before, are no mutants. Each of the others is
linked with the suites that touch its file (tests/mutants.txt), until one fails, crashes or uses more than ten times
the CPU it should: killed. With the sanitizers for what reads bytes of a peer, without them elsewhere.

A survivor is printed with its place and its change. tests/mutants.txt argues those that behave like the original; a
row there that is no mutant any more, or that is killed, is stale. Fails below 97 % of those that are not argued.
Last line: "mutants: N passed, N failed".

SPDX-License-Identifier: MIT
"""
import hashlib
import os
import random
import re
import resource
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

LEAST = 97  # per cent killed
ROWS = "tests/mutants.txt"
CC = os.environ.get("CC", "cc").split()
FLAGS = os.environ.get("MUTANT_FLAGS", "").split()
UNSET = ["-ftrivial-auto-var-init=pattern"]  # what reads a variable before it is set finds rubbish
SANITIZE = "-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all".split()
KEYWORDS = {"return", "if", "else", "for", "while", "do", "switch", "case", "default", "goto", "sizeof", "struct",
            "enum", "union", "const", "static", "unsigned", "int", "char", "long", "void", "size_t"}
SWAPS = {  # operator: [(name, what it becomes)]
    "<": [("boundary", "<="), ("relation", ">=")], "<=": [("boundary", "<"), ("relation", ">")],
    ">": [("boundary", ">="), ("relation", "<=")], ">=": [("boundary", ">"), ("relation", "<")],
    "==": [("relation", "!=")], "!=": [("relation", "==")], "&&": [("logic", "||")], "||": [("logic", "&&")],
    "+": [("arithmetic", "-")], "-": [("arithmetic", "+")], "*": [("arithmetic", "/")], "/": [("arithmetic", "*")],
    "%": [("arithmetic", "/")], "&": [("arithmetic", "|")], "|": [("arithmetic", "&")], "<<": [("arithmetic", ">>")],
    ">>": [("arithmetic", "<<")], "+=": [("arithmetic", "-=")], "-=": [("arithmetic", "+=")],
    "|=": [("arithmetic", "&=")], "&=": [("arithmetic", "|=")], "++": [("arithmetic", "--")],
    "--": [("arithmetic", "++")]}
UNARY = {"+", "-", "*", "&"}
TOKEN = re.compile(r"""/\*.*?\*/|//[^\n]*|^[ \t]*\#(?:[^\n]*\\\n)*[^\n]*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'
    |[A-Za-z_]\w*|0[xX][0-9a-fA-F]+[uUlL]*|\d+[uUlL]*|<<=|>>=|\.\.\.|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=
    |[^\s]""", re.X | re.S | re.M)


class Mutant:
    def __init__(self, source, operator, at, end, text):
        self.file, self.operator, self.at, self.end, self.text = source.path, operator, at, end, text
        self.body = source.text[:at] + text + source.text[end:]
        self.line = source.text.count("\n", 0, at) + 1
        begin = source.text.rfind("\n", 0, at) + 1
        self.function = source.function_at(at)
        self.change = (self.first_line(source.text, begin, at), self.first_line(self.body, begin, at))

    @staticmethod
    def first_line(text, begin, at):
        """The line, and with it the line before when the change leaves it empty."""
        return " ".join(text[begin:text.find("\n", at)].split())

    def key(self):
        return "%s:%s | %s => %s" % (self.file, self.function, *self.change)


class Source:
    """The functions of one file, as tokens (kind is the text itself)."""

    def __init__(self, path):
        self.path = path
        self.text = open(path, encoding="utf-8").read()
        self.functions = []  # (name, tokens of the body)
        tokens = [t for t in TOKEN.finditer(self.text)]
        tokens = [t for t in tokens if not re.match(r"/[*/]|\s*#", t.group())]
        depth, start, name = 0, None, None
        for i, token in enumerate(tokens):
            text = token.group()
            if text == "(" and depth == 0 and re.match(r"[A-Za-z_]", tokens[i - 1].group()):
                if name is None:
                    name = tokens[i - 1].group()
            elif text == ";" and depth == 0:
                name = None
            elif text == "{":
                if depth == 0:
                    start = i if tokens[i - 1].group() == ")" else None
                depth += 1
            elif text == "}":
                depth -= 1
                if depth == 0:
                    if start is not None:
                        self.functions.append((name, tokens[start:i + 1]))
                    name = None

    def function_at(self, at):
        return next(name for name, body in self.functions if body[0].start() <= at < body[-1].end())

    def mutants(self):
        made = []
        for _, body in self.functions:
            for i, token in enumerate(body):
                made += self.token(body, i, token.group())
            made += self.conditions(body) + self.statements(body)
        return made

    def make(self, operator, first, last, text):
        return Mutant(self, operator, first.start(), last.end(), text)

    def token(self, body, i, text):
        token, before = body[i], body[i - 1].group()
        if text in SWAPS:
            if text in UNARY and not re.match(r"[\w\])]", before[-1]) or before in ("return", "case"):
                return []
            return [self.make(name, token, token, to) for name, to in SWAPS[text]]
        number = re.fullmatch(r"(0[xX][0-9a-fA-F]+|\d+)([uUlL]*)", text)
        if not number:
            return []
        value = int(number.group(1), 16 if number.group(1)[:2].lower() == "0x" else 10)
        truth = value == 1 and before == "return" and body[i + 1].group() == ";"
        return [self.make("constant", token, token, "%d%s" % (one, number.group(2)))
                for one in (value + 1, value - 1) if one >= 0 and not (truth and one == 2)
                and not (one > value and self.declares_array(body, i))]

    @staticmethod
    def declares_array(body, i):
        """Is body[i] part of an array's size, where it is declared?"""
        while body[i].group() not in "[{;(":
            i -= 1
        if body[i].group() != "[":
            return False
        while body[i - 1].group() == "]":  # the size before it: [][8]
            while body[i].group() != "[" or body[i - 1].group() == "]":
                i -= 1
        words = [body[i - back].group() for back in (2, 1)]
        return all(re.match(r"[A-Za-z_]", one) for one in words) and words[0] != "return"

    @staticmethod
    def closing(body, i):
        depth = 0
        for k in range(i, len(body)):
            depth += {"(": 1, ")": -1}.get(body[k].group(), 0)
            if depth == 0:
                return k
        raise ValueError("unbalanced")

    def conditions(self, body):
        made = []
        for i, token in enumerate(body):
            if token.group() in ("if", "while") and body[i + 1].group() == "(":
                inside = self.text[body[i + 1].end():body[self.closing(body, i + 1)].start()]
                made.append(self.make("negate", body[i + 1], body[self.closing(body, i + 1)], "(!(%s))" % inside))
        return made

    def statements(self, body):
        made, i, start = [], 1, 1
        while i < len(body):
            text = body[i].group()
            if text in ("if", "while", "for", "switch") and i == start:
                i = start = self.closing(body, i + 1) + 1
                continue
            if text in ("else", "do", "{", "}") and i == start:
                i = start = i + 1
                continue
            if text in ("case", "default") and i == start:
                while body[i].group() != ":":
                    i += 1
                i = start = i + 1
                continue
            if text == "(":
                i = self.closing(body, i)
            elif text == "{":  # an initialiser
                depth = 0
                while True:
                    depth += {"{": 1, "}": -1}.get(body[i].group(), 0)
                    if depth == 0:
                        break
                    i += 1
            elif text == ";":
                made += self.statement(body[start:i + 1])
                start = i + 1
            i += 1
        return made

    def statement(self, tokens):
        first = tokens[0].group()
        if len(tokens) < 2:
            return []
        if first == "return":
            value = self.text[tokens[1].start():tokens[-1].start()]
            return [self.make("return", tokens[0], tokens[-1], "return %s;" % one)
                    for one in ("1", "0") if value not in (one, ";") and len(tokens) > 2][-1:]
        declares = re.match(r"[A-Za-z_]", first) and re.match(r"[A-Za-z_]", tokens[1].group())
        if first in KEYWORDS or declares or (first.endswith("_t") and tokens[1].group() == "*"):
            return []
        return [self.make("drop", tokens[0], tokens[-1], ";")]


def read_rows():
    suites, argued = {}, {}
    for number, row in enumerate(open(ROWS, encoding="utf-8"), 1):
        row = row.strip()
        if row.startswith("suites "):
            names, _, tests = row[7:].partition(":")
            sanitize = "+san" in tests.split()
            for name in names.split():
                suites["core/%s.c" % name] = (sanitize, [one for one in tests.split() if one != "+san"])
        elif row and not row.startswith("#"):
            key, _, why = row.rpartition(" | ")
            argued[key] = [number, why]
    return suites, argued


class Bench:
    """Compiles and links: every suite and all of core once, with and without the sanitizers; then mutants."""

    def __init__(self, work, names, suites):
        self.work, self.names, self.suites = work, names, suites
        self.cpu, self.original = {}, {}
        self.core = os.path.join(work, "core")  # as it is now: it may be edited meanwhile
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree("core", self.core)

    def flags(self, sanitize):
        return ["-std=c11"] + FLAGS + UNSET + (SANITIZE if sanitize else ["-O1"])

    def directory(self, sanitize):
        path = os.path.join(self.work, "san" if sanitize else "plain")
        os.makedirs(path, exist_ok=True)
        return path

    def compile(self, source, out, sanitize, extra=()):
        command = CC + ["-I" + self.core] + self.flags(sanitize) + list(extra) + ["-w", "-c", "-o", out, source]
        return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0

    def prepare(self, pool):
        jobs = []
        for sanitize in {one for one, _ in self.suites.values()}:
            directory = self.directory(sanitize)
            for name in self.names:
                jobs.append((os.path.join(self.core, name + ".c"), os.path.join(directory, name + ".o"), sanitize))
            for suite in {one for san, tests in self.suites.values() if san == sanitize for one in tests}:
                jobs.append(("tests/%s_test.c" % suite, os.path.join(directory, suite + "_test.o"), sanitize))
        if not all(pool.map(lambda job: self.compile(*job, extra=["-Itests"]), jobs)):
            sys.exit("mutants: core or a suite does not compile: try make check")
        for path, (sanitize, tests) in self.suites.items():
            out = os.path.join(self.work, os.path.basename(path) + ".o")
            self.compile(os.path.join(self.work, path), out, False)
            self.original[path] = self.code(out)
            for suite in tests:
                if (sanitize, suite) not in self.cpu:
                    program = os.path.join(self.directory(sanitize), suite)
                    self.link(program, suite, sanitize, None)
                    before = resource.getrusage(resource.RUSAGE_CHILDREN)
                    if self.run(program, 600):
                        sys.exit("mutants: %s_test fails as it is" % suite)
                    after = resource.getrusage(resource.RUSAGE_CHILDREN)
                    self.cpu[sanitize, suite] = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    @staticmethod
    def code(path):
        """What the object does, without the names and lines it carries."""
        sections = path + ".bin"
        subprocess.run(["objcopy", "--strip-debug", "-R", ".comment", path, sections], check=True)
        dump = subprocess.run(["objdump", "-drs", "-j", ".text", "-j", ".rodata", sections], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL).stdout
        return hashlib.sha256(dump.split(b"\n", 3)[-1]).digest()

    def link(self, program, suite, sanitize, mutant):
        directory = self.directory(sanitize)
        objects = [os.path.join(directory, suite + "_test.o")]
        for name in self.names:
            objects.append(mutant[1] if mutant and mutant[0] == name else os.path.join(directory, name + ".o"))
        subprocess.run(CC + (SANITIZE if sanitize else []) + ["-o", program] + objects, check=True)

    @staticmethod
    def run(program, cpu):
        def limits():
            resource.setrlimit(resource.RLIMIT_CPU, (int(cpu) + 1, int(cpu) + 2))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        env = dict(os.environ, ASAN_OPTIONS="detect_leaks=0")
        return subprocess.run([program], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=env,
                              stderr=subprocess.DEVNULL, preexec_fn=limits).returncode

    def try_mutant(self, number, mutant):
        """The suite that killed it, "" for a survivor, None when it is no mutant."""
        sanitize, tests = self.suites[mutant.file]
        base = os.path.join(self.work, "m%d" % number)
        with open(base + ".c", "w", encoding="utf-8") as f:
            f.write(mutant.body)
        try:
            if not self.compile(base + ".c", base + ".o", False):
                return None
            if self.code(base + ".o") == self.original[mutant.file]:
                return None
            if sanitize:
                self.compile(base + ".c", base + ".o", True)
            for suite in tests:
                self.link(base, suite, sanitize, (os.path.basename(mutant.file)[:-2], base + ".o"))
                if self.run(base, 10 * self.cpu[sanitize, suite] + 5):
                    return suite
            return ""
        finally:
            for end in ("", ".c", ".o", ".o.bin"):
                if os.path.exists(base + end):
                    os.remove(base + end)


def main():
    work, count, seed, *only = sys.argv[1:]
    suites, argued = read_rows()
    names = os.environ["CORE"].split()
    lacking = [name for name in names if "core/%s.c" % name not in suites]
    if lacking:
        sys.exit("mutants: %s: no row of suites for %s" % (ROWS, " ".join(lacking)))
    made = [one for path in sorted(suites) for one in Source(path).mutants()]
    keys = {one.key() for one in made}
    stale = [row[0] for key, row in argued.items() if key not in keys]
    made = [one for one in made if not only or one.file in only]
    random.Random(int(seed)).shuffle(made)
    killed, survived, kept, none, at = 0, [], [], 0, 0
    with ThreadPoolExecutor(int(os.environ.get("JOBS") or os.cpu_count())) as pool:
        bench = Bench(work, names, suites)
        bench.prepare(pool)
        while killed + len(survived) + len(kept) < int(count) and at < len(made):
            lacks = int(count) - killed - len(survived) - len(kept)
            batch = made[at:at + lacks]
            for mutant, by in zip(batch, pool.map(bench.try_mutant, range(at, at + lacks), batch)):
                if by is None:
                    none += 1
                elif by:
                    killed += 1
                    if mutant.key() in argued:
                        stale.append(argued[mutant.key()][0])
                elif mutant.key() in argued:
                    kept.append(mutant)
                else:
                    survived.append(mutant)
                    print("%s:%d: SURVIVED %s\n    %s" % (mutant.file, mutant.line, mutant.operator, mutant.key()),
                          flush=True)
            at += len(batch)
    for number in sorted(set(stale)):
        print("%s:%d: STALE: no mutant of this kind is left, or it is killed" % (ROWS, number))
    real = killed + len(survived)
    rate = 100 * killed / real if real else 0
    print("%d of %d possible mutants: %d change nothing or do not compile, %d are argued to be equal" %
          (at, len(made), none, len(kept)))
    print("%d of the other %d killed, %.1f %% (at least %d)" % (killed, real, rate, LEAST))
    failed = len(set(stale)) + (rate < LEAST)
    print("mutants: %d passed, %d failed" % (killed, failed))
    sys.exit(failed != 0)


main()
