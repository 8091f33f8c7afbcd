# SPDX-License-Identifier: Apache-2.0
"""One life of a dataset after another, each with a kill in every step: upload, append, ask, drop.

A *thing* is what is being written when a program dies: (program, what its boundaries' "kind path"
holds). After every kill the dead server is started again and the round checks: nothing
half-written is visible, nothing acknowledged is lost, the same command finishes the step, and the
answer is the clear one."""

import collections
import dataclasses
import itertools
import json
import re

from crash.failpoints import Failpoints
from support.flow import Flow

UPLOAD = (("cloud", "/ledger"), ("cloud", "/uploads"), ("cloud", "/segments"),
          ("gatekeeper", ".sealed"), ("gatekeeper", "/manifest"), ("gatekeeper", "/hints"),
          ("gatekeeper", "state.db"), ("client", "send"))
ASK = (("cloud", "/ledger"), ("gatekeeper", "state.db"))
DROP = (("cloud", "/uploads"), ("cloud", "/segments"), ("gatekeeper", "state.db"),
        ("gatekeeper", "/uploads"))
STEPS = {"upload": UPLOAD, "append": UPLOAD, "ask": ASK, "drop": DROP}


@dataclasses.dataclass(frozen=True)
class Kill:
    """The `countdown`-th boundary of the thing, and how to fail there."""

    program: str
    match: str
    countdown: int
    mode: str


