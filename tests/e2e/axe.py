#!/usr/bin/env python3
"""axe.py - the page of `quoth serve` under axe-core: tests/e2e/axe.py PORT AXE.JS TOKEN

Each view, at 320 pixels, in both schemes, with something in it: no rule of accessibility is broken.
axe-core is the file of that sum and no other. A browser without it is skipped aloud.

SPDX-License-Identifier: MIT
"""
import hashlib
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from browser import Browser  # noqa: E402

SUM = "880970c081707360e64f34cea25ff91892f5bc95675b0776925b9709dd8a68bb"  # 4.10.3
FILLED = {"check": "document.querySelector('#address').value = 'nobody@good.test';"
                   "document.querySelector('#check form').requestSubmit()",
          "domain": "document.querySelector('#name').value = 'dmarcnone.test';"
                    "document.querySelector('#domain form').requestSubmit()",
          "self": "document.querySelector('#look').click()", "list": "", "judge": "", "sandbox": ""}
DONE = {"check": "#more dl", "domain": "#findings dl", "self": "#doctor dl"}


def main(port, script, token):
    with open(script, "rb") as f:
        axe = f.read()
    assert hashlib.sha256(axe).hexdigest() == SUM, "that is another axe-core"
    found = []
    with Browser() as b:
        b.say("Page.setBypassCSP", enabled=True)  # what axe does to the page is not the page's
        b.look(320, 640)
        b.open("http://127.0.0.1:%s/" % port)
        b.run("sessionStorage.setItem('token', %s)" % json.dumps(token))
        for scheme in ("light", "dark"):
            b.look(320, 640, scheme)
            b.open("http://127.0.0.1:%s/?%s" % (port, scheme))
            b.run(axe.decode() + "; 0")
            for view, fill in FILLED.items():
                b.run("location.hash = '#%s'; %s; 0" % (view, fill))
                b.until("!document.querySelector('#%s').hidden && (%s)" % (
                    view, "!!document.querySelector('%s')" % DONE[view] if view in DONE else 1))
                for rule in json.loads(b.run("axe.run(document).then(r => JSON.stringify("
                                             "r.violations.map(v => [v.id, v.nodes[0].html])))")):
                    found.append([scheme, view] + rule)
    for row in found:
        print(*row)
    return bool(found)


sys.exit(main(*sys.argv[1:]))
