# SPDX-License-Identifier: Apache-2.0
"""A backup of a gatekeeper that serves, and a home made from it elsewhere: the same answers,
nothing that was good for once is good again, and nothing altered is taken."""

import concurrent.futures
import json
import random
import shutil
import time

import pytest

from keys import homes
from support import people, processes
from support.flow import Flow

PASSPHRASE = "correct horse battery staple"


@pytest.fixture(name="passphrase")
def passphrase_file(tmp_path):
    path = tmp_path / "passphrase"
    path.write_text(PASSPHRASE + "\n")
    path.chmod(0o600)
    return path


def gatekeeper(*arguments, **options):
    return processes.run_program("cryptonet-gatekeeper", *arguments, "--format", "json", **options)


def serve_restored(flow, home, passphrase):
    """Serves another home at the address of the one before."""
    platform = flow.platform
    port = platform.gatekeeper.port
    platform.gatekeeper.kill()
    platform.gatekeeper = processes.Server(
        "cryptonet-gatekeeper",
        ["serve", "--home", home, "--listen", f"127.0.0.1:{port}", "--cloud", platform.cloud.url,
         "--passphrase-file", passphrase], flow.folder / "restored.log")
    platform.gatekeeper_home = home


@pytest.mark.slow
def test_a_backup_under_load_restores_to_the_same_answers(tmp_path, passphrase):
    flow = Flow(tmp_path)
    home, out = flow.platform.gatekeeper_home, tmp_path / "out"
    gatekeeper("passphrase", "--home", home, "--passphrase-file", passphrase)
    try:
        kept = flow.publish("kept")
        dropped = flow.publish("dropped")
        token = flow.researcher.json("token", "new", "--ttl", "15m", "--format", "json")["token"]

        def load(seconds=6):
            """Uploads, questions and a drop, while backups are made."""
            until, number = time.monotonic() + seconds, 0
            while time.monotonic() < until:
                number += 1
                flow.publish(f"load_{number}", rows=300)
                flow.ask(f"load_{number}")
                flow.ask("kept", 0, "--no-cache")
            flow.contributor.run("drop", "dropped", 1)
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            loading = pool.submit(load)
            number = 0
            while not loading.done():
                number += 1
                gatekeeper("backup", "--home", home, "--out", f"{out}-{number}")
            loading.result()
        assert number >= 2
        last = f"{out}-{number}"
        for backup in {*range(1, number, max(1, number // 6)), number}:  # each is whole
            place = tmp_path / f"restored-{backup}"
            gatekeeper("restore", f"{out}-{backup}", "--home", place, "--passphrase-file",
                       passphrase)
            for published in homes.rows(place, "SELECT hex(id) FROM upload WHERE state = ?",
                                        "published"):
                folder = place / "uploads" / published[0].lower()
                assert (folder / "manifest").exists() and list((folder / "hints").iterdir())
        content = open(last, "rb").read()
        for clear in (b"CERTIFICATE", b"kept", b"SQLite format", b"PRIVATE"):
            assert clear not in content
        assert gatekeeper("backup", "--home", home, "--out", last, expect=3)

        # what is used up after the backup
        final = tmp_path / "final"
        gatekeeper("backup", "--home", home, "--out", final)
        researcher = flow.platform.people.known["researcher"]
        spent_code = researcher.code()
        researcher.login(flow.researcher, code=spent_code)
        session = (flow.researcher.home / "session").read_text()
        place = tmp_path / "place"
        done = gatekeeper("restore", final, "--home", place, "--passphrase-file", passphrase)
        restored_at = time.time()
        assert done.json()["files"] > 5
        assert homes.rows(place, "SELECT value FROM fact WHERE name = 'restored_at'")
        serve_restored(flow, place, passphrase)

        # sessions and access keys are ended, the code that was used is no good
        assert flow.ask("kept", 8)
        assert flow.ask("kept", expect=8) and session
        with_key = flow.researcher.query("SELECT COUNT(*) FROM kept", expect=8,
                                         env={"CRYPTONET_TOKEN": token})
        assert with_key.code == 8
        assert researcher.login(flow.researcher, code=spent_code, expect=None).code == 8
        assert homes.rows(place, "SELECT COUNT(*) FROM recovery_code WHERE used_at IS NULL") == \
            [(0,)]
        researcher.used_step = max(researcher.used_step, int(restored_at // people.STEP_S))
        researcher.login(flow.researcher)
        assert flow.ask("kept").json()["rows"] == flow.truth(kept)
        assert flow.ask("kept", 0, "--no-cache").json()["rows"] == flow.truth(kept)
        assert flow.ask("dropped", 3) and dropped
    finally:
        flow.platform.stop()


def test_contributors_learn_the_key_of_a_home_put_back_before_a_rotation(tmp_path):
    flow = Flow(tmp_path)
    platform, place = flow.platform, tmp_path / "place"
    home, known = platform.gatekeeper_home, flow.contributor.home / "sealing.json"

    def generation():
        return json.loads(known.read_text())["generation"]
    try:
        early, early_table = flow.encrypt("early")  # and not sent before all that follows
        gatekeeper("backup", "--home", home, "--out", tmp_path / "backup")
        port = platform.gatekeeper.port
        assert platform.gatekeeper.stop() == 0
        assert gatekeeper("rotate-key", "--home", home).json()["generation"] == 2
        platform.start_gatekeeper(port)
        flow.publish("since")
        assert generation() == 2
        lost, _ = flow.encrypt("lost")  # to a key that the backup does not have

        assert platform.gatekeeper.stop() == 0
        gatekeeper("restore", tmp_path / "backup", "--home", place, "--key-file",
                   home / "master.key")
        restored_at = time.time()
        assert set(homes.kept_keys(place)) > {"sealing/1"}
        platform.gatekeeper_home = place
        platform.start_gatekeeper(port)
        refused = flow.contributor.run("upload", lost, expect=5)
        assert "cryptonet join" in refused.stderr, refused
        flow.contributor.run("join", "--enrol", home / "enrol-contributor", "--home",
                             flow.contributor.home, "--gatekeeper", platform.gatekeeper.url,
                             "--cloud", platform.cloud.url)
        restored = generation()
        assert restored > 2
        researcher = platform.people.known["researcher"]
        researcher.used_step = max(researcher.used_step, int(restored_at // people.STEP_S))
        researcher.login(flow.researcher)
        table = flow.publish("anew")
        assert flow.ask("anew").json()["rows"] == flow.truth(table)
        flow.contributor.json("upload", early)
        assert flow.ask("early").json()["rows"] == flow.truth(early_table)

        assert platform.gatekeeper.stop() == 0
        assert gatekeeper("rotate-key", "--home", place).json()["generation"] == restored + 1
    finally:
        platform.stop()


def test_altered_cut_and_foreign_backups_are_refused(tmp_path, passphrase):
    home, backup = tmp_path / "home", tmp_path / "backup"
    gatekeeper("init", "--home", home, "--passphrase-file", passphrase)
    (home / "uploads" / "ab").mkdir()
    (home / "uploads" / "ab" / "manifest").write_bytes(bytes(200_000))  # several pieces
    gatekeeper("backup", "--home", home, "--out", backup)
    content = backup.read_bytes()
    place, altered = tmp_path / "place", tmp_path / "altered"

    def refuse(changed, codes=(3, 5)):
        altered.write_bytes(changed)
        outcome = gatekeeper("restore", altered, "--home", place, "--passphrase-file", passphrase,
                             expect=None)
        assert outcome.code in codes, outcome
        assert not place.exists() and not list(tmp_path.glob("place*"))
        return outcome.json()["error"]["rule"]
    chosen = random.Random(1)
    head = 8 + 4 + len((home / "seal.json").read_bytes()) - 1
    places = [0, 5, 9, 40, head + 3, head + 85, *(chosen.randrange(head + 104, len(content))
                                                  for _ in range(8)), len(content) - 1]
    for at in places:
        changed = bytearray(content)
        changed[at] ^= 1 << chosen.randrange(8)
        refuse(bytes(changed))
    piece = 65536 + 17
    for size in (0, 3, 11, head, len(content) - 1, len(content) - piece, head + 104 + piece,
                 head + 104):
        refuse(content[:size])
    refuse(content + b"\0")
    swapped = bytearray(content)
    start = head + 104
    swapped[start:start + piece], swapped[start + piece:start + 2 * piece] = \
        content[start + piece:start + 2 * piece], content[start:start + piece]
    refuse(bytes(swapped))
    # and the one that was not altered is taken
    gatekeeper("restore", backup, "--home", place, "--passphrase-file", passphrase)
    again = gatekeeper("restore", backup, "--home", place, "--passphrase-file", passphrase,
                       expect=3)
    assert again.json()["error"]["rule"] == "init.exists"
    # signed by another gatekeeper of another authority: its files are put together by hand
    other = tmp_path / "other"
    shutil.copytree(place, other)
    stranger = tmp_path / "stranger"
    gatekeeper("init", "--home", stranger)
    for name in ("server.key", "server.crt"):
        shutil.copy(stranger / name, other / name)
    gatekeeper("backup", "--home", other, "--out", tmp_path / "foreign")
    assert refuse_foreign(tmp_path, passphrase) == "backup.foreign"


def refuse_foreign(tmp_path, passphrase):
    outcome = gatekeeper("restore", tmp_path / "foreign", "--home", tmp_path / "never",
                         "--passphrase-file", passphrase, expect=5)
    assert not (tmp_path / "never").exists()
    return outcome.json()["error"]["rule"]


def test_bare_homes_back_up_without_what_opens_them(tmp_path):
    home, backup = tmp_path / "home", tmp_path / "backup"
    gatekeeper("init", "--home", home)
    gatekeeper("backup", "--home", home, "--out", backup)
    assert (home / "master.key").read_bytes() not in backup.read_bytes()
    refused = gatekeeper("restore", backup, "--home", tmp_path / "place", expect=2)
    assert refused.json()["error"]["rule"] == "secret.key_file"
    gatekeeper("restore", backup, "--home", tmp_path / "place", "--key-file", home / "master.key")
    assert homes.enrolment_secrets(tmp_path / "place") == homes.enrolment_secrets(home)
