# SPDX-License-Identifier: Apache-2.0
"""The audit log of real programs: what a day leaves in it and what it never holds, who may read it,
what verifying finds, and that nothing leaves when it cannot be written."""

import contextlib
import json
import subprocess
import threading

import pytest

from support import audit_log
from support.flow import Flow

pytestmark = pytest.mark.slow

LABELS = ("plantedlabel_alpha", "plantedlabel_beta")
SCHEMA = f"""row_limit = 1000000
[columns.x]
role = "measure"
min = -100
max = 2147480000
[columns.g]
role = "dimension"
categories = ["{LABELS[0]}", "{LABELS[1]}"]
"""
CELL = 1987654321
TYPED = "planted literal of a question"


class Day:
    """A platform on which everything has happened once."""

    def __init__(self, folder):
        self.flow = flow = Flow(folder)
        self.platform = flow.platform
        self.planted = [*LABELS, str(CELL), TYPED]
        self.bootstrap_code_text()
        path = folder / "day.csv"
        path.write_text("x,g\n" + "".join(
            f"{CELL if row == 3 else row % 90},{LABELS[row % 2]}\n" for row in range(600)))
        schema = flow.write_schema("day", SCHEMA)
        flow.contributor.json("encrypt", path, "--schema", schema, "--dataset", "day", "--out",
                              folder / "day.upload")
        flow.contributor.json("upload", folder / "day.upload")
        self.sql = f"SELECT g, COUNT(*), SUM(x) FROM day WHERE g <> '{LABELS[1]}' GROUP BY g"
        self.answer = flow.researcher.query(self.sql).json()["rows"]
        assert flow.researcher.query(self.sql).json()["rows"] == self.answer
        flow.researcher.query(f"SELECT COUNT(*) FROM day WHERE g = '{TYPED}'", expect=3)
        flow.researcher.query(f'SELECT COUNT(*) FROM "{TYPED}"', expect=None)
        token = flow.researcher.json("token", "new", "--ttl", "5m", "--scope", "dataset:day",
                                     "--format", "json")
        self.planted.append(token["token"])
        flow.researcher.run("token", "revoke", token["id"])
        self.auditor = self.platform.client("auditor-machine", "researcher")
        self.platform.people.add("otto", "auditor")
        self.platform.people.known["otto"].login(self.auditor)
        for person in self.platform.people.known.values():
            self.planted += [person.password, person.secret, *person.recovery_codes]
        otto = self.platform.people.known["otto"]
        otto.login(self.auditor, code=otto.recovery_codes[0])
        for client in (flow.researcher, self.auditor):
            client.run("login", "--user", TYPED, "--password-stdin", "--totp", "123456",
                       stdin="planted wrong password\n", expect=8)
        self.planted += ["planted wrong password", "123456"]
        for client in (flow.contributor, flow.researcher, self.auditor):
            session = client.home / "session"
            if session.exists():
                self.planted.append(session.read_text().strip())
        for name in ("cloud", "contributor", "researcher"):
            self.planted.append((self.platform.gatekeeper_home / f"enrol-{name}").read_text())
        self.platform.custodian("enrol", "clinic-2", "--role", "contributor", "--out",
                                folder / "clinic-2.enrol")
        self.platform.custodian("revoke", "clinic-2")

    def bootstrap_code_text(self):
        code = self.platform.gatekeeper_home / "bootstrap-code"
        if code.exists():
            self.planted.append(code.read_text().strip())

    def records(self):
        return audit_log.records_of(audit_log.text_in(self.platform.gatekeeper_home))


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    day = Day(tmp_path_factory.mktemp("audit"))
    yield day
    day.platform.stop()


def kinds(records, **fields):
    return [record["kind"] for record in records
            if all(record[name] == value for name, value in fields.items())]


