# SPDX-License-Identifier: Apache-2.0
"""Signing in by the command line: one exit status and one message for everybody who is not signed
in, sessions and access keys from making to revocation, and nothing secret left anywhere."""

import base64
import concurrent.futures
import json
import re
import stat
import subprocess
import threading
import time
import urllib.parse

import pytest

from sign_in import access_test
from support import people, processes
from support.lying_cloud import LyingCloud
from support.wire import Peer, request

COUNT = "SELECT COUNT(*) FROM visits"
NOT_SIGNED_IN = 8


@pytest.fixture(scope="module")
def visits(flow):
    flow.publish("visits")
    return flow


@pytest.fixture
def ada(visits):
    """A researcher's machine with a session that the test may end."""
    client = processes.Client(visits.platform.folder / "researcher")
    token = visits.state.add_token("researcher", client.home)
    before = (client.home / "session").read_text()
    (client.home / "session").write_text(token + "\n")
    yield client
    (client.home / "session").write_text(before)


def commands():
    """Every command that needs somebody signed in."""
    return (("query", COUNT), ("query", COUNT, "--explain"), ("datasets",),
            ("describe", "visits"), ("whoami",), ("login", "--step-up", "--totp", "000000"),
            ("user", "list"), ("user", "add", "x", "--role", "auditor", "--password-stdin"),
            ("user", "disable", "x"), ("user", "reset", "x", "--password-stdin"),
            ("project", "list"), ("project", "add", "x"),
            ("project", "grant", "x", "y", "--role", "researcher"),
            ("project", "attach", "x", "visits"), ("token", "list"), ("token", "new"),
            ("token", "revoke", "0" * 16))


def fails(client, command, **options):
    """The message of a command that must end as nobody signed in."""
    outcome = client.run(*command, stdin="a long password\n", expect=NOT_SIGNED_IN, **options)
    assert outcome.stdout == "", outcome
    return outcome.stderr


def test_everybody_who_is_not_signed_in_reads_one_message(visits, ada):
    state, home = visits.state, ada.home
    now_s = state.now_s()
    good = state.add_token("researcher", home)
    bad = {
        "expired": state.add_token("researcher", home, made_at=now_s - 9, expires_at=now_s - 1),
        "idle": state.add_token("researcher", home, last_used_at=now_s - 1801),
        "revoked": state.add_token("researcher", home, ended_at=now_s),
        "of another machine": state.add_token("researcher", visits.contributor.home),
        "garbage": "garbage", "altered": good[:-1] + ("0" if good[-1] != "0" else "1")}
    messages = {}
    for command in commands():
        (home / "session").unlink(missing_ok=True)
        messages[command, "nobody"] = fails(ada, command)
    for name, token in bad.items():
        (home / "session").write_text(token + "\n")
        messages["whoami", name] = fails(ada, ("whoami",))
        messages["query", name] = fails(ada, ("query", COUNT))
        messages["query", name, "by environment"] = fails(ada, ("query", COUNT),
                                                          env={"CRYPTONET_TOKEN": token})
    person = visits.platform.people.known["researcher"]
    for name, user, password in (("unknown", "nobody", person.password),
                                 ("password", "researcher", "wrong"),
                                 ("code", "researcher", person.password)):
        messages["login", name] = fails_login(ada, user, password, "000000")
    assert len(set(messages.values())) == 1, messages
    reply = ada.run("query", COUNT, "--format", "json", expect=NOT_SIGNED_IN).json()
    assert reply["error"]["code"] == "NOT_SIGNED_IN"
    assert (home / "session").read_text().strip() == bad["altered"]  # a failure forgets nothing


def fails_login(client, user, password, code):
    outcome = client.run("login", "--user", user, "--password-stdin", "--totp", code,
                         stdin=password + "\n", expect=NOT_SIGNED_IN)
    assert outcome.stdout == "", outcome
    return outcome.stderr


