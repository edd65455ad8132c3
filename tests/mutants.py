#!/usr/bin/env python3
"""Breaks core in one place after the other and asks the suites whether they notice.

    mutants.py DIR N SEED [FILE...]      N mutants, the same ones for the same SEED and sources

A mutant is one change by one operator:

    relation    < to >=, == to !=             return      another value
    boundary    < to <=                       drop        a statement less
    constant    one more, one less            logic       && to ||
    negate      the condition of an if        arithmetic  + to -, & to |, << to >>

What is returned as a truth value is one: `return 1` becomes 0 alone. No array is made longer than
it is declared: nothing can tell.

All mutants of a file are compiled at once: each expression or statement becomes a choice between
its mutants and itself, and the environment says which one lives (QUOTH_MUTANT). What cannot be
chosen at run time, as the size of an array, is compiled alone. Each is run with the suites that
touch its file (tests/mutants.txt), until one fails, crashes or uses more than four times the CPU it
should: killed. What is left and reads bytes of a peer runs once more, with the sanitizers. A
survivor of which the compiler makes the same code as of the original, at -O1, -O2 or -O3, is no
mutant.

A survivor is printed with its place and its change. tests/mutants.txt argues those that behave like
the original; a row there that is no mutant any more, or that is killed, is stale. Fails below 97 %
of those that are not argued. Last line: "mutants: N passed, N failed".

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
SUITE = ["-Itests", "-DTEST_STOP"]  # the first check that fails ends it
FAST = ["-O1"]
CHOOSE = """#include <stdlib.h>
int quoth_mutant;
__attribute__((constructor)) static void choose(void)
{ quoth_mutant = atoi(getenv("QUOTH_MUTANT")); }
"""
SANITIZE = ("-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined "
            "-fno-sanitize-recover=all").split()
KEYWORDS = {"return", "if", "else", "for", "while", "do", "switch", "case", "default", "goto",
            "sizeof", "struct",
            "enum", "union", "const", "static", "unsigned", "int", "char", "long", "void", "size_t"}
TYPES = KEYWORDS & {"struct", "enum", "union", "const", "static", "unsigned", "int", "char", "long",
                    "void", "size_t"}
SWAPS = {  # operator: [(name, what it becomes)]
    "<": [("boundary", "<="), ("relation", ">=")], "<=": [("boundary", "<"), ("relation", ">")],
    ">": [("boundary", ">="), ("relation", "<=")], ">=": [("boundary", ">"), ("relation", "<")],
    "==": [("relation", "!=")], "!=": [("relation", "==")], "&&": [("logic", "||")],
    "||": [("logic", "&&")],
    "+": [("arithmetic", "-")], "-": [("arithmetic", "+")], "*": [("arithmetic", "/")],
    "/": [("arithmetic", "*")],
    "%": [("arithmetic", "/")], "&": [("arithmetic", "|")], "|": [("arithmetic", "&")],
    "<<": [("arithmetic", ">>")],
    ">>": [("arithmetic", "<<")], "+=": [("arithmetic", "-=")], "-=": [("arithmetic", "+=")],
    "|=": [("arithmetic", "&=")], "&=": [("arithmetic", "|=")], "++": [("arithmetic", "--")],
    "--": [("arithmetic", "++")]}
UNARY = {"+", "-", "*", "&"}
TOKEN = re.compile(r"""/\*.*?\*/|//[^\n]*|^[ \t]*\#(?:[^\n]*\\\n)*[^\n]*
    |"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'
    |[A-Za-z_]\w*|0[xX][0-9a-fA-F]+[uUlL]*|\d+[uUlL]*|<<=|>>=|\.\.\.|->|\+\+|--|<<|>>|<=|>=|==|!=
    |&&|\|\||[-+*/%&|^]=
    |[^\s]""", re.X | re.S | re.M)


class Mutant:
    def __init__(self, source, operator, at, end, text):
        self.file, self.operator = source.path, operator
        self.at, self.end, self.text = at, end, text
        self.body = source.text[:at] + text + source.text[end:]
        self.line = source.text.count("\n", 0, at) + 1
        begin = source.text.rfind("\n", 0, at) + 1
        self.function = source.function_at(at)
        self.change = (self.first_line(source.text, begin, at),
                       self.first_line(self.body, begin, at))

    @staticmethod
    def first_line(text, begin, at):
        """The line, and with it the line before when the change leaves it empty."""
        return " ".join(text[begin:text.find("\n", at)].split())

    def key(self):
        return "%s:%s | %s => %s" % (self.file, self.function, *self.change)


class Source:
    """The functions of one file, as tokens (kind is the text itself)."""

    def __init__(self, file, path=None):
        self.path = path or file
        self.text = open(file, encoding="utf-8").read()
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
            if text in UNARY and not re.match(r"[\w\])]",
                                              before[-1]) or before in ("return", "case"):
                return []
            if text == "*" and (before in TYPES or before.endswith("_t")
                                or body[i - 2].group() in TYPES):
                return []  # a pointer is declared
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
                made.append(self.make("negate", body[i + 1], body[self.closing(body, i + 1)],
                                      "(!(%s))" % inside))
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
        if first in KEYWORDS or self.declares(tokens):
            return []
        return [self.make("drop", tokens[0], tokens[-1], ";")]

    @staticmethod
    def declares(tokens):
        first, second = tokens[0].group(), tokens[1].group()
        return first in TYPES or (re.match(r"[A-Za-z_]", first) and re.match(r"[A-Za-z_]", second)
                                  and first != "return") or (first.endswith("_t") and second == "*")


class Units(list):
    """What of a file's functions can be chosen at run time: (begin, end, is it a statement?)."""

    def __init__(self, source):
        super().__init__()
        self.source = source
        for _, body in source.functions:
            self.body(body)

    def body(self, body):
        i = start = 1
        while i < len(body):
            text = body[i].group()
            if i == start and text in ("if", "while", "switch", "for"):
                end = self.source.closing(body, i + 1)
                if text == "for":
                    self.loop(body[i + 2:end])
                else:
                    self.add(body[i + 1:end + 1])
                i = start = end + 1
            elif i == start and text in ("else", "do", "{", "}"):
                i = start = i + 1
            elif i == start and text in ("case", "default"):
                while body[i].group() != ":":
                    i += 1
                i = start = i + 1
            elif text == "(":
                i = self.source.closing(body, i)
            elif text == "{":
                i = self.closing_brace(body, i) + 1
            elif text == ";":
                self.statement(body[start:i + 1])
                i = start = i + 1
            else:
                i += 1

    @staticmethod
    def closing_brace(body, i):
        depth = 0
        while True:
            depth += {"{": 1, "}": -1}.get(body[i].group(), 0)
            if depth == 0:
                return i
            i += 1

    def add(self, tokens, statement=False):
        if tokens:
            self.append((tokens[0].start(), tokens[-1].end(), statement))

    @staticmethod
    def split(tokens, sign):
        """At each `sign` outside of brackets."""
        parts, depth = [[]], 0
        for token in tokens:
            depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(token.group(), 0)
            if depth == 0 and token.group() == sign:
                parts.append([])
            else:
                parts[-1].append(token)
        return parts

    def loop(self, tokens):
        first, condition, step = self.split(tokens, ";")
        if len(first) > 1 and self.source.declares(first):
            self.declaration(first)
        else:
            self.add(first)
        self.add(condition)
        self.add(step)

    def statement(self, tokens):
        if len(tokens) < 2:
            return
        if self.source.declares(tokens):
            self.declaration(tokens[:-1])
        else:
            self.add(tokens, True)

    def declaration(self, tokens):
        """What variables begin with; of those that are lists each number alone."""
        if tokens[0].group() in ("static", "enum", "typedef"):
            return
        for part in self.split(tokens, ","):
            _, *value = self.split(part, "=")
            if not value or not value[0]:
                continue
            if value[0][0].group() != "{":
                self.add(value[0])
                continue
            for before, token, behind in zip(value[0], value[0][1:], value[0][2:]):
                if before.group() in "{,=" and behind.group(
                        ) in ",}" and token.group()[0].isdigit():
                    self.add([token])

    def of(self, mutant):
        return next((one for one in self if one[0] <= mutant.at and mutant.end <= one[1]), None)


