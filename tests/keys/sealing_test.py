# SPDX-License-Identifier: Apache-2.0
"""Sealed start, unsealing and sealing, with the real programs; and what lies on the disk."""

import json
import os
import pty
import re
import signal
import ssl
import subprocess
import time
import urllib.error
import urllib.request

import pytest

from support import processes
from support.flow import Flow
from support.people import Person

PASSPHRASE = "correct horse battery staple"


@pytest.fixture
def secrets(tmp_path):
    """A function that writes a text into a private file of its own."""
    def write(text, name="passphrase"):
        path = tmp_path / name
        path.write_text(text + "\n")
        path.chmod(0o600)
        return path
    return write


def sealed_flow(folder, *init):
    """A platform over a home made with these flags, sealed; (flow, what init said)."""
    home = folder / "platform" / "gatekeeper"
    home.parent.mkdir(parents=True, exist_ok=True)
    made = processes.run_program("cryptonet-gatekeeper", "init", "--home", home, *init,
                                 "--format", "json").json()
    platform = processes.Platform(folder / "platform")
    platform.start()
    flow = Flow.__new__(Flow)
    flow.folder, flow.platform = folder, platform
    return flow, made


def unseal(flow, *arguments, **options):
    return flow.platform.custodian("unseal", "--format", "json", *arguments, **options)


def readiness(platform):
    """The status of /readyz, asked without a certificate."""
    context = ssl.create_default_context(cafile=platform.gatekeeper_home / "authority.crt")
    context.check_hostname = False
    try:
        with urllib.request.urlopen(platform.gatekeeper.url + "/readyz", context=context) as answer:
            return answer.status, ""
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())["error"]["rule"]


def people(flow):
    flow.contributor = flow.platform.join("contributor")
    flow.researcher = flow.platform.join("researcher")


def test_a_sealed_gatekeeper_answers_how_it_is_and_nothing_else(tmp_path, secrets):
    flow, _ = sealed_flow(tmp_path, "--passphrase-file", secrets(PASSPHRASE))
    platform = flow.platform
    try:
        assert readiness(platform) == (503, "ready.sealed")
        refused = processes.Client(tmp_path / "c").run(
            "join", "--enrol", platform.gatekeeper_home / "enrol-researcher", "--home",
            tmp_path / "c", "--gatekeeper", platform.gatekeeper.url, expect=6)
        assert "the gatekeeper is sealed" in refused.stderr
        for wrong in ("correct horse battery stapl", "", PASSPHRASE + " "):
            outcome = unseal(flow, "--passphrase-file", secrets(wrong, "wrong"), expect=None)
            assert outcome.code in (3, 5), outcome
            assert wrong == "" or outcome.json()["error"]["rule"] == "unseal.wrong"
        opened = unseal(flow, "--passphrase-file", secrets(PASSPHRASE)).json()
        assert opened["sealed"] is False
        assert readiness(platform) == (200, "")
        people(flow)
        table = flow.publish("t")
        assert flow.ask("t").json()["rows"] == flow.truth(table)

        # twice in a row is no error, and neither is sealing twice
        assert unseal(flow, "--passphrase-file", secrets("anything else")).json()["sealed"] is False
        for _ in range(2):
            assert platform.custodian("seal", "--format", "json").json()["sealed"] is True
        assert flow.error_of("t", 6)["rule"] == "server.sealed"
        unseal(flow, "--passphrase-file", secrets(PASSPHRASE))
        assert flow.ask("t").json()["rows"] == flow.truth(table)

        # started again with the passphrase, it is open from the beginning
        port = platform.gatekeeper.port
        assert platform.gatekeeper.stop() == 0
        platform.gatekeeper = processes.Server(
            "cryptonet-gatekeeper",
            ["serve", "--home", platform.gatekeeper_home, "--listen", f"127.0.0.1:{port}",
             "--cloud", platform.cloud.url, "--passphrase-file", secrets(PASSPHRASE)],
            tmp_path / "again.log")
        assert flow.ask("t").json()["rows"] == flow.truth(table)
        logs = (tmp_path / "again.log").read_text() + platform.gatekeeper.log.read_text()
        assert PASSPHRASE not in logs
    finally:
        platform.stop()


