# SPDX-License-Identifier: Apache-2.0
"""Text cases: a dataset, its uploads, and questions whose answers DuckDB gives.

    # a comment
    dataset NAME                 begins a dataset
    schema … end                 its schema, TOML
    column NAME KIND …           a source column that is drawn at random (tests/support/tables.py)
    upload rows=N seed=S [format=csv|parquet]
    upload csv … end             one version more, drawn, or as it stands here
    drop VERSION
    query … end                  SQL; must equal DuckDB's answer. After a line ----, the rows may
                                 stand as well, cells parted by | ("<suppressed>", "NULL")
    refused CODE [RULE] … end    SQL that must end with that exit code, and that rule
"""

import dataclasses
import io
import shlex

import pyarrow.csv

from support import tables


@dataclasses.dataclass
class Step:
    """One thing to do: kind is dataset, schema, column, upload, drop, query or refused."""

    kind: str
    words: list
    body: str
    line: int


def takes_body(words):
    return words[0] in ("schema", "query", "refused") or words[:2] == ["upload", "csv"]


def parse(text):
    steps, lines, number = [], text.split("\n"), 0
    while number < len(lines):
        line = lines[number].strip()
        number += 1
        if not line or line.startswith("#"):
            continue
        words = line.split()
        step = Step(words[0], words[1:], line, number)
        if words[0] not in ("dataset", "schema", "column", "upload", "drop", "query", "refused"):
            raise ValueError(f"line {number}: unknown step '{words[0]}'")
        if takes_body(words):
            body = []
            while lines[number] != "end":
                body.append(lines[number])
                number += 1
            number += 1
            step.body = "\n".join(body)
        steps.append(step)
    return steps


def options_of(words):
    return dict(word.split("=", 1) for word in words if "=" in word)


def table_of(step, column_lines):
    """(Arrow table as the oracle reads it, a function that writes the file, its suffix)."""
    options = options_of(step.words)
    if step.words[0] == "csv":
        text = step.body + "\n"
        table = pyarrow.csv.read_csv(
            io.BytesIO(text.encode()),
            convert_options=pyarrow.csv.ConvertOptions(
                strings_can_be_null=True, quoted_strings_can_be_null=False, null_values=[""]))
        return table, lambda path: path.write_text(text, encoding="utf-8"), ".csv"
    table = tables.make(column_lines, int(options["rows"]), int(options["seed"]))
    suffix = "." + options.get("format", "csv")
    return table, lambda path: tables.write(table, path), suffix


def column_line(step):
    return " ".join(shlex.quote(word) for word in shlex.split(step.body)[1:])


def expected_rows(body):
    """(SQL, rows after ---- or None)."""
    sql, mark, rest = body.partition("\n----")
    if not mark:
        return sql, None
    return sql, [[cell.strip() for cell in line.split("|")]
                 for line in rest.strip("\n").split("\n")]


def displayed(answer):
    """The rows of an answer as they stand after ---- in a case file."""
    hidden = {tuple(place) for place in answer["suppressed"]}
    return [["<suppressed>" if (r, c) in hidden else "NULL" if cell is None else str(cell)
             for c, cell in enumerate(row)] for r, row in enumerate(answer["rows"])]
