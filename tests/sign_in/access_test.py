# SPDX-License-Identifier: Apache-2.0
"""Every route of the gatekeeper as every caller, over TLS, against the table of docs/access.md."""

import functools
import http.client
import json
import pathlib
import re
import ssl

import pytest

from crash.sign_ins import NO_RATES
from support import processes, tokens

ROOT = processes.ROOT
ROLES = ("contributor", "researcher", "steward", "custodian", "auditor")
MACHINES = ("no certificate", "gatekeeper", "cloud", "contributor", "researcher")
PERSONS = tuple(f"as {role}" for role in ROLES)
PAGE_CALLERS = ("from elsewhere", "signed out")
COLUMNS = ("route", *MACHINES, *PERSONS, "key", "fresh")
PAGE_COLUMNS = ("route", *PAGE_CALLERS, *PERSONS, "fresh")
WORDS = {"machine": {"yes", "person", "no"}, "person": {"yes", "no", "-"}, "fresh": {"yes", "no"}}
# What refuses a caller before a handler looks at the request.
REFUSALS = {"http.no_certificate", "http.role", "peer.unknown", "peer.revoked", "peer.role",
            "access.role", "access_key.questions_only", "page.origin"}
PARAMETERS = {"upload": "0" * 32, "unit": "0" * 32, "first": "0", "name": "nothing",
              "version": "1", "user": "nobody", "project": "nothing", "dataset": "nothing",
              "id": "0" * 16}


def kind_of(column):
    if column in (*MACHINES, *PAGE_CALLERS):
        return "machine"
    return "fresh" if column == "fresh" else "person"


def read_table(text, columns=COLUMNS):
    """{route: {column: word}} of the table of docs/access.md with these columns."""
    lines = text[text.index("| " + " | ".join(columns) + " |"):].split("\n\n")[0].splitlines()
    table = {}
    for line in lines[2:]:
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        route = cells[0].strip("`")
        assert len(cells) == len(columns), cells
        assert route not in table, route
        table[route] = dict(zip(columns[1:], cells[1:]))
        for column, word in table[route].items():
            assert word in WORDS[kind_of(column)], (route, column, word)
    return table


def table(columns=COLUMNS):
    return read_table((ROOT / "docs" / "access.md").read_text(), columns)


@functools.cache
def routes_of_the_api():
    """{route: whether it takes a body}"""
    paths = json.loads((ROOT / "api" / "openapi.json").read_text())["paths"]
    return {f"{method.upper()} {path}": "requestBody" in route for path, methods in paths.items()
            for method, route in methods.items()
            if method in ("get", "put", "post", "delete") and "gatekeeper" in route["tags"]}


def test_the_table_has_the_routes_of_the_api_and_no_others():
    files = {route for route in table(PAGE_COLUMNS) if not route.startswith("POST /v1/")}
    assert set(table()) | set(table(PAGE_COLUMNS)) - files == set(routes_of_the_api())
    assert not set(table()) & set(table(PAGE_COLUMNS))


def test_a_row_that_is_missing_is_found():
    text = (ROOT / "docs" / "access.md").read_text()
    less = "\n".join(line for line in text.splitlines() if "`POST /v1/query`" not in line)
    assert set(table()) - set(read_table(less)) == {"POST /v1/query"}


class Machine:
    """A TLS connection with (or without) a certificate, kept for all requests."""

    def __init__(self, port, authority, certificate=None, key=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.load_verify_locations(authority)
        if certificate:
            context.load_cert_chain(certificate, key)
        self._connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=60,
                                                       context=context)

    def ask(self, route, token=None, **headers):
        """(status, rule of the error) of a request that no handler can make sense of."""
        method, path = route.split(" ")
        path = re.sub(r"{(\w+)}", lambda match: PARAMETERS[match[1]], path)
        headers = {"Content-Type": "application/json", **headers}
        if token is not None:
            headers["Authorization"] = "Bearer " + token
        body = b"{}" if routes_of_the_api().get(route) else b""
        try:
            self._connection.request(method, path, body, headers)
            reply = self._connection.getresponse()
        except (http.client.RemoteDisconnected, BrokenPipeError):  # idle for too long
            self._connection.close()
            self._connection.request(method, path, body, headers)
            reply = self._connection.getresponse()
        text = reply.read()
        rule = json.loads(text)["error"]["rule"] if reply.status >= 400 else ""
        assert not rule.startswith("http.") or rule in REFUSALS, (route, rule)
        return reply.status, rule, text