class Chosen:
    """A source file in which any of some mutants can be chosen at run time."""

    HEAD = "extern int quoth_mutant;\n"

    def __init__(self, source, mutants):
        units, self.of_unit, self.alone, self.lines = Units(source), {}, [], {}
        for number, mutant in enumerate(mutants, 1):
            unit = units.of(mutant)
            if unit:
                self.of_unit.setdefault(unit, []).append((number, mutant))
            else:
                self.alone.append(mutant)
        self.source = source

    def choices(self):
        return [one for some in self.of_unit.values() for one in some]

    def text(self):
        """Each mutant on lines of its own, so that an error of the compiler tells whose it is."""
        self.lines, out, at, line = {}, [self.HEAD], 0, 2
        text = self.source.text

        def put(piece, number=None):
            nonlocal line
            out.append(piece)
            for one in range(line, line + piece.count("\n") + 1):
                if number:
                    self.lines.setdefault(one, number)
            line += piece.count("\n")

        for begin, end, statement in sorted(self.of_unit):
            put(text[at:begin] + ("{" if statement else "("))
            for number, mutant in self.of_unit[begin, end, statement]:
                body = text[begin:mutant.at] + mutant.text + text[mutant.end:end]
                put("\n")
                put(("if (quoth_mutant == %d) { %s } else"
                     if statement else "quoth_mutant == %d ? (%s) :")
                    % (number, body), number)
            put("\n")
            put("{ %s }}" % text[begin:end] if statement else "(%s))" % text[begin:end])
            at = end
        put(text[at:])
        return "".join(out)

    def refuse(self, errors):
        """Those on these lines cannot be chosen. False: there are none."""
        refused = {self.lines[line] for line in errors if line in self.lines}
        for unit, some in list(self.of_unit.items()):
            self.alone += [mutant for number, mutant in some if number in refused]
            self.of_unit[unit] = [one for one in some if one[0] not in refused]
            if not self.of_unit[unit]:
                del self.of_unit[unit]
        return bool(refused)


