# SPDX-License-Identifier: Apache-2.0
"""The command line by itself, without servers: help, wrong uses and their exit codes, where output
goes. Whole flows are in tests/flow."""

import json
import os
import pathlib
import stat
import subprocess

import pytest

from support.processes import program, run_program

COMMANDS = ["join", "schema", "encrypt", "upload", "query", "datasets", "describe", "drop",
            "status", "eval"]
USAGE, BAD_INPUT, REFUSED, UNREACHABLE, LOCAL_IO = 2, 3, 4, 6, 7
NOWHERE = "https://127.0.0.1:1"


@pytest.fixture
def no_home(tmp_path):
    """An environment in which nobody has joined."""
    return {"CRYPTONET_HOME": str(tmp_path / "nobody"), "HOME": str(tmp_path)}


def cryptonet(*arguments, **options):
    return run_program("cryptonet", *arguments, cwd=options.pop("cwd", None), **options)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command):
    help_text = cryptonet(command, "--help").stdout
    assert f"cryptonet {command}" in help_text
    assert "Examples:" in help_text
    for flag in ("--home", "--quiet", "--version"):
        assert flag in help_text
    assert cryptonet(command, "--version").stdout.startswith("cryptonet 0.")


SERVER_COMMANDS = [("cryptonet-gatekeeper", command)
                   for command in ("init", "enrol", "revoke", "unfreeze", "serve")]
SERVER_COMMANDS.append(("cryptonet-cloud", "serve"))


@pytest.mark.parametrize("name,command", SERVER_COMMANDS)
def test_every_command_of_the_servers_explains_itself(name, command):
    help_text = run_program(name, command, "--help").stdout
    assert f"{name} {command} " in help_text
    assert "Example" in help_text
    for flag in ("--home", "--quiet", "--version"):
        assert flag in help_text
    assert run_program(name, command, "--version").stdout.startswith(f"{name} 0.")


@pytest.mark.parametrize("name", ["cryptonet", "cryptonet-gatekeeper", "cryptonet-cloud"])
def test_every_program_has_help_with_examples_and_a_version(name):
    help_text = run_program(name, "--help").stdout
    assert f"Examples:\n  {name} " in help_text
    assert run_program(name, "--version").stdout.startswith(f"{name} 0.")


def test_the_program_lists_its_commands_and_exit_codes():
    help_text = cryptonet("--help").stdout
    for word in (*COMMANDS, "130 interrupted"):
        assert word in help_text
    assert cryptonet("--version").stdout.startswith("cryptonet 0.")


WRONG_LINES = [
    ([], "a command is missing"),
    (["frobnicate"], "there is no command 'frobnicate'"),
    (["query"], "give the question once"),
    (["query", "SELECT 1", "--file", "q.sql"], "give the question once"),
    (["query", "SELECT 1", "more"], "more"),
    (["query", "SELECT 1", "--format", "xml"], "xml"),
    (["query", "SELECT 1", "--explain", "--format", "csv"], "--explain has no CSV"),
    (["query", "   "], "there is no question"),
    (["query", "SELECT 1", "--colour"], "--colour"),
    (["describe"], "NAME is required"),
    (["drop", "t"], "VERSION is required"),
    (["drop", "t", "zero"], "zero"),
    (["drop", "t", "0"], "VERSION"),
    (["encrypt", "t.csv", "--dataset", "t", "--out", "d"], "--schema is required"),
    (["encrypt", "t.csv", "--schema", "s", "--out", "d"], "--dataset is required"),
    (["encrypt", "t.csv", "--schema", "s", "--dataset", "t"], "--out is required"),
    (["encrypt", "t.csv", "--schema", "s", "--dataset", "t", "--out", "d", "--threads", "0"],
     "--threads"),
    (["schema"], "TABLE is required"),
    (["upload"], "DIR is required"),
    (["join", "--enrol", "f"], "--gatekeeper is required"),
    (["datasets", "--format", "csv"], "csv"),
]


@pytest.mark.parametrize("arguments,text", WRONG_LINES, ids=lambda value: " ".join(value)
                         if isinstance(value, list) else None)
def test_wrong_lines_are_usage_errors(arguments, text, no_home):
    outcome = cryptonet(*arguments, env=no_home, expect=USAGE)
    assert outcome.stdout == ""
    assert outcome.stderr.startswith("cryptonet: USAGE: ")
    assert text in outcome.stderr
    assert outcome.stderr.count("\n") == 1


@pytest.mark.parametrize("arguments", [
    ["query", "SELECT COUNT(*) FROM t"], ["datasets"], ["describe", "t"], ["drop", "t", "1"],
    ["status"], ["upload", "dir"],
    ["encrypt", "t.csv", "--schema", "s.toml", "--dataset", "t", "--out", "d"]],
    ids=lambda arguments: arguments[0])
def test_without_a_home_the_mend_is_to_join(arguments, no_home):
    outcome = cryptonet(*arguments, env=no_home, expect=USAGE)
    assert "no one has joined here" in outcome.stderr
    assert "cryptonet join" in outcome.stderr


@pytest.mark.parametrize("arguments", [["query", "SELECT 1", "--format", "json"],
                                       ["query", "--format", "json"],
                                       ["query", "--format=json", "--bogus"],
                                       ["status", "--format", "json"],
                                       ["upload", "dir", "--format", "json"],
                                       ["encrypt", "t.csv", "--schema", "s.toml", "--dataset", "t",
                                        "--out", "d", "--format", "json"],
                                       ["describe", "--format", "json"]])
