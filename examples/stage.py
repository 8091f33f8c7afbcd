# SPDX-License-Identifier: Apache-2.0
"""What the demo and `up` share: a platform whose state outlives the run, the datasets in it, and
how things look on a terminal."""

import contextlib
import fcntl
import hashlib
import json
import os
import pathlib
import shutil
import signal
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from support import processes  # noqa: E402

COLOURS = sys.stdout.isatty() and "NO_COLOR" not in os.environ
STYLES = {"bold": "1", "dim": "2", "green": "32", "red": "31", "blue": "34", "cyan": "36",
          "yellow": "33"}


def styled(text, *styles):
    if not COLOURS:
        return text
    return f"\033[{';'.join(STYLES[style] for style in styles)}m{text}\033[0m"


def heading(text):
    print(f"\n{styled('━━ ' + text + ' ' + '━' * max(2, 94 - len(text)), 'bold', 'cyan')}")


def note(text):
    print(styled("   " + text, "dim"))


def fact(name, value):
    print(f"   {name:<22}{value}")


def size(count):
    """A number of bytes as people read it."""
    for unit in ("B", "KB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            return f"{count:,.0f} {unit}" if unit == "B" else f"{count:,.1f} {unit}"
        count /= 1000


def duration(seconds):
    return f"{seconds * 1000:,.0f} ms" if seconds < 1 else f"{seconds:,.1f} s"


def aligned(rows, right):
    """Lines of a table: `rows` of texts, the first the head; right[i] aligns column i right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [cell.rjust(width) if side else cell.ljust(width)
                 for cell, width, side in zip(row, widths, right)]
        lines.append("  ".join(cells))
    return lines


def relative(path):
    """A path as one would type it in the root of the repository."""
    try:
        return str(pathlib.Path(path).resolve().relative_to(ROOT))
    except ValueError:
        return str(path)


def stop_on_signals():
    """SIGTERM and SIGHUP end the program as Ctrl-C does, so that its servers are stopped."""
    def interrupt(*_):
        raise KeyboardInterrupt
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)


class Stage:
    """A platform under build/NAME with its two clients; the ports are kept while they are free.
    With `people`, a first custodian is there and a researcher is signed in."""

    def __init__(self, name, people):
        self.folder = ROOT / "build" / name
        self.with_people = people
        self.platform = self.contributor = self.researcher = None
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = open(self.folder / ".lock", "w", encoding="utf-8")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemExit(f"run: another run uses {relative(self.folder)}; stop it first")

    def _read_state(self):
        with contextlib.suppress(FileNotFoundError, ValueError):
            return json.loads((self.folder / "state.json").read_text())
        return {"ports": [0, 0], "datasets": {}}

    def _write_state(self):
        part = self.folder / "state.part"
        part.write_text(json.dumps(self.state, indent=1) + "\n")
        part.replace(self.folder / "state.json")

    def __enter__(self):
        self.state = self._read_state()
        try:
            self._start()
        except (RuntimeError, processes.CommandFailed):
            # State of an older build, or damaged: the tables are public, so start over.
            self._forget()
            self._start()
        return self

    def _forget(self):
        if self.platform:
            self.platform.stop()
        for entry in self.folder.iterdir():
            if entry.name not in (".lock", "rand.csv"):
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        self.state = self._read_state()

    def _start(self):
        self.platform = processes.Platform(self.folder)
        self._start_servers(*self.state["ports"])
        ports = [self.platform.cloud.port, self.platform.gatekeeper.port]
        clients = {}
        for role in ("contributor", "researcher"):
            # Joining again keeps the keys and takes over the addresses.
            join = self.platform.join if self.with_people else self.platform.client
            clients[role] = join(role, role)
        self.contributor, self.researcher = clients["contributor"], clients["researcher"]
        self.state["ports"] = ports
        self._write_state()
        if self.state["datasets"]:
            self.contributor.run("datasets", "--format", "json")

    def _start_servers(self, cloud_port, gatekeeper_port):
        for start, port in ((self.platform.start_cloud, cloud_port),
                            (self.platform.start_gatekeeper, gatekeeper_port)):
            try:
                start(port)
            except RuntimeError:
                start(0)  # somebody else has the port now

    def __exit__(self, *_):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self.platform.stop()

    def holds(self, dataset, schema):
        """The figures of a dataset that was uploaded under exactly this schema, or None."""
        kept = self.state["datasets"].get(dataset)
        digest = hashlib.sha256(pathlib.Path(schema).read_bytes()).hexdigest()
        return kept["figures"] if kept and kept["schema"] == digest else None

    def publish(self, dataset, table, schema):
        """Encrypts and uploads; what the two commands said, with their seconds."""
        out = self.folder / "upload"
        if out.exists():
            shutil.rmtree(out)
        if dataset in self.state["datasets"]:  # under another schema: a dataset has only one
            self._forget()
            self._start()
        figures = self.contributor.json("encrypt", table, "--schema", schema, "--dataset",
                                        dataset, "--out", out)
        started = time.monotonic()
        sent = self.contributor.json("upload", out)
        figures |= sent | {"upload_seconds": time.monotonic() - started}
        shutil.rmtree(out)
        digest = hashlib.sha256(pathlib.Path(schema).read_bytes()).hexdigest()
        self.state["datasets"][dataset] = {"schema": digest, "figures": figures}
        self._write_state()
        return figures
