# SPDX-License-Identifier: Apache-2.0
"""Reads a QR code that was drawn in a terminal with half blocks, light modules drawn, as ISO/IEC
18004 lays it out: byte mode, error correction L, versions 1 to 9. A code that was drawn has no
errors, so the correction words are not looked at; all else must be right."""

# Error correction level L: blocks of (count, data words), by version.
BLOCKS = {1: [(1, 19)], 2: [(1, 34)], 3: [(1, 55)], 4: [(1, 80)], 5: [(1, 108)], 6: [(2, 68)],
          7: [(2, 78)], 8: [(2, 97)], 9: [(2, 116)]}
ALIGNMENT = {1: [], 2: [6, 18], 3: [6, 22], 4: [6, 26], 5: [6, 30], 6: [6, 34], 7: [6, 22, 38],
             8: [6, 24, 42], 9: [6, 26, 46]}
MASKS = (lambda r, c: (r + c) % 2, lambda r, c: r % 2, lambda r, c: c % 3,
         lambda r, c: (r + c) % 3, lambda r, c: (r // 2 + c // 3) % 2,
         lambda r, c: r * c % 2 + r * c % 3, lambda r, c: (r * c % 2 + r * c % 3) % 2,
         lambda r, c: ((r + c) % 2 + r * c % 3) % 2)
FORMAT_MASK = 0b101010000010010
LEVEL_L = 0b01


def modules(picture):
    """The dark modules of the picture, quiet zone cut off."""
    rows = []
    for line in picture:
        rows.append([character in " ▄" for character in line])
        rows.append([character in " ▀" for character in line])
    dark = [(r, c) for r, row in enumerate(rows) for c, is_dark in enumerate(row) if is_dark]
    top, left = min(r for r, _ in dark), min(c for _, c in dark)
    side = max(c for _, c in dark) - left + 1
    assert min(top, left) >= 2, "no quiet zone"
    return [row[left:left + side] for row in rows[top:top + side]]


def _reserved(version, side):
    """Modules that carry no data."""
    taken = set()
    for top, left in ((0, 0), (0, side - 8), (side - 8, 0)):
        taken |= {(r, c) for r in range(top, top + 8) for c in range(left, left + 8)}
    taken |= {(8, c) for c in (*range(9), *range(side - 8, side))}
    taken |= {(r, 8) for r in (*range(9), *range(side - 8, side))}
    taken |= {(6, i) for i in range(side)} | {(i, 6) for i in range(side)}
    last = len(ALIGNMENT[version]) - 1
    for i, row in enumerate(ALIGNMENT[version]):
        for j, column in enumerate(ALIGNMENT[version]):
            if (i, j) not in ((0, 0), (0, last), (last, 0)):
                taken |= {(row + a, column + b) for a in range(-2, 3) for b in range(-2, 3)}
    if version >= 7:
        taken |= {(r, side - 11 + c) for r in range(6) for c in range(3)}
        taken |= {(side - 11 + r, c) for r in range(3) for c in range(6)}
    return taken


def _bits(dark, version, mask):
    side, reserved = len(dark), _reserved(version, len(dark))
    upwards, column = True, side - 1
    while column > 0:
        column -= column == 6
        for row in range(side - 1, -1, -1) if upwards else range(side):
            for c in (column, column - 1):
                if (row, c) not in reserved:
                    yield dark[row][c] ^ (MASKS[mask](row, c) == 0)
        upwards, column = not upwards, column - 2


def read(picture):
    """The text in the lines of a picture."""
    dark = modules(picture)
    side = len(dark)
    version = (side - 17) // 4
    assert all(len(row) == side for row in dark) and side == 17 + 4 * version, side
    finder = [[max(abs(r - 3), abs(c - 3)) != 2 for c in range(7)] for r in range(7)]
    for top, left in ((0, 0), (0, side - 7), (side - 7, 0)):
        assert [row[left:left + 7] for row in dark[top:top + 7]] == finder
    places = [(8, c) for c in (0, 1, 2, 3, 4, 5, 7, 8)] + [(r, 8) for r in (7, 5, 4, 3, 2, 1, 0)]
    form = sum(dark[r][c] << (14 - i) for i, (r, c) in enumerate(places)) ^ FORMAT_MASK
    assert form >> 13 == LEVEL_L, form
    bits = list(_bits(dark, version, form >> 10 & 7))
    words = [sum(bit << (7 - j) for j, bit in enumerate(bits[i:i + 8]))
             for i in range(0, len(bits) - 7, 8)]
    ((count, size),) = BLOCKS[version]
    data = bytes(words[i * count + b] for b in range(count) for i in range(size))
    assert data[0] >> 4 == 0b0100, "not in byte mode"
    length = (data[0] & 15) << 4 | data[1] >> 4
    return bytes((data[i] & 15) << 4 | data[i + 1] >> 4 for i in range(1, length + 1)).decode()
