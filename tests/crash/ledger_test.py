# SPDX-License-Identifier: Apache-2.0
"""The cap of totals and their blinding, over kills of the cloud: nothing that was counted is
forgotten, and no total ever gets a second blinding."""

import hashlib
import json

import pytest

from crash import rounds
from crash.failpoints import KILLS
from support.lying_cloud import LyingCloud, Request

pytestmark = pytest.mark.slow
ROWS = 48  # the smallest unit of six stored columns; its cap is a third
NO_COLUMN = 0xFFFFFFFF


class Asked:
    """The cloud of a platform, asked for single totals as its gatekeeper does."""

    def __init__(self, crashing, teller):
        self.crashing, self.flow, self.teller = crashing, crashing.flow, teller
        name = crashing.fresh_name()
        folder, _ = self.flow.encrypt(name, rows=ROWS)
        self.flow.contributor.json("upload", folder)
        upload = bytes.fromhex(json.loads((folder / "upload.json").read_text())["upload"])
        digest = hashlib.sha256((folder / "manifest").read_bytes()).digest()
        self.head = b"CNTQ\x01\0\0\0" + upload + digest
        self.numbers = {}

    def ask(self, pair):
        """The total's number per prime; a ValueError when it is refused."""
        return self.teller.totals(Request(self.head, [0], [pair])).rows[0]

    def ask_dying(self, pair, countdown, mode):
        """The question whose note in the ledger is the cloud's end."""
        kill = rounds.Kill("cloud", "/ledger/", countdown, mode)
        self.crashing.arm(kill)
        with pytest.raises(OSError):
            self.ask(pair)
        assert self.crashing.killed("total", kill)

    def check_again(self):
        for pair, number in self.numbers.items():
            assert self.ask(pair) == number, pair


def test_kills_reset_neither_cap_nor_blinding(tmp_path, closing_line):
    crashing = rounds.Crashing(tmp_path)
    columns = range(6)
    pairs = [(column, NO_COLUMN) for column in columns] + [(i, j) for i in columns for j in columns
                                                           if i <= j]
    ways = [(countdown, mode) for countdown in (1, 2) for mode in KILLS
            if (countdown, mode) != (2, "torn")]  # a write, then its fsync
    try:
        with LyingCloud(crashing.flow.platform) as teller:
            for start in range(2):
                asked = Asked(crashing, teller)
                for number in range(ROWS // 3):
                    if number % 2 == start:
                        asked.ask_dying(pairs[number], *ways[number // 2 % len(ways)])
                    asked.numbers[pairs[number]] = asked.ask(pairs[number])
                    if number % 5 == 0:
                        asked.check_again()
                for _ in range(2):
                    with pytest.raises(ValueError, match="ledger.cap_of_totals"):
                        asked.ask(pairs[ROWS // 3])
                    asked.check_again()
                    crashing.flow.platform.cloud.kill()
                    crashing.flow.restart_cloud()
                # The blinding hides: equal numbers for unequal totals would be none.
                assert len({tuple(row) for row in asked.numbers.values()}) == ROWS // 3
    finally:
        crashing.flow.platform.stop()
    for line in rounds.table("single totals", crashing.kills):
        closing_line(line)
    assert crashing.kills.total() == ROWS // 3
