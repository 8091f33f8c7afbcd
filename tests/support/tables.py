# SPDX-License-Identifier: Apache-2.0
"""Clear tables for tests, from one line per column, and the files that a contributor would hold.

    column x integer -50 50 nulls=0.1
    column y decimal -10.00 99.99 decimals=2      (fixed-point in Parquet)
    column z double 0 1 decimals=3                (floating point in Parquet, written short in CSV)
    column g text ATL JFK SFO weights=8,1,1
    column k category 1 2 5                       (integers of a list)
    column d timestamp 2024-01-01 2024-12-31
"""

import datetime
import decimal
import shlex

import numpy
import pyarrow
import pyarrow.parquet

DAY_S = 86400


def parse_column(words):
    """(name, kind, values, options) of the words after `column`."""
    options = dict(word.split("=", 1) for word in words[2:] if "=" in word)
    return words[0], words[1], [word for word in words[2:] if "=" not in word], options


def seconds_of(text):
    return int(datetime.datetime.fromisoformat(text).replace(
        tzinfo=datetime.timezone.utc).timestamp())


def draw(kind, values, options, rows, random):
    """The cells of one column, without nulls, and their Arrow type."""
    if kind in ("text", "category"):
        weights = [float(weight) for weight in options.get("weights", "").split(",") if weight]
        chances = numpy.array(weights or [1.0] * len(values))
        chosen = random.choice(len(values), rows, p=chances / chances.sum())
        if kind == "text":
            return [values[index] for index in chosen], pyarrow.string()
        return [int(values[index]) for index in chosen], pyarrow.int64()
    if kind == "timestamp":
        low, high = seconds_of(values[0]), seconds_of(values[1])
        drawn = random.integers(low, high + 1, rows) * 1_000_000
        return drawn.tolist(), pyarrow.timestamp("us")
    decimals = int(options.get("decimals", 0))
    low, high = (int(decimal.Decimal(value).scaleb(decimals)) for value in values)
    drawn = random.integers(low, high + 1, rows).tolist()
    if rows > 20:
        drawn[3], drawn[7] = low, high
    if kind == "integer":
        return drawn, pyarrow.int64()
    exact = [decimal.Decimal(value).scaleb(-decimals) for value in drawn]
    if kind == "decimal":
        return exact, pyarrow.decimal128(18, decimals)
    return [float(value) for value in exact], pyarrow.float64()


def make(column_lines, rows, seed):
    """An Arrow table of `rows` rows; the same lines and seed give the same table."""
    random = numpy.random.default_rng(seed)
    arrays, names = [], []
    for line in column_lines:
        name, kind, values, options = parse_column(shlex.split(line))
        cells, arrow_type = draw(kind, values, options, rows, random)
        hidden = random.random(rows) < float(options.get("nulls", 0))
        cells = [None if gone else cell for cell, gone in zip(cells, hidden)]
        arrays.append(pyarrow.array(cells, arrow_type))
        names.append(name)
    return pyarrow.table(arrays, names=names)


def csv_field(cell):
    if cell is None:
        return ""
    if isinstance(cell, str):
        special = cell == "" or any(letter in cell for letter in ',"\r\n')
        return '"' + cell.replace('"', '""') + '"' if special else cell
    if isinstance(cell, float):
        return repr(cell)
    if isinstance(cell, datetime.datetime):
        return cell.isoformat(sep=" ")
    return str(cell)


def write_csv(table, path):
    columns = [table.column(name).to_pylist() for name in table.column_names]
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(",".join(csv_field(name) for name in table.column_names) + "\n")
        for row in zip(*columns):
            file.write(",".join(map(csv_field, row)) + "\n")


def write(table, path):
    """Writes the table as its suffix says: .csv or .parquet."""
    if str(path).endswith(".csv"):
        write_csv(table, path)
    else:
        pyarrow.parquet.write_table(table, path, row_group_size=max(1, table.num_rows // 3))
    return path
