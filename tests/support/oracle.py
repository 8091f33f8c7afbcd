# SPDX-License-Identifier: Apache-2.0
"""What an answer must be: the same SQL on the clear table, in DuckDB.

The schema becomes a view whose columns are the schema's columns. DuckDB filters, groups, and sums
exact integers (measures scaled by their decimals); of these, Python's fractions make the averages
(the exact ratio, rounded once) and the variances (exact until the last division), and DuckDB's own
figure of the same name must agree. Contributing rows are counted for every cell, and a cell of
fewer than THRESHOLD must be suppressed."""

import dataclasses
import fractions
import itertools
import math
import re
import tomllib

import duckdb

THRESHOLD = 10
PAIR_FUNCTIONS = ("covar_samp", "covar_pop", "corr")
SPREAD_FUNCTIONS = ("var_samp", "var_pop", "stddev_samp", "stddev_pop")
PARTS = {"year": "year", "quarter": "quarter", "month": "month", "weekday": "isodow",
         "hour": "hour"}
WHOLE_DICTIONARY = {"quarter": 4, "month": 12, "weekday": 7, "hour": 24}
ITEM = re.compile(r"^(\w+)\s*\(\s*(\*|\w+)\s*(?:,\s*(\w+)\s*)?\)$")
QUESTION = re.compile(
    r"^\s*select\s+(?P<items>.+?)\s+from\s+(?P<table>\"?\w+\"?)"
    r"(?:\s+where\s+(?P<where>.+?))?(?:\s+group\s+by\s+(?P<groups>.+?))?"
    r"(?:\s+order\s+by\s+(?P<order>.+?))?(?:\s+limit\s+(?P<limit>\d+))?\s*;?\s*$",
    re.IGNORECASE | re.DOTALL)


@dataclasses.dataclass
class Item:
    """One column of an answer: a group column (function None) or an aggregate."""

    name: str
    function: str | None
    first: str
    second: str | None


@dataclasses.dataclass
class Cell:
    """What one cell must be. `value` is an int (scaled), a float, None for NULL, or a label."""

    value: object
    kind: str
    scale: int = 0
    contributors: int | None = None

    @property
    def suppressed(self):
        return self.contributors is not None and self.contributors < THRESHOLD


@dataclasses.dataclass
class Question:
    items: list
    where: str | None
    groups: list
    order: str | None
    limit: int | None


def split_list(text):
    """Splits at commas that stand outside parentheses."""
    parts, depth, current = [], 0, ""
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            parts.append(current.strip())
            current = ""
        else:
            current += letter
    return parts + [current.strip()]


def parse_question(sql):
    """The parts of a question of the subset that the tests write."""
    found = QUESTION.match(sql)
    if not found:
        raise ValueError(f"the oracle cannot read: {sql}")
    items = []
    for text in split_list(found["items"]):
        alias = re.match(r"^(.+?)\s+as\s+(\"?[\w ]+\"?)$", text, re.IGNORECASE | re.DOTALL)
        expression = alias[1].strip() if alias else text
        name = alias[2].strip('"') if alias else text
        call = ITEM.match(expression)
        if call:
            items.append(Item(name, call[1].lower(), call[2], call[3]))
        else:
            items.append(Item(name, None, expression.strip('"'), None))
    groups = [name.strip('"') for name in split_list(found["groups"])] if found["groups"] else []
    limit = int(found["limit"]) if found["limit"] else None
    return Question(items, found["where"], groups, found["order"], limit)


def decimal_text(scaled, decimals):
    """"-12.50" for (-1250, 2)."""
    if decimals == 0:
        return str(scaled)
    digits = str(abs(scaled)).rjust(decimals + 1, "0")
    return ("-" if scaled < 0 else "") + digits[:-decimals] + "." + digits[-decimals:]


def bin_labels(edges, decimals):
    texts = [decimal_text(round(fractions.Fraction(str(edge)) * 10**decimals), decimals)
             for edge in edges]
    inner = [f"[{low}, {high})" for low, high in zip(texts, texts[1:])]
    return [f"(-inf, {texts[0]})", *inner, f"[{texts[-1]}, inf)"]


def quoted(value):
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return str(value)


