#!/usr/bin/env python3
"""list_pairs.py - the options of lists two by two: both do their work, or it is said which does not

    list_pairs.py QUOTH PORT        PORT: of a sandbox that runs

The options are those that `quoth help lists` names, so one without a line in OPTIONS is a fault.
Each pair is run over a list in CSV, in JSON or of lines, twice where the first run leaves something
for the second one (--resume, --cache). A pair that is refused exits with 64 or 66, names one of the
two or the list, and writes nothing; alone none of them is refused. Any other gives the rows that
the list gives without them, but for what --only, --skip and --dry-run are there to leave out, and
both parts of --shard together: the same verdict and reason, once, in JSON or in CSV that a strict
reader takes.

Faults are printed; the last line says how many pairs there were.
SPDX-License-Identifier: MIT"""
import csv
import io
import itertools
import json
import os
import re
import subprocess
import sys
import tempfile

ROWS = [('Jane', 'jane@good.test'), ('Full; box', '<full@good.test>'), ('None', 'nobody@good.test'),
        ('Bad', 'bad@@'), ('Two', 'jane@good.test, full@good.test'), ('=Nobody', ''),
        ('Any', 'any@catchall.test')]
CSV = 'Export of Monday\nname;email\n' + ''.join(f'"{n}";"{a}"\n' for n, a in ROWS)
JSON = '{"name":"Export"}\n' + ''.join(
    json.dumps({'name': n, 'mail': {'address': a}}) + '\n' for n, a in ROWS)
LINES = '# Export of Monday\n' + ''.join(a + '\n' for _, a in ROWS)
SECOND = 'name;email\nJoe;joe@good.test\nGone;gone@good.test\n'

# What each is given, and the list that it means something for where that is not the one in CSV.
OPTIONS = {
    'file': ['-f', 'second'], 'output': ['-o', 'x'], 'resume': ['-o', 'x', '--resume'],
    'force': ['--force'],
    'follow': ['--follow'], 'input': ['--input', 'csv'], 'skip': ['--skip', '1'],
    'anyway': ['--anyway'], 'column': ['--column', 'email'], 'delimiter': ['--delimiter', ';'],
    'header': ['--header', 'yes'], 'field': ['--field', 'mail.address'],
    'display-names': ['--display-names'], 'ordered': ['--ordered'],
    'only': ['--only', 'undeliverable'], 'escape-formulas': ['--escape-formulas'],
    'cache': ['--cache', 'answers'], 'shard': ['--shard', '1/2'], 'with-domain': ['--with-domain'],
    'dry-run': ['--dry-run'],
}
KIND = {'field': 'json', 'follow': 'lines', 'display-names': 'lines'}
INPUT = {'csv': 'csv', 'json': 'ndjson', 'lines': 'lines'}
LETTER = {'file': '-f', 'output': '-o'}


