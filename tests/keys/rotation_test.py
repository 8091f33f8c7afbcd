# SPDX-License-Identifier: Apache-2.0
"""The keys of a home replaced: by another passphrase or other shares, and by rotation. What was
taken in keeps opening; what the old keys opened they open no more."""

import base64
import json
import os
import shutil

import pytest

from keys import homes
from support import processes
from support.flow import Flow

PASSPHRASE = "correct horse battery staple"
OTHER = "an entirely different phrase"


@pytest.fixture
def flow(tmp_path):
    flow = Flow(tmp_path)
    yield flow
    flow.platform.stop()


def gatekeeper(flow, *arguments, **options):
    return processes.run_program("cryptonet-gatekeeper", *arguments, "--home",
                                 flow.platform.gatekeeper_home, "--format", "json", **options)


def stopped(flow):
    """Stops the gatekeeper; its port."""
    port = flow.platform.gatekeeper.port
    assert flow.platform.gatekeeper.stop() == 0
    return port


def private_file(folder, name, text):
    path = folder / name
    path.write_text(text + "\n")
    path.chmod(0o600)
    return path


def test_rotation_keeps_what_was_taken_in_and_replaces_every_key(flow):
    home = flow.platform.gatekeeper_home
    table = flow.publish("t")
    on_its_way, late = flow.encrypt("late")
    assert flow.ask("t").json()["rows"] == flow.truth(table)
    refused = gatekeeper(flow, "rotate-key", expect=4)
    assert refused.json()["error"]["rule"] == "home.in_use"

    port = stopped(flow)
    before, secrets = homes.kept_keys(home), homes.enrolment_secrets(home)
    sealed_before = next(home.glob("uploads/*/key.sealed")).read_bytes()
    done = gatekeeper(flow, "rotate-key").json()
    assert (done["generation"], done["upload_keys"], done["wiped"]) == (2, 1, [])
    assert done["records"] > 5 and done["unopened"] == []
    after = homes.kept_keys(home)
    assert set(after) == {"root", "records", "authority", "sealing/1", "sealing/2"}
    assert after["root"] == before["root"] and after["records"] != before["records"]
    assert homes.enrolment_secrets(home) == secrets
    assert next(home.glob("uploads/*/key.sealed")).read_bytes() != sealed_before

    # kept answers, new questions, and a package sealed to the last key all open
    flow.platform.start_gatekeeper(port)
    assert flow.ask("t").json()["cached"] is True
    assert flow.ask("t", 0, "--no-cache").json()["rows"] == flow.truth(table)
    known = flow.contributor.home / "sealing.json"
    assert json.loads(known.read_text())["generation"] == 1
    flow.contributor.json("upload", on_its_way)
    assert flow.ask("late").json()["rows"] == flow.truth(late)
    # the upload told the contributor of the new key, signed
    assert json.loads(known.read_text())["generation"] == 2

    port = stopped(flow)
    assert gatekeeper(flow, "rotate-key").json()["wiped"] == [1]
    keys = homes.kept_keys(home)
    assert "sealing/1" not in keys and "sealing/2" in keys and "sealing/3" in keys
    for gone in (before["records"], before["sealing/1"], after["records"]):
        assert gone not in homes.all_bytes(home)
    flow.platform.start_gatekeeper(port)
    assert flow.ask("t", 0, "--no-cache").json()["rows"] == flow.truth(table)
    assert flow.ask("late", 0, "--no-cache").json()["rows"] == flow.truth(late)
    assert flow.publish("next") and flow.ask("next")


def test_a_key_wiped_at_once_refuses_what_was_sealed_to_it_and_says_the_mend(flow):
    on_its_way, _ = flow.encrypt("t")
    port = stopped(flow)
    assert gatekeeper(flow, "rotate-key", "--wipe-last").json()["wiped"] == [1]
    flow.platform.start_gatekeeper(port)
    refused = flow.contributor.run("upload", on_its_way, expect=5)
    assert "cryptonet join" in refused.stderr, refused
    flow.contributor.run("join", "--enrol", flow.platform.gatekeeper_home / "enrol-contributor",
                         "--home", flow.contributor.home, "--gatekeeper",
                         flow.platform.gatekeeper.url, "--cloud", flow.platform.cloud.url)
    table = flow.publish("t")
    assert flow.ask("t").json()["rows"] == flow.truth(table)


def test_a_sealing_key_without_the_authoritys_signature_is_not_taken(flow):
    flow.publish("t")
    port = stopped(flow)
    gatekeeper(flow, "rotate-key")
    flow.platform.start_gatekeeper(port)
    flow.publish("u")
    kept = flow.contributor.home / "sealing.json"
    true = json.loads(kept.read_text())
    planted = base64.b64encode(os.urandom(32)).decode()
    for field, value in (("public_key", planted), ("generation", 7)):
        kept.write_text(json.dumps({**true, field: value}))
        table, _ = flow.write_table("v")
        refused = flow.contributor.run("encrypt", table, "--schema", flow.write_schema("v"),
                                       "--dataset", "v", "--out", flow.folder / "v", expect=5)
        assert "not signed" in refused.stderr