def test_shares_open_from_one_machine_or_from_several(tmp_path):
    flow, made = sealed_flow(tmp_path, "--shares", "5", "--threshold", "3")
    shares = made["shares"]
    assert len(set(shares)) == 5
    home = flow.platform.gatekeeper_home
    try:
        def give(*lines, expect=0):
            return unseal(flow, stdin="\n".join(lines) + "\n", expect=expect).json()
        first = give(shares[4])
        assert (first["given"], first["threshold"], first["sealed"]) == (1, 3, True)
        assert give(shares[4], expect=3)["error"]["rule"] == "share.twice"
        second = give(shares[0])
        assert (second["given"], second["attempt"]) == (2, first["attempt"])
        # a slip of the pen is found before anything is tried, and the others still wait
        slip = shares[1][:40] + ("0" if shares[1][40] != "0" else "1") + shares[1][41:]
        refused = give(slip, expect=3)["error"]
        assert refused["rule"] == "share.malformed"
        assert slip not in json.dumps(refused)
        assert give(shares[2])["sealed"] is False

        flow.platform.custodian("seal")
        assert give(shares[1])["given"] == 1
        assert unseal(flow, "--reset").json()["given"] == 0
        assert give(*shares[1:3], expect=3)["error"]["rule"] == "share.too_few"
        assert give(*shares[1:4])["sealed"] is False
        everything = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
        log = flow.platform.gatekeeper.log.read_text()
        for share in shares:
            assert share.encode() not in everything and share not in log
            assert bytes.fromhex(share.split("-")[4]) not in everything
    finally:
        flow.platform.stop()


def test_holders_give_their_shares_from_machines_of_their_own(tmp_path):
    flow, made = sealed_flow(tmp_path, "--shares", "3", "--threshold", "2")
    platform, shares = flow.platform, made["shares"]
    try:
        unseal(flow, stdin="\n".join(shares[:2]) + "\n")
        custodian = platform.people.custodian()
        researcher = platform.join("researcher")
        # who may seal: a custodian that is signed in, not a researcher, not a machine alone
        assert researcher.run("seal", expect=4)
        stranger = platform.client("stranger", "researcher")
        assert stranger.run("seal", expect=8)
        assert custodian.json("seal", "--format", "json")["sealed"] is True
        assert custodian.json("seal", "--format", "json")["sealed"] is True
        first = researcher.json("unseal", "--format", "json", stdin=shares[2] + "\n")
        assert (first["given"], first["sealed"]) == (1, True)
        # a revoked machine gives nothing
        platform.custodian("revoke", "researcher")
        assert stranger.run("unseal", stdin=shares[1] + "\n", expect=4)
        assert unseal(flow, stdin=shares[1] + "\n").json()["sealed"] is False
    finally:
        platform.stop()


def test_shares_of_two_homes_are_not_mixed(tmp_path):
    flow, made = sealed_flow(tmp_path, "--shares", "3", "--threshold", "2")
    other = processes.run_program(
        "cryptonet-gatekeeper", "init", "--home", tmp_path / "other", "--shares", "3",
        "--threshold", "2", "--format", "json").json()["shares"]
    try:
        def give(*lines, expect=0):
            return unseal(flow, stdin="\n".join(lines) + "\n", expect=expect).json()
        give(made["shares"][0])
        assert give(other[1], expect=3)["error"]["rule"] == "share.other_set"
        assert give(made["shares"][0], other[1], expect=3)["error"]["rule"] == "share.other_set"
        assert give(made["shares"][2])["sealed"] is False
    finally:
        flow.platform.stop()


def test_wrong_tries_wait_longer_and_longer(tmp_path):
    """By shares, of which a whole but wrong set costs no time to try."""
    flow, made = sealed_flow(tmp_path, "--shares", "2", "--threshold", "2")
    first, second = (line.split("-") for line in made["shares"])
    # a share that is whole and wrong: made up as docs/formats/sealed_home.md says
    second[4] = "00" * 32
    made_up = "-".join(second[:5])
    made_up += "-" + __import__("hashlib").sha256(made_up.encode()).hexdigest()[:8]
    try:
        def give(*lines):
            return unseal(flow, stdin="\n".join(lines) + "\n", expect=None)
        rules = [give("-".join(first), made_up).json()["error"]["rule"] for _ in range(6)]
        assert rules == ["unseal.wrong"] * 5 + ["unseal.too_many"]
        refused = give(*made["shares"])
        assert refused.code == 4, refused
        time.sleep(1.2)
        assert give(*made["shares"]).json()["sealed"] is False
    finally:
        flow.platform.stop()


