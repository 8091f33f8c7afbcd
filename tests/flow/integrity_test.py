# SPDX-License-Identifier: Apache-2.0
"""Damage to what the cloud stores, at random: a bit, a word, a chunk, a file. With the cloud's own
hashes in the way (it finds the damage when it starts), and as if it had none (it multiplies what it
has): then the check columns must find every one."""

import dataclasses
import random

import pytest

from support.lying_cloud import LyingCloud
from support.stored import NO_COLUMN, Stored

pytestmark = pytest.mark.slow
HEADER, CHUNK, WORD = 128, 147456, 6


def runs(some, many):
    return [pytest.param(some, id=str(some)),
            pytest.param(many, id=str(many), marks=pytest.mark.long)]


# On the disk -------------------------------------------------------------------------------------

def flip_bit(data, dice):
    at = dice.randrange(8 * len(data))
    data[at // 8] ^= 1 << at % 8


def change_word(data, dice):
    at = HEADER + WORD * dice.randrange((len(data) - HEADER) // WORD)
    data[at:at + WORD] = dice.randbytes(WORD)


def drop_chunk(data, dice):
    at = HEADER + CHUNK * dice.randrange((len(data) - HEADER) // CHUNK)
    del data[at:at + CHUNK]


def zero_chunk(data, dice):
    at = HEADER + CHUNK * dice.randrange((len(data) - HEADER) // CHUNK)
    data[at:at + CHUNK] = bytes(CHUNK)


def exchange_chunks(data, _):
    data[HEADER:HEADER + 2 * CHUNK] = (data[HEADER + CHUNK:HEADER + 2 * CHUNK] +
                                       data[HEADER:HEADER + CHUNK])


def cut_short(data, dice):
    del data[dice.randrange(len(data)):]


def lengthen(data, dice):
    data += dice.randbytes(1 + dice.randrange(100))


DISK = [flip_bit, change_word, drop_chunk, zero_chunk, exchange_chunks, cut_short, lengthen]


@pytest.mark.parametrize("count", runs(42, 350))
def test_damage_on_the_disk_is_found_when_the_cloud_starts(flow, count, seed, closing_line):
    dice = random.Random(f"disk {seed}")
    name = f"damaged_{count}"
    folder = flow.platform.cloud_home / "segments"
    before = set(folder.iterdir()) if folder.exists() else set()  # of other datasets
    truth = flow.truth(flow.publish(name))
    segments = sorted(set(folder.iterdir()) - before)
    for number in range(count):
        damage = DISK[number % len(DISK)]
        path = dice.choice(segments)
        whole = path.read_bytes()
        data = bytearray(whole)
        damage(data, dice)
        flow.platform.cloud.stop()
        path.write_bytes(data)
        flow.restart_cloud()
        outcome = flow.ask(name, None, "--no-cache")
        assert outcome.code in (3, 5), (number, damage.__name__, outcome)
        assert "rows" not in outcome.json()
        path.write_bytes(whole)
    flow.restart_cloud()
    assert flow.ask(name, 0, "--no-cache").json()["rows"] == truth
    closing_line(f"integrity: {count} damages on the cloud's disk, all found when it started")


@pytest.mark.parametrize("damage", ["cut short", "deleted"])
def test_a_file_that_shrinks_under_the_running_cloud(flow, damage):
    """Its pages are mapped: reading them would end a cloud that did not expect it."""
    name = f"shrunk_{damage.replace(' ', '_')}"
    before = set((flow.platform.cloud_home / "segments").iterdir())
    table = flow.publish(name)
    truth = flow.truth(table)
    flow.ask(name)  # maps the columns of groups; a total alone is new
    paths = set((flow.platform.cloud_home / "segments").iterdir()) - before
    whole = {path: path.read_bytes() for path in paths}
    for path in paths:
        if damage == "deleted":
            path.unlink()
        else:
            with open(path, "r+b") as file:
                file.truncate(5000)
    sql = f"SELECT COUNT(*), SUM(x) FROM {name}"
    outcome = flow.researcher.query(sql, expect=None)
    assert flow.platform.cloud.alive()
    if damage == "cut short":
        assert outcome.code == 5 and "is damaged on the cloud's disk" in outcome.stderr, outcome
        # The remedy of the message: what is damaged is sent anew, to the running cloud.
        sent = flow.contributor.json("upload", flow.folder / f"{name}-1.upload")
        assert sent["segments_sent"] > 0
    else:  # the mapped pages are still whole
        assert outcome.code == 0, outcome
        for path, data in whole.items():
            path.write_bytes(data)
    rows = flow.researcher.query(sql).json()["rows"]
    assert rows == [[str(sum(int(row[at]) for row in truth)) for at in (1, 2)]]


# As if it had no hashes --------------------------------------------------------------------------

@dataclasses.dataclass
class Change:
    """A cloud that has another word, or no chunk, somewhere in one column or in all."""

    kind: str
    column: int
    chunk: int
    prime: int
    place: int
    word: int

    @staticmethod
    def draw(dice, stored, chunks):
        column, chunk = dice.randrange(stored.columns), dice.randrange(len(chunks[0]))
        prime, place = dice.randrange(len(stored.set.primes)), dice.randrange(
            stored.set.ring_degree)
        word = chunks[column][chunk][prime][place]
        kind = dice.choice(["a bit", "a word", "a chunk", "a chunk of every column"])
        new = word ^ 1 << dice.randrange(48) if kind == "a bit" else dice.randrange(1 << 48)
        return Change(kind, column, chunk, prime, place, new)

    def delta(self, pair, chunks, set_):
        """What it adds to a total, modulo each prime."""
        columns = [column for column in pair if column != NO_COLUMN]
        if self.kind == "a word" or self.kind == "a bit":
            if self.column not in columns:
                return [0] * len(set_.primes)
            old, new = 1, 1
            for column in columns:
                word = chunks[column][self.chunk][self.prime][self.place]
                old *= word
                new *= self.word if column == self.column else word
            return [(new - old) % prime if index == self.prime else 0
                    for index, prime in enumerate(set_.primes)]
        if self.kind == "a chunk" and self.column not in columns:
            return [0] * len(set_.primes)
        lost = []
        for index, prime in enumerate(set_.primes):
            words = [chunks[column][self.chunk][index] for column in columns]
            lost.append(-sum(x * y for x, y in zip(words[0], words[-1])) % prime
                        if len(words) == 2 else -sum(words[0]) % prime)
        return lost


@pytest.mark.parametrize("count", runs(110, 1000))
def test_check_columns_find_what_a_cloud_without_hashes_would_answer(flow, count, seed,
                                                                      closing_line):
    dice = random.Random(f"wire {seed}")
    name = f"unhashed_{count}"
    truth = flow.truth(flow.publish(name))
    found = {}
    with LyingCloud(flow.platform) as liar:
        flow.restart_gatekeeper(liar.url)
        chunks = {}

        def alter(totals):
            pairs = totals.request.pairs
            if not chunks:
                stored = Stored(flow.platform.cloud_home, totals.request.upload, totals.set)
                chunks.update({column: stored.chunks(0, column)
                               for column in range(stored.columns)})
                alter.stored = stored
            while True:
                change = Change.draw(dice, alter.stored, chunks)
                deltas = [change.delta(pair, chunks, totals.set) for pair in pairs]
                if any(map(any, deltas)):
                    break
            for row, delta in zip(totals.rows, deltas):
                row[:] = [(word + by) % prime
                          for word, by, prime in zip(row, delta, totals.set.primes)]
            found[change.kind] = found.get(change.kind, 0) + 1
        liar.alter = alter
        for _ in range(count):
            assert flow.error_of(name, 5)["rule"] == "open"
            flow.platform.custodian("unfreeze", name, 1)
        liar.alter = None
        assert flow.ask(name, 0, "--no-cache").json()["rows"] == truth
    flow.restart_gatekeeper()
    assert sum(found.values()) == count
    closing_line("integrity: totals over damaged columns, all refused: " +
                 ", ".join(f"{number} × {kind}" for kind, number in sorted(found.items())))