def test_a_damaged_upload_key_stops_no_rotation_and_keeps_its_old_key(flow):
    flow.publish("good")
    flow.publish("bad")
    port = stopped(flow)
    home = flow.platform.gatekeeper_home
    name = homes.rows(home, "SELECT hex(id) FROM upload WHERE dataset = 'bad'")[0][0].lower()
    sealed = home / "uploads" / name / "key.sealed"
    damaged = bytearray(sealed.read_bytes())
    damaged[-1] ^= 1
    sealed.write_bytes(damaged)
    for _ in range(2):
        done = gatekeeper(flow, "rotate-key").json()
        assert done["unopened"] == [name] and done["wiped"] == []
    sealed.write_bytes(damaged[:-1] + bytes([damaged[-1] ^ 1]))
    assert sorted(gatekeeper(flow, "rotate-key").json()["wiped"]) == [1, 2]
    flow.platform.start_gatekeeper(port)
    assert flow.ask("good") and flow.ask("bad")


def test_bare_keys_sealed_by_a_passphrase_and_then_by_shares(flow, tmp_path):
    home = flow.platform.gatekeeper_home
    table = flow.publish("t")
    raw = homes.kept_keys(home)
    raw["master"] = (home / "master.key").read_bytes()
    secrets = homes.enrolment_secrets(home)
    first = private_file(tmp_path, "first", PASSPHRASE)
    second = private_file(tmp_path, "second", OTHER)
    # while it serves: it keeps its keys, and takes the new passphrase when it is sealed
    gatekeeper(flow, "passphrase", "--passphrase-file", first)
    assert flow.ask("t").json()["rows"] == flow.truth(table)
    assert not (home / "master.key").exists()
    gatekeeper(flow, "seal")
    gatekeeper(flow, "unseal", "--passphrase-file", second, expect=5)
    gatekeeper(flow, "unseal", "--passphrase-file", first)

    wrong = gatekeeper(flow, "passphrase", "--old-passphrase-file", second, "--passphrase-file",
                       second, expect=5)
    assert wrong.json()["error"]["rule"] == "unseal.wrong"
    gatekeeper(flow, "passphrase", "--old-passphrase-file", first, "--passphrase-file", second)
    made = gatekeeper(flow, "shares", "--old-passphrase-file", second, "--shares", "4",
                      "--threshold", "2").json()
    old = made["shares"]
    new = gatekeeper(flow, "shares", "--shares", "3", "--threshold", "2",
                     stdin="\n".join(old[:2]) + "\n").json()["shares"]
    gatekeeper(flow, "seal")
    stale = gatekeeper(flow, "unseal", stdin="\n".join(old[1:3]) + "\n", expect=3)
    assert stale.json()["error"]["rule"] == "share.other_set"
    gatekeeper(flow, "unseal", stdin="\n".join(new[1:]) + "\n")
    assert flow.ask("t", 0, "--no-cache").json()["rows"] == flow.truth(table)

    # everything that lay in it bare is in no byte of it now
    stopped(flow)
    content = homes.all_bytes(home, "enrol-")
    for name, key in {**raw, **secrets}.items():
        assert key not in content, name
        assert key.hex().encode() not in content and base64.b64encode(key) not in content, name
    assert homes.rows(home, "SELECT COUNT(DISTINCT master) FROM kept_key") == [(1,)]
    flow.platform.gatekeeper = None


def test_openings_are_counted(flow):
    flow.publish("t")
    start = gatekeeper(flow, "openings").json()[0]
    assert start["dataset"] == "t" and start["total_openings"] == 0
    flow.ask("t")
    first = gatekeeper(flow, "openings").json()[0]
    assert first["total_openings"] == 4  # two groups, rows and sum each
    assert first["key_openings"] == start["key_openings"] + 1
    flow.ask("t")
    assert gatekeeper(flow, "openings").json()[0] == first  # kept answers open nothing
    flow.ask("t", 0, "--no-cache")
    again = gatekeeper(flow, "openings").json()[0]
    assert again["total_openings"] == 8 and again["key_openings"] == first["key_openings"] + 1


def test_two_commands_with_keys_wait_for_each_other(flow, tmp_path):
    """Many at once: each enrolment opens afterwards."""
    import concurrent.futures
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        for number in range(6):
            pool.submit(gatekeeper, flow, "enrol", f"n{number}", "--role", "researcher", "--out",
                        tmp_path / f"n{number}.enrol")
    assert len(homes.enrolment_secrets(flow.platform.gatekeeper_home)) == 9
    shutil.rmtree(tmp_path / "gone", ignore_errors=True)
