# SPDX-License-Identifier: Apache-2.0
"""Dead servers, full disks, Ctrl-C, and commands used wrongly: the right exit code, nothing
half-written, and the next attempt succeeds."""

import json
import pathlib
import resource
import signal
import subprocess
import time

import pytest

from support import processes

pytestmark = pytest.mark.slow
BIG_ROWS = 400_000


def file_size_limit(size):
    """A disk that is full after `size` bytes of one file: writes fail, the process goes on."""
    def apply():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    return apply


def test_dead_servers_are_unreachable_and_nothing_freezes(flow):
    truth = flow.truth(flow.publish("dead"))
    gatekeeper_port = flow.platform.gatekeeper.port
    flow.platform.gatekeeper.kill()
    assert flow.ask("dead", 6).stderr.startswith("cryptonet: UNREACHABLE: ")
    assert json.loads(flow.ask("dead", 6).stdout)["error"]["code"] == "UNREACHABLE"
    flow.platform.start_gatekeeper(gatekeeper_port)
    cloud_port = flow.platform.cloud.port
    flow.platform.cloud.kill()
    assert flow.ask("dead", None, "--no-cache").code in (0, 6)
    upload, _ = flow.encrypt("dead", seed=9)
    assert flow.contributor.run("upload", upload, expect=None).code == 6
    flow.platform.start_cloud(cloud_port)
    assert flow.ask("dead", 0, "--no-cache").json()["rows"] == truth
    flow.contributor.json("upload", upload)


def test_a_cloud_that_is_dead_when_first_asked(flow):
    truth = flow.truth(flow.publish("unasked"))
    cloud_port = flow.platform.cloud.port
    flow.platform.cloud.kill()
    flow.error_of("unasked", 6)
    flow.platform.start_cloud(cloud_port)
    assert flow.ask("unasked").json()["rows"] == truth


def test_servers_end_with_zero_on_sigterm(flow):
    port = flow.platform.gatekeeper.port
    assert flow.platform.gatekeeper.stop() == 0
    flow.platform.start_gatekeeper(port)
    port = flow.platform.cloud.port
    assert flow.platform.cloud.stop() == 0
    flow.platform.start_cloud(port)


def test_a_full_disk_while_encrypting(flow, files_left):
    path, _ = flow.write_table("full", rows=20_000)
    schema = flow.write_schema("full")
    outcome = flow.contributor.run("encrypt", path, "--schema", schema, "--dataset", "full",
                                   "--out", flow.folder / "full.upload", expect=None,
                                   preexec=file_size_limit(100_000))
    assert outcome.code == 7, outcome
    assert outcome.stderr.startswith("cryptonet: LOCAL_IO: ")
    assert files_left() == {"full.csv", "full.toml"}


def test_a_full_disk_at_the_cloud(flow, files_left):
    upload, table = flow.encrypt("brimful", rows=20_000)
    port = flow.platform.cloud.port
    flow.platform.cloud.stop()
    flow.platform.start_cloud(port, preexec=file_size_limit(300_000))
    outcome = flow.contributor.run("upload", upload, expect=None)
    assert outcome.code in (6, 7), outcome
    assert flow.platform.cloud.alive()
    assert "brimful" not in flow.researcher.run("datasets", "--format", "json").stdout
    flow.restart_cloud()
    flow.contributor.json("upload", upload)
    assert flow.ask("brimful").json()["rows"] == flow.truth(table)


def test_ctrl_c_while_encrypting_leaves_nothing(flow, files_left):
    path, _ = flow.write_table("stopped", rows=BIG_ROWS, suffix=".parquet")
    running = flow.contributor.start(
        "encrypt", path, "--schema", flow.write_schema("stopped"), "--dataset", "stopped", "--out",
        flow.folder / "stopped.upload")
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and running.poll() is None:
        if len(files_left()) > 2:  # it has begun to write
            break
        time.sleep(0.005)
    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=60)
    assert running.returncode == 130, errors
    assert files_left() == {"stopped.parquet", "stopped.toml"}


