# SPDX-License-Identifier: Apache-2.0
"""The real programs, run as a person would: two servers on free ports of this machine, clients with
homes of their own. Everything lives in one folder; every process is stopped by its own id.

    with Platform(folder) as platform:
        contributor = platform.join("contributor")
        contributor.json("encrypt", "t.csv", "--schema", "t.toml", "--dataset", "t", "--out", "up")

Programs come from build/bin, or from the folder that CRYPTONET_BIN names.
"""

import dataclasses
import json
import os
import pathlib
import queue
import signal
import socket
import subprocess
import threading
import time

from support import people

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
READY_WITHIN_S = 60
COMMAND_WITHIN_S = 600


def free_port():
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def program(name):
    """The path of one of the programs; an error that says what to do when it is not built."""
    folder = pathlib.Path(os.environ.get("CRYPTONET_BIN", ROOT / "build" / "bin"))
    path = folder / name
    if not path.is_file():
        raise FileNotFoundError(f"{path} is not there: ./run build makes it")
    return str(path)


def helper_program(name):
    """The path of a program that only tests use."""
    folder = pathlib.Path(os.environ.get("CRYPTONET_TEST_BIN", ROOT / "build" / "release" / "test"))
    return str(folder / name)


@dataclasses.dataclass
class Outcome:
    """How a command ended."""

    arguments: list
    code: int
    stdout: str
    stderr: str
    seconds: float

    def json(self):
        return json.loads(self.stdout)

    def __str__(self):
        return (f"{' '.join(self.arguments)}\nexit {self.code} after {self.seconds:.2f} s\n"
                f"stdout: {self.stdout[-2000:]}\nstderr: {self.stderr[-2000:]}")


class CommandFailed(AssertionError):
    """A command ended with another exit status than the one expected."""

    def __init__(self, outcome, wanted):
        super().__init__(f"wanted exit {wanted}: {outcome}")
        self.outcome = outcome


def run_program(name, *arguments, env=None, expect=0, stdin=None, cwd=None,
                timeout_s=COMMAND_WITHIN_S, preexec=None):
    """Runs a program to its end. `expect` is the exit status wanted; None takes any."""
    command = [program(name), *map(str, arguments)]
    started = time.monotonic()
    done = subprocess.run(command, env={**os.environ, **(env or {})}, input=stdin, cwd=cwd,
                          capture_output=True, text=True, timeout=timeout_s, check=False,
                          preexec_fn=preexec)
    outcome = Outcome(command, done.returncode, done.stdout, done.stderr,
                      time.monotonic() - started)
    if expect is not None and outcome.code != expect:
        raise CommandFailed(outcome, expect)
    return outcome


class Server:
    """One server process, from its READY line to SIGTERM."""

    def __init__(self, name, arguments, log, env=None, preexec=None):
        self.name = name
        self.log = pathlib.Path(log)
        self._log_file = open(self.log, "ab")
        self.process = subprocess.Popen(
            [program(name), *map(str, arguments)], stdout=subprocess.PIPE, stderr=self._log_file,
            stdin=subprocess.DEVNULL, env={**os.environ, **(env or {})}, preexec_fn=preexec)
        self.url = None
        self._lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        self.url = self._wait_until_ready()

    def _read(self):
        for line in self.process.stdout:
            self._lines.put(line.decode())
        self._lines.put(None)

    def _wait_until_ready(self):
        try:
            line = self._lines.get(timeout=READY_WITHIN_S)
        except queue.Empty:
            line = ""
        if not line or not line.startswith("READY https://"):
            self.kill()
            tail = self.log.read_text(errors="replace")[-2000:]
            raise RuntimeError(f"{self.name} said {line!r} instead of READY: {tail}")
        return line.split()[1]

    @property
    def port(self):
        return int(self.url.rsplit(":", 1)[1])

    def alive(self):
        return self.process.poll() is None

    def stop(self, wait_s=20):
        """SIGTERM; the exit status."""
        if self.alive():
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=wait_s)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        finally:
            self._log_file.close()

    def kill(self):
        """SIGKILL: a machine that lost power."""
        if self.alive():
            self.process.kill()
        self.process.wait()
        self._log_file.close()


