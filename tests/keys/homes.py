# SPDX-License-Identifier: Apache-2.0
"""A gatekeeper's home as docs/formats/sealed_home.md describes it, read without the product: by
libsodium through ctypes and Python's own HMAC. Homes whose keys lie bare only."""

import ctypes
import ctypes.util
import hashlib
import hmac
import json
import sqlite3

SODIUM = ctypes.CDLL(ctypes.util.find_library("sodium"))
NONCE_BYTES, TAG_BYTES = 24, 16


def hkdf(key, info, size=32):
    """HKDF-SHA-256 without salt, one block."""
    extracted = hmac.new(bytes(32), key, hashlib.sha256).digest()
    return hmac.new(extracted, info + b"\x01", hashlib.sha256).digest()[:size]


def aead_open(key, sealed, associated):
    nonce, box = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
    clear = ctypes.create_string_buffer(max(1, len(box) - TAG_BYTES))
    if SODIUM.crypto_aead_xchacha20poly1305_ietf_decrypt(
            clear, None, None, box, ctypes.c_ulonglong(len(box)), associated,
            ctypes.c_ulonglong(len(associated)), nonce, key) != 0:
        raise ValueError("does not open")
    return clear.raw[:len(box) - TAG_BYTES]


def rows(home, sql, *parameters):
    database = sqlite3.connect(f"file:{home / 'state.db'}?mode=ro", uri=True)
    try:
        return database.execute(sql, parameters).fetchall()
    finally:
        database.close()


def kept_keys(home):
    """Every kept key of a bare home, by name."""
    master = (home / "master.key").read_bytes()
    seal = json.loads((home / "seal.json").read_text())
    assert hkdf(master, b"cryptonet gatekeeper master id v1", 16).hex() == seal["master"]
    wrapping = hkdf(master, b"cryptonet gatekeeper kept keys v1")
    kept = rows(home, "SELECT name, sealed_key FROM kept_key WHERE master = ?",
                bytes.fromhex(seal["master"]))
    return {name: aead_open(wrapping, sealed, name.encode()) for name, sealed in kept}


def enrolment_secrets(home):
    """What the records of the table enrolment hold, by id."""
    records = kept_keys(home)["records"]
    opened = {}
    for name, sealed in rows(home, "SELECT id, sealed_secret FROM enrolment"):
        associated = b"\x01" + len(name).to_bytes(4, "little") + name.encode()
        opened[name] = aead_open(records, sealed, associated)
    return opened


def all_bytes(home, *left_out):
    """Every byte of every file, but for those whose names begin so."""
    return b"\0".join(path.read_bytes() for path in sorted(home.rglob("*"))
                      if path.is_file() and not path.name.startswith(left_out))
