# SPDX-License-Identifier: Apache-2.0
"""First inputs of the fuzz targets of general BGV: Microsoft SEAL's objects, written here from
docs/formats/seal.md alone, and expressions. See seeds.py."""

import hashlib
import struct
import zlib

DEGREE, PRIMES, PLAIN = 16, (12289, 13313, 15361), 97
SCALE = 0x3FF0000000000000
NONE, ZLIB, ZSTD = 0, 1, 2


def level(primes):
    words = (3, DEGREE, *PRIMES[:primes], PLAIN)
    return hashlib.blake2b(struct.pack(f"<{len(words)}Q", *words), digest_size=32).digest()


def header(size, mode=NONE, magic=0xA15E, own=16, version=(4, 1), reserved=0):
    return struct.pack("<HBBBBHQ", magic, own, *version, mode, reserved, size)


def stored_zstd(body):
    """A frame of one raw block."""
    block = struct.pack("<I", 1 | len(body) << 3)[:3] + body
    return b"\x28\xb5\x2f\xfd\xa0" + struct.pack("<I", len(body)) + block


def packed(members, mode=NONE, **changes):
    body = {NONE: bytes, ZLIB: zlib.compress, ZSTD: stored_zstd}.get(mode, bytes)(members)
    return header(16 + len(body), mode, **changes) + body


def array(words, declared=None, **changes):
    size = 16 + 8 + 8 * len(words) if declared is None else declared
    body = struct.pack(f"<Q{len(words)}Q", len(words), *words)
    return header(size, **changes) + body


def plaintext(words=(1, 2, 96), count=None, identity=bytes(32), scale=SCALE, **changes):
    count = len(words) if count is None else count
    return identity + struct.pack("<QQ", count, scale) + array(words, **changes)


def seed(kind=1, size=16 + 1 + 64):
    return header(size) + bytes([kind]) + bytes(range(64))


def ciphertext(primes=2, polynomials=2, words=None, ntt=1, degree=DEGREE, levels=None, scale=SCALE,
               factor=1, identity=None, tail=b"", **changes):
    words = [7] * (polynomials * primes * DEGREE) if words is None else words
    numbers = struct.pack("<BQQQQQ", ntt, polynomials, degree, primes if levels is None else levels,
                          scale, factor)
    head = level(primes) if identity is None else identity
    return head + numbers + array(words, **changes) + tail


def nested_key(**changes):
    members = ciphertext(3, 2, **changes)
    return header(16 + len(members)) + members


def switching(keys, primes=3, count=None):
    body = level(primes) + struct.pack("<Q", len(keys) if count is None else count)
    for digits in keys:
        body += struct.pack("<Q", len(digits)) + b"".join(digits)
    return body


def parameters(scheme=3, degree=DEGREE, primes=PRIMES, count=None, plain=PLAIN, size=24):
    count = len(primes) if count is None else count
    body = struct.pack("<BQQ", scheme, degree, count)
    for prime in (*primes, plain):
        body += header(size) + struct.pack("<Q", prime)
    return body


def secret_key(identity=None, count=3 * DEGREE, scale=SCALE, words=None):
    words = [0] * (3 * DEGREE) if words is None else words
    head = level(3) if identity is None else identity
    return head + struct.pack("<QQ", count, scale) + array(words)