class Client:
    """One person's home and the command line that works in it."""

    def __init__(self, home):
        self.home = pathlib.Path(home)
        self.env = {"CRYPTONET_HOME": str(self.home)}

    def run(self, *arguments, **options):
        return run_program("cryptonet", *arguments, env={**self.env, **options.pop("env", {})},
                           **options)

    def json(self, *arguments, **options):
        return self.run(*arguments, **options).json()

    def query(self, sql, *arguments, **options):
        """The outcome of one question with --format json."""
        return self.run("query", sql, "--format", "json", *arguments, **options)

    def start(self, *arguments, **options):
        """The command as a running process, for those who interrupt it."""
        return subprocess.Popen([program("cryptonet"), *map(str, arguments)],
                                env={**os.environ, **self.env}, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, **options)


class Platform:
    """A cloud and a gatekeeper in `folder`, made on first use and found again on the next."""

    def __init__(self, folder, cloud_env=None, gatekeeper_env=None):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.gatekeeper_home = self.folder / "gatekeeper"
        self.cloud_home = self.folder / "cloud"
        self.cloud = None
        self.gatekeeper = None
        self._env = {"cloud": cloud_env, "gatekeeper": gatekeeper_env}
        self.people = people.People(self)
        if not (self.gatekeeper_home / "enrol-cloud").exists():
            run_program("cryptonet-gatekeeper", "init", "--home", self.gatekeeper_home)

    def start(self):
        self.start_cloud()
        self.start_gatekeeper()
        return self

    def start_cloud(self, port=0, preexec=None, arguments=()):
        self.cloud = Server(
            "cryptonet-cloud",
            ["serve", "--home", self.cloud_home, "--listen", f"127.0.0.1:{port}",
             "--enrol", self.gatekeeper_home / "enrol-cloud", *arguments],
            self.folder / "cloud.log", self._env["cloud"], preexec)
        return self.cloud

    def start_gatekeeper(self, port=0, cloud_url=None, arguments=()):
        self.gatekeeper = Server(
            "cryptonet-gatekeeper",
            ["serve", "--home", self.gatekeeper_home, "--listen", f"127.0.0.1:{port}",
             "--cloud", cloud_url or self.cloud.url, *arguments],
            self.folder / "gatekeeper.log", self._env["gatekeeper"])
        return self.gatekeeper

    def client(self, name, role, gatekeeper=None, cloud=None):
        """A machine of that role that has joined, with a home under the folder."""
        client = Client(self.folder / name)
        urls = ["--gatekeeper", gatekeeper or self.gatekeeper.url]
        if role == "contributor":
            urls += ["--cloud", cloud or self.cloud.url]
        client.run("join", "--enrol", self.gatekeeper_home / f"enrol-{role}", "--home",
                   client.home, *urls)
        return client

    def join(self, role, name=None, gatekeeper=None, cloud=None):
        """A machine that has joined; where it is a researcher's, with a researcher signed in."""
        client = self.client(name or role, role, gatekeeper, cloud)
        if role == "researcher":
            user = name or role
            if user not in self.people.known:
                self.people.add(user, role)
            self.people.signed_in(client, user)
        return client

    def custodian(self, *arguments, **options):
        """A command of the gatekeeper's program on its home."""
        return run_program("cryptonet-gatekeeper", *arguments, "--home", self.gatekeeper_home,
                           **options)

    def stop(self):
        """Stops both; their exit statuses."""
        servers = [server for server in (self.gatekeeper, self.cloud) if server is not None]
        self.gatekeeper = self.cloud = None
        return [server.stop() for server in servers]

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