def test_a_locked_and_a_delayed_name_read_the_same(visits, ada):
    """The right password and an unused recovery code: the lock alone refuses them."""
    person = visits.platform.people.add("lock", "researcher")
    def subjects():
        with visits.state.open() as connection:
            return {row[0] for row in connection.execute("SELECT subject FROM failed_sign_in")}

    def set_failures(failures, wait_s):
        with visits.state.open() as connection:
            connection.execute("UPDATE failed_sign_in SET failures = ?, last_at = last_at + ? "
                               "WHERE subject = ?", (failures, wait_s, subject))

    before = subjects()
    wrong = fails_login(ada, "lock", "wrong", "000000")
    (subject,) = subjects() - before
    for failures, wait_s in ((100, 0), (6, 3600)):
        set_failures(failures, wait_s)
        assert fails_login(ada, "lock", person.password, person.recovery_codes[0]) == wrong
    listed = visits.platform.people.custodian().json("user", "list", "--format", "json")
    assert {"lock": False} == {user["user"]: user["locked"] for user in listed["users"]
                               if user["user"] == "lock"}
    set_failures(100, 0)
    listed = visits.platform.people.custodian().json("user", "list", "--format", "json")
    assert {user["user"] for user in listed["users"] if user["locked"]} == {"lock"}
    password = "lock has another password"
    renewed = visits.platform.people.custodian().json(
        "user", "reset", "lock", "--password-stdin", "--format", "json", stdin=password + "\n")
    ada.run("login", "--user", "lock", "--password-stdin", "--totp", renewed["recovery_codes"][0],
            stdin=password + "\n")
    assert fails_login(ada, "lock", person.password, person.recovery_codes[1]) == wrong


def test_oathtools_codes_let_in_once_and_the_session_is_private(visits, ada):
    person = visits.platform.people.add("olga", "researcher")
    code = subprocess.run(["oathtool", "--totp", "--base32", person.secret], check=True,
                          capture_output=True, text=True).stdout.strip()
    shown = person.login(ada, code=code)
    assert "cryptonet_session_" not in shown.stdout + shown.stderr
    session = ada.home / "session"
    assert stat.S_IMODE(session.stat().st_mode) == 0o600
    assert re.fullmatch("cryptonet_session_[0-9a-f]{64}\n?", session.read_text())
    assert ada.json("whoami", "--format", "json")["user"] == "olga"
    fails_login(ada, "olga", person.password, code)
    assert ada.json("whoami", "--format", "json")["user"] == "olga"
    ada.run("logout")
    assert not session.exists()
    fails(ada, ("whoami",))


def test_the_uri_is_read_back_as_the_seed(visits):
    """The key-URI format: what an authenticator app makes of the QR code."""
    password = "uri has a long password"
    made = visits.platform.people.custodian().json(
        "user", "add", "uri@clinic", "--role", "steward", "--password-stdin", "--format", "json",
        stdin=password + "\n")
    uri = urllib.parse.urlsplit(made["otpauth"])
    assert (uri.scheme, uri.netloc, uri.path) == ("otpauth", "totp", "/Cryptonet:uri%40clinic")
    query = urllib.parse.parse_qs(uri.query, strict_parsing=True)
    assert {key: values[0] for key, values in query.items()} == {
        "secret": made["secret"], "issuer": "Cryptonet", "algorithm": "SHA1", "digits": "6",
        "period": "30"}
    assert len(set(made["recovery_codes"])) == 10


def test_an_access_key_asks_within_its_scope_and_does_nothing_else(visits, ada):
    key = ada.json("token", "new", "--ttl", "2m", "--scope", "dataset:visits", "--scope",
                   "function:COUNT", "--format", "json")
    env = {"CRYPTONET_TOKEN": key["token"]}
    (ada.home / "session").unlink()
    truth = ada.query(COUNT, env=env).json()["rows"]
    assert truth == [["600"]]
    who = ada.json("whoami", "--format", "json", env=env)
    assert (who["kind"], who["id"]) == ("access_key", key["id"])
    ada.run("query", "SELECT SUM(x) FROM visits", env=env, expect=4)
    ada.run("query", "SELECT COUNT(*) FROM other", env=env, expect=4)
    for command in (("token", "new"), ("token", "list"), ("token", "revoke", key["id"]),
                    ("user", "list"), ("project", "list"), ("project", "add", "x"),
                    ("login", "--step-up", "--totp", "000000")):
        ada.run(*command, env=env, expect=4)
    # It is nobody's session, and works where the machine's own session is somebody else's.
    custodian = visits.platform.people.custodian()
    assert custodian.query(COUNT, env=env).json()["rows"] == truth
    custodian.run("token", "revoke", key["id"])
    fails(ada, ("query", COUNT), env=env)
    fails(ada, ("whoami",), env=env)


