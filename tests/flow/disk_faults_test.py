# SPDX-License-Identifier: Apache-2.0
"""A server whose own disk fails: who asks learns that it did, and which server; where and why is in
that server's log alone."""

import contextlib
import itertools

import pytest

pytestmark = pytest.mark.slow
NAMES = itertools.count()
TOLD = "could not answer: the server's own disk failed (tell its operator: the server's log says"


@contextlib.contextmanager
def absent(paths, as_folder):
    """Files that are missing, or unreadable because folders lie in their place."""
    for path in paths:
        path.rename(f"{path}.away")
        if as_folder:
            path.mkdir()
    yield
    for path in paths:
        if as_folder:
            path.rmdir()
        path.with_name(path.name + ".away").rename(path)


class Servers:
    """What the two servers wrote into their logs since."""

    def __init__(self, flow):
        self.logs = [flow.platform.cloud.log, flow.platform.gatekeeper.log]
        self.begin = [log.stat().st_size for log in self.logs]

    def lines(self, number):
        return self.logs[number].read_bytes()[self.begin[number]:].decode()


def refused(flow, name, code):
    """The refusal, in which no place of a server's disk stands."""
    outcome = flow.ask(name, code)
    for home in (flow.platform.cloud_home, flow.platform.gatekeeper_home):
        assert str(home) not in outcome.stdout + outcome.stderr, outcome
    for part in ("segments", "ledger/", "hints", "uploads", ".away"):
        assert part not in outcome.stdout, outcome
    assert outcome.json()["error"]["file"] == ""
    return outcome


@pytest.mark.parametrize("as_folder", [False, True], ids=["missing", "a folder in its place"])
def test_segments_that_the_cloud_cannot_read(flow, as_folder):
    name = f"unread_{next(NAMES)}"
    before = set((flow.platform.cloud_home / "segments").iterdir())
    truth = flow.truth(flow.publish(name))
    paths = sorted(set((flow.platform.cloud_home / "segments").iterdir()) - before)
    servers = Servers(flow)
    with absent(paths, as_folder):
        outcome = refused(flow, name, 6)
    assert f"cryptonet: UNREACHABLE: the cloud {TOLD}" in outcome.stderr
    assert any(str(path) in servers.lines(0) for path in paths)
    reason = "cannot map: " if as_folder else "cannot open: No such file or directory"
    assert "500 disk" in servers.lines(0) and reason in servers.lines(0)
    assert str(flow.platform.cloud_home) not in servers.lines(1)
    for shown in (name, "SUM", "SELECT"):
        assert shown not in servers.lines(0)
    assert flow.ask(name).json()["rows"] == truth  # nothing froze


@pytest.mark.parametrize("as_folder", [False, True], ids=["missing", "a folder in its place"])
def test_hints_that_the_gatekeeper_cannot_read(flow, as_folder):
    name = f"unhinted_{next(NAMES)}"
    uploads = flow.platform.gatekeeper_home / "uploads"
    before = set(uploads.rglob("*")) if uploads.exists() else set()
    truth = flow.truth(flow.publish(name))
    paths = [path for path in set(uploads.rglob("*")) - before
             if path.parent.name == "hints" and not path.suffix]
    assert paths
    servers = Servers(flow)
    with absent(paths, as_folder):
        outcome = refused(flow, name, 6)
    assert f"cryptonet: UNREACHABLE: the gatekeeper {TOLD}" in outcome.stderr
    assert any(str(path) in servers.lines(1) for path in paths), servers.lines(1)
    assert str(flow.platform.gatekeeper_home) not in servers.lines(0)
    assert "SELECT" not in servers.lines(1)
    assert flow.ask(name).json()["rows"] == truth


def test_a_ledger_that_is_missing(flow):
    """The cloud's words say what is wrong, and its log where."""
    name = f"unledgered_{next(NAMES)}"
    ledgers = flow.platform.cloud_home / "ledger"
    before = set(ledgers.iterdir())
    truth = flow.truth(flow.publish(name))
    paths = sorted(set(ledgers.iterdir()) - before)
    servers = Servers(flow)
    with absent(paths, as_folder=False):
        outcome = refused(flow, name, 5)
    assert outcome.json()["error"]["rule"] == "ledger.damaged"
    assert str(paths[0]) in servers.lines(0)
    assert flow.ask(name).json()["rows"] == truth


def test_an_upload_to_a_cloud_that_cannot_write(flow):
    name = f"unwritten_{next(NAMES)}"
    upload, table = flow.encrypt(name)
    segments = flow.platform.cloud_home / "segments"
    servers = Servers(flow)
    segments.rename(segments.with_name("elsewhere"))
    outcome = flow.contributor.run("upload", upload, expect=6)
    segments.with_name("elsewhere").rename(segments)
    assert f"cryptonet: UNREACHABLE: the cloud {TOLD}" in outcome.stderr, outcome
    assert str(flow.platform.cloud_home) not in outcome.stderr
    assert str(segments) in servers.lines(0)
    flow.contributor.json("upload", upload)
    assert flow.ask(name).json()["rows"] == flow.truth(table)