def read_rows():
    suites, argued = {}, {}
    for number, row in enumerate(open(ROWS, encoding="utf-8"), 1):
        row = row.strip()
        if row.startswith("suites "):
            names, _, tests = row[7:].partition(":")
            sanitize = "+san" in tests.split()
            for name in names.split():
                suites["core/%s.c" % name] = (sanitize,
                                              [one for one in tests.split() if one != "+san"])
        elif row and not row.startswith("#"):
            key, _, why = row.rpartition(" | ")
            argued[key] = [number, why]
    return suites, argued


class Bench:
    """Compiles and links: every suite and all of core once, with and without the sanitizers; then
    mutants."""

    def __init__(self, work, names, suites):
        self.work, self.names, self.suites = work, names, suites
        self.cpu, self.original = {}, {}
        self.core = os.path.join(work, "core")  # as it is now: it may be edited meanwhile
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree("core", self.core)

    def directory(self, sanitize):
        return os.path.join(self.work, "san" if sanitize else "plain")

    def compile(self, source, out, flags):
        """The lines of its errors: none."""
        os.makedirs(os.path.dirname(out), exist_ok=True)
        command = CC + ["-I" + os.path.join(self.core, one) for one in ("", "domain", "find")] + \
            ["-std=c11"] + FLAGS + UNSET
        done = subprocess.run(command + flags + ["-w", "-c", "-o", out, source],
                              stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, encoding="utf-8")
        lines = {int(one) for one in re.findall(re.escape(source) + r":(\d+):\d+: error",
                                                done.stderr)}
        return lines or ({0} if done.returncode else set())

    def original_code(self, path, flags):
        """The code of an unchanged file."""
        key = (path, *flags)
        if key not in self.original:
            out = os.path.join(self.work, "original", path.replace("/", "_") + flags[0] + ".o")
            self.compile(os.path.join(self.work, path), out, flags)
            self.original[key] = self.code(out)
        return self.original[key]

    def prepare(self, pool, files):
        """All that the mutants of these files are linked with; and how long each suite takes as it
        is."""
        rows = [self.suites[path] for path in files]
        for floor in ("domain/", "find/"):
            if not any("core/" + floor in path for path in files):
                self.names = [name for name in self.names if not name.startswith(floor)]
        suites = {(build, suite) for sanitize, tests in rows for suite in tests
                  for build in {False, sanitize}}
        jobs = []
        for sanitize in {build for build, _ in suites}:
            directory, flags = self.directory(sanitize), SANITIZE if sanitize else FAST
            jobs += [(os.path.join(self.core, name + ".c"),
                      os.path.join(directory, name + ".o"), flags)
                     for name in self.names]
            jobs += [("tests/%s_test.c" % suite, os.path.join(directory, suite + "_test.o"),
                      flags + SUITE)
                     for build, suite in suites if build == sanitize]
        with open(os.path.join(self.work, "choose.c"), "w", encoding="utf-8") as f:
            f.write(CHOOSE)
        jobs += [(os.path.join(self.work, "choose.c"),
                  os.path.join(self.directory(build), "choose.o"), FAST)
                 for build in {build for build, _ in suites}]
        broken = [job[0] for job, errors in zip(jobs,
                                                pool.map(lambda job: self.compile(*job), jobs))
                                                if errors]
        if broken:
            sys.exit("mutants: %s does not compile: try make check" % broken[0])
        for directory in {self.directory(build) for build, _ in suites}:
            objects = [os.path.join(directory, name + ".o") for name in self.names]
            subprocess.run(["ar", "rcs", os.path.join(directory, "core.a")] + objects, check=True)
        for sanitize, suite in sorted(suites):
            program = os.path.join(self.directory(sanitize), suite + "_test")
            self.link(program, suite, sanitize, [])
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            if self.run(program, 600):
                sys.exit("mutants: %s_test fails as it is" % suite)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            self.cpu[sanitize, suite] = (after.ru_utime + after.ru_stime
                                         - before.ru_utime - before.ru_stime)

    @staticmethod
    def code(path):
        """What the object does, without the names and lines it carries."""
        sections = path + ".bin"
        subprocess.run(["objcopy", "--strip-debug", "-R", ".comment", path, sections], check=True)
        dump = subprocess.run(["objdump", "-drs", "-j", ".text", "-j", ".rodata", sections],
                              stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL).stdout
        os.remove(sections)
        return hashlib.sha256(dump.split(b"\n", 3)[-1]).digest()

    def link(self, program, suite, sanitize, mutant):
        """What the mutant defines is not taken from the library."""
        directory = self.directory(sanitize)
        objects = [os.path.join(directory, one) for one in (suite + "_test.o", "choose.o")]
        subprocess.run(CC + (SANITIZE if sanitize else []) + ["-o", program] + objects + mutant +
                       [os.path.join(directory, "core.a")], check=True)

    @staticmethod
    def run(program, cpu, number=0):
        def limits():
            resource.setrlimit(resource.RLIMIT_CPU, (int(cpu) + 1, int(cpu) + 2))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        env = dict(os.environ, ASAN_OPTIONS="detect_leaks=0", QUOTH_MUTANT=str(number))
        return subprocess.run([program], stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, env=env,
                              stderr=subprocess.DEVNULL, preexec_fn=limits).returncode

    def same(self, mutant, base):
        """Does the compiler make of the mutant what it makes of the original?"""
        self.write(base, mutant.body)
        return any(not self.compile(base + ".c", base + ".o", flags) and
                   self.code(base + ".o") == self.original_code(mutant.file, flags)
                   for flags in (FAST, ["-O2"], ["-O3"]))

    @staticmethod
    def write(base, text):
        with open(base + ".c", "w", encoding="utf-8") as f:
            f.write(text)

    def hunt(self, base, chosen, left, sanitize):
        """Which of the mutants that can be chosen do the suites kill? {mutant: the suite}"""
        tests, killed, errors = self.suites[chosen.source.path][1], {}, True
        while errors:
            self.write(base, chosen.text())
            errors = self.compile(base + ".c", base + ".o", SANITIZE if sanitize else FAST)
            if errors and not chosen.refuse(errors):
                sys.exit("mutants: %s does not compile with its mutants" % chosen.source.path)
        for suite in tests:
            self.link(base, suite, sanitize, [base + ".o"])
            for number, mutant in chosen.choices():
                if mutant in left and mutant not in killed and \
                        self.run(base, 4 * self.cpu[sanitize, suite], number):
                    killed[mutant] = suite
        return killed

    def hunt_alone(self, base, mutant, sanitize):
        """The suite that kills it; None: it does not compile."""
        self.write(base, mutant.body)
        if self.compile(base + ".c", base + ".o", SANITIZE if sanitize else FAST):
            return None
        for suite in self.suites[mutant.file][1]:
            self.link(base, suite, sanitize, [base + ".o"])
            if self.run(base, 4 * self.cpu[sanitize, suite]):
                return suite
        return ""

    def try_file(self, path, mutants):
        """{mutant: the suite that killed it, "" for a survivor, None when it is no mutant}"""
        base = os.path.join(self.work, path.replace("/", "_")[:-2])
        chosen = Chosen(Source(os.path.join(self.work, path), path), mutants)
        outcome = dict.fromkeys(mutants, "")
        for sanitize in (False, True)[:1 + self.suites[path][0]]:
            left = [one for one in mutants if outcome[one] == ""]
            outcome.update(self.hunt(base, chosen, set(left), sanitize))
            for mutant in chosen.alone:
                if mutant in left:
                    outcome[mutant] = self.hunt_alone(base, mutant, sanitize)
        for mutant, by in outcome.items():
            if by == "" and self.same(mutant, base):
                outcome[mutant] = None
        return outcome


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
        bench.prepare(pool, sorted({one.file for one in made}))
        while killed + len(survived) + len(kept) < int(count) and at < len(made):
            batch = made[at:at + int(count) - killed - len(survived) - len(kept)]
            at += len(batch)
            files = sorted({one.file for one in batch})
            groups = [[one for one in batch if one.file == path] for path in files]
            for outcome in pool.map(bench.try_file, files, groups):
                for mutant, by in outcome.items():
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
                        print("%s:%d: SURVIVED %s\n    %s" % (mutant.file, mutant.line,
                            mutant.operator, mutant.key()),
                              flush=True)
    for number in sorted(set(stale)):
        print("%s:%d: STALE: no mutant of this kind is left, or it is killed" % (ROWS, number))
    real = killed + len(survived)
    rate = 100 * killed / real if real else 0
    print("%d of %d possible mutants: %d change nothing or do not compile, "
          "%d are argued to be equal" % (at, len(made), none, len(kept)))
    print("%d of the other %d killed, %.1f %% (at least %d)" % (killed, real, rate, LEAST))
    failed = len(set(stale)) + (rate < LEAST)
    print("mutants: %d passed, %d failed" % (killed, failed))
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()