@pytest.mark.parametrize("value", ("two words", "line\nbreak", "caf\u00e9", "x" * 5000))
def test_an_environment_that_can_hold_no_token_is_a_usage_error(ada, value):
    outcome = ada.run("whoami", env={"CRYPTONET_TOKEN": value}, expect=2)
    assert value[:40] not in outcome.stderr


def test_bad_scopes_and_times_are_refused(visits, ada):
    for scope in ("visits", "dataset:", "function:sum", "dataset:visits\nfunction:SUM", "role:x"):
        ada.run("token", "new", "--scope", scope, expect=3)
    for ttl in ("16m", "0", "-1", "1h", "901", "", "99999999999999999999"):
        ada.run("token", "new", "--ttl", ttl, expect=2)
    custodian = visits.platform.people.custodian()
    custodian.run("token", "new", expect=4)  # who may not ask, makes no key either


def test_leaving_a_project_ends_its_keys(visits, ada):
    custodian = visits.platform.people.custodian()
    visits.platform.people.add("leaver", "researcher")
    session = visits.state.add_token("leaver", ada.home)
    (ada.home / "session").write_text(session)
    key = ada.json("token", "new", "--format", "json")
    env = {"CRYPTONET_TOKEN": key["token"]}
    ada.query(COUNT, env=env)
    custodian.run("project", "remove", "default", "leaver")
    fails(ada, ("query", COUNT), env=env)
    ada.run("query", COUNT, expect=4)  # the session is good, the right is gone
    custodian.run("user", "disable", "leaver")
    fails(ada, ("query", COUNT))


def test_a_bootstrap_code_is_good_once(visits):
    log = visits.platform.gatekeeper.log.read_text()
    code = re.search("bootstrap code: ([0-9a-f]{32})", log)[1]
    assert not (visits.platform.gatekeeper_home / "bootstrap-code").exists()
    client = visits.researcher
    people_before = visits.state.number("SELECT count(*) FROM person")
    for tried in (code, "0" * 32, ""):
        outcome = client.run("bootstrap", "--code", tried, "--user", "eve", "--password-stdin",
                             stdin="eve has a long password\n", expect=None)
        assert outcome.code in ((NOT_SIGNED_IN,) if tried else (2, 3)), outcome
    assert visits.state.number("SELECT count(*) FROM person") == people_before


def test_half_a_sign_in_opens_no_route(visits):
    """What one has before the second factor, or may find in a copy of the state, as a token."""
    person = visits.platform.people.add("half", "custodian")
    home = visits.platform.folder / "contributor"
    connection = Peer(home).connection(visits.platform.gatekeeper.port)
    body = json.dumps({"user": "half", "password": person.password, "code": ""})
    assert request(connection, "POST", "/v1/sign-in", body).status == 401
    for body in ({"user": "half", "password": person.password},
                 {"user": "half", "password": person.password, "code": None},
                 {"user": "half", "password": person.password, "code": ["1"]},
                 {"user": "half", "password": person.password, "code": "", "passkey": True}):
        assert request(connection, "POST", "/v1/sign-in", json.dumps(body)).status == 400
    assert visits.state.number("SELECT count(*) FROM access_key WHERE person = 'half'") == 0
    good = visits.state.add_token("half", home)
    with visits.state.open() as rows:
        ident, digest = rows.execute(
            "SELECT id, hex(hash) FROM access_key WHERE person = 'half'").fetchone()
    tried = ("half", person.password, person.secret, people.totp(person.secret),
             person.recovery_codes[0], ident, digest, digest.lower(),
             "cryptonet_session_" + digest.lower(), "cryptonet_session_" + ident, good + "0")
    table = access_test.table()
    for route, row in table.items():
        if "person" not in (row["contributor"], row["researcher"]):
            continue
        method, path = route.split(" ")
        path = re.sub(r"{(\w+)}", lambda match: access_test.PARAMETERS[match[1]], path)
        body = "{}" if access_test.routes_of_the_api()[route] else ""
        for token in tried:
            connection.bearer = token
            status = request(connection, method, path, body).status
            assert status == (403 if row["contributor"] == "no" else 401), (route, token)