def spread(kinds, count):
    """`count` pairs (countdown, mode), evenly over every boundary in every way to die there."""
    ways = [(k + 1, mode) for k, kind in enumerate(kinds)
            for mode in (("before", "torn", "after") if kind == "write" else ("before", "after"))]
    return [ways[i * len(ways) // count % len(ways)] for i in range(count)]


class Crashing:
    """A platform whose programs can be killed at any boundary, and the count of kills."""

    def __init__(self, folder):
        self.points = {
            "cloud": Failpoints(folder / "cloud.control", folder / "platform" / "cloud",
                                folder / "cloud.trace"),
            "gatekeeper": Failpoints(folder / "gatekeeper.control",
                                     folder / "platform" / "gatekeeper",
                                     folder / "gatekeeper.trace"),
            "client": Failpoints(folder / "client.control", folder, folder / "client.trace")}
        self.flow = Flow(folder, cloud_env=self.points["cloud"].env,
                         gatekeeper_env=self.points["gatekeeper"].env)
        self.flow.contributor.env.update(self.points["client"].env)
        self.kills = collections.Counter()
        self._names = itertools.count()

    def fresh_name(self):
        return f"life_{next(self._names)}"

    def boundaries(self, program, since=0):
        """(lines so far, "kind path" of those after `since`) of the program's trace."""
        path = self.flow.folder / f"{program}.trace"
        lines = path.read_text().splitlines() if path.exists() else []
        return len(lines), [" ".join(line.split("\t")[:2]) for line in lines[since:]]

    def undurable(self, program):
        """What a power cut might take now: files whose bytes, and folders whose names, changed
        after their last fsync. The trace runs over kills and restarts."""
        path = self.flow.folder / f"{program}.trace"
        files, folders = set(), set()
        for line in path.read_text().splitlines():
            kind, path, second, _ = line.split("\t")
            folder = path.rpartition("/")[0]
            if path.endswith(("/lock", ".lock", "-shm")):  # made anew when lost
                continue
            if kind in ("create", "write", "truncate"):
                files.add(path)
            if kind in ("create", "mkdir", "rename"):
                folders.add(folder)
            if kind == "rename" and second in files:
                files.remove(second)
                files.add(path)
            if kind == "sync":
                files.discard(path)
                folders.discard(path)
            if kind == "unlink":
                files.discard(path)
                folders.discard(path)
        folders.discard(self.points[program].root.rpartition("/")[0])  # its sync is not traced
        return files | folders

    def killed(self, step, kill):
        """Notes the kill and brings the dead server back. False: the boundary never came."""
        points = self.points[kill.program]
        points.disarm()
        if not points.acted:
            return False
        self.kills[step, kill.program, points.what] += 1
        platform = self.flow.platform
        if kill.program == "cloud":
            port = platform.cloud.port
            platform.cloud.kill()
            platform.start_cloud(port)
        elif kill.program == "gatekeeper":
            port = platform.gatekeeper.port
            platform.gatekeeper.kill()
            platform.start_gatekeeper(port)
        return True

    def arm(self, kill):
        self.points[kill.program].arm(kill.countdown, kill.mode, kill.match)


class Life:
    """A dataset from its first upload to the drop of its first version. `kills` has a Kill (or
    nothing) for each step; what the step's command writes is noted in `kinds` where it has none."""

    def __init__(self, crashing, kills):
        self.crashing, self.flow, self.kills = crashing, crashing.flow, kills
        self.name = crashing.fresh_name()
        self.tables, self.folders = [], []
        self.kinds = {}

    def run(self):
        for step in STEPS:
            kill = self.kills.get(step)
            try:
                getattr(self, step)(kill)
            except Exception as error:
                what = self.crashing.points[kill.program].what if kill else "no kill"
                raise AssertionError(f"{self.name}, {step}, {kill}, at {what}: {error}") from error
        return self

    def upload(self, kill):
        self._send(kill, "upload", version=1)

    def append(self, kill):
        self._send(kill, "append", version=2)

    def _send(self, kill, step, version):
        before = list(self.tables)
        folder, table = self.flow.encrypt(self.name, seed=version)
        log = self.flow.platform.cloud.log
        start = log.stat().st_size
        self._command(step, kill, lambda: self.flow.contributor.run("upload", folder, expect=None))
        with open(log, encoding="utf-8") as lines:
            lines.seek(start)
            acknowledged = len(re.findall(r"PUT \S+/segments/\S+ 200", lines.read()))
        rows = self._visible()
        whole = self.flow.truth(*before, table)
        assert rows in ([self.flow.truth(*before)] if before else [None]) + [whole], rows
        sent = self.flow.contributor.json("upload", folder)
        assert sent["version"] == version, sent
        assert sent["segments_present"] >= acknowledged, (sent, acknowledged)
        self.tables.append(table)
        self.folders.append(folder)
        for program, home in (("cloud", self.flow.platform.cloud_home),
                              ("gatekeeper", self.flow.platform.gatekeeper_home)):
            assert not list(home.rglob("*.partial*"))
            left = self.crashing.undurable(program)
            assert not left, (program, left)

    def ask(self, kill):
        """A question whose totals are new."""
        sql = f"SELECT COUNT(*), SUM(x) FROM {self.name}"
        ask = self.flow.researcher.query
        self._command("ask", kill, lambda: ask(sql, "--no-cache", expect=None))
        groups = self.flow.truth(*self.tables)
        for arguments in ([], ["--no-cache"]):
            rows = ask(sql, *arguments).json()["rows"]
            assert rows == [[str(sum(int(row[at]) for row in groups)) for at in (1, 2)]], rows

    def drop(self, kill):
        outcome = self._command(
            "drop", kill, lambda: self.flow.contributor.run("drop", self.name, 1, expect=None))
        both, second = self.flow.truth(*self.tables), self.flow.truth(self.tables[1])
        rows = self._visible()
        assert rows in ([second] if outcome.code == 0 else [both, second]), rows
        self.flow.contributor.run("drop", self.name, 1)
        assert self._visible() == second
        assert self.flow.contributor.run("upload", self.folders[0], expect=None).code == 3
        self._gone(json.loads((self.folders[0] / "upload.json").read_text())["upload"])

    def _command(self, step, kill, run):
        """Runs the step's command, to its end or to the kill."""
        if kill:
            self.crashing.arm(kill)
            outcome = run()
            died = self.crashing.killed(step, kill)
            wanted = (0,) if not died else (-9,) if kill.program == "client" else (0, 6)
            assert outcome.code in wanted, outcome
            return outcome
        client = self.crashing.points["client"]
        since = {program: self.crashing.boundaries(program)[0]
                 for program in ("cloud", "gatekeeper")}
        client.watch("send")
        outcome = run()
        assert outcome.code == 0, outcome
        for program, match in STEPS[step]:
            texts = (["send"] * client.seen if program == "client" else
                     self.crashing.boundaries(program, since[program])[1])
            self.kinds[step, program, match] = [text.split(" ")[0] for text in texts
                                                if match in text]
        client.disarm()
        return outcome

    def _visible(self):
        """The rows that a question gets now; None when it is refused."""
        outcome = self.flow.ask(self.name, None)
        assert outcome.code in (0, 3), outcome
        return outcome.json()["rows"] if outcome.code == 0 else None

    def _gone(self, upload):
        """Nothing of a dropped upload stays but its ledger."""
        cloud, gatekeeper = self.flow.platform.cloud_home, self.flow.platform.gatekeeper_home
        for segment in (cloud / "segments").iterdir():
            with open(segment, "rb") as file:
                assert upload not in file.read(128).hex(), segment
        assert not (cloud / "uploads" / upload).exists()
        assert not (gatekeeper / "uploads" / upload).exists()
        assert (cloud / "ledger" / upload).exists()


def lives(kinds, each):
    """Kills for as many lives as give every thing `each` of them."""
    queues = {step: [Kill(program, match, countdown, mode)
                     for program, match in things
                     for countdown, mode in spread(kinds[step, program, match], each)]
              for step, things in STEPS.items()}
    for number in range(max(map(len, queues.values()))):
        yield {step: queue[number] for step, queue in queues.items() if number < len(queue)}


def no_kills():
    return collections.Counter()


def table(title, kills):
    """Lines of the counts, one per failpoint."""
    return [f"kills while: {title}: {kills.total()}",
            *(f"  {count:4d}  {step:<7} {program:<10} {place}"
              for (step, program, place), count in sorted(kills.items()))]