def verdict(answer):
    status, rule, _ = answer
    if rule == "http.no_certificate":
        return "no"
    if status == 401:
        assert rule == "auth.not_signed_in", rule
        return "person"
    if rule == "auth.step_up":
        return "fresh"
    if rule in REFUSALS:
        assert status == 403, answer
        return "no"
    return "yes"


class World:
    """A gatekeeper, a machine of each kind, and a person of each role with sessions there."""

    def __init__(self, folder):
        self.platform = platform = processes.Platform(folder / "platform")
        port = processes.free_port()
        self.origin = f"https://localhost:{port}"
        platform.gatekeeper = processes.Server(
            "cryptonet-gatekeeper",
            ["serve", "--home", platform.gatekeeper_home, "--listen", f"127.0.0.1:{port}",
             "--cloud", "https://127.0.0.1:1", "--origin", self.origin,
             *NO_RATES], folder / "gatekeeper.log")
        home = platform.gatekeeper_home
        self.state = tokens.State(home)
        cloud = "https://127.0.0.1:1"
        self.homes = {"contributor": platform.client("contributor", "contributor",
                                                     cloud=cloud).home,
                      "researcher": platform.client("researcher", "researcher").home,
                      "other": platform.client("other", "researcher").home}
        enrolled = json.loads((home / "enrol-cloud").read_text())
        authority = self.homes["researcher"] / "authority.crt"
        for name in ("crt", "key"):
            field = {"crt": "certificate_pem", "key": "key_pem"}[name]
            (folder / f"cloud.{name}").write_text(enrolled[field])
        self.machines = {
            "no certificate": Machine(port, authority),
            "gatekeeper": Machine(port, authority, home / "server.crt", home / "server.key"),
            "cloud": Machine(port, authority, folder / "cloud.crt", folder / "cloud.key"),
            **{kind: Machine(port, authority, where / "client.crt", where / "client.key")
               for kind, where in self.homes.items()}}
        for role in (*ROLES, "gone"):
            self.state.add_person(role, "researcher" if role == "gone" else role)
        with self.state.open() as connection:
            connection.execute("UPDATE person SET disabled_at = 1 WHERE name = 'gone'")

    def token(self, person, machine, kind="session", **columns):
        return self.state.add_token(person, self.homes[machine] if machine else None, kind,
                                    **columns)

    def bad_tokens(self, machine):
        now_s = self.state.now_s()
        good = self.token("custodian", machine)
        return {
            "garbage": "garbage", "empty": "", "another's prefix": "cryptonet_key_" + good[18:],
            "cut": good[:-1], "longer": good + "0",
            "expired": self.token("custodian", machine, made_at=now_s - 100,
                                  expires_at=now_s - 1),
            "idle": self.token("custodian", machine, last_used_at=now_s - 1801),
            "revoked": self.token("custodian", machine, ended_at=now_s),
            "of another machine": self.token("custodian", "other"),
            "of a disabled person": self.token("gone", machine),
            "expired key": self.token("researcher", None, "access_key", made_at=now_s - 1000,
                                      expires_at=now_s - 100)}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    world = World(tmp_path_factory.mktemp("access"))
    yield world
    world.platform.stop()


def difference(route, column, wanted, got):
    return [] if wanted == got else [f"{route}, {column}: the table says {wanted}, not {got}"]


def test_machines_alone(world, closing_line):
    wrong, rows = [], table()
    closing_line(f"who may call what, asked over TLS: {len(rows)} routes")
    for route, row in rows.items():
        seen = {kind: verdict(world.machines[kind].ask(route)) for kind in MACHINES}
        for kind, got in seen.items():
            wrong += difference(route, kind, row[kind], got)
    assert not wrong, "\n".join(wrong)


def test_persons(world, closing_line):
    """Each role and a key, from both kinds of machine; signing out ends a session of its own."""
    wrong = []
    for route, row in table().items():
        line = []
        for machine in ("contributor", "researcher"):
            for column in (*PERSONS, "key"):
                person = column.removeprefix("as ") if column != "key" else "researcher"
                kind = "access_key" if column == "key" else "session"
                token = world.token(person, machine if kind == "session" else None, kind)
                got = verdict(world.machines[machine].ask(route, token))
                word = "yes" if row[column] == "-" else row[column]
                wanted = "no" if row[machine] == "no" else word
                # A route that takes questions takes none from a contributor's machine.
                wrong += difference(route, f"{column} on a {machine}'s machine", wanted, got)
                line.append({"yes": "+", "no": ".", "person": "?", "fresh": "f"}[got])
        closing_line(f"  {route:<56} {' '.join(line)}")
    assert not wrong, "\n".join(wrong)


