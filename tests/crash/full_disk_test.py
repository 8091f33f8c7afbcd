# SPDX-License-Identifier: Apache-2.0
"""A disk that is full, or fails, at one boundary after the other: the command says so and leaves
nothing, a server goes on serving, and the next attempt succeeds. Simulated where it must hit every
boundary; a real small file system where one may be mounted."""

import subprocess

import pytest

from crash import encrypting, rounds
from crash.failpoints import place_of

pytestmark = pytest.mark.slow


def distinct(texts, root):
    """The first and the last position (from 1) of every different boundary."""
    places = [place_of(text, root) for text in texts]
    chosen = {places.index(place) for place in places}
    chosen |= {len(places) - 1 - places[::-1].index(place) for place in places}
    return [position + 1 for position in sorted(chosen)]


def mode_of(number):
    return "full" if number % 2 == 0 else "error"


@pytest.fixture
def crashing(tmp_path):
    crashing = rounds.Crashing(tmp_path)
    yield crashing
    crashing.flow.platform.stop()


def test_encrypt_leaves_nothing_on_a_disk_that_fails(crashing, closing_line):
    killed = encrypting.KilledEncrypts(crashing, encrypting.Attempts())
    since, _ = crashing.boundaries("client")
    killed.kinds()
    _, texts = crashing.boundaries("client", since)
    points = crashing.points["client"]
    texts = [text for text in texts if "killed.upload" in text]
    places = distinct(texts, points.root)
    for number, countdown in enumerate(places):
        points.arm(countdown, mode_of(number), "killed.upload")
        outcome = killed.encrypt(None)
        assert points.acted, countdown
        committed = points.what.startswith("sync ..")
        points.disarm()
        assert outcome.code == 7, (points.what, outcome)
        assert "cryptonet: LOCAL_IO: " in outcome.stderr
        assert not killed.partials(), points.what
        assert not killed.out.exists() or committed
    killed.encrypt()
    encrypting.check_whole(killed.out)
    closing_line(f"disk failures while encrypt: {len(places)}")


@pytest.mark.parametrize("program", ["cloud", "gatekeeper"])
def test_a_server_survives_a_disk_that_fails(crashing, program, closing_line):
    flow, points = crashing.flow, crashing.points[program]
    since, _ = crashing.boundaries(program)
    table = flow.publish("first")
    flow.ask("first")
    _, texts = crashing.boundaries(program, since)
    texts = [text for text in texts if "-shm" not in text]
    places = distinct(texts, points.root)
    for number, countdown in enumerate(places):
        name = crashing.fresh_name()
        folder, table = flow.encrypt(name)
        points.arm(countdown, mode_of(number), "")
        outcomes = [flow.contributor.run("upload", folder, expect=None), flow.ask(name, None)]
        what, acted = points.what, points.acted
        points.disarm()
        assert getattr(flow.platform, program).alive(), what
        codes = [outcome.code for outcome in outcomes]
        assert acted and codes in ([6, 3], [7, 3], [0, 6], [0, 7]), (what, codes, *outcomes)
        flow.contributor.json("upload", folder)
        assert flow.ask(name).json()["rows"] == flow.truth(table), what
    closing_line(f"disk failures under the {program}: {len(places)}")


@pytest.fixture
def small_disk(tmp_path):
    """Makes a real file system of a size in MiB; skips where that is not permitted."""
    mounted = []

    def mount(place, mebibytes):
        place.mkdir(parents=True)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "none",
                               str(place)], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            pytest.skip(f"no file system may be mounted here: {done.stderr.strip()}")
        mounted.append(place)
    yield mount
    for place in mounted:
        subprocess.run(["umount", "-l", str(place)], check=True)


def test_encrypt_to_a_real_small_disk(crashing, small_disk):
    flow = crashing.flow
    disk = flow.folder / "small"
    small_disk(disk, 1)
    path, _ = flow.write_table("t")
    outcome = flow.contributor.run("encrypt", path, "--schema", flow.write_schema("t"), "--dataset",
                                   "t", "--out", disk / "up", expect=7)
    assert "the upload needs" in outcome.stderr and not list(disk.iterdir())


def test_a_cloud_on_a_real_small_disk(crashing, small_disk):
    """It keeps 64 MiB for its ledgers; the upload goes on when there is room again."""
    flow = crashing.flow
    port = flow.platform.cloud.port
    flow.platform.cloud.stop()
    segments = flow.platform.cloud_home / "segments"
    segments.rmdir()
    small_disk(segments, 1)
    flow.platform.start_cloud(port)
    folder, table = flow.encrypt("t")
    assert flow.contributor.run("upload", folder, expect=None).code in (6, 7)
    assert flow.platform.cloud.alive() and not list(segments.glob("*.partial*"))
    subprocess.run(["mount", "-o", "remount,size=64m", str(segments)], check=True)
    sent = flow.contributor.json("upload", folder)
    assert sent["segments_present"] >= 1
    assert flow.ask("t").json()["rows"] == flow.truth(table)
    flow.platform.stop()
