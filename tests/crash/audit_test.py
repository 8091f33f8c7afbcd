# SPDX-License-Identifier: Apache-2.0
"""SIGKILL in the middle of appends to the audit log: what was acknowledged is there, once, the
chain holds by an oracle that is not ours, and the log goes on."""

import collections
import os
import re
import subprocess

import pytest

from crash.failpoints import Failpoints, KILLS
from support import audit_log, processes
from support.flow import Flow

pytestmark = pytest.mark.slow
TIMES = [pytest.param(240, id="240"), pytest.param(1200, id="1200", marks=pytest.mark.long)]
NUMBERS = 40
BOUNDARIES = 24  # of a run that is not killed there are more


class Writer:
    """A folder with a log, written by one short process after the other."""

    def __init__(self, folder):
        self.folder = folder
        self.points = Failpoints(folder.parent / "writer.control", folder)
        self.acknowledged, self.next = [], 1
        self.kills = collections.Counter()

    def run(self, countdown=None, mode=None):
        """One process; whether it was killed."""
        if countdown:
            self.points.arm(countdown, mode, "/audit/")
        done = subprocess.run(
            [processes.helper_program("audit_writer"), self.folder, str(self.next), str(NUMBERS)],
            env={**os.environ, **self.points.env}, capture_output=True, text=True, check=False)
        acted = countdown and self.points.acted
        self.points.disarm()
        assert done.returncode == (-9 if acted else 0), done.stderr
        if acted:
            self.kills[re.sub("[0-9]{16}", "*", self.points.what)] += 1
        self.next += NUMBERS
        self.acknowledged += [int(line) for line in done.stdout.split()]
        return acted

    def check(self):
        """The log as the disk has it now, after the next process has opened it."""
        records = audit_log.records_of(audit_log.text_in(self.folder))
        written = collections.Counter(int(record["details"]["number"]) for record in records)
        assert set(written.values()) <= {1}, "a record was written twice"
        missing = [number for number in self.acknowledged if number not in written]
        assert not missing, f"acknowledged and gone: {missing[:5]}"
        heads = audit_log.heads_in(self.folder)
        assert max(head["sequence"] for head in heads) == len(records)
        return len(records)


@pytest.mark.parametrize("times", TIMES)
def test_no_acknowledged_record_is_lost(tmp_path, closing_line, times):
    folder = tmp_path / "log"
    folder.mkdir()
    writer = Writer(folder)
    writer.run()
    ways = [(countdown, mode) for countdown in range(1, BOUNDARIES + 1) for mode in KILLS]
    attempt = 0
    while writer.kills.total() < times:
        writer.run(*ways[attempt % len(ways)])
        attempt += 1
        assert attempt < 4 * times
        if attempt % 20 == 0:  # the log goes on after the kills before
            writer.run()
            writer.check()
    writer.run()
    records = writer.check()
    closing_line(f"kills while records were appended to the audit log: {writer.kills.total()}; "
                 f"{len(writer.acknowledged)} acknowledged, {records} in the log")
    for what, count in sorted(writer.kills.items()):
        closing_line(f"  {count:4d}  {what}")


def test_answers_of_a_killed_gatekeeper_are_in_its_log(tmp_path, closing_line):
    """The real program, killed while a kept answer is recorded: no answer without its record."""
    points = Failpoints(tmp_path / "gatekeeper.control", tmp_path / "platform" / "gatekeeper")
    flow = Flow(tmp_path, gatekeeper_env=points.env)
    flow.publish("t")
    truth = flow.ask("t").json()["rows"]
    home, kills, answered = flow.platform.gatekeeper_home, 0, 1
    try:
        for countdown in (1, 2, 3, 4):  # lines, sync, head, sync
            for mode in KILLS:
                points.arm(countdown, mode, "/audit/")
                outcome = flow.ask("t", None)
                acted = points.acted
                points.disarm()
                assert outcome.code in (0, 6), outcome
                answered += outcome.code == 0
                if acted:
                    kills += 1
                    port = flow.platform.gatekeeper.port
                    flow.platform.gatekeeper.kill()
                    flow.platform.start_gatekeeper(port)
                records = audit_log.records_of(audit_log.text_in(home))
                released = sum(record["kind"] == "release" for record in records)
                assert released >= answered, (countdown, mode)
        assert flow.ask("t").json()["rows"] == truth
        assert flow.platform.custodian("audit", "verify", "--format", "json").json()[
            "findings"] == []
    finally:
        flow.platform.stop()
    closing_line(f"kills of the gatekeeper while it recorded an answer: {kills}")
    assert kills == 12