def test_a_second_factor_that_is_not_fresh(world):
    wrong = []
    for route, row in table().items():
        token = world.token("custodian", "researcher",
                            second_factor_at=world.state.now_s() - 301)
        got = verdict(world.machines["researcher"].ask(route, token))
        usual = "no" if row["researcher"] == "no" or row["as custodian"] == "no" else "yes"
        wrong += difference(route, "not fresh", "fresh" if row["fresh"] == "yes" else usual, got)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("machine", ("contributor", "researcher"))
def test_bad_tokens_get_one_answer(world, machine):
    wrong, texts = [], set()
    bad = world.bad_tokens(machine)
    if machine == "contributor":
        bad = {name: bad[name] for name in ("garbage", "expired", "of another machine")}
    for route, row in table().items():
        ignored = row["as custodian"] == "-"
        for name, token in bad.items():
            answer = world.machines[machine].ask(route, token)
            alone = row[machine]
            wanted = alone if alone == "no" or ignored or name == "empty" else "person"
            wrong += difference(route, name, wanted, verdict(answer))
            if answer[0] == 401:
                texts.add(answer[2])
    assert not wrong, "\n".join(wrong)
    assert len(texts) == 1, texts


def test_a_revoked_machine_may_nothing(world):
    platform, name = world.platform, "lost"
    file = platform.folder / name
    platform.custodian("enrol", name, "--role", "researcher", "--out", file)
    client = processes.Client(platform.folder / "lost-home")
    client.run("join", "--enrol", file, "--home", client.home, "--gatekeeper",
               platform.gatekeeper.url)
    token = world.state.add_token("custodian", client.home)
    machine = Machine(platform.gatekeeper.port, client.home / "authority.crt",
                      client.home / "client.crt", client.home / "client.key")
    assert machine.ask("GET /v1/me", token)[0] == 200
    platform.custodian("revoke", name)
    wrong = []
    for route, row in table().items():
        answer = machine.ask(route, token)
        wanted = "yes" if row["no certificate"] == "yes" else "no"
        wrong += difference(route, "a revoked machine", wanted, verdict(answer))
    assert not wrong, "\n".join(wrong)


def test_the_page(world, closing_line):
    wrong, rows = [], table(PAGE_COLUMNS)
    browser = world.machines["no certificate"]
    closing_line(f"who may do what on the page: {len(rows)} routes")
    for route, row in rows.items():
        line = []
        for column in (*PAGE_CALLERS, *PERSONS, "fresh"):
            headers = {} if column == "from elsewhere" else {"Origin": world.origin}
            role = column.removeprefix("as ") if column in PERSONS else "researcher"
            seen = world.state.now_s() - (301 if column == "fresh" else 0)
            if column != "signed out":
                token = world.state.add_token(role, certificate=bytes(32), second_factor_at=seen)
                headers["Cookie"] = "__Host-cryptonet=" + token
            got = verdict(browser.ask(route, **headers))
            wanted = {"-": "yes"}.get(row[column], row[column])
            if column == "fresh":
                wanted = "fresh" if row["fresh"] == "yes" else "yes"
            wrong += difference(route, column, wanted, got)
            line.append({"yes": "+", "no": ".", "person": "?", "fresh": "f"}[got])
        closing_line(f"  {route:<56} {' '.join(line)}")
    assert not wrong, "\n".join(wrong)


def test_tokens_of_machines_and_of_the_page_are_told_apart(world):
    browser, machine = world.machines["no certificate"], world.machines["researcher"]
    of_page = world.state.add_token("researcher", certificate=bytes(32))
    of_machine = world.token("researcher", "researcher")
    key = world.token("researcher", None, "access_key")
    origin = {"Origin": world.origin}
    for token, in_ in ((of_page, True), (of_machine, False), (key, False), ("x", False)):
        cookie = {"Cookie": "__Host-cryptonet=" + token}
        signed_in = json.loads(browser.ask("POST /v1/page/account", **origin, **cookie)[2])
        assert signed_in["signed_in"] is in_, token[:20]
        assert browser.ask("POST /v1/page/step-up", **origin, **cookie)[0] == (
            400 if in_ else 401)
        # The token as a bearer is nothing to the page, nor the cookie to a machine.
        assert browser.ask("POST /v1/page/step-up", token, **origin)[0] == 401
        assert machine.ask("GET /v1/me", None, **cookie)[0] == 401
    assert machine.ask("GET /v1/me", of_page)[0] == 401
    assert machine.ask("GET /v1/me", of_machine)[0] == 200
