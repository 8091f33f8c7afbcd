# SPDX-License-Identifier: Apache-2.0
"""The columns of one upload as the cloud has them on its disk, and sums over them in Python's exact
integers (docs/formats/manifest.md, segment.md)."""

import struct

CHUNK_WORD = 6
SEGMENT_HEADER = 128
NO_COLUMN = 0xFFFFFFFF


class Stored:
    """chunks(unit, column): the words of each chunk, as lists per prime."""

    def __init__(self, cloud_home, upload, parameter_set):
        manifest = (cloud_home / "uploads" / upload / "manifest").read_bytes()
        columns, units = struct.unpack_from("<II", manifest, 88)
        ids = [manifest[96 + 16 * i:112 + 16 * i] for i in range(columns)]
        after = 96 + 16 * columns
        unit_ids = [manifest[after + 28 * i:after + 28 * i + 16] for i in range(units)]
        self.columns, self.units, self.set = columns, units, parameter_set
        self._files = {}
        for path in (cloud_home / "segments").iterdir():
            with open(path, "rb") as file:
                head = file.read(SEGMENT_HEADER)
            if head[8:24].hex() == upload:
                place = unit_ids.index(head[40:56]), ids.index(head[24:40])
                self._files.setdefault(place, {})[struct.unpack_from("<I", head, 56)[0]] = path

    def chunks(self, unit, column):
        words, degree = [], self.set.ring_degree
        size = CHUNK_WORD * degree * len(self.set.primes)
        for _, path in sorted(self._files[unit, column].items()):
            data = path.read_bytes()[SEGMENT_HEADER:]
            for start in range(0, len(data), size):
                numbers = [int.from_bytes(data[at:at + CHUNK_WORD], "little")
                           for at in range(start, start + size, CHUNK_WORD)]
                words.append([numbers[i:i + degree] for i in range(0, len(numbers), degree)])
        return words

    def totals(self, unit, pairs, order=None):
        """Per pair one number per prime, without blinding. `order` gives (left chunks, right
        chunks) for a number of chunks; by default each chunk meets itself once."""
        kept = {}

        def chunks(column):
            if column not in kept:
                kept[column] = self.chunks(unit, column)
            return kept[column]
        rows = []
        for left, right in pairs:
            first, second = (order or straight)(len(chunks(left)))
            row = [0] * len(self.set.primes)
            for i, j in zip(first, second):
                for p, prime in enumerate(self.set.primes):
                    words = chunks(left)[i][p]
                    row[p] += (sum(words) if right == NO_COLUMN else
                               sum(x * y for x, y in zip(words, chunks(right)[j][p]))) % prime
            rows.append([number % prime for number, prime in zip(row, self.set.primes)])
        return rows


def straight(count):
    return range(count), range(count)
