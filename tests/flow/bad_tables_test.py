# SPDX-License-Identifier: Apache-2.0
"""Tables and schemas that must not be encrypted: exit 3, an error that names the place, the limit
and the mend and never a cell, and nothing left behind."""

import shutil

import pyarrow
import pyarrow.parquet
import pytest

from support import tables

pytestmark = pytest.mark.slow
SCHEMA = """row_limit = 100000
[columns.x]
role = "measure"
decimals = 1
min = -100
max = 100
[columns.g]
role = "dimension"
categories = ["a", "b"]
"""
GOOD = ["1.5,a", "-3.0,b"] * 300


def csv(*lines, head="x,g"):
    return "\n".join([head, *lines]) + "\n"


def encrypt(flow, text, schema=SCHEMA, expect=3, suffix=".csv", out="out.upload"):
    table = flow.folder / ("bad" + suffix)
    if isinstance(text, bytes):
        table.write_bytes(text)
    else:
        table.write_text(text)
    return flow.contributor.run("encrypt", table, "--schema", flow.write_schema("bad", schema),
                                "--dataset", "bad", "--out", flow.folder / out, expect=expect)


def parquet_bytes(flow, rows=600):
    path = flow.folder / "whole.parquet"
    tables.write(tables.make(("x decimal -9.0 9.0 decimals=1", "g text a b"), rows, 5), path)
    return path.read_bytes()


# What is wrong, the CSV, words that the error must hold, words that it must not.
CASES = [
    ("ragged row", csv(*GOOD[:4], "1.0,a,7", *GOOD), ["bad.csv", "6"], []),
    ("short row", csv(*GOOD[:4], "1.0", *GOOD), ["bad.csv", "6"], []),
    ("above the range", csv(*GOOD[:9], "876.5,a", *GOOD), ["bad.csv", "11", "x", "100"], ["876"]),
    ("below the range", csv(*GOOD[:9], "-876.5,a", *GOOD), ["bad.csv", "11", "x", "100"],
     ["876"]),
    ("outside the dictionary", csv(*GOOD, "1.0,zebra"), ["bad.csv", "602", "g"], ["zebra"]),
    ("too many decimals", csv(*GOOD, "1.25,a"), ["bad.csv", "602", "x", "decimals"], ["1.25"]),
    ("not a number", csv(*GOOD, "seventeen,a"), ["bad.csv", "602", "x"], ["seventeen"]),
    ("NULL where none may be", csv(*GOOD, ",a"), ["bad.csv", "602", "x", "nullable"], []),
    ("NULL category", csv(*GOOD, "1.0,"), ["bad.csv", "602", "g", "nullable"], []),
    ("empty text is a category too", csv(*GOOD, '1.0,""'), ["bad.csv", "602", "g"], []),
    ("a column is missing", csv(*GOOD, head="y,g"), ["x"], []),
    ("no rows", csv(), ["rows"], []),
    ("empty file", "", ["bad.csv"], []),
    ("open quote", csv(*GOOD, '1.0,"a'), ["bad.csv"], []),
]


@pytest.mark.parametrize("text, wanted, unwanted", [case[1:] for case in CASES],
                         ids=[case[0] for case in CASES])
def test_csv_is_refused(flow, files_left, text, wanted, unwanted):
    outcome = encrypt(flow, text)
    assert outcome.stderr.startswith("cryptonet: BAD_INPUT: "), outcome
    for word in wanted:
        assert word in outcome.stderr, (word, outcome.stderr)
    for word in unwanted:
        assert word not in outcome.stderr, (word, outcome.stderr)
    assert outcome.stdout == "" or '"error"' in outcome.stdout
    assert files_left() <= {"bad.csv", "bad.toml"}


@pytest.mark.parametrize("name", ["Flights", "flights-3m", "flights.v1", "_flights", "a b", "1a"])
def test_a_name_that_the_gatekeeper_would_refuse_is_refused_before_encrypting(flow, name):
    table = flow.folder / "named.csv"
    table.write_text(csv(*GOOD))
    out = flow.folder / "named.upload"
    outcome = flow.contributor.run("encrypt", table, "--schema",
                                   flow.write_schema("named", SCHEMA), "--dataset", name,
                                   "--out", out, expect=2)
    assert "dataset name" in outcome.stderr
    assert not out.exists()


