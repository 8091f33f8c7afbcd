# SPDX-License-Identifier: Apache-2.0
"""`cryptonet encrypt` killed at every boundary: the upload folder is whole or not there, the next
attempt clears up after the dead one, and no attempt uses a mask, a key or an id of another."""

import hashlib
import json
import shutil
import threading

HEADER = 128
CHUNK = 147456
WORD = 6
COMPARED_WORDS = 64


def things(out):
    """What encrypt writes, by what a boundary's "kind path" holds or ends in."""
    return ("mkdir ", "/segments/", "/hints/", "/manifest", "/legend.sealed", "/key.sealed",
            "/upload.json", f"sync {out}.partial", f"{out.name}$", f"sync {out.parent}$")


def holds(text, match):
    return text.endswith(match[:-1]) if match.endswith("$") else match in text


def check_whole(out):
    """A folder under its final name has everything, and nothing unfinished."""
    summary = json.loads((out / "upload.json").read_text())
    assert len(list((out / "segments").iterdir())) == summary["stored_columns"] * summary["units"]
    assert len(list((out / "hints").iterdir())) == summary["units"]
    check_sealed(out)


def check_sealed(out):
    for segment in (out / "segments").iterdir():
        assert hashlib.sha256(segment.read_bytes()).hexdigest() == segment.name
    for name in ("manifest", "key.sealed", "legend.sealed"):
        assert (out / name).stat().st_size > 0


class Attempts:
    """All ciphertext that any attempt left on disk, finished or not."""

    def __init__(self):
        self.uploads, self.words = set(), set()
        self.compared = 0
        self._lock = threading.Lock()

    def add(self, folder):
        with self._lock:
            self._add(folder)

    def _add(self, folder):
        """Fails when an upload id or a word of any chunk was seen in another attempt. With equal
        masks and secrets, words of equal rows would differ by noise alone; equal words of chunks
        that share nothing have a chance of 2^-48 each."""
        found = set()
        for path in (folder / "segments").iterdir() if (folder / "segments").exists() else ():
            data = path.read_bytes()
            if len(data) >= HEADER:
                found.add(data[8:24])
            for chunk in range(HEADER, len(data) - CHUNK + 1, CHUNK):
                for at in range(chunk, chunk + COMPARED_WORDS * WORD, WORD):
                    word = data[at:at + WORD]
                    assert word not in self.words, f"{path}: a word of another chunk"
                    self.words.add(word)
                self.compared += 1
        assert len(found) <= 1, found
        assert not found & self.uploads, "an upload id was used twice"
        self.uploads |= found


class KilledEncrypts:
    """Rounds over one clear table and one --out."""

    def __init__(self, crashing, attempts):
        self.crashing, self.flow = crashing, crashing.flow
        self.points = crashing.points["client"]
        self.table, self.clear = self.flow.write_table("killed")
        self.schema = self.flow.write_schema("killed")
        self.out = self.flow.folder / "killed.upload"
        self.attempts = attempts

    def encrypt(self, expect=0):
        return self.flow.contributor.run(
            "encrypt", self.table, "--schema", self.schema, "--dataset", "killed", "--out",
            self.out, expect=expect)

    def partials(self):
        return list(self.flow.folder.glob("killed.upload.partial.*"))

    def kinds(self):
        """{match: kinds of its boundaries} of an encrypt that nobody kills."""
        since, _ = self.crashing.boundaries("client")
        self.encrypt()
        _, texts = self.crashing.boundaries("client", since)
        self._take()
        found = {match: [text.split(" ")[0] for text in texts if holds(text, match)]
                 for match in things(self.out)}
        assert all(found.values()), found
        return found

    def _take(self):
        check_whole(self.out)
        self.attempts.add(self.out)
        shutil.rmtree(self.out)

    def round(self, match, countdown, mode):
        self.points.arm(countdown, mode, match)
        outcome = self.encrypt(None)
        assert self.points.acted and outcome.code == -9, outcome
        self.points.disarm()
        self.crashing.kills["encrypt", "client", self.points.what.replace("../", "")] += 1
        left = self.partials()
        if self.out.exists():
            assert not left
            self._take()
        for folder in left:
            self.attempts.add(folder)
            if not (folder / "manifest").exists():
                continue
            outcome = self.flow.contributor.run("upload", folder, expect=None)
            assert outcome.code in (0, 3, 5, 7), outcome
            if outcome.code == 0:  # killed when only the name was missing
                check_sealed(folder)
        again = self.encrypt()
        assert not self.partials()
        assert bool(left) == ("left by an encrypt that was killed" in again.stderr), again
        self._take()