def seal_objects():
    one = [nested_key()] * 2
    half = 2 * DEGREE
    seeded = ciphertext(words=[5] * half, tail=seed())
    kinds = {
        0: [parameters(), parameters(scheme=1), parameters(degree=24), parameters(degree=1 << 40),
            parameters(count=0), parameters(count=19), parameters(size=23),
            parameters(plain=1 << 62)],
        1: [plaintext(), plaintext(()), plaintext([1] * 17), plaintext(count=17), plaintext([97]),
            plaintext(identity=level(3)), plaintext(scale=0), plaintext(declared=40),
            plaintext(count=5), plaintext(mode=ZLIB), plaintext([1] * 16)],
        2: [ciphertext(), ciphertext(1), ciphertext(3, 3, factor=5), seeded,
            ciphertext(words=[5] * half, tail=seed(2)), ciphertext(words=[5] * half, tail=seed(3)),
            ciphertext(words=[5] * half, tail=seed(size=80)), ciphertext(words=[5] * half),
            ciphertext(2, 3, words=[5] * half, tail=seed()), ciphertext(identity=bytes(32)),
            ciphertext(ntt=0), ciphertext(2, 17), ciphertext(2, 1), ciphertext(degree=32),
            ciphertext(levels=3), ciphertext(scale=1), ciphertext(factor=0), ciphertext(factor=97),
            ciphertext(words=[1 << 20] * (2 * half)), ciphertext(words=[5] * 3),
            ciphertext(declared=17), ciphertext(tail=b"x"), ciphertext(2, 16)[:100]],
        3: [ciphertext(3), ciphertext(2), ciphertext(3, 3), ciphertext(3, factor=2),
            ciphertext(3, words=[5] * (3 * DEGREE), tail=seed())],
        4: [switching([one]), switching([one, [], one]), switching([]), switching([one], primes=2),
            switching([one], count=15), switching([one * 2]), switching([[ciphertext(3)] * 2]),
            switching([[nested_key(factor=2)] * 2]), switching([[header(9) + ciphertext(3)] * 2]),
            switching([[nested_key(words=[5] * 48, tail=seed())] * 2]), switching([one], count=2)],
        5: [switching([one] + [[]] * 14 + [one]), switching([one]), switching([[]] * 16)],
        6: [secret_key(), secret_key(identity=level(2)), secret_key(count=32), secret_key(scale=0),
            secret_key(words=[1] * 48), secret_key(words=[0, 1] * 24),
            secret_key(words=[20000] * 48)],
        7: [bytes([mode, kind]) + bytes(range(40)) for mode in (0, 1, 2) for kind in (0, 1)],
    }
    inputs = []
    for kind, bodies in kinds.items():
        for body in bodies:
            inputs.append((kind, body if kind == 7 else packed(body)))
    for kind in (0, 1, 2, 3, 6):
        for mode in (ZLIB, ZSTD, 3):
            inputs.append((kind, packed(kinds[kind][0], mode)))
        whole = packed(kinds[kind][0], ZLIB)
        inputs += [(kind, whole[:-3]), (kind, packed(kinds[kind][0] + b"x", ZLIB)),
                   (kind, packed(kinds[kind][0] + b"x", ZSTD)), (kind, packed(b"", ZSTD))]
    body = kinds[2][0]
    for changes in ({"magic": 1}, {"own": 8}, {"version": (3, 1)}, {"version": (4, 0)},
                    {"version": (4, 4)}, {"version": (4, 5)}, {"reserved": 1}):
        inputs.append((2, packed(body, **changes)))
    cut = [zlib.compress(body)[:-6], zlib.compress(body) + b"x", stored_zstd(body) + b"x",
           stored_zstd(body)[:-9], stored_zstd(body)[:9], b"\x28\xb5\x2f\xfd" + b"\xff" * 20]
    inputs += [(2, header(16 + len(part), ZLIB if number < 2 else ZSTD) + part)
               for number, part in enumerate(cut)]
    inputs += [(2, header(99) + body), (2, b"\x5e\xa1"), (2, header(16, ZSTD)),
               (2, header(16, ZLIB))]
    return [bytes([kind]) + content for kind, content in inputs]


def expression():
    texts = ["5 + 6", "2+3x4", "(2+3)*4", "10 - 3 - 4", "-3 x -4", "--(5)", "-(-(-(5 + 1)))",
             "6 \u00d7 7 \u2212 2", "\t 0007 ", "9" * 26 + " - 1", "", "5 +", "5 6", "(5 + 6",
             "(5 6", "5 + 6)", "5 / 6", "2.5 + 1", "2,5", "6 \u00d7 y", "1" * 5000, "(" * 100,
             "1" + "+1" * 64, "1" + "+1" * 60, "2x3X4", "2x3x4x5", "9" * 16 + "x1",
             "99999999x99999999",
             "-(2x3)", "\u2212(1)", "(2x3)-(4x5)", "400000000000000x0", "5 (",
             "-(" * 40 + "1" + ")" * 40,
             "(1+1)x(2+2)x(3+3)", "+".join(["2x3x4"] * 20), "- - - 1", "-", "(", ")", "5 \x01"]
    return [text.encode() for text in texts]
