# SPDX-License-Identifier: Apache-2.0
"""What a cloud can say instead of the truth. A lie takes Totals (support/lying_cloud.py) and
changes them, or returns what is sent instead; NotApplicable where an upload gives no occasion.

ALTERED must be refused by the opening and freeze; HARMLESS leave the answer right, because they add
multiples of t or nothing at all; BROKEN give no number, so that they must not freeze."""

import hashlib
import json
import random
import struct
import time

from support.lying_cloud import HEADER, WORD
from support.stored import NO_COLUMN, Stored

ALTERED, HARMLESS, BROKEN = {}, {}, {}


class NotApplicable(Exception):
    """The lie needs more units, chunks or datasets than there are."""


def lie(kind, name):
    def keep(function):
        kind[name] = function
        return function
    return keep


# Constants and noise -----------------------------------------------------------------------------

for amount in (1, -1, 10**6, -10**12):
    ALTERED[f"{amount:+d} on one total"] = lambda totals, by=amount: totals.add(0, by)


@lie(ALTERED, "+3 on every total")
def add_to_all(totals):
    for position in range(len(totals)):
        totals.add(position, 3)


@lie(ALTERED, "half a prime on one total")
def add_half(totals):
    totals.add(0, totals.set.primes[0] // 2)


@lie(ALTERED, "+1 modulo one prime only")
def one_prime(totals):
    totals.rows[0][0] = (totals.rows[0][0] + 1) % totals.set.primes[0]


@lie(ALTERED, "one total zero")
def one_zero(totals):
    totals.rows[0] = [0] * len(totals.set.primes)


@lie(ALTERED, "every total zero")
def zeros(totals):
    totals.rows = [[0] * len(row) for row in totals.rows]


@lie(ALTERED, "every total the largest number")
def largest(totals):
    totals.rows = [[prime - 1 for prime in totals.set.primes] for _ in totals.rows]


def noise(totals, positions):
    """Noise as small as it can be: one unit of the lowest bit of a slot sum."""
    for position in positions:
        totals.rows[position] = [(word + random.Random(position).randrange(1, 1000)) % prime
                                 for word, prime in zip(totals.rows[position], totals.set.primes)]


@lie(ALTERED, "noise on totals alone")
def noise_on_values(totals):
    noise(totals, [at for at in range(len(totals)) if not totals.is_check(at)])


@lie(ALTERED, "noise on check totals alone")
def noise_on_checks(totals):
    noise(totals, [at for at in range(len(totals)) if totals.is_check(at)])


@lie(ALTERED, "noise on totals and checks")
def noise_on_all(totals):
    noise(totals, range(len(totals)))


@lie(ALTERED, "random numbers for all")
def random_numbers(totals):
    totals.rows = [[random.randrange(prime) for prime in totals.set.primes] for _ in totals.rows]


def scaled(totals, factor):
    totals.rows = [[word * factor % prime for word, prime in zip(row, totals.set.primes)]
                   for row in totals.rows]


for by in (2, -1):
    ALTERED[f"all scaled by {by}, checks too"] = lambda totals, by=by: scaled(totals, by)


@lie(ALTERED, "lowest bit flipped")
def low_bit(totals):
    totals.rows[-1][0] ^= 1


@lie(ALTERED, "a middle bit flipped in every total")
def middle_bit(totals):
    for row in totals.rows:
        row[-1] ^= 1 << 17


# Order and place ---------------------------------------------------------------------------------

@lie(ALTERED, "neighbours swapped")
def swap_neighbours(totals):
    totals.swap(0, 1)


@lie(ALTERED, "each total swapped with its check")
def swap_with_check(totals):
    pairs = totals.request.pairs
    for first, (left, right) in enumerate(pairs):
        if not totals.is_check(first) and (left + 1, right) in pairs:
            totals.swap(first, pairs.index((left + 1, right)))


@lie(ALTERED, "reversed order")
def reverse(totals):
    totals.rows.reverse()


@lie(ALTERED, "all moved on by one")
def rotate(totals):
    totals.rows = totals.rows[1:] + totals.rows[:1]


@lie(ALTERED, "the first total for all")
def repeat_first(totals):
    totals.rows = [list(totals.rows[0]) for _ in totals.rows]


def need_products(totals):
    """A sum of one column does not know an order of its chunks, nor a column beside it."""
    if all(right == NO_COLUMN for _, right in totals.request.pairs):
        raise NotApplicable


def exchanged(totals, columns):
    """The honest totals of the same question with columns exchanged, in totals and checks."""
    request = totals.request
    pairs = [tuple(sorted(columns.get(column, column) for column in pair))
             for pair in request.pairs]
    asked = totals.cloud.totals(type(request)(request.head, request.units, sorted(set(pairs))))
    for unit in range(len(request.units)):
        for position, pair in enumerate(pairs):
            row = unit * len(request.pairs) + position
            totals.rows[row] = asked.rows[unit * len(asked.request.pairs) +
                                          asked.request.pairs.index(pair)]


@lie(ALTERED, "two groups exchanged, in totals and checks")
def exchange_groups(totals):
    groups = sorted({right for _, right in totals.request.pairs})
    if len(groups) < 2:
        raise NotApplicable
    exchanged(totals, {groups[0]: groups[1], groups[1]: groups[0]})


@lie(ALTERED, "two measures exchanged, in totals and checks")
def exchange_measures(totals):
    step = 1 + totals.set.checks
    exchanged(totals, {**{i: i + step for i in range(step)}, **{i + step: i for i in range(step)}})


@lie(ALTERED, "another dataset's numbers")
def other_dataset(totals):
    uploads = totals.cloud.platform.cloud_home / "uploads"
    request = totals.request

    def shape(manifest):  # parameter set, columns and units
        return manifest[5], *struct.unpack_from("<II", manifest, 88)
    own = shape((uploads / request.upload / "manifest").read_bytes())
    for other in sorted(uploads.iterdir()):
        manifest = (other / "manifest").read_bytes()
        if other.name == request.upload or shape(manifest) != own:
            continue
        head = request.head[:HEADER] + bytes.fromhex(other.name) + hashlib.sha256(manifest).digest()
        totals.rows = totals.cloud.totals(type(request)(head, request.units, request.pairs)).rows
        return
    raise NotApplicable


@lie(ALTERED, "the answer of another question")
def other_question(totals):
    need_products(totals)
    request = totals.request
    left = [column for column, _ in request.pairs]
    asked = totals.cloud.totals(type(request)(request.head, request.units,
                                              sorted({(column, NO_COLUMN) for column in left})))
    totals.rows = [asked.rows[at % len(asked)] for at in range(len(totals))]


# Units and chunks --------------------------------------------------------------------------------

def need_units(totals, count):
    if len(totals.request.units) < count:
        raise NotApplicable
    return len(totals.request.pairs)


@lie(ALTERED, "a unit left out")
def omit_unit(totals):
    pairs = need_units(totals, 2)
    totals.rows[:pairs] = [[0] * len(totals.set.primes) for _ in range(pairs)]


@lie(ALTERED, "a unit twice, another left out")
def repeat_unit(totals):
    pairs = need_units(totals, 2)
    totals.rows[:pairs] = totals.rows[pairs:2 * pairs]


@lie(ALTERED, "two units exchanged")
def exchange_units(totals):
    pairs = need_units(totals, 2)
    totals.rows[:2 * pairs] = totals.rows[pairs:2 * pairs] + totals.rows[:pairs]


def rearranged(totals, order, least=3):
    """The totals of the first unit over other chunks than all in their order, on both sides of
    every check. `order` takes the number of chunks."""
    stored = Stored(totals.cloud.platform.cloud_home, totals.request.upload, totals.set)
    unit, pairs = totals.request.units[0], totals.request.pairs
    if len(stored.chunks(unit, pairs[0][0])) < least:
        raise NotApplicable
    true, false = stored.totals(unit, pairs), stored.totals(unit, pairs, order)
    for position in range(len(pairs)):  # the blinding stays as it was
        totals.rows[position] = [(word - right + wrong) % prime for word, right, wrong, prime in
                                 zip(totals.rows[position], true[position], false[position],
                                     totals.set.primes)]


@lie(ALTERED, "a chunk left out")
def drop_chunk(totals):
    rearranged(totals, lambda count: (range(1, count),) * 2, least=2)


@lie(ALTERED, "the mask chunk left out")
def drop_mask_chunk(totals):
    rearranged(totals, lambda count: (range(count - 1),) * 2, least=2)


@lie(ALTERED, "a chunk twice")
def duplicate_chunk(totals):
    rearranged(totals, lambda count: ([0, *range(count)],) * 2, least=2)


@lie(ALTERED, "a chunk in place of another")
def replace_chunk(totals):
    rearranged(totals, lambda count: ([0, 0, *range(2, count)],) * 2)


@lie(ALTERED, "two chunks of one column exchanged")
def exchange_chunks(totals):
    need_products(totals)
    rearranged(totals, lambda count: ([1, 0, *range(2, count)], range(count)))


@lie(ALTERED, "chunks of one column moved on by one")
def rotate_chunks(totals):
    need_products(totals)
    rearranged(totals, lambda count: ([*range(1, count), 0], range(count)), least=2)


# Bounds ------------------------------------------------------------------------------------------

def product(primes):
    result = 1
    for prime in primes:
        result *= prime
    return result


@lie(ALTERED, "a multiple of t beyond the bound")
def beyond_bound(totals):
    t = totals.set.plaintext_modulus
    totals.add(0, product(totals.set.primes) // (3 * t) * t)


@lie(HARMLESS, "t on every total")
def add_t(totals):
    for position in range(len(totals)):
        totals.add(position, totals.set.plaintext_modulus)


@lie(HARMLESS, "small multiples of t, each another")
def add_multiples(totals):
    for position in range(len(totals)):
        totals.add(position, (position - 3) * totals.set.plaintext_modulus)


@lie(HARMLESS, "the blinding left out")
def no_blinding(totals):
    stored = Stored(totals.cloud.platform.cloud_home, totals.request.upload, totals.set)
    totals.rows = [row for unit in totals.request.units
                   for row in stored.totals(unit, totals.request.pairs)]


@lie(HARMLESS, "the same reply again")
def the_same(totals):
    totals.rows = totals.cloud.totals(totals.request).rows


@lie(HARMLESS, "bytes that drip")
def drip(totals):
    body = totals.bytes()

    def send(handler):
        start(handler, len(body))
        for at in range(0, len(body), 16):
            handler.wfile.write(body[at:at + 16])
            handler.wfile.flush()
            time.sleep(0.01)
    return send


# Bytes that are no totals ------------------------------------------------------------------------

def changed(name, change):
    ALTERED[name] = lambda totals: change(totals, bytearray(totals.bytes()))


def with_byte(at, value):
    def change(_, body):
        body[at] = value
        return bytes(body)
    return change


changed("the last number cut off", lambda totals, body: bytes(body[:-WORD]))
changed("the last byte cut off", lambda _, body: bytes(body[:-1]))
changed("the header alone", lambda _, body: bytes(body[:HEADER]))
changed("no byte at all", lambda *_: b"")
changed("a byte too many", lambda _, body: bytes(body) + b"\0")
changed("another format's letters", with_byte(0, ord("X")))
changed("an unknown version", with_byte(4, 9))
changed("an unknown parameter set", with_byte(5, 200))
changed("a reserved byte set", with_byte(6, 1))
changed("a count that does not fit", with_byte(HEADER, 99))
changed("the largest count", lambda _, body: bytes(body[:HEADER]) + b"\xff" * 4 +
        bytes(body[HEADER + 4:]))
changed("a number of 48 ones", lambda _, body: bytes(body[:-WORD]) + b"\xff" * WORD)
changed("the prime itself for zero", lambda totals, body: bytes(body[:-WORD]) +
        totals.set.primes[-1].to_bytes(WORD, "little"))
changed("JSON", lambda totals, _: json.dumps({"totals": totals.rows}).encode())
changed("JSON with negative, NaN and huge numbers",
        lambda *_: b'{"totals": [[-1, NaN, 1e999, 0.5]], "extra": "field"}')
changed("text cut off in the middle", lambda *_: b'{"totals": [[1, 2')
changed("a polynomial for each number", lambda totals, body: bytes(body[:HEADER + 4]) +
        bytes(body[HEADER + 4:]) * totals.set.ring_degree)


@lie(ALTERED, "a total too many")
def one_more(totals):
    totals.rows.append(list(totals.rows[0]))


@lie(ALTERED, "a total too few")
def one_less(totals):
    totals.rows.pop()


# No number at all --------------------------------------------------------------------------------

def start(handler, size):
    handler.send_response(200)
    handler.send_header("Content-Type", "application/octet-stream")
    handler.send_header("Content-Length", str(size))
    handler.end_headers()


@lie(BROKEN, "connection cut before the reply")
def cut(_):
    return lambda handler: handler.connection.close()


@lie(BROKEN, "connection cut within the reply")
def cut_within(totals):
    body = totals.bytes()

    def send(handler):
        start(handler, len(body))
        handler.wfile.write(body[:len(body) // 2])
        handler.wfile.flush()
        handler.connection.close()
    return send


@lie(BROKEN, "a reply that is not HTTP")
def no_http(_):
    return lambda handler: handler.wfile.write(b"\0" * 100)


@lie(BROKEN, "a reply of more bytes than allowed")
def flood(_):
    return lambda handler: start(handler, 1 << 40)


for status in (302, 400, 403, 404, 429, 500, 503):
    BROKEN[f"status {status}"] = lambda _, status=status: status