def test_everything_that_happened_is_recorded(day):
    records = day.records()
    asked = [record for record in records if record["person"] == "researcher" and
             record["kind"] in ("question", "plan", "opening", "release")]
    assert [record["kind"] for record in asked] == [
        "question", "plan", "opening", "release", "question", "plan", "release"]
    assert {record["machine"] for record in asked} == {"researcher"}
    assert {record["address"] for record in asked} == {"127.0.0.1"}
    assert len({record["details"]["question"] for record in asked}) == 1
    assert asked[0]["details"]["functions"] == "COUNT,SUM"
    assert asked[3]["details"]["source"] == "computed"
    assert asked[6]["details"]["source"] == "kept"
    assert int(asked[2]["details"]["totals"]) > 0
    refused = [record for record in records if record["kind"] == "refusal"]
    assert len(refused) >= 2 and {record["outcome"] for record in refused} == {"refused"}
    assert all(record["rule"] for record in refused)
    spent = [record for record in records if record["kind"] == "factor"]
    assert [record["person"] for record in spent] == ["otto"]
    assert spent[0]["details"] == {"action": "used_up", "factor": "recovery_code"}
    for kind, count in (("bootstrap", 1), ("sign_in", 3), ("sign_in_denied", 2), ("user", 2),
                        ("access_key", 2), ("upload", 1), ("publish", 1), ("enrolment", 4)):
        assert len(kinds(records, kind=kind)) >= count, kind
    actions = [record["details"].get("action") for record in records]
    for action in ("init", "start", "made", "revoked", "joined", "added"):
        assert action in actions, action


def test_nothing_secret_is_in_it(day):
    """Every planted label, cell, token, code, password, seed and literal is searched for."""
    planted = {text for entry in day.planted for text in entry.replace('"', "\n").split("\n")
               if len(text.strip()) >= 6}
    assert len(planted) > 40
    known = {"researcher", "contributor", "cloud", "carol", "otto"}
    text = audit_log.text_in(day.platform.gatekeeper_home)
    heads = (day.platform.gatekeeper_home / "audit" / "heads").read_text(errors="replace")
    for secret in planted - known:
        if secret.strip(" ,:{}") in ("enrolment", "authority_pem", "certificate_pem", "sealing_key",
                                     "secret", "format", "name", "role", "key_pem"):
            continue
        assert secret not in text and secret not in heads, secret
    # The search can fail: what the log does hold is found.
    assert "day" in text and "127.0.0.1" in text


def test_the_auditor_exports_what_verifies(day, tmp_path):
    out = tmp_path / "log.jsonl"
    day.auditor.run("audit", "export", "--out", out)
    *lines, head = out.read_text().splitlines()
    records = audit_log.records_of("".join(line + "\n" for line in lines))
    audit_log.check_head(head, records)
    assert records[:3] == day.records()[:3]
    report = day.auditor.json("audit", "verify", out, "--format", "json")
    assert report["records"] == len(records) and report["findings"] == []
    assert day.auditor.json("audit", "verify", "--format", "json")["findings"] == []
    shown = day.auditor.run("audit", "tail", "-n", "5", "--format", "json").stdout.splitlines()
    assert len(shown) == 5
    assert shown[0] in audit_log.text_in(day.platform.gatekeeper_home)
    assert "audit_read" in kinds(day.records(), person="otto")


def test_an_exported_log_that_was_changed_is_named(day, tmp_path):
    whole = tmp_path / "whole.jsonl"
    day.auditor.run("audit", "export", "--out", whole)
    lines = whole.read_text().splitlines(keepends=True)

    def first(changed):
        path = tmp_path / "changed.jsonl"
        path.write_text("".join(changed))
        outcome = day.auditor.run("audit", "verify", path, "--format", "json", expect=5)
        return json.loads(outcome.stdout.splitlines()[0])["findings"][0]

    at = 6
    edited = lines[at].replace('"time":"20', '"time":"21')
    assert edited != lines[at]
    found = first([*lines[:at], edited, *lines[at + 1:]])
    assert (found["rule"], found["line"], found["sequence"]) == ("audit.changed", at + 1, at + 1)
    found = first([*lines[:at], *lines[at + 1:]])
    assert (found["rule"], found["line"], found["sequence"]) == ("audit.dropped", at + 1, at + 1)
    found = first([*lines[:at], lines[at + 1], lines[at], *lines[at + 2:]])
    assert (found["rule"], found["line"], found["sequence"]) == ("audit.moved", at + 1, at + 2)
    found = first([*lines[:at], lines[at], *lines[at:]])
    assert (found["rule"], found["line"]) == ("audit.repeated", at + 2)
    found = first([*lines[:-4], lines[-1]])
    assert found["rule"] == "audit.cut_off"
    # A shorter log with a head of its own: told by the head that was kept.
    older = tmp_path / "older.jsonl"
    older.write_text("".join(lines))
    newer = tmp_path / "newer.jsonl"
    day.flow.researcher.query(day.sql)
    day.auditor.run("audit", "export", "--out", newer)
    day.auditor.run("audit", "verify", newer, "--head", older)
    outcome = day.auditor.run("audit", "verify", older, "--head", newer, expect=5)
    assert "cut off" in outcome.stderr


