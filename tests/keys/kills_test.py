# SPDX-License-Identifier: Apache-2.0
"""SIGKILL at every boundary of what the key commands write: the home opens afterwards, by the old
way or by the new one, with everything in it; a backup and a restored home are whole or not
there."""

import shutil

import pytest

from crash.failpoints import KILLS, Failpoints
from keys import homes
from support import processes

OLD, NEW = "correct horse battery staple", "an entirely different phrase"
MANY = pytest.param(250, id="250", marks=pytest.mark.long)
TIMES = [pytest.param(30, id="30"), MANY]
# Each of these derives keys from passphrases, which is slow on purpose.
FEW_TIMES = [pytest.param(12, id="12"), MANY]


class Killed:
    """A home that commands are killed in, again and again; each time from the same start."""

    def __init__(self, folder, passphrase=None):
        self.folder, self.start, self.home = folder, folder / "start", folder / "home"
        self.points = Failpoints(folder / "control", folder)
        arguments = ["--passphrase-file", passphrase] if passphrase else []
        self.run("init", "--home", self.start, *arguments)
        self.kills = 0

    def run(self, *arguments, **options):
        return processes.run_program("cryptonet-gatekeeper", *arguments, "--format", "json",
                                     **options)

    def rounds(self, times, command, check):
        """Kills the command `times` times, spread over every boundary in every way to die there."""
        self.fresh()
        self.points.watch()
        self.run(*command, env=self.points.env)
        boundaries = self.points.seen
        assert boundaries > 3
        ways = [(count, mode) for count in range(1, boundaries + 1) for mode in KILLS]
        for number in range(times):
            count, mode = ways[number * len(ways) // times % len(ways)]
            self.fresh()
            self.points.arm(count, mode)
            outcome = self.run(*command, env=self.points.env, expect=None)
            acted, what = self.points.acted, self.points.what
            self.points.disarm()
            assert outcome.code == (-9 if acted else 0), outcome
            self.kills += acted
            try:
                check(outcome.code == 0)
            except Exception as error:
                raise AssertionError(f"killed {mode} {count} at {what}: {error}") from error
        return self.kills

    def fresh(self):
        for path in self.folder.iterdir():
            if path.name not in ("start", "control", "old", "new", "backup"):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        shutil.copytree(self.start, self.home)


def private_file(path, text):
    path.write_text(text + "\n")
    path.chmod(0o600)
    return path


@pytest.mark.slow
@pytest.mark.parametrize("times", TIMES)
def test_killed_rotations_leave_a_home_that_opens(tmp_path, closing_line, times):
    killed = Killed(tmp_path)
    secrets = homes.enrolment_secrets(killed.start)

    def check(_):
        assert homes.enrolment_secrets(killed.home) == secrets
        killed.run("enrol", "ada", "--role", "researcher", "--home", killed.home, "--out",
                   killed.home / "ada")
        done = killed.run("rotate-key", "--home", killed.home).json()
        assert done["records"] == 4 and done["unopened"] == []
        assert set(secrets.items()) < set(homes.enrolment_secrets(killed.home).items())
    kills = killed.rounds(times, ["rotate-key", "--home", killed.home], check)
    closing_line(f"kills while: rotate-key: {kills}")
    assert kills >= times * 9 // 10


@pytest.mark.slow
@pytest.mark.parametrize("times", FEW_TIMES)
def test_killed_changes_of_the_passphrase_leave_the_old_way_or_the_new(tmp_path, closing_line,
                                                                     times):
    old, new = private_file(tmp_path / "old", OLD), private_file(tmp_path / "new", NEW)
    killed = Killed(tmp_path, old)

    def check(_):
        ways = []
        for way in (old, new):
            outcome = killed.run("enrol", "ada", "--role", "researcher", "--home", killed.home,
                                 "--out", killed.home / "ada", "--passphrase-file", way,
                                 expect=None)
            assert outcome.code in (0, 5), outcome
            ways.append(outcome.code)
        assert sorted(ways) == [0, 5], ways
        right = old if ways[0] == 0 else new
        killed.run("passphrase", "--home", killed.home, "--old-passphrase-file", right,
                   "--passphrase-file", new)
        assert homes.rows(killed.home, "SELECT COUNT(DISTINCT master) FROM kept_key") == [(1,)]
    kills = killed.rounds(times, ["passphrase", "--home", killed.home, "--old-passphrase-file",
                                  old, "--passphrase-file", new], check)
    closing_line(f"kills while: passphrase: {kills}")
    assert kills >= times * 9 // 10


@pytest.mark.slow
@pytest.mark.parametrize("times", TIMES)
def test_killed_backups_and_restores_leave_nothing_half(tmp_path, closing_line, times):
    killed = Killed(tmp_path)
    out, place = tmp_path / "out", tmp_path / "place"
    secrets = homes.enrolment_secrets(killed.start)
    restore = ["restore", tmp_path / "backup", "--home", place, "--key-file",
               killed.start / "master.key"]

    def check_backup(_):
        assert homes.enrolment_secrets(killed.home) == secrets
        if out.exists():
            killed.run("restore", out, "--home", place, "--key-file",
                       killed.start / "master.key")
            assert homes.enrolment_secrets(place) == secrets
        else:
            killed.run("backup", "--home", killed.home, "--out", out)
        assert not list(killed.home.glob("backup.partial*"))

    def check_restore(_):
        if not place.exists():
            killed.run(*restore)
        assert homes.enrolment_secrets(place) == secrets
    kills = killed.rounds(times, ["backup", "--home", killed.home, "--out", out], check_backup)
    killed.run("backup", "--home", killed.start, "--out", tmp_path / "backup")
    kills = killed.rounds(times, restore, check_restore)
    closing_line(f"kills while: backup and restore: {kills}")
    assert kills >= 2 * times * 9 // 10