def test_offline_commands_ask_for_what_opens(tmp_path, secrets):
    home = tmp_path / "home"
    right = secrets(PASSPHRASE)
    processes.run_program("cryptonet-gatekeeper", "init", "--home", home, "--passphrase-file",
                          right)
    enrol = ("enrol", "ada", "--role", "researcher", "--home", home, "--format", "json", "--out")

    def run(*arguments, **options):
        return processes.run_program("cryptonet-gatekeeper", *arguments, **options)
    # nobody to ask: no terminal (a session of its own), no file
    alone = run(*enrol, tmp_path / "a", expect=2, preexec=os.setsid)
    assert alone.json()["error"]["rule"] == "secret.no_terminal"
    wrong = run(*enrol, tmp_path / "a", "--passphrase-file", secrets("not this one", "wrong"),
                expect=5)
    assert wrong.json()["error"]["rule"] == "unseal.wrong"
    assert not (tmp_path / "a").exists()
    run(*enrol, tmp_path / "a", "--passphrase-file", right)
    run("revoke", "ada", "--home", home)  # needs no key
    for text, rule in (("short", "seal.passphrase"), ("", "secret.file"),
                       ("two\nlines", "secret.file")):
        outcome = run("init", "--home", tmp_path / "none", "--format", "json",
                      "--passphrase-file", secrets(text, "bad"), expect=3)
        assert outcome.json()["error"]["rule"] == rule
        assert not (tmp_path / "none").exists()


def typed(arguments, answers, interrupt_at=None):
    """Runs a command on a terminal of its own and types; (exit status, all that was shown)."""
    child, terminal = pty.fork()
    if child == 0:
        os.execv(processes.program("cryptonet-gatekeeper"),
                 ["cryptonet-gatekeeper", *map(str, arguments)])
    shown = b""
    answers = list(answers)
    while True:
        try:
            piece = os.read(terminal, 4096)
        except OSError:
            break
        if not piece:
            break
        shown += piece
        if piece.endswith(b": ") and answers:
            os.write(terminal, answers.pop(0))
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), shown.decode()


def test_a_person_is_asked_twice_and_nothing_is_echoed(tmp_path):
    line = (PASSPHRASE + "\n").encode()
    home = tmp_path / "home"
    code, shown = typed(["init", "--home", home], [line, b"another one\n"])
    assert code == 3 and "differ" in shown and not home.exists()
    code, shown = typed(["init", "--home", home], [line, b"\x03\n"])
    assert code == 130 and not home.exists() and not list(tmp_path.iterdir())
    code, shown = typed(["init", "--home", home], [line, line])
    assert code == 0, shown
    assert PASSPHRASE not in shown
    code, shown = typed(["enrol", "ada", "--role", "researcher", "--home", home, "--out",
                         tmp_path / "ada"], [line])
    assert code == 0 and PASSPHRASE not in shown, shown


def test_without_a_terminal_and_without_flags_it_says_that_keys_lie_bare(tmp_path):
    made = processes.run_program("cryptonet-gatekeeper", "init", "--home", tmp_path / "home")
    assert "UNSEALED" in made.stderr
    assert json.loads((tmp_path / "home" / "seal.json").read_text())["mode"] == "none"


def test_no_rights_is_said_so(tmp_path, secrets):
    if os.geteuid() == 0:
        pytest.skip("root reads everything")
    home = tmp_path / "home"
    processes.run_program("cryptonet-gatekeeper", "init", "--home", home)
    (home / "master.key").chmod(0)
    processes.run_program("cryptonet-gatekeeper", "enrol", "a", "--role", "researcher", "--out",
                          tmp_path / "a", "--home", home, expect=7)


def test_a_stopped_gatekeeper_is_named(tmp_path, secrets):
    home = tmp_path / "home"
    processes.run_program("cryptonet-gatekeeper", "init", "--home", home, "--passphrase-file",
                          secrets(PASSPHRASE))
    for command in ("seal", "unseal"):
        outcome = processes.run_program("cryptonet-gatekeeper", command, "--home", home,
                                        "--format", "json", expect=6)
        assert outcome.json()["error"]["rule"] == "seal.not_serving"