def test_a_log_written_anew_by_somebody_is_told_by_its_key(day, tmp_path):
    """All hashes right, signed, but not by the gatekeeper: only a key from elsewhere tells."""
    true = tmp_path / "true.jsonl"
    day.auditor.run("audit", "export", "--out", true)
    *lines, head = true.read_text().splitlines()
    kept = [line for line in lines if '"kind":"release"' not in line]
    assert len(kept) < len(lines)
    forged = tmp_path / "forged.jsonl"
    forged.write_text(audit_log.written_anew(kept, tmp_path))
    verify = ("audit", "verify", forged, "--format", "json")
    unknown = day.auditor.json(*verify)
    assert unknown["findings"] == [] and unknown["compared"] is False
    text = day.auditor.run("audit", "verify", forged).stdout
    assert "the key was compared with nothing" in text
    key = json.loads(head)["key"]
    for known in (("--key", key), ("--head", true)):
        outcome = day.auditor.run(*verify, *known, expect=5)
        assert "audit.key" in outcome.stdout
        good = day.auditor.json("audit", "verify", true, *known, "--format", "json")
        assert good["findings"] == [] and good["compared"] is True
    day.auditor.run("audit", "verify", true, "--key", "00", expect=2)


def test_only_auditors_and_custodians_read_it(day, tmp_path):
    day.flow.researcher.run("audit", "tail", expect=4)
    day.flow.researcher.run("audit", "export", "--out", tmp_path / "no", expect=4)
    assert not (tmp_path / "no").exists()
    day.flow.contributor.run("audit", "verify", expect=8)
    custodian = day.platform.people.custodian()
    custodian.run("audit", "tail", "-n", "1")


def test_the_custodian_verifies_where_it_lies(day):
    home = day.platform.gatekeeper_home
    report = day.platform.custodian("audit", "verify", "--format", "json").json()
    assert report["findings"] == [] and report["records"] == len(day.records())
    assert report["head"]["key"] == audit_log.heads_in(home)[0]["key"]


@contextlib.contextmanager
def full_disk(folder):
    """The folder on a real file system of its own that has no room left; yields what makes room."""
    kept = {path.name: path.read_bytes() for path in folder.iterdir()}
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=0700", "none", str(folder)],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"no file system may be mounted here: {done.stderr.strip()}")
    try:
        for name, content in kept.items():
            (folder / name).write_bytes(content)
            (folder / name).chmod(0o600)

        def fill():
            with contextlib.suppress(OSError), open(folder / "filler", "wb", 0) as filler:
                while True:
                    filler.write(bytes(512))
        yield fill, (folder / "filler").unlink
    finally:
        kept = {path.name: path.read_bytes() for path in folder.iterdir()}
        subprocess.run(["umount", "-l", str(folder)], check=True)
        for name, content in kept.items():
            (folder / name).write_bytes(content)


def test_nothing_is_released_when_the_disk_is_full(tmp_path):
    flow = Flow(tmp_path)
    flow.publish("t")
    rows = flow.ask("t").json()["rows"]
    flow.platform.gatekeeper.stop()
    home = flow.platform.gatekeeper_home
    with full_disk(home / "audit") as (fill, make_room):
        flow.platform.start_gatekeeper(flow.platform.gatekeeper.port)
        assert flow.ask("t").json()["rows"] == rows
        before = audit_log.records_of(audit_log.text_in(home))
        fill()
        failed = 0
        for arguments in ([], ["--no-cache"], ["--explain"]) * 8:
            outcome = flow.ask("t", None, *arguments)
            if outcome.code == 0:  # it fitted into the last block
                continue
            failed += 1
            assert outcome.code == 6, outcome
            assert "rows" not in outcome.stdout and "audit log cannot be written" in outcome.stderr
        assert failed > 8
        during = audit_log.text_in(home)
        assert len(audit_log.records_of(during)) >= len(before)
        make_room()
        assert flow.ask("t").json()["rows"] == rows
        after = audit_log.records_of(audit_log.text_in(home))
        assert after[:len(before)] == before and after[-1]["kind"] == "release"
        assert flow.platform.custodian("audit", "verify", "--format", "json").json()[
            "findings"] == []
        flow.platform.stop()


def test_many_ask_at_once_and_each_is_recorded(day):
    """Kept answers from many threads: one release for each, in one chain."""
    before = len(kinds(day.records(), kind="release"))
    errors = []

    def ask():
        try:
            day.flow.researcher.query(day.sql)
        except AssertionError as error:
            errors.append(error)
    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors, errors[0]
    assert len(kinds(day.records(), kind="release")) == before + 16
