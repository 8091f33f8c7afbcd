# SPDX-License-Identifier: Apache-2.0
"""First inputs for the fuzz target of the audit log: exports whole and spoiled, and the content of
records that the target makes a log of."""

import hashlib
import json

TIME = "2026-11-23T00:51:13.123Z"


def record(number, previous, **fields):
    """(line, hash) of a record; fields replace those of a sound one, None takes one out."""
    content = {"seq": number, "time": TIME, "kind": "release", "person": None, "machine": "m",
               "address": "127.0.0.1", "outcome": "done", "rule": "", "details": {"dataset": "t"},
               "prev": previous}
    content.update(fields)
    content = {name: value for name, value in content.items() if value != "out"}
    text = json.dumps(content, separators=(",", ":"), ensure_ascii=False)[:-1]
    digest = hashlib.sha256(text.encode()).hexdigest()
    return f'{text},"hash":"{digest}"}}', digest


def lines(count):
    made, previous = [], "0" * 64
    for number in range(1, count + 1):
        line, previous = record(number, previous)
        made.append(line)
    return made, previous


def head(number, digest, **fields):
    content = {"format": "cryptonet.audit_head.v1", "sequence": number, "hash": digest,
               "time": TIME, "key": "11" * 32, "signature": "22" * 64}
    content.update(fields)
    return json.dumps(content, separators=(",", ":"))


def exports():
    made, digest = lines(4)
    last = head(4, digest)
    yield "\n".join([*made, last, ""])
    yield "\n".join([made[1], made[0], *made[2:], last, ""])
    yield "\n".join([made[0], made[0], made[3], made[1], last])
    yield "\n".join([made[0], made[2], made[1], "", made[3][:-9], last[:-5]])
    yield "\n".join([made[0].replace("127", "128"), made[1] + " ", made[2], "{}", "x" * 17000])
    yield ""
    yield "\n\n"
    made, digest = lines(9)
    last = head(9, digest)
    yield "\n".join([*made[:2], *made[4:], last, ""])
    yield "\n".join([*made[:2], *made[5:8], made[3], made[2], made[4], last, ""])
    yield "\n".join([made[0], record(2, "0" * 64)[0], *made[2:], last, ""])
    yield "\n".join([made[0][:-9] + "X" * 7 + '"}', *["x"] * 120, last, ""])
    yield head(0, "0" * 64)
    for fields in ({"sequence": -1}, {"sequence": 1 << 60}, {"key": "1"}, {"time": "now"},
                   {"hash": 5}, {"more": 1}):
        yield head(1, digest, **fields)
    for fields in ({"seq": 0}, {"seq": 1.5}, {"kind": "A"}, {"outcome": "x"}, {"rule": "A b"},
                   {"details": []}, {"details": {"a": 1}}, {"person": 5}, {"machine": "out"},
                   {"prev": "0"}, {"time": "2026-11-23 00:51:13.123Z"}, {"person": "\u00e9\n\""},
                   {"details": {str(n): "" for n in range(70)}}):
        line, digest = record(1, "0" * 64, **fields)
        yield line + "\n" + head(1, digest) + "\n"


def audit():
    for text in exports():
        yield b"\0" + text.encode()
    for flip in (0, 1, 7, 60, 127):
        yield bytes([2 * flip + 1]) + bytes(range(16)) * 3
        yield bytes([2 * flip + 1]) + b"\xff\xfe\x80 \"\\\n\0abcdefgh" * 2