def test_ctrl_c_while_uploading_then_resumes(flow):
    upload, table = flow.encrypt("resumed", rows=BIG_ROWS)
    segments = flow.platform.cloud_home / "segments"
    before = set(segments.rglob("*"))
    running = flow.contributor.start("upload", upload)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and running.poll() is None:
        if set(segments.rglob("*")) - before:
            break
        time.sleep(0.002)
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=60)
    assert running.returncode in (130, 0)
    sent = flow.contributor.json("upload", upload)
    assert sent["version"] == 1 and sent["segments_present"] >= 1
    again = flow.contributor.json("upload", upload)
    assert again["version"] == 1 and again["segments_sent"] == 0
    assert flow.ask("resumed").json()["rows"] == flow.truth(table)


@pytest.mark.parametrize("arguments", [
    ["encrypt"], ["query"], ["frobnicate"], ["query", "SELECT 1", "--format", "xml"],
    ["encrypt", "--colour", "red"], ["drop", "name", "minus one"]])
def test_wrong_usage(flow, arguments):
    outcome = flow.contributor.run(*arguments, expect=2)
    assert "cryptonet: USAGE: " in outcome.stderr


@pytest.mark.parametrize("program", ["cryptonet", "cryptonet-cloud", "cryptonet-gatekeeper"])
def test_help_and_version(program):
    assert "xample" in processes.run_program(program, "--help").stdout
    assert processes.run_program(program, "--version").stdout.strip()


@pytest.mark.parametrize("command", [
    "join", "schema", "encrypt", "upload", "query", "datasets", "describe", "drop", "status"])
def test_help_of_every_command(command):
    text = processes.run_program("cryptonet", command, "--help").stdout
    assert "xample" in text and "--quiet" in text


def test_a_home_that_never_joined(flow, tmp_path):
    stranger = processes.Client(tmp_path / "stranger")
    outcome = stranger.run("query", "SELECT COUNT(*) FROM t", expect=None)
    assert outcome.code in (2, 3, 7) and "join" in outcome.stderr


def test_a_researcher_does_not_upload(flow):
    upload, _ = flow.encrypt("notyours")
    outcome = flow.researcher.run("upload", upload, expect=None)
    assert outcome.code in (2, 3, 4), outcome


def test_another_schema_is_another_dataset(flow):
    flow.publish("twice")
    path, _ = flow.write_table("twice", seed=3)
    schema = flow.write_schema("twice", flow.write_schema("twice").read_text().replace("100\n",
                                                                                       "101\n"))
    out = flow.folder / "other-schema.upload"
    outcome = flow.contributor.run("encrypt", path, "--schema", schema, "--dataset", "twice",
                                   "--out", out, expect=None)
    if outcome.code == 0:
        outcome = flow.contributor.run("upload", out, expect=None)
    assert outcome.code == 3, outcome
    assert "schema" in outcome.stderr


def test_answers_in_csv_and_table(flow):
    truth = flow.truth(flow.publish("formats"))
    sql = "SELECT g, COUNT(*), SUM(x) FROM formats GROUP BY g"
    lines = flow.researcher.run("query", sql, "--format", "csv").stdout.splitlines()
    assert lines[0] == "g,COUNT(*),SUM(x)"
    assert [line.split(",") for line in lines[1:]] == truth
    table = flow.researcher.run("query", sql).stdout
    assert all(cell in table for row in truth for cell in row)
    plan = flow.researcher.run("query", sql, "--explain").stdout
    for named in ("parse", "bind", "rewrite", "encode", "bound", "cost"):
        assert named in plan
    file = flow.folder / "question.sql"
    file.write_text(sql)
    assert flow.researcher.run("query", "--file", file).stdout == table
    assert flow.researcher.run("query", "-", stdin=sql).stdout == table


def test_no_program_leaves_a_core_file(flow):
    waiting = flow.researcher.start("query", "-", stdin=subprocess.PIPE)
    try:
        for process in (flow.platform.cloud.process, flow.platform.gatekeeper.process, waiting):
            limits = pathlib.Path(f"/proc/{process.pid}/limits")
            for _ in range(200):
                core = next(line for line in limits.read_text().splitlines() if "core" in line)
                if core.split()[4:6] == ["0", "0"]:
                    break
                time.sleep(0.05)
            assert core.split()[4:6] == ["0", "0"], core
    finally:
        waiting.communicate("")


def test_a_home_is_served_once(flow):
    truth = flow.truth(flow.publish("once"))
    outcome = flow.platform.custodian("serve", "--listen", "127.0.0.1:0", "--cloud",
                                      flow.platform.cloud.url, expect=4)
    assert "another cryptonet-gatekeeper is serving this home" in outcome.stderr
    assert flow.ask("once").json()["rows"] == truth
