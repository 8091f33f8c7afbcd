# SPDX-License-Identifier: Apache-2.0
"""One byte flipped in every kind of stored file, before it is sent and after: never a wrong answer,
exit 5, and nothing accepted in part. Wrong keys and old versions likewise."""

import itertools
import shutil

import pytest

from support import processes

pytestmark = pytest.mark.slow
NAMES = itertools.count()


def flip(path, position=None):
    """Flips one bit in the middle of a file, or at a position."""
    path.chmod(0o600)
    data = bytearray(path.read_bytes())
    data[len(data) // 2 if position is None else position] ^= 0x10
    path.write_bytes(data)


def newest(folder, before):
    return sorted(path for path in folder.rglob("*") if path.is_file() and path not in before)


def fresh_name():
    return f"damaged_{next(NAMES)}"


@pytest.mark.parametrize("part", ["manifest", "segments", "hints", "key.sealed", "legend.sealed"])
def test_a_byte_flipped_before_it_is_sent(flow, part):
    name = fresh_name()
    upload, table = flow.encrypt(name)
    for path in [upload / part, *(upload / part).rglob("*")]:
        if path.is_file():
            flip(path)
            flow.contributor.run("upload", upload, expect=5)
            assert name not in flow.researcher.run("datasets", "--format", "json").stdout
            flip(path)
            break
    else:
        pytest.fail(f"{part} is no part of an upload")
    flow.contributor.json("upload", upload)
    assert flow.ask(name).json()["rows"] == flow.truth(table)


@pytest.mark.parametrize("place", ["first word", "middle", "last word"])
def test_a_byte_flipped_in_a_stored_segment(flow, place):
    name = fresh_name()
    segments = flow.platform.cloud_home / "segments"
    before = set(segments.rglob("*"))
    table = flow.publish(name)
    damaged = []
    for path in newest(segments, before):
        size = path.stat().st_size
        flip(path, {"first word": size // 4, "middle": size // 2, "last word": size - 1}[place])
        damaged.append(path)
    flow.restart_cloud()
    flow.restart_gatekeeper()
    assert flow.ask(name, None, "--no-cache").code in (5, 6)
    for path in damaged:
        size = path.stat().st_size
        flip(path, {"first word": size // 4, "middle": size // 2, "last word": size - 1}[place])
    flow.restart_cloud()
    if flow.ask(name, None).code != 0:
        flow.platform.custodian("unfreeze", name, 1)
    assert flow.ask(name).json()["rows"] == flow.truth(table)


class Rot:
    """A dataset whose columns the running cloud has proved, and whose segments then rot in place,
    under its maps; a total alone is new to it."""

    def __init__(self, flow):
        self.flow, self.name = flow, fresh_name()
        segments = flow.platform.cloud_home / "segments"
        before = set(segments.rglob("*"))
        truth = flow.truth(flow.publish(self.name))
        self.paths = newest(segments, before)
        assert flow.ask(self.name).json()["rows"] == truth
        self.truth = [[str(sum(int(row[at]) for row in truth)) for at in (1, 2)]]
        self.cloud = flow.platform.cloud.process.pid
        self.turn()

    def turn(self):
        """Turns one bit of every segment, in place; done twice, all is as before."""
        for path in self.paths:
            with open(path, "r+b") as file:
                middle = path.stat().st_size // 2
                file.seek(middle)
                byte = file.read(1)[0]
                file.seek(middle)
                file.write(bytes([byte ^ 0x10]))

    def ask(self, expect):
        return self.flow.researcher.query(f"SELECT COUNT(*), SUM(x) FROM {self.name}",
                                          expect=expect).json()

    def rule(self):
        return self.ask(5)["error"]["rule"]

    def freeze(self):
        assert [self.rule(), self.rule()] == ["open", "dataset.frozen"]

    def unfreeze(self):
        self.flow.platform.custodian("unfreeze", self.name, 1)

    def is_right(self):
        assert self.ask(0)["rows"] == self.truth
        assert self.flow.platform.cloud.process.pid == self.cloud, "it was not started again"


def test_rot_that_is_repaired_before_the_version_is_unfrozen(flow):
    rot = Rot(flow)
    rot.freeze()
    rot.turn()
    rot.unfreeze()
    rot.is_right()


def test_rot_that_is_still_there_when_the_version_is_unfrozen(flow):
    """The cloud finds it, answers nothing, and so nothing freezes."""
    rot = Rot(flow)
    rot.freeze()
    rot.unfreeze()
    assert [rot.rule(), rot.rule()] == ["store.segment_damaged"] * 2
    rot.turn()
    rot.is_right()


def test_rot_that_the_contributor_repairs(flow):
    rot = Rot(flow)
    rot.freeze()
    upload = flow.folder / f"{rot.name}-1.upload"
    assert flow.contributor.json("upload", upload)["segments_sent"] == 0  # it knows nothing of it
    rot.unfreeze()
    sent = 0
    while "error" in (answer := rot.ask(None)):  # what a question has used is known to be damaged
        assert answer["error"]["rule"] == "store.segment_damaged"
        new = flow.contributor.json("upload", upload)["segments_sent"]
        assert new > 0
        sent += new
    assert 0 < sent <= len(rot.paths)
    rot.is_right()


def test_rot_that_comes_again(flow):
    """Every freeze has its own proof: that of the first is none for the second."""
    rot = Rot(flow)
    for sql in ("SELECT COUNT(*), SUM(x) FROM {}", "SELECT VAR_SAMP(x) FROM {}"):
        wrong = flow.researcher.query(sql.format(rot.name), expect=5)
        assert wrong.json()["error"]["rule"] == "open"
        rot.turn()
        rot.unfreeze()
        flow.researcher.query(sql.format(rot.name))
        rot.turn()
    rot.turn()
    rot.is_right()


@pytest.mark.parametrize("part", ["hints", "key", "legend", "manifest"])
def test_a_byte_flipped_in_what_the_gatekeeper_keeps(flow, part):
    name = fresh_name()
    uploads = flow.platform.gatekeeper_home / "uploads"
    before = set(uploads.rglob("*")) if uploads.exists() else set()
    flow.publish(name)
    found = [path for path in newest(uploads, before) if part in str(path.relative_to(uploads))]
    assert found, list(newest(uploads, before))
    for path in found:
        flip(path)
    flow.restart_gatekeeper()
    assert flow.ask(name, None, "--no-cache").code == 5
    for path in found:
        flip(path)


def test_an_upload_sealed_for_another_gatekeeper(flow):
    other = processes.Platform(flow.folder / "other").start()
    try:
        name = fresh_name()
        upload, _ = flow.encrypt(name, client=other.join("contributor"))
        outcome = flow.contributor.run("upload", upload, expect=None)
        assert outcome.code in (4, 5), outcome
        assert name not in flow.researcher.run("datasets", "--format", "json").stdout
    finally:
        other.stop()


def test_a_cloud_put_back_to_an_older_day(flow):
    """The cloud's disk is restored from before the newest version: no answer, and no harm done."""
    name = fresh_name()
    first = flow.publish(name, seed=1)
    flow.platform.cloud.stop()
    backup = flow.folder / "backup"
    shutil.copytree(flow.platform.cloud_home, backup)
    flow.restart_cloud()
    second = flow.publish(name, seed=2)
    newer = flow.folder / "newer"
    flow.platform.cloud.stop()
    flow.platform.cloud_home.rename(newer)
    backup.rename(flow.platform.cloud_home)
    flow.restart_cloud()
    assert flow.ask(name, None, "--no-cache").code in (5, 6)
    flow.platform.cloud.stop()
    shutil.rmtree(flow.platform.cloud_home)
    newer.rename(flow.platform.cloud_home)
    flow.restart_cloud()
    if flow.ask(name, None).code != 0:
        for version in (1, 2):
            flow.platform.custodian("unfreeze", name, version, expect=None)
    assert flow.ask(name).json()["rows"] == flow.truth(first, second)


def test_a_dropped_version_is_not_taken_again(flow):
    name = fresh_name()
    first = flow.publish(name, seed=1)
    upload, _ = flow.encrypt(name, seed=2)
    flow.contributor.json("upload", upload)
    flow.contributor.run("drop", name, 2)
    assert flow.ask(name).json()["rows"] == flow.truth(first)
    outcome = flow.contributor.run("upload", upload, expect=None)
    assert outcome.code in (3, 4, 5), outcome
    assert flow.ask(name).json()["rows"] == flow.truth(first)