def test_a_question_in_flight_gets_no_answer_when_its_key_is_revoked(visits, ada):
    """A cloud that takes its time; meanwhile the key, the session or the person goes."""
    platform = visits.platform
    custodian = platform.people.custodian()
    port = platform.gatekeeper.port
    asked, go_on = threading.Event(), threading.Event()

    def hold(totals):
        asked.set()
        assert go_on.wait(60)

    with LyingCloud(platform) as liar, concurrent.futures.ThreadPoolExecutor() as pool:
        platform.gatekeeper.stop()
        platform.start_gatekeeper(port, cloud_url=liar.url)
        try:
            for name, take_away in (
                    ("key", lambda key: custodian.run("token", "revoke", key)),
                    ("role", lambda _: custodian.run("project", "remove", "default", "inflight")),
                    ("person", lambda _: custodian.run("user", "disable", "inflight"))):
                if name == "key":
                    platform.people.add("inflight", "researcher")
                else:
                    custodian.run("project", "grant", "default", "inflight", "--role",
                                  "researcher")
                session = visits.state.add_token("inflight", ada.home)
                (ada.home / "session").write_text(session)
                key = ada.json("token", "new", "--format", "json")
                asked.clear()
                go_on.clear()
                liar.alter = hold
                question = pool.submit(ada.query, COUNT, "--no-cache", expect=None,
                                       env={"CRYPTONET_TOKEN": key["token"]})
                assert asked.wait(60)
                take_away(key["id"])
                go_on.set()
                outcome = question.result(60)
                assert outcome.code == NOT_SIGNED_IN, (name, outcome)
                assert "600" not in outcome.stdout
                liar.alter = None
        finally:
            go_on.set()
            platform.gatekeeper.stop()
            platform.start_gatekeeper(port)


def test_no_secret_lies_in_any_file_of_the_servers(visits, ada):
    """After all of the above: what people typed and were shown is looked for in every byte that the
    servers have written, logs included."""
    platform = visits.platform
    password = "a planted and long password"
    person = platform.people.add("planted", "researcher", password)
    (ada.home / "session").unlink()
    wrong = "a planted wrong password"
    fails_login(ada, "planted", wrong, "987654")
    fails_login(ada, "a-planted-name-that-is-a-password", wrong, "987654")
    person.login(ada, code=person.recovery_codes[0])
    session = (ada.home / "session").read_text().strip()
    key = ada.json("token", "new", "--format", "json")["token"]
    ada.query(COUNT, env={"CRYPTONET_TOKEN": key})
    fails(ada, ("query", COUNT), env={"CRYPTONET_TOKEN": "cryptonet_key_" + "7" * 64})
    planted = [password, wrong, person.secret, session, key, session[-64:], key[-64:],
               "a-planted-name-that-is-a-password", "cryptonet_key_" + "7" * 64,
               *person.recovery_codes, *(code.replace("-", "") for code in person.recovery_codes)]
    files = [path for folder in (platform.gatekeeper_home, platform.cloud_home)
             for path in folder.rglob("*") if path.is_file()]
    files += [platform.gatekeeper.log, platform.cloud.log]
    assert {"state.db", "state.db-wal", "gatekeeper.log"} <= {path.name for path in files}
    seed = base64.b32decode(person.secret)
    for path in files:
        content = path.read_bytes()
        assert seed not in content, path
        for secret in planted:
            assert secret.encode() not in content, (path, secret[:12])
            assert secret.encode().hex().encode() not in content, (path, secret[:12])
    assert b"planted" in b"".join(path.read_bytes() for path in files)  # the search can find


def test_keys_that_expired_a_month_ago_are_removed_while_it_serves(visits, ada):
    """At the start and every 30 seconds."""
    now_s, month_s = visits.state.now_s(), 30 * 86400
    old, kept = ({"made_at": at - 900, "expires_at": at, "id": name * 16} for name, at in
                 (("a", now_s - month_s - 60), ("b", now_s - month_s + 3600)))
    for columns in (old, kept):
        visits.state.add_token("researcher", ada.home, **columns)
    visits.restart_gatekeeper()
    deadline = time.monotonic() + 20
    count = "SELECT COUNT(*) FROM access_key WHERE id = ?"
    while visits.state.number(count, old["id"]):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert visits.state.number(count, kept["id"]) == 1
    assert ada.query(COUNT).json()["rows"]
