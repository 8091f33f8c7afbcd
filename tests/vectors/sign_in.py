# SPDX-License-Identifier: Apache-2.0
"""Writes sign_in.json: passwords and their hashes, codes of authenticator apps, seeds as text; by
implementations that are not ours. `python sign_in.py > sign_in.json` needs the package bcrypt (made
with 5.0.0) and Debian's oathtool (made with 2.6.7); the tests read the file alone.

Published, and checked here against the package: bcrypt's vectors of Openwall's crypt_blowfish ("U*U"
and what follows; public domain) and those of the package's own tests (Apache-2.0). RFC 6238 gives
appendix B, RFC 4648 section 10 the base32 ones. Python's unicodedata does NFKC; the characters are
older than Unicode 4, whose forms are fixed for ever.
"""

import base64
import hashlib
import hmac
import json
import subprocess
import sys
import unicodedata

import bcrypt

PEPPER = bytes(range(32))
SALTS = ("$2b$04$cVWp4XaNU8a4v1uMRum2SO", "$2b$05$abcdefghijklmnopqrstuu")
# (password, hash); what begins with $2a$ is under 72 bytes without high bits, where $2b$ is equal.
PUBLISHED = (
    (b"U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
    (b"U*U*", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"),
    (b"U*U*U", "$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a"),
    (b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
     b"chars after 72 are ignored",
     "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui"),
    (b"\xa3", "$2a$05$/OK.fbVrR/bpIqNJ5ianF.Sa7shbm4.OzKpvFnX1pQLmQW96oUlCq"),
    (b"Kk4DQuMMfZL9o", "$2b$04$cVWp4XaNU8a4v1uMRum2SO026BWLIoQMD/TXg5uZV.0P.uO8m3YEm"),
    (b"9IeRXmnGxMYbs", "$2b$04$pQ7gRO7e6wx/936oXhNjrOUNOHL1D0h1N2IDbJZYs.1ppzSof6SPy"),
    (b"Tg4daC27epFBE", "$2b$04$ahiTdwRXpUG2JLRcIznxc.s1.ydaPGD372bsGs8NqyYjLY1inG5n2"),
    (b"J8eHUDuxBB520", "$2b$04$VvlCUKbTMjaxaYJ.k5juoecpG/7IzcH1AkmqKi.lIZMVIOLClWAk."),
)
PASSWORDS = (
    "correct horse battery staple", "a" * 71, "a" * 72, "a" * 73, "a" * 72 + "b", "a" * 1024,
    "nul\0here", "nul\0there", "nul\0", "nul", "", " leading and trailing ",
    # One spelling each after NFKC: a ring, a Kelvin sign, a ligature, wide letters, marks in
    # another order, Hangul in parts, a superscript.
    "\u00e5ngstr\u00f6m", "a\u030angstro\u0308m", "\u212bngstr\u00f6m", "\u00c5ngstr\u00f6m",
    "\u212aelvin sign", "Kelvin sign", "e\ufb03cient", "efficient", "\uff57\uff49\uff44\uff45",
    "wide", "q\u0307\u0323 marks", "q\u0323\u0307 marks", "\ud55c\uae00 hangul",
    "\u1112\u1161\u11ab\u1100\u1173\u11af hangul", "x\u00b2", "x2", "\u03a9", "\u2126",
    "stra\u00dfe", "strasse", "\U0001d11e clef", "\u00a0space", " space",
)
# RFC 6238 appendix B, SHA-1: seconds and code.
RFC_SEED = b"12345678901234567890"
APPENDIX_B = ((59, "94287082"), (1111111109, "07081804"), (1111111111, "14050471"),
              (1234567890, "89005924"), (2000000000, "69279037"), (20000000000, "65353130"))
BASE32 = (("f", "MY======"), ("fo", "MZXQ===="), ("foo", "MZXW6==="), ("foob", "MZXW6YQ="),
          ("fooba", "MZXW6YTB"), ("foobar", "MZXW6YTBOI======"))


def peppered(password):
    text = unicodedata.normalize("NFKC", password).encode()
    return base64.b64encode(hmac.new(PEPPER, text, hashlib.sha256).digest())


def published():
    for password, hash_ in PUBLISHED:
        assert bcrypt.hashpw(password[:72], hash_.encode()) == hash_.encode(), password
        yield {"password": password.hex(), "hash": "$2b$" + hash_[4:]}


def passwords():
    for i, password in enumerate(PASSWORDS):
        secret = peppered(password)
        yield {"password": password.encode().hex(), "peppered": secret.decode(),
               "hash": bcrypt.hashpw(secret, SALTS[i % 2].encode()).decode()}


def raw():
    """What bcrypt alone makes of long texts: it reads 72 bytes."""
    for size in (0, 1, 71, 72, 73, 200):
        password = bytes(0x80 + i % 100 for i in range(size))
        yield {"password": password.hex(),
               "hash": bcrypt.hashpw(password[:72], SALTS[0].encode()).decode()}


def codes():
    for at, code in APPENDIX_B:
        yield {"seed": RFC_SEED.hex(), "at": at, "code": code}
    for i in range(40):
        seed = hashlib.sha256(b"seed %d" % i).digest()[:20]
        at = int.from_bytes(hashlib.sha256(b"time %d" % i).digest()[:4], "big")
        for digits in (6, 8):
            shown = subprocess.run(
                ["oathtool", "--totp", f"--digits={digits}", f"--now=@{at}", seed.hex()],
                check=True, capture_output=True, text=True).stdout.strip()
            yield {"seed": seed.hex(), "at": at, "code": shown}


def seeds():
    for clear, text in BASE32:
        yield {"seed": clear.encode().hex(), "text": text}
    for i in range(4):
        seed = hashlib.sha256(b"text %d" % i).digest()[:20]
        yield {"seed": seed.hex(), "text": base64.b32encode(seed).decode()}


json.dump({"made by": "tests/vectors/sign_in.py", "pepper": PEPPER.hex(),
           "published": list(published()), "raw": list(raw()), "passwords": list(passwords()),
           "codes": list(codes()), "seeds": list(seeds())}, sys.stdout, indent=1)
sys.stdout.write("\n")