def test_interrupting_a_sealed_server_ends_it(tmp_path, secrets):
    flow, _ = sealed_flow(tmp_path, "--passphrase-file", secrets(PASSPHRASE))
    server = flow.platform.gatekeeper
    server.process.send_signal(signal.SIGINT)
    assert server.process.wait(timeout=20) == 0
    assert not (flow.platform.gatekeeper_home / "address").exists()
    flow.platform.gatekeeper = None
    flow.platform.stop()


def openssl_scalar(pem):
    """The private scalar of a P-256 key, as OpenSSL's own program prints it."""
    text = subprocess.run(["openssl", "pkey", "-noout", "-text"], input=pem, check=True,
                          capture_output=True, text=True).stdout
    return bytes.fromhex("".join(re.search(r"priv:\n([0-9a-f:\s]+)pub", text)[1].split())
                         .replace(":", ""))


def test_no_key_lies_bare_in_a_sealed_home(tmp_path, secrets):
    """The bare home shows what must not be found: its master key, and what it opens."""
    bare = tmp_path / "bare"
    processes.run_program("cryptonet-gatekeeper", "init", "--home", bare)
    files = {path.relative_to(bare): path.read_bytes() for path in bare.rglob("*")
             if path.is_file()}
    master = files[next(path for path in files if path.name == "master.key")]
    assert len(master) == 32
    # and where nothing is sealed, the search finds it
    assert any(master in content for content in files.values())

    home = tmp_path / "home"
    processes.run_program("cryptonet-gatekeeper", "init", "--home", home, "--passphrase-file",
                          secrets(PASSPHRASE))
    assert not (home / "master.key").exists() and not (home / "authority.key").exists()
    content = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file()
                       and not path.name.startswith("enrol-"))
    assert PASSPHRASE.encode() not in content
    assert content.count(b"PRIVATE KEY") == 2  # both lines of server.key
    scalar = openssl_scalar((home / "server.key").read_text())
    assert len(scalar) == 32
    for name in ("enrol-contributor", "enrol-researcher"):
        invitation = json.loads((home / name).read_text())
        secret = __import__("base64").b64decode(invitation["secret"])
        assert secret not in content and invitation["secret"].encode() not in content


def test_whoever_can_open_the_home_lets_a_lost_custodian_in_again(tmp_path, secrets):
    flow, _ = sealed_flow(tmp_path, "--passphrase-file", secrets(PASSPHRASE))
    platform = flow.platform
    passphrase = ("--passphrase-file", secrets(PASSPHRASE))
    try:
        unseal(flow, *passphrase)
        client = platform.people.custodian()
        platform.people.add("rita", "researcher")
        new = ("--password-file", secrets("carol begins again", "password"))
        common = ("--password-file", secrets("password", "common"))
        wrong = ("--passphrase-file", secrets("not the passphrase", "wrong"))
        for arguments, code, rule in (
            (("carol", *new, *wrong), 5, "unseal.wrong"),
            (("rita", *new, *passphrase), 4, "user.no_custodian"),
            (("nobody", *new, *passphrase), 3, "user.not_found"),
            (("carol", *common, *passphrase), 3, "password.common"),
        ):
            refused = platform.custodian("reset-custodian", *arguments, "--format", "json",
                                         expect=code)
            assert refused.json()["error"]["rule"] == rule
        assert client.run("whoami", expect=None).code == 0
        made = platform.custodian("reset-custodian", "carol", *new, *passphrase, "--format",
                                  "json").json()
        assert made["user"] == "carol" and made["role"] == "custodian"
        assert client.run("whoami", expect=None).code == 8
        old = platform.people.known["carol"]
        assert old.login(client, expect=None).code == 8
        again = Person("carol", "custodian", "carol begins again", made["secret"],
                       made["recovery_codes"])
        again.login(client)
        client.run("user", "list")
        platform.custodian("audit", "verify")
        client.run("audit", "export", "--out", tmp_path / "log")
        told = (tmp_path / "log").read_text()
        assert told.count('"reset_at_home"') == 3  # two tries, and that one of them failed
        for secret in ("carol begins again", made["secret"], *made["recovery_codes"]):
            assert secret not in told
    finally:
        platform.stop()
