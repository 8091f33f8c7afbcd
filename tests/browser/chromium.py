# SPDX-License-Identifier: Apache-2.0
"""A real Chromium without a window, driven by its own protocol over a pair of pipes: no driver, no
open port, no library. It lives in a folder of its own and trusts the authority that it is given, by
an NSS database there; certificate errors stay errors.

    with Chromium(folder, authority_pem) as browser:
        page = browser.open("https://localhost:4443/")
        page.evaluate("document.title")
"""

import base64
import contextlib
import itertools
import json
import os
import pathlib
import shutil
import subprocess
import threading
import time

ANSWER_WITHIN_S = 30
FLAGS = [
    "--headless=new", "--remote-debugging-pipe", "--no-first-run", "--no-default-browser-check",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-extensions", "--disable-gpu", "--disable-dev-shm-usage", "--mute-audio",
    "--password-store=basic", "--disable-features=Translate,OptimizationHints,MediaRouter",
]


def program():
    """The browser's path, or None where there is none."""
    return shutil.which("chromium") or shutil.which("google-chrome")


class ProtocolError(AssertionError):
    """The browser refused a command, or a script threw."""


class Chromium:
    """One browser process."""

    def __init__(self, folder, authority_pem=None, hosts=()):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        if authority_pem is not None:
            self._trust(authority_pem)
        flags = [*FLAGS, f"--user-data-dir={self.folder / 'profile'}"]
        if hosts:
            flags.append("--host-resolver-rules=" + ",".join(
                f"MAP {host} 127.0.0.1" for host in hosts))
        if os.geteuid() == 0:
            flags.append("--no-sandbox")
        self._numbers = itertools.count(1)
        self._answers = {}
        self._news = threading.Condition()
        self._events = []
        self._ended = False
        self._start([program(), *flags, "about:blank"])

    def _trust(self, authority_pem):
        database = self.folder / ".pki" / "nssdb"
        database.mkdir(parents=True)
        for arguments, text in ((["-N", "--empty-password"], None),
                                (["-A", "-n", "authority", "-t", "C,,"], authority_pem)):
            subprocess.run(["certutil", "-d", f"sql:{database}", *arguments], input=text,
                           text=True, check=True, capture_output=True)

    def _start(self, command):
        # The browser reads commands from descriptor 3 and writes answers to 4.
        read_commands, self._write = os.pipe()
        self._read, write_answers = os.pipe()

        def place():
            # By way of numbers that nobody has, because either end may be 3 or 4 already.
            os.dup2(read_commands, 60)
            os.dup2(write_answers, 61)
            os.dup2(60, 3)
            os.dup2(61, 4)
            os.closerange(60, 62)

        self._log = open(self.folder / "chromium.log", "wb")
        self.process = subprocess.Popen(
            command, preexec_fn=place, close_fds=False, stdin=subprocess.DEVNULL,
            stdout=self._log, stderr=self._log, env={**os.environ, "HOME": str(self.folder)})
        os.close(read_commands)
        os.close(write_answers)
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        rest = b""
        while True:
            part = os.read(self._read, 1 << 16)
            if not part:
                break
            *whole, rest = (rest + part).split(b"\0")
            with self._news:
                for text in whole:
                    answer = json.loads(text)
                    if "id" in answer:
                        self._answers[answer["id"]] = answer
                    else:
                        self._events.append(answer)
                self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()

    def call(self, method, session=None, **parameters):
        """One command and its answer."""
        number = next(self._numbers)
        command = {"id": number, "method": method, "params": parameters}
        if session is not None:
            command["sessionId"] = session
        os.write(self._write, json.dumps(command).encode() + b"\0")
        with self._news:
            self._news.wait_for(lambda: number in self._answers or self._ended, ANSWER_WITHIN_S)
            if number not in self._answers:
                log = (self.folder / "chromium.log").read_text(errors="replace")[-2000:]
                raise ProtocolError(f"no answer to {method}: {log}")
            answer = self._answers.pop(number)
        if "error" in answer:
            raise ProtocolError(f"{method}: {answer['error']}")
        return answer["result"]

    def events(self, method, session):
        """What happened so far under that name."""
        with self._news:
            return [event["params"] for event in self._events
                    if event["method"] == method and event.get("sessionId") == session]

    def context(self):
        """A profile of its own: no cookie is shared with another."""
        return self.call("Target.createBrowserContext")["browserContextId"]

    def open(self, url, context=None):
        more = {} if context is None else {"browserContextId": context}
        target = self.call("Target.createTarget", url="about:blank", **more)["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session)
        for domain in ("Page", "Runtime", "Network", "Log"):
            page.call(f"{domain}.enable")
        page.go(url)
        return page

    def close(self):
        with contextlib.suppress(OSError, ProtocolError):
            self.call("Browser.close")
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self._write)
        os.close(self._read)
        self._log.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Page:
    """One tab."""

    def __init__(self, browser, session):
        self.browser = browser
        self.session = session

    def call(self, method, **parameters):
        return self.browser.call(method, self.session, **parameters)

    def go(self, url):
        """Waits until the page is loaded; the text of the error where it is not."""
        self.error = self.call("Page.navigate", url=url).get("errorText", "")
        if not self.error:
            self.wait("document.readyState === 'complete'")
        return self.error

    def evaluate(self, expression, gesture=True):
        """The value of an expression; a promise is waited for."""
        done = self.call("Runtime.evaluate", expression=expression, awaitPromise=True,
                         returnByValue=True, userGesture=gesture)
        if "exceptionDetails" in done:
            details = done["exceptionDetails"]
            raise ProtocolError(details.get("exception", {}).get("description", details["text"]))
        return done["result"].get("value")

    def wait(self, condition, within_s=ANSWER_WITHIN_S):
        """Until an expression is true; its last value otherwise stands in the failure."""
        end = time.monotonic() + within_s
        while time.monotonic() < end:
            with contextlib.suppress(ProtocolError):  # the page may be between two documents
                if self.evaluate(condition):
                    return
            time.sleep(0.02)
        shown = self.evaluate("document.body.innerText")
        raise AssertionError(f"{condition} did not become true; the page shows:\n{shown}")

    def type(self, element, text):
        """Types into a field as a person would."""
        self.evaluate(f"document.getElementById({json.dumps(element)}).focus()")
        self.evaluate(f"document.getElementById({json.dumps(element)}).select?.()")
        self.call("Input.insertText", text=text)

    def press(self, key, code=None, number=0, text=None):
        for kind in ("keyDown", "keyUp"):
            more = {"text": text} if text and kind == "keyDown" else {}
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=code or key,
                      windowsVirtualKeyCode=number, **more)

    def click(self, element):
        """Clicks in the middle of an element, so that whatever covers it would be hit instead."""
        place = self.evaluate(
            "(() => { const e = document.getElementById(%s) ?? document.querySelector(%s);"
            " e.scrollIntoView({block: 'center'}); const r = e.getBoundingClientRect();"
            " return [r.x + r.width / 2, r.y + r.height / 2]; })()"
            % (json.dumps(element), json.dumps(element)))
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1],
                      button="left", clickCount=1)

    def text(self, element):
        return self.evaluate(f"document.getElementById({json.dumps(element)}).textContent")

    def add_authenticator(self, **options):
        """A security key that verifies its user."""
        self.call("WebAuthn.enable")
        return self.call("WebAuthn.addVirtualAuthenticator", options={
            "protocol": "ctap2", "transport": "usb", "hasResidentKey": True,
            "hasUserVerification": True, "isUserVerified": True,
            "automaticPresenceSimulation": True, **options})["authenticatorId"]

    def screenshot(self, path, width, height, dark=False, scale=1):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=scale, mobile=width < 600)
        self.call("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        picture = self.call("Page.captureScreenshot", format="png")["data"]
        pathlib.Path(path).write_bytes(base64.b64decode(picture))