def test_a_unit_too_small_for_its_columns_is_refused_by_the_bound(flow, files_left):
    outcome = encrypt(flow, csv(*GOOD[:20]), expect=4)
    assert outcome.stderr.startswith("cryptonet: REFUSED: ")
    assert "allow_small_units" in outcome.stderr and "48 rows" in outcome.stderr
    assert files_left() <= {"bad.csv", "bad.toml"}
    encrypt(flow, csv(*GOOD[:20]), SCHEMA.replace("[columns.x]",
                                                  "allow_small_units = true\n[columns.x]"), 0)
    shutil.rmtree(flow.folder / "out.upload")


@pytest.mark.parametrize("kept", [0.3, 0.9, 0.999])
def test_truncated_parquet_is_refused(flow, files_left, kept):
    whole = parquet_bytes(flow)
    outcome = encrypt(flow, whole[:int(len(whole) * kept)], suffix=".parquet")
    assert "bad.parquet" in outcome.stderr
    assert files_left() <= {"whole.parquet", "bad.parquet", "bad.toml"}


def test_parquet_without_rows_is_refused(flow, files_left):
    encrypt(flow, parquet_bytes(flow, rows=0), suffix=".parquet")
    assert files_left() <= {"whole.parquet", "bad.parquet", "bad.toml"}


def test_parquet_of_another_type_is_refused(flow):
    path = flow.folder / "other.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"x": [[1]] * 600, "g": ["a"] * 600}), path)
    outcome = encrypt(flow, path.read_bytes(), suffix=".parquet")
    assert "x" in outcome.stderr


@pytest.mark.parametrize("line, wanted", [
    ("colour = 1", ["bad.toml:10", "colour"]),
    ('part = "fortnight"', ["bad.toml:10", "part"]),
    ('nullable = "yes"', ["bad.toml:10", "nullable"]),
    ("categories = [", ["bad.toml"]),
    ("paired = true\npaired = true", ["bad.toml"]),
])
def test_bad_schema_is_refused_at_its_line(flow, files_left, line, wanted):
    outcome = encrypt(flow, csv(*GOOD), schema=SCHEMA + line + "\n")
    for word in wanted:
        assert word in outcome.stderr, outcome.stderr
    assert files_left() <= {"bad.csv", "bad.toml"}


def test_missing_table_and_schema(flow, files_left):
    run = flow.contributor.run
    schema = flow.write_schema("bad", SCHEMA)
    outcome = run("encrypt", flow.folder / "nowhere.csv", "--schema", schema, "--dataset", "bad",
                  "--out", flow.folder / "out.upload", expect=None)
    assert outcome.code in (3, 7) and "nowhere.csv" in outcome.stderr
    outcome = run("schema", flow.folder / "nowhere.csv", expect=None)
    assert outcome.code in (3, 7) and "nowhere.csv" in outcome.stderr
    assert files_left() <= {"bad.toml"}


def test_an_upload_folder_is_never_overwritten(flow):
    out = flow.folder / "taken.upload"
    out.mkdir()
    (out / "mine").write_text("mine")
    outcome = encrypt(flow, csv(*GOOD), out="taken.upload", expect=None)
    assert outcome.code in (2, 3, 7)
    assert [path.name for path in out.iterdir()] == ["mine"]


def test_a_folder_that_cannot_be_written(flow):
    """A file stands where the folder's parent should be."""
    (flow.folder / "file").write_text("")
    outcome = encrypt(flow, csv(*GOOD), out="file/out.upload", expect=7)
    assert outcome.stderr.startswith("cryptonet: LOCAL_IO: ")


def test_what_schema_writes_encrypts(flow):
    path, _ = flow.write_table("told")
    toml = flow.contributor.run("schema", path).stdout
    assert "bytes per row" in toml
    flow.contributor.run("schema", path, "--out", flow.folder / "told.toml")
    assert (flow.folder / "told.toml").read_text() == toml
    flow.contributor.json("encrypt", path, "--schema", flow.folder / "told.toml", "--dataset",
                          "told", "--out", flow.folder / "told.upload")
