# SPDX-License-Identifier: Apache-2.0
"""Reads the gatekeeper's audit log by its format page alone (docs/formats/audit.md): hashlib, json
and the openssl program, none of our own code. `records_of` fails where the chain does not hold."""

import hashlib
import json
import pathlib
import subprocess
import tempfile

HASH = ',"hash":"'
SIGNATURE = ',"signature":"'
FIELDS = ["seq", "time", "kind", "person", "machine", "address", "outcome", "rule", "details",
          "prev", "hash"]
ED25519 = bytes.fromhex("302a300506032b6570032100")  # SubjectPublicKeyInfo before the key


def records_of(text):
    """The records of whole lines, chained and numbered from 1; an AssertionError otherwise."""
    records, previous = [], "0" * 64
    for number, line in enumerate(text.split("\n")[:-1], 1):
        record = json.loads(line)
        assert list(record) == FIELDS, line
        assert json.dumps(record, separators=(",", ":"), ensure_ascii=False) == line, line
        assert record["seq"] == number and record["prev"] == previous, line
        hashed = line[:line.rindex(HASH)]
        previous = hashlib.sha256(hashed.encode()).hexdigest()
        assert record["hash"] == previous, line
        records.append(record)
    return records


def check_head(line, records):
    """A head over the last of `records`, signed with the key that it names."""
    head = json.loads(line)
    assert head["format"] == "cryptonet.audit_head.v1"
    assert head["sequence"] == len(records)
    assert head["hash"] == (records[-1]["hash"] if records else "0" * 64)
    signed = line[:line.rindex(SIGNATURE)].encode()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "key.der").write_bytes(ED25519 + bytes.fromhex(head["key"]))
        (folder / "signed").write_bytes(signed)
        (folder / "signature").write_bytes(bytes.fromhex(head["signature"]))
        done = subprocess.run(
            ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey",
             folder / "key.der", "-rawin", "-in", folder / "signed", "-sigfile",
             folder / "signature"], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    return head


def text_in(home):
    """All segments of a home, one after the other."""
    return "".join(path.read_text(encoding="utf-8", errors="surrogateescape")
                   for path in sorted((pathlib.Path(home) / "audit").glob("*.log")))


def heads_in(home):
    """The heads of both slots, as far as they are whole."""
    slots = (pathlib.Path(home) / "audit" / "heads").read_bytes()
    found = []
    for start in (0, 512):
        try:
            found.append(json.loads(slots[start:start + 512].decode()))
        except ValueError:
            continue
    return found


def written_anew(lines, folder):
    """The log of these records, numbered, chained and signed again, by a key of its own."""
    text, previous = "", "0" * 64
    for number, line in enumerate(lines, 1):
        record = {**json.loads(line), "seq": number, "prev": previous}
        del record["hash"]
        body = json.dumps(record, separators=(",", ":"), ensure_ascii=False)[:-1]
        previous = hashlib.sha256(body.encode()).hexdigest()
        text += f'{body}{HASH}{previous}"}}\n'
    key = folder / "own.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", key], check=True)
    public = subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-outform", "DER"],
                            capture_output=True, check=True).stdout
    head = {"format": "cryptonet.audit_head.v1", "sequence": len(lines), "hash": previous,
            "time": json.loads(lines[-1])["time"], "key": public[len(ED25519):].hex()}
    body = json.dumps(head, separators=(",", ":"))[:-1]
    (folder / "head").write_text(body)
    signature = subprocess.run(["openssl", "pkeyutl", "-sign", "-inkey", key, "-rawin", "-in",
                                folder / "head"], capture_output=True, check=True).stdout
    return f'{text}{body}{SIGNATURE}{signature.hex()}"}}\n'
