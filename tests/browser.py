"""browser.py - a headless Chromium, told what to do over two pipes.

With --remote-debugging-pipe these carry JSON, a NUL behind each message. Nothing else is needed.

    with Browser() as b:                     Browser.found() says where Chromium is
        b.open("http://localhost:8025/")
        b.run("document.title")              the value of an expression; a promise is waited for
        b.trouble                            errors of scripts
        b.refused()                          what the page's policy (CSP) refused since then

SPDX-License-Identifier: MIT
"""
import base64
import json
import os
import shutil
import subprocess
import tempfile

from server import given


class Browser:
    @staticmethod
    def found():
        return next(filter(None, map(shutil.which,
                                     ("chromium", "chromium-browser", "google-chrome"))), None)

    def __enter__(self):
        self.home = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        asked, self.out = os.pipe()
        self.into, told = os.pipe()
        self.p = given((asked, told), [Browser.found(), "--headless=new", "--no-sandbox",
                                       "--disable-gpu", "--disable-dev-shm-usage",
                                       "--no-proxy-server", "--disable-background-networking",
                                       "--user-data-dir=" + self.home.name,
                                       "--remote-debugging-pipe", "about:blank"],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(asked)
        os.close(told)
        self.held, self.number, self.session, self.trouble, self.loaded = b"", 0, None, [], 0
        target = self.say("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.say("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime"):
            self.say(domain + ".enable")
        self.say("Page.addScriptToEvaluateOnNewDocument",
                 source="window.refused = []; addEventListener("
                 "'securitypolicyviolation', "
                 "e => refused.push(e.effectiveDirective + ' ' + e.blockedURI))")
        return self

    def __exit__(self, *_):
        self.p.terminate()
        self.p.wait()
        os.close(self.out)
        os.close(self.into)
        self.home.cleanup()

    def hear(self):
        while b"\0" not in self.held:
            more = os.read(self.into, 65536)
            if not more:
                raise AssertionError("the browser is gone")
            self.held += more
        message, self.held = self.held.split(b"\0", 1)
        message = json.loads(message)
        method, params = message.get("method"), message.get("params")
        if method == "Runtime.exceptionThrown":
            self.trouble.append(params["exceptionDetails"])
        elif method == "Page.loadEventFired":
            self.loaded += 1
        return message

    def say(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        while True:
            got = self.hear()
            if got.get("id") == self.number:
                assert "error" not in got, got
                return got["result"]

    def open(self, url):
        loaded = self.loaded
        self.say("Page.navigate", url=url)
        while self.loaded == loaded:
            self.hear()

    def run(self, expression):
        got = self.say("Runtime.evaluate", expression=expression, awaitPromise=True,
                       returnByValue=True)
        assert "exceptionDetails" not in got, got
        return got["result"].get("value")

    def refused(self):
        return self.run("refused")

    def until(self, expression):
        """Wait until it is true; whoever waits for something that never comes is stopped from
        outside."""
        while not self.run(expression):
            self.run("new Promise(done => setTimeout(done, 20))")

    def press(self, *keys):
        """Tab, Enter, Space, or the characters of a text."""
        known = {"Tab": ("Tab", 9, ""), "Enter": ("Enter", 13, "\r"), "Space": (" ", 32, " ")}
        for each in keys:
            for key, code, text in [known[each]] if each in known else [(c, 0, c) for c in each]:
                self.say("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown",
                         key=key, windowsVirtualKeyCode=code, text=text)
                self.say("Input.dispatchKeyEvent", type="keyUp", key=key,
                         windowsVirtualKeyCode=code)

    def look(self, width, height, scheme="light"):
        self.say("Emulation.setDeviceMetricsOverride", width=width, height=height,
                 deviceScaleFactor=1, mobile=False)
        self.say("Emulation.setEmulatedMedia",
                 features=[{"name": "prefers-color-scheme", "value": scheme}])

    def picture(self, name):
        with open(name, "wb") as f:
            f.write(base64.b64decode(self.say("Page.captureScreenshot")["data"]))
