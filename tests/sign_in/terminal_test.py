# SPDX-License-Identifier: Apache-2.0
"""What a person at a terminal sees: nothing of what is typed into a hidden field, a terminal as it
was before whatever ends the command, and a QR code that can be read."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time

import pytest

from support import people, processes, qr

WITHIN_S = 120


class Terminal:
    """A command with a terminal of its own; stdin and stdout are something else where asked."""

    def __init__(self, client, *arguments, stdout_is_terminal=True):
        self._master, self._slave = pty.openpty()
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", 60, 200, 0, 0))
        self.seen = ""
        self.process = subprocess.Popen(
            [processes.program("cryptonet"), *arguments], env={**os.environ, **client.env},
            stdin=subprocess.DEVNULL, stdout=self._slave if stdout_is_terminal else None,
            stderr=self._slave, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(self._slave, termios.TIOCSCTTY, 0))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._master)
        os.close(self._slave)

    def echoes(self):
        return bool(termios.tcgetattr(self._slave)[3] & termios.ECHO)

    def _read(self, wait_s):
        if select.select([self._master], [], [], wait_s)[0]:
            self.seen += os.read(self._master, 65536).decode(errors="replace")

    def expect(self, text, echo=None):
        """Waits until the text was shown; and the echo is as said."""
        until = time.monotonic() + WITHIN_S
        while text not in self.seen or (echo is not None and self.echoes() != echo):
            assert time.monotonic() < until, (text, echo, self.seen)
            assert self.process.poll() is None or text in self.seen, self.seen
            self._read(0.1)

    def type(self, text):
        os.write(self._master, text.encode())

    def end(self):
        """The exit status; all output is in `seen`."""
        until = time.monotonic() + WITHIN_S
        while self.process.poll() is None:
            assert time.monotonic() < until, self.seen
            self._read(0.05)
        while select.select([self._master], [], [], 0)[0]:
            self._read(0)
        return self.process.returncode


@pytest.fixture(scope="module")
def client(flow):
    return flow.platform.client("terminal", "researcher")


@pytest.fixture(scope="module")
def tess(flow):
    return flow.platform.people.add("tess", "researcher")


def test_login_asks_and_shows_nothing_that_is_secret(client, tess):
    code = tess.code()
    with Terminal(client, "login") as terminal:
        terminal.expect("User: ", echo=True)
        terminal.type("tess\n")
        terminal.expect("Password: ", echo=False)
        terminal.type(tess.password + "\n")
        terminal.expect("Code of your authenticator app", echo=False)
        terminal.type(code + "\n")
        assert terminal.end() == 0, terminal.seen
        assert terminal.echoes()
    assert "signed in as tess" in terminal.seen
    assert "tess\r\n" in terminal.seen  # the name was echoed
    for secret in (tess.password, code, tess.password.split()[1]):
        assert secret not in terminal.seen
    assert client.json("whoami", "--format", "json")["user"] == "tess"
    client.run("logout")


@pytest.mark.parametrize("how, status", (("\x03", 130), (signal.SIGTERM, 130)))
@pytest.mark.parametrize("field", ("Password: ", "Code of your authenticator app"))
def test_whoever_gives_up_gets_the_terminal_back(client, field, how, status):
    with Terminal(client, "login", "--user", "tess") as terminal:
        terminal.expect("Password: ", echo=False)
        if field != "Password: ":
            terminal.type("half a secret\n")
            terminal.expect(field, echo=False)
        terminal.type("typed but not sent")
        terminal.type(how) if isinstance(how, str) else terminal.process.send_signal(how)
        assert terminal.end() == status, terminal.seen
        assert terminal.echoes(), "the terminal stays dumb"
    assert "secret" not in terminal.seen and "typed" not in terminal.seen
    assert not (client.home / "session").exists()


def test_the_end_of_the_line_is_the_end_of_the_password(client, tess):
    """What was typed ahead is not taken for an answer, and is not shown either."""
    with Terminal(client, "login", "--user", "tess") as terminal:
        terminal.expect("Password: ", echo=False)
        terminal.type("\x04")  # Ctrl-D
        terminal.expect("Code of your authenticator app", echo=False)
        terminal.type("\x04")
        assert terminal.end() == 8, terminal.seen
        assert terminal.echoes()


def test_without_a_terminal_it_says_what_to_give(client):
    done = subprocess.run([processes.program("cryptonet"), "login", "--user", "tess"],
                          env={**os.environ, **client.env}, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=60, start_new_session=True,
                          check=False)
    assert done.returncode == 2 and "--password-stdin" in done.stderr, done


def test_a_new_person_is_asked_for_twice_and_shown_a_qr_code(flow):
    custodian = flow.platform.people.custodian()
    with Terminal(custodian, "user", "add", "quinn", "--role", "researcher") as terminal:
        terminal.expect("New password: ", echo=False)
        terminal.type("quinn has a long password\n")
        terminal.expect("The same again: ", echo=False)
        terminal.type("quinn has a long passwort\n")
        assert terminal.end() == 2 and "differ" in terminal.seen, terminal.seen
    with Terminal(custodian, "user", "add", "quinn", "--role", "researcher") as terminal:
        for prompt in ("New password: ", "The same again: "):
            terminal.expect(prompt, echo=False)
            terminal.type("quinn has a long password\n")
        assert terminal.end() == 0, terminal.seen
    assert "long password" not in terminal.seen
    lines = terminal.seen.replace("\r", "").split("\n")
    picture = [line for line in lines if line and set(line) <= set(" █▀▄")]
    uri = qr.read(picture)
    assert uri.startswith("otpauth://totp/Cryptonet:quinn?secret=")
    assert f"Authenticator app: {uri}" in lines
    secret = uri.split("secret=")[1].split("&")[0]
    client = processes.Client(flow.platform.folder / "terminal")
    client.run("login", "--user", "quinn", "--password-stdin", "--totp", people.totp(secret),
               stdin="quinn has a long password\n")
    client.run("logout")
