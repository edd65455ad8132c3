#!/usr/bin/env python3
# private.py CC FLAG... - nobody outside core reads a private field of its machines, or writes any.
#
#   core/NAME.h    struct quoth_smtp { uint8_t state;    uint16_t asked; /* read */   ... };
#   a copy of it   struct quoth_smtp { uint8_t _state;   const uint16_t asked;        ... };
#
# The sources of the port (FILES, environment) are compiled over such copies, and must not notice.
# A field is what its comment says: "read", or "written by" whom else; without either it is private.
# To give a machine its first bytes, or those of another, is no writing.
# Last line: "private: N passed, N failed".
# SPDX-License-Identifier: MIT
import os
import re
import subprocess
import sys
import tempfile

HEADERS = ["core/quoth.h", "core/domain/quoth_domain.h", "core/find/quoth_find.h"]
# Everything that has a course of its own. What is only known (evidence, facts) is plain values.
MACHINES = """random lookup cache cache_slot setcache reply smtp hosts verify pace spf spf_frame
              dmarc_walk ask inquiry domain identity policy find""".split()
TOKEN = re.compile(r"/\*.*?\*/|[^;/{}]*?;|[{}]|\s+|[^\s;{}]+", re.S)
passed = failed = 0


def ok(name, wrong):
    global passed, failed
    if wrong:
        failed += 1
        print("FAILED", name, *wrong[:20], sep="\n  ")
    else:
        passed += 1


def comment(tokens, at, step):
    """The one on the same line behind it, or above it on lines of its own."""
    at += step
    while 0 <= at < len(tokens) and tokens[at].isspace() and (step < 0 or "\n" not in tokens[at]):
        at += step
    if not 0 <= at < len(tokens) or not tokens[at].startswith("/*"):
        return ""
    return tokens[at] if step > 0 or not at or "\n" in tokens[at - 1] else ""


def field(text, says):
    """A declaration as those see it who are not core."""
    if re.search(r"[Ww]ritten by", says):
        return text
    if not re.search(r"\bread\b", says):
        return re.sub(r"(\w+)((?:\[[^]]*\])*\s*[,;])", r"_\1\2", text)
    if "*" in text:
        return text.replace("*", "*const ")
    return re.sub(r"\b(?!const\b)(?=\w)", "const ", text, count=1)


def made(header):
    """The copy, and how many of MACHINES it has."""
    text, found = open(header).read(), []

    def struct(match):
        if match[1] not in MACHINES:
            return match[0]
        found.append(match[1])
        tokens = TOKEN.findall(match[2])
        for i, token in enumerate(tokens):
            if token.endswith(";") and token.strip() != ";" and not token.startswith("/*"):
                says = comment(tokens, i, 1) + comment(tokens, i, -1)
                tokens[i] = field(token, says)
        return "struct quoth_%s {%s\n};" % (match[1], "".join(tokens))

    return re.sub(r"^struct quoth_(\w+) \{(.*?)\n\};", struct, text, flags=re.S | re.M), found


def fields(structs):
    """Names that no more are written to, where the compiler speaks of them."""
    names = re.compile(r"(\w+)(?:\[[^]]*\])*\s*[,;]")
    rows = re.findall(r"\bconst [^;]*;", structs)
    return {name for row in rows for name in names.findall(row)}


def noticed(files):
    """What the compiler says of those that reach into a machine, or cannot be compiled."""
    done = subprocess.run(sys.argv[1:2] + ["-fsyntax-only", "-I" + tmp] + sys.argv[2:] + files,
                          stderr=subprocess.PIPE, text=True, env=dict(os.environ, LC_ALL="C"))
    lines = [s for s in done.stderr.splitlines() if " error: " in s or "discards 'const'" in s]
    first = re.compile("read-only location|read-only member '(?!(%s)')" % "|".join(sealed))
    return [s for s in lines if not first.search(s)]


def planted(name, body, words):
    path = os.path.join(tmp, "planted.c")
    with open(path, "w") as out:
        out.write('#include "quoth_domain.h"\nvoid planted(struct quoth_smtp *smtp, struct quoth_'
                  "pace *pace);\nvoid planted(struct quoth_smtp *smtp, struct quoth_pace *pace)\n"
                  "{\n    (void)smtp, (void)pace;\n    %s\n}\n" % body)
    said = noticed([path])
    ok(name, [] if bool(said) == bool(words) and words in "".join(said) else said or ["unnoticed"])


with tempfile.TemporaryDirectory() as tmp:
    found, sealed = [], set()
    for header in HEADERS:
        text, there = made(header)
        found += there
        sealed |= fields(text)
        with open(os.path.join(tmp, os.path.basename(header)), "w") as out:
            out.write(text)
    ok("each machine is in a header", sorted(set(MACHINES) - set(found)))
    fed = [re.findall(r"quoth_\w+_feed\(struct quoth_(\w+)", open(h).read()) for h in HEADERS]
    ok("whatever is fed is a machine", sorted(set(sum(fed, [])) - set(MACHINES)))
    planted("one that only reads", "if (smtp->asked) *pace = (struct quoth_pace) {.next = 0};", "")
    planted("caught: a private field is read", "if (smtp->out_n) return;", "'out_n'")
    planted("caught: a field is written", "smtp->refused = 0;", "'refused'")
    planted("caught: by its address", "uint64_t *p = &pace->next; *p = 0;", "discards 'const'")
    files = os.environ["FILES"].split()
    ok("the port is looked at", [] if len(files) > 100 else files)
    ok("nobody reaches into core", noticed(files))

print("private: %d passed, %d failed" % (passed, failed))
sys.exit(failed > 0)