class Bench:
    def __init__(self, command, port):
        self.command = [os.path.abspath(command), f'--sandbox={port}', '--pace', 'off', '--no-wait']
        self.plain = {}

    def run(self, kind, options, name='json'):
        """(exit code, {(list, line): [(verdict, reason) ...]}, what is said), of a new folder; from
        64 on the files that it left stand for the rows"""
        with tempfile.TemporaryDirectory() as where:
            for file, text in (('csv', CSV), ('json', JSON), ('lines', LINES), ('second', SECOND)):
                with open(os.path.join(where, file), 'w') as f:
                    f.write(text)
            before = set(os.listdir(where))
            for turn in range(2 if {'--resume', '--cache'} & set(options) else 1):
                again = ['--force'] if turn and '--resume' not in options else []
                done = subprocess.run(
                    self.command + ['--format', name, '-f', kind] + options + again, cwd=where,
                    stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
            out = done.stdout
            if os.path.exists(os.path.join(where, 'x')):
                with open(os.path.join(where, 'x'), 'rb') as f:
                    out = f.read()
            said = done.stderr.decode(errors='replace')
            if done.returncode >= 64:
                left = sorted(set(os.listdir(where)) - before)
                return done.returncode, left, said
            if '--dry-run' in options:
                return done.returncode, {}, said + out.decode(errors='replace')
            return done.returncode, READ[name](out.decode(), kind), said


def read_json(text, kind):
    rows = {}
    for line in text.splitlines():
        row = json.loads(line)
        if 'summary' in row or 'list' in row and 'verdict' not in row:
            continue
        add(rows, (row.get('file', kind), row['line']), row['verdict'], row['reason'])
    return rows


def read_csv(text, kind):
    rows = {}
    delimiter = re.search('quoth_line([,;])quoth_verdict', text).group(1)
    if kind != 'csv':
        assert delimiter == ',', 'lines and JSON come out with commas'
    for row in csv.DictReader(io.StringIO(text, newline=''), strict=True, delimiter=delimiter):
        add(rows, (row.get('quoth_file', kind), int(row['quoth_line'])), row['quoth_verdict'],
            row['quoth_reason'])
    return rows


READ = {'json': read_json, 'csv': read_csv}


def add(rows, place, verdict, reason):
    rows.setdefault(place, []).append((verdict, reason))


def wanted(bench, kind, pair):
    """The rows of a run without the two, without what they leave out."""
    key = (kind, 'file' in pair)
    if key not in bench.plain:
        bench.plain[key] = bench.run(kind, ['-f', 'second'] if 'file' in pair else [])[1]
    rows = dict(bench.plain[key])
    if 'skip' in pair:
        rows = {place: row for place, row in rows.items() if place[1] > 1 or place[0] == 'second'}
    if 'only' in pair:
        rows = {place: [r for r in row if r[0] == 'undeliverable'] for place, row in rows.items()}
    return {place: sorted(row) for place, row in rows.items() if row}


def fault(bench, pair):
    kind = next((KIND[o] for o in pair if o in KIND), 'csv')
    options = sum((OPTIONS[o] for o in dict.fromkeys(pair)), [])
    if set(pair) == {'output', 'resume'}:
        options = OPTIONS['resume']
    options = [INPUT[kind] if o == 'csv' else o for o in options]
    name = 'csv' if 'escape-formulas' in pair else 'json'
    code, rows, said = bench.run(kind, options, name)
    if code >= 64 and len(pair) == 1:
        return f'exit code {code}: {said[:200]}'
    if code >= 64:
        names = [f'--{o}' for o in pair] + [LETTER[o] for o in pair if o in LETTER]
        names += [f'{kind}: ', 'second: ']
        if code not in (64, 66) or not any(n in said for n in names):
            return f'exit code {code}, and which of them is not said: {said[:200]}'
        return f'refused, and {rows} is written' if rows else None
    if 'dry-run' in pair:
        return None if re.search(r'rows +\d', said) else f'nothing of rows: {said[:200]}'
    if 'shard' in pair:
        other = ['2/2' if o == '1/2' else o for o in options]
        for place, row in bench.run(kind, other, name)[1].items():
            rows.setdefault(place, []).extend(row)
    rows = {place: sorted(row) for place, row in rows.items()}
    want = wanted(bench, kind, pair)
    return ', '.join(f'{p}: {rows.get(p)}, not {want.get(p)}' for p in {**rows, **want}
                     if rows.get(p) != want.get(p))


def main():
    command, port = sys.argv[1:]
    bench = Bench(command, port)
    told = subprocess.run([command, 'help', 'lists'], capture_output=True, text=True).stdout
    names = re.findall(r'^  (?:-., |    )--([a-z-]+)', told, re.M)
    for name in set(names) ^ set(OPTIONS):
        print(f'  --{name}: it is in one of `quoth help lists` and OPTIONS alone')
    pairs = list(itertools.combinations(OPTIONS, 2))
    for pair in [(name,) for name in OPTIONS] + pairs:
        why = fault(bench, pair)
        if why:
            print(f'  {" ".join(pair)}: {why}')
    print(f'{len(pairs)} pairs')


main()
