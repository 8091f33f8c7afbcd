# SPDX-License-Identifier: Apache-2.0
"""The first inputs of the fuzz targets, from which fuzzing begins: of each format an accepted one,
and neighbours that its rules refuse. `python fuzz/seeds.py FOLDER` writes FOLDER/TARGET/seed-NAME.
The kept corpus (fuzz/corpus) holds what of these and of later finds reaches a line of its own."""

import json
import pathlib
import re
import struct
import sys

from seed_audit import audit
from seed_objects import expression, seal_objects
from seed_requests import requests as requests_of
from seed_texts import http, question, schema

ROOT = pathlib.Path(__file__).resolve().parent.parent
API = json.loads((ROOT / "api" / "openapi.json").read_text())
SCHEMAS = API["components"]["schemas"]
MESSAGES = [name for name, schema in SCHEMAS.items() if schema.get("type") == "object"]
NO_COLUMN = 0xFFFFFFFF


def file_header(magic, version=1, set_id=0, reserved=0):
    return magic + struct.pack("<BBH", version, set_id, reserved)


def manifest(columns=1, chunks=(2,), cap=5, distinct=True, tail=b"", set_id=1, hashes=None):
    """A manifest without its signature."""

    def identity(number):
        return bytes([number if distinct else 0]) * 16

    head = file_header(b"CNMF", set_id=set_id) + bytes(16 + 32 + 32)
    head += struct.pack("<II", columns, len(chunks))
    for column in range(columns):
        head += identity(column + 1)
    for unit, count in enumerate(chunks):
        head += identity(unit + 101) + struct.pack("<IQ", count, cap)
    if hashes is None:
        hashes = 1 + sum(1 + columns * (1 + (count + 63) // 64) for count in chunks)
    return head + bytes(32 * hashes) + tail


def totals_request(units, pairs, set_id=0, tail=b""):
    body = file_header(b"CNTQ", set_id=set_id) + bytes(16 + 32)
    body += struct.pack("<II", len(units), len(pairs))
    body += b"".join(struct.pack("<I", unit) for unit in units)
    return body + b"".join(struct.pack("<II", *pair) for pair in pairs) + tail


def sealed_key(set_id=0, suite=3, reserved=0, tail=b""):
    return (
        file_header(b"CNSK", set_id=set_id)
        + struct.pack("<II", suite, reserved)
        + bytes(16 + 32 + 24 + 48)
        + tail
    )


def segment(first=0, chunks=2, reserved=0, set_id=1, fill=(0, 1, 101)):
    ids = b"".join(bytes([number]) * 16 for number in fill)
    body = file_header(b"CNSG", set_id=set_id) + ids + struct.pack("<II", first, chunks)
    return body + bytes([reserved]) + bytes(128 - len(body) - 1)


def totals_reply(count=4, value=7, set_id=1, tail=b""):
    number = struct.pack("<Q", value)[:6]
    return (
        file_header(b"CNTR", set_id=set_id) + struct.pack("<I", count) + number * 3 * 4 + tail
    )


def hint_file(columns=1, chunks=2, version=2):
    body = file_header(b"CNHT", version=version, set_id=1) + bytes(32)
    body += struct.pack("<II", columns, chunks)
    return body + bytes(64 - len(body))


def whole_records():
    return {
        0: [
            manifest() + bytes(64),
            manifest()[:100],
            b"",
            b"CNMG",
            file_header(b"CNMF", version=2),
            file_header(b"CNMF", reserved=1),
            file_header(b"CNMF", set_id=9),
        ],
        1: [
            totals_request([0], [(0, NO_COLUMN)]),
            totals_request([0, 3], [(0, 1), (1, 1)]),
            totals_request([], []),
            totals_request([3, 0], [(0, 1)]),
            totals_request([0], [(1, 0)]),
            totals_request([0], [(0, 1)], tail=b"x"),
            totals_request([0], [(0, 1)], set_id=1),  # proved anew
            totals_request([0], [(0, 1)], set_id=2),
            totals_request([70000], [(0, 1)]),
            totals_request([0], [(0, 1)])[:20],
        ],
        2: [
            sealed_key(),
            sealed_key(set_id=1),
            sealed_key(suite=2),
            sealed_key(suite=4),
            sealed_key(reserved=1),
            sealed_key(tail=b"x"),
            sealed_key()[:30],
        ],
        3: [
            segment(),
            segment(first=64, chunks=64),
            segment(first=1),
            segment(chunks=0),
            segment(chunks=65),
            segment(reserved=1),
            segment(first=0xFFFFFFC0),
            segment()[:127],
            segment(set_id=9),
        ],
    }


def records_behind_a_head():
    place = segment(fill=(0, 0, 0))
    return {
        4: [
            manifest(),
            manifest(columns=2, chunks=(2, 65)),
            manifest(chunks=(1,)),
            manifest(chunks=(0xFFFFFFFF,), hashes=4),
            manifest(cap=1 << 40),
            manifest(columns=2, distinct=False),
            manifest(chunks=(2, 2), distinct=False),
            manifest(tail=b"x"),
            manifest(columns=0, chunks=()),
            manifest()[:90],
            manifest(chunks=(1 << 20,), hashes=2 + 1 + (1 << 14))[:4000],
        ],
        5: [
            totals_reply(),
            totals_reply(count=3),
            totals_reply(value=(1 << 48) - 1),
            totals_reply(set_id=2),
            totals_reply(tail=b"x"),
            b"CNTR",
        ],
        6: [
            b"\0\0\0" + place,
            b"\1\0\0" + place,
            b"\0\0\1" + place,
            b"\0\0\2" + place,
            b"\0\0\4" + place,
            b"\0\0\0" + segment(),
            b"\0\0\0" + place[:50],
            b"\0\0",
            b"\0\0\0" + segment(reserved=1),
        ],
        7: [
            b"\0\0\0" + hint_file(),
            b"\1\0\0" + hint_file(),
            b"\xff\0\0" + hint_file(),
            b"\xfe\xff\0" + hint_file(),
            b"\0\0\1" + hint_file(),
            b"\0\0\0" + hint_file(columns=2),
            b"\0\0\0" + hint_file(version=1),
            b"\0\0\0" + hint_file(version=3),
            b"\0\0\0" + hint_file()[:30],
            b"\0\0\0" + b"CNHX" + hint_file()[4:],
            b"\0",
            b"\xfe\x94\0" + hint_file(),
            b"\x80\x94\0" + hint_file(),
        ],
    }


def column_records():
    kinds = {**whole_records(), **records_behind_a_head()}
    return [bytes([kind]) + body for kind, bodies in kinds.items() for body in bodies]


def example(schema, filled=True):
    """A value that the schema accepts; `filled`: with one item in each array."""
    if "$ref" in schema:
        return example(SCHEMAS[schema["$ref"].rsplit("/", 1)[1]], filled)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][-1 if filled else 0]
    kind = schema.get("type")
    if isinstance(kind, list):
        return "1.5" if filled else None
    if kind == "object":
        return {name: example(part, filled) for name, part in schema["properties"].items()}
    if kind == "array":
        count = max(schema.get("minItems", 0), min(schema.get("maxItems", 1), int(filled)))
        return [example(schema["items"], filled) for _ in range(count)]
    if kind == "string":
        if "pattern" in schema:
            digits = schema["pattern"].split("{")[-1].split("}")[0]
            return (
                "0a" * (int(digits.split(",")[0]) // 2)
                if filled or "|" not in schema["pattern"]
                else ""
            )
        return "n" * max(schema.get("minLength", 0), int(filled))
    if kind == "integer":
        return max(schema.get("minimum", 0), int(filled))
    if kind == "number":
        return 0.5
    return bool(filled)


def broken(value):
    """Texts of one mistake each, at the first level."""
    yield "", "[]", "null", "{", '{"a":1,"a":2}', '"\\ud800"', "[" * 100, "\xff", "{} {}"
    if isinstance(value, dict):
        for name in value:
            less = {key: part for key, part in value.items() if key != name}
            yield (json.dumps(less),)
            for wrong in (None, True, -1, 1.5, "", "x" * 300, [], {}, [[]], [None], 1 << 60):
                yield (json.dumps({**value, name: wrong}),)
        yield (json.dumps({**value, "unknown": 1}),)


def messages():
    listed = re.findall(r"check<(\w+)>", (ROOT / "fuzz" / "messages.cc").read_text())
    if listed != MESSAGES:
        sys.exit("fuzz/messages.cc does not list the messages of api/openapi.json in their order")
    inputs = []
    for number, name in enumerate(MESSAGES):
        for filled in (True, False):
            value = example(SCHEMAS[name], filled)
            inputs.append(bytes([number]) + json.dumps(value).encode())
        for texts in broken(example(SCHEMAS[name])):
            inputs += [bytes([number]) + text.encode("latin-1") for text in texts]
    return inputs


def answers():
    inputs = []
    result = {**example(SCHEMAS["QueryResult"]), "suppressed": []}
    cells = [
        "text",
        "-12.5",
        0.25,
        1e300,
        3.0,
        None,
        "",
        "<suppressed>",
        'a"b,c\r\n',
        "\x1b[31m\x7f",
        "=1+1",
        "grün ✓",
        "a\u0301",
        "0",
        "\u0000",
    ]
    for kind in ("integer", "decimal", "real", "text"):
        column = {**example(SCHEMAS["ResultColumn"]), "name": "sum\t" + kind}
        column["type"] = kind if kind in json.dumps(SCHEMAS["ResultColumn"]) else column.get("type")
        columns = [column, {**column, "name": "b"}]
        rows = [[cell, cells[-1 - index]] for index, cell in enumerate(cells)]
        for suppressed in ([], [[5, 0], [0, 1]], [[99, 0]], [[0, 9]]):
            inputs.append(
                b"\0"
                + json.dumps(
                    {**result, "columns": columns, "rows": rows, "suppressed": suppressed}
                ).encode()
            )
    inputs.append(b"\0" + json.dumps({**result, "rows": [["1", "2"]]}).encode())
    inputs.append(b"\0" + json.dumps({**result, "cached": False, "rows": []}).encode())
    for size in (0, 999, 1000, 1500000, 10**10, 10**15):
        plan = {**result["plan"], "bytes_read": size, "pairs": size % 7, "units": size % 3}
        inputs.append(b"\0" + json.dumps({**result, "plan": plan}).encode())
    for kind, name in ((1, "DatasetList"), (2, "DatasetDescription")):
        for filled in (True, False):
            inputs.append(bytes([kind]) + json.dumps(example(SCHEMAS[name], filled)).encode())
    description = example(SCHEMAS["DatasetDescription"])
    column = description["columns"][0]
    for role in ("measure", "dimension", "bins", "ignore"):
        for extra in ({}, {"nullable": True, "categories": ["a", "b\x1b"]}, {"categories": []}):
            changed = {**column, "role": role, **{k: v for k, v in extra.items() if k in column}}
            inputs.append(b"\2" + json.dumps({**description, "columns": [changed] * 3}).encode())
    return inputs


def ledger():
    def record(unit, left, right, batch):
        return struct.pack("<IIII", unit, left, right, batch)

    some = b"".join(record(0, n, NO_COLUMN, 0) for n in range(3))
    more = some + b"".join(record(0, 10, 11 + n, 3) for n in range(3))
    many = b"".join(record(0, n, n + 1, 0) for n in range(45))
    head = b"CNLG" + struct.pack("<I", 1)
    return [
        b"\1\0",
        b"\1\0" + some,
        b"\1\0" + more,
        b"\1\2" + more,
        b"\1\5" + more,
        b"\1\6" + more,
        b"\1\x20" + more,
        b"\1\xe0" + some,
        b"\1\0" + many,
        b"\0" + head,
        b"\0" + head + bytes(56),
        b"\0" * 70,
        b"\1\0" + record(7, 1, 2, 9),
    ]


def units_of_legend(legend):
    """Legends whose units are small, empty, too large, alike, or do not add up."""
    legend["schema"] = legend["schema"].replace("row_limit = 100", "row_limit = 100000")
    strict = legend["schema"].replace("allow_small_units = true\n", "")
    for schema_text in (legend["schema"], strict):
        for rows, total in (((3, 5), 8), ((0, 8), 8), ((300, 50000), 50300), ((3, 5), 9),
                            ((1 << 40, 1), (1 << 40) + 1), ((60000, 60000), 120000)):
            units = [{"partition": [place], "rows": count} for place, count in enumerate(rows)]
            yield json.dumps({**legend, "schema": schema_text, "rows": total,
                              "units": units}).encode()
    for places in (([0], [0]), ([0], [9]), ([0], [0, 1]), ([0], [])):
        units = [{"partition": place, "rows": 4} for place in places]
        yield json.dumps({**legend, "units": units}).encode()
    for name in ("", "9a", "A"):
        yield json.dumps({**legend, "dataset": name}).encode()


def package():
    def block(body, length=None):
        return struct.pack("<I", len(body) if length is None else length) + body

    names = ["flights", "", "9a", "a" * 64, "a-b", "A", "a_9", "select"]
    legends = [text[1:] for text in schema() if text[:1] == b"\1"]
    return (
        [
            b"\0" + block(b"m") + block(b"key") + block(b"legend"),
            b"\0" + block(b"m") * 2,
            b"\0" + block(b"m") * 4,
            b"\0" + block(b"m", 1 << 31),
            b"\0",
        ]
        + [b"\1" + name.encode() for name in names]
        + [b"\2\0" + text for text in legends]
        + [bytes([2, lies]) + legends[0] for lies in (1, 2, 4, 8, 9, 240)]
        + [b"\2\0" + text for text in units_of_legend(json.loads(legends[0]))]
    )


def passkeys():
    """The vectors of tests/vectors/webauthn.json; a sign-in behind the registration of its key."""
    cases = json.loads((ROOT / "tests" / "vectors" / "webauthn.json").read_text())["cases"]
    by_name = {case["name"]: case for case in cases}

    def part(case, *names):
        blocks = [bytes.fromhex(case[name]) for name in names]
        return bytes.fromhex(case["challenge"]) + b"".join(
            struct.pack("<H", len(block)) + block for block in blocks)

    for case in cases:
        if "of" not in case:
            yield part(case, "client_data", "attestation_object")
        else:
            yield part(by_name[case["of"]], "client_data", "attestation_object") + part(
                case, "client_data", "authenticator_data", "signature")


def requests():
    return requests_of(API, example)


def main():
    folder = pathlib.Path(sys.argv[1])
    makers = (answers, audit, column_records, expression, http, ledger, messages, package, passkeys,
              question, requests, schema, seal_objects)
    for make in makers:
        target = folder / make.__name__
        target.mkdir(parents=True, exist_ok=True)
        for number, content in enumerate(make()):
            (target / f"seed-{number:04}").write_bytes(content)


if __name__ == "__main__":
    main()