class ClearTable:
    """All versions of one dataset in clear. `tables` are Arrow tables, added by append()."""

    def __init__(self, name, schema_toml):
        self.name = name
        self.schema = tomllib.loads(schema_toml)
        self.columns = self.schema.get("columns", {})
        self.connection = duckdb.connect()
        self.connection.execute("SET TimeZone = 'UTC'; SET threads = 1")
        self.versions = {}
        self.newest = 0

    def append(self, arrow_table):
        """One more version, from any table that DuckDB can scan."""
        self.newest += 1
        self.versions[self.newest] = arrow_table
        self._refill()

    def drop(self, version):
        del self.versions[version]
        self._refill()

    def _refill(self):
        self.connection.execute("DROP VIEW IF EXISTS source; DROP TABLE IF EXISTS rows_")
        for position, table in enumerate(self.versions.values()):
            self.connection.register("incoming", table)
            how = "INSERT INTO rows_ BY NAME" if position else "CREATE TABLE rows_ AS"
            self.connection.execute(f"{how} SELECT * FROM incoming")
            self.connection.unregister("incoming")
        self.connection.execute("CREATE VIEW source AS SELECT * FROM rows_")
        self._create_view()

    def source_of(self, name):
        return '"' + self.columns[name].get("from", name) + '"'

    def _create_view(self):
        parts = []
        for name, column in self.columns.items():
            if column["role"] == "ignore":
                continue
            parts.append(f'{self._value_of(name)} AS "{name}"')
            if column["role"] == "measure":
                scale = 10 ** column.get("decimals", 0)
                parts.append(f'CAST({self.source_of(name)} * {scale} AS HUGEINT) AS "{name}#"')
        known = {name for name, column in self.columns.items() if column["role"] != "ignore"}
        described = self.connection.execute("DESCRIBE source").fetchall()
        parts += [f'"{row[0]}"' for row in described if row[0] not in known]
        self.connection.execute(
            f'CREATE OR REPLACE VIEW "{self.name}" AS SELECT {", ".join(parts)} FROM source')

    def _value_of(self, name):
        column, source = self.columns[name], self.source_of(name)
        if column["role"] == "measure":
            return source
        if column["role"] == "bins":
            labels = bin_labels(column["edges"], column.get("decimals", 0))
            cases = [f"WHEN {source} < {edge} THEN {quoted(label)}"
                     for edge, label in zip(column["edges"], labels)]
            return (f"CASE WHEN {source} IS NULL THEN NULL {' '.join(cases)} "
                    f"ELSE {quoted(labels[-1])} END")
        if "part" in column:
            return f"extract({PARTS[column['part']]} FROM {source})"
        if column.get("other"):
            known = ", ".join(quoted(value) for value in column["categories"])
            return (f"CASE WHEN {source} IS NULL THEN NULL WHEN {source} IN ({known}) "
                    f"THEN {source} ELSE 'OTHER' END")
        return source

    def dictionary(self, name):
        """The labels of a dimension or bins column in dictionary order; NULL last."""
        column = self.columns[name]
        if column["role"] == "bins":
            labels = bin_labels(column["edges"], column.get("decimals", 0))
        elif "categories" in column:
            labels = list(column["categories"])
        else:
            whole = WHOLE_DICTIONARY[column["part"]]
            labels = list(range(whole)) if column["part"] == "hour" else list(range(1, whole + 1))
        if column.get("other"):
            labels.append("OTHER")
        return labels + [None] if column.get("nullable") else labels

    def decimals(self, name):
        return self.columns[name].get("decimals", 0)

    def _sums(self, item):
        """SQL of the exact integers that an aggregate is made of, the contributors first."""
        names = [name for name in (item.first, item.second) if name and name != "*"]
        present = " AND ".join(f'"{name}" IS NOT NULL' for name in names) or "true"
        weight = self.schema.get("weight")
        people = f'sum("{weight}")' if weight else "count(*)"
        counted = f"CAST(coalesce({people} FILTER ({present}), 0) AS HUGEINT)"
        rows = f"count(*) FILTER ({present})"
        if item.function == "count":
            return [counted, rows]
        x = f'"{item.first}#"'
        y = f'"{item.second}#"' if item.second else x
        terms = [x, y, f"{x} * {y}", f"{x} * {x}", f"{y} * {y}"]
        wanted = [f"CAST(coalesce(sum({term}) FILTER ({present}), 0) AS HUGEINT)"
                  for term in terms]
        return [counted, rows, *wanted]

    def answer(self, sql):
        """(question, rows): every group of the dictionaries in order, each a list of Cells."""
        question = parse_question(sql)
        keys = ", ".join(f'"{name}"' for name in question.groups)
        aggregates = [item for item in question.items if item.function]
        sums = [self._sums(item) for item in aggregates]
        own = [self._own_figure(item) for item in aggregates]
        selected = ", ".join(filter(None, [keys, *itertools.chain(*sums), *own]))
        statement = f'SELECT {selected} FROM "{self.name}"'
        if question.where:
            statement += f" WHERE {question.where}"
        if keys:
            statement += f" GROUP BY {keys}"
        found = {}
        for row in self.connection.execute(statement).fetchall():
            numbers = list(row[len(question.groups):])
            found[row[:len(question.groups)]] = numbers
        empty = [0] * sum(map(len, sums)) + [None] * len(own)
        every = itertools.product(*(self.dictionary(name) for name in question.groups))
        rows = [self._row(question, key, found.pop(key, empty), sums) for key in every]
        if found:
            raise ValueError(f"groups outside the dictionary: {list(found)}")
        return question, rows

    def _own_figure(self, item):
        """DuckDB's own aggregate, to hold this file's arithmetic against; NULL where exact."""
        if item.function not in PAIR_FUNCTIONS + SPREAD_FUNCTIONS:
            return "NULL"
        columns = [f'CAST("{name}" AS DOUBLE)' for name in (item.first, item.second) if name]
        return f"{item.function}({', '.join(columns)})"

    def _row(self, question, key, numbers, sums):
        cells, position, aggregate = [], 0, 0
        for item in question.items:
            if item.function is None:
                label = key[question.groups.index(item.first)]
                cells.append(Cell(label, "text" if isinstance(label, str) else "integer"))
                continue
            length = len(sums[aggregate])
            cell = self._cell(item, numbers[position:position + length])
            own = numbers[sum(map(len, sums)) + aggregate]
            if own is not None and math.isfinite(own) and isinstance(cell.value, float):
                self._agree(item, cell, own, numbers[position:position + length])
            cells.append(cell)
            position += length
            aggregate += 1
        return cells

    def _agree(self, item, cell, own, numbers):
        size = 10.0 ** (self.decimals(item.first) + self.decimals(item.second or item.first))
        noise = 1e-9 * (abs(numbers[5]) + abs(numbers[6])) / size / max(numbers[1], 1)
        if item.function == "corr":
            noise = 1e-6
        elif item.function.startswith("stddev"):
            noise = math.sqrt(noise) if cell.value == 0 else noise / abs(cell.value)
        if abs(own - cell.value) > 1e-9 * abs(cell.value) + noise:
            raise ValueError(f"DuckDB's {item.name} is {own}, the oracle's {cell.value}")

    def _cell(self, item, numbers):
        contributors, count = numbers[0], numbers[1]
        if item.function == "count":
            return Cell(count, "integer", 0, contributors)
        scale_x = self.decimals(item.first)
        scale_y = self.decimals(item.second) if item.second else scale_x
        x, y, xy, xx, yy = numbers[2:7]
        if item.function == "sum":
            return Cell(x, "decimal" if scale_x else "integer", scale_x, contributors)
        if count == 0:
            return Cell(None, "real", 0, contributors)
        if item.function == "avg":
            return Cell(float(fractions.Fraction(x, count * 10**scale_x)), "real", 0, contributors)
        if item.function == "corr":
            spread = (count * xx - x * x) * (count * yy - y * y)
            shared = count * xy - x * y
            value = None if spread == 0 else math.copysign(
                math.sqrt(fractions.Fraction(shared * shared, spread)), shared)
            return Cell(value, "real", 0, contributors)
        divisor = count * (count - 1 if item.function.endswith("samp") else count)
        if divisor == 0:
            return Cell(None, "real", 0, contributors)
        value = fractions.Fraction(count * xy - x * y, divisor * 10**(scale_x + scale_y))
        root = item.function.startswith("stddev")
        return Cell(math.sqrt(value) if root else float(value), "real", 0, contributors)