def test_errors_are_json_too_where_json_was_asked_for(arguments, no_home):
    outcome = cryptonet(*arguments, env=no_home, expect=USAGE)
    error = outcome.json()["error"]
    assert set(error) == {"code", "rule", "message", "file", "line", "column", "hint"}
    assert error["code"] == "USAGE"
    assert error["message"] in outcome.stderr


def test_files_that_are_not_there_are_named(no_home, tmp_path):
    missing = tmp_path / "missing.sql"
    outcome = cryptonet("query", "--file", missing, env=no_home, expect=LOCAL_IO)
    assert str(missing) in outcome.stderr
    outcome = cryptonet("join", "--enrol", missing, "--gatekeeper", NOWHERE, env=no_home,
                        expect=LOCAL_IO)
    assert str(missing) in outcome.stderr
    outcome = cryptonet("schema", tmp_path / "missing.csv", env=no_home, expect=None)
    assert outcome.code in (BAD_INPUT, LOCAL_IO)
    assert "missing.csv" in outcome.stderr


@pytest.fixture
def enrolment(tmp_path):
    """Enrolment files of a gatekeeper that does not run."""
    run_program("cryptonet-gatekeeper", "init", "--home", tmp_path / "gatekeeper")
    return lambda role: tmp_path / "gatekeeper" / f"enrol-{role}"


def test_joining_says_what_is_wrong(enrolment, no_home, tmp_path):
    home = tmp_path / "home"

    def join(role, *more, expect):
        return cryptonet("join", "--enrol", enrolment(role), "--home", home, *more, env=no_home,
                         expect=expect).stderr

    assert "--cloud" in join("contributor", "--gatekeeper", NOWHERE, expect=USAGE)
    assert "cryptonet-cloud serve" in join("cloud", "--gatekeeper", NOWHERE, expect=BAD_INPUT)
    assert "127.0.0.1:1" in join("researcher", "--gatekeeper", NOWHERE, expect=UNREACHABLE)
    join("researcher", "--gatekeeper", "127.0.0.1:1", expect=USAGE)
    join("researcher", "--gatekeeper", "http://127.0.0.1:1", expect=USAGE)
    assert not home.exists()
    home.mkdir()
    (home / "letter.txt").write_text("mine")
    assert "not empty" in join("researcher", "--gatekeeper", NOWHERE, expect=BAD_INPUT)
    assert [entry.name for entry in home.iterdir()] == ["letter.txt"]


def test_a_broken_enrolment_is_no_enrolment(no_home, tmp_path):
    for number, text in enumerate(["", "{}", "[" * 100000, json.dumps({"format": "x"}), "\0"]):
        file = tmp_path / f"enrolment-{number}"
        file.write_text(text)
        outcome = cryptonet("join", "--enrol", file, "--gatekeeper", NOWHERE, env=no_home,
                            expect=None)
        assert outcome.code == BAD_INPUT, outcome
        assert str(file) in outcome.stderr


def test_enrolment_files_are_private(enrolment):
    for role in ("cloud", "contributor", "researcher"):
        assert stat.S_IMODE(enrolment(role).stat().st_mode) == 0o600


TABLE = "g,x\n" + "".join(f"{'ab'[row % 2]},{row}\n" for row in range(200))


def test_schema_writes_to_stdout_or_to_a_file(no_home, tmp_path):
    table = tmp_path / "t.csv"
    table.write_text(TABLE)
    text = cryptonet("schema", table, env=no_home).stdout
    assert "[columns.g]" in text and "[columns.x]" in text
    out = tmp_path / "t.toml"
    assert cryptonet("schema", table, "--out", out, env=no_home).stdout == ""
    assert out.read_text() == text
    blocked = tmp_path / "no such folder" / "t.toml"
    outcome = cryptonet("schema", table, "--out", blocked, env=no_home, expect=LOCAL_IO)
    assert "no such folder" in outcome.stderr


def test_a_full_disk_behind_stdout_is_an_error(no_home, tmp_path):
    if not pathlib.Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    table = tmp_path / "t.csv"
    table.write_text(TABLE)
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([program("cryptonet"), "schema", str(table)], stdout=full,
                              stderr=subprocess.PIPE, text=True, check=False,
                              env={**os.environ, **no_home})
    assert done.returncode == LOCAL_IO
    assert "stdout" in done.stderr


def test_progress_is_for_terminals_only(no_home, tmp_path):
    table = tmp_path / "t.csv"
    table.write_text(TABLE)
    assert "\r" not in cryptonet("schema", table, env=no_home).stderr

    def on_a_terminal(*flags):
        ours, theirs = os.openpty()
        done = subprocess.run([program("cryptonet"), "schema", str(table), *flags],
                              stdout=subprocess.DEVNULL, stderr=theirs, check=True,
                              env={**os.environ, **no_home})
        os.set_blocking(ours, False)
        try:
            seen = os.read(ours, 65536)
        except BlockingIOError:
            seen = b""
        os.close(ours)
        os.close(theirs)
        return seen, done.returncode

    assert b"\r" in on_a_terminal()[0]
    assert on_a_terminal("--quiet") == (b"", 0)
