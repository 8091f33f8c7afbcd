# SPDX-License-Identifier: Apache-2.0
"""Holds an answer of `cryptonet query --format json` against the oracle's, cell by cell.

Integers and decimals must be equal as text, averages to the last bit, what follows a square root or
a division of variances to 1e-9 relative; a cell of too few contributors must be null and listed as
suppressed, and no other."""

from support import oracle

FORMAT = "cryptonet.result.v1"
RELATIVE = 1e-9


class Difference(AssertionError):
    """The answer is not what the oracle says."""


def in_json(cell):
    """A cell's value as the JSON spells it, were nothing suppressed."""
    if cell.value is not None and cell.kind in ("integer", "decimal"):
        return oracle.decimal_text(cell.value, cell.scale)
    return cell.value


def shown(cell):
    """A cell as the JSON must hold it."""
    return None if cell.suppressed else in_json(cell)


def same(item, got, cell):
    wanted = shown(cell)
    if wanted is None or got is None or cell.kind != "real":
        return got == wanted and type(got) is type(wanted)
    if item.function == "avg":
        return float(got) == wanted
    return abs(got - wanted) <= RELATIVE * abs(wanted)


def ordered(question, rows, clear):
    """The rows as ORDER BY (group columns only) and LIMIT leave them."""
    rows = list(rows)
    if question.order:
        for term in reversed(oracle.split_list(question.order)):
            words = term.split()
            name = words[0].strip('"')
            index = next(i for i, item in enumerate(question.items)
                         if item.name == name or item.first == name)
            order = clear.dictionary(question.items[index].first)
            places = {label: place for place, label in enumerate(order) if label is not None}
            known = [row for row in rows if row[index].value is not None]
            absent = [row for row in rows if row[index].value is None]
            down = len(words) > 1 and words[1].lower() == "desc"
            known.sort(key=lambda row: places[row[index].value], reverse=down)
            rows = known + absent
    return rows[:question.limit] if question.limit is not None else rows


def appearing(question, rows, got_rows):
    """The rows without the empty groups that a WHERE clause excluded and the answer left out."""
    keys = [index for index, item in enumerate(question.items) if item.function is None]
    if not question.where or len(keys) != len(question.groups):
        return rows
    present = {tuple(row[index] for index in keys) for row in got_rows}
    return [row for row in rows
            if tuple(in_json(row[index]) for index in keys) in present
            or any(cell.contributors for cell in row)]


def compare(answer, sql, clear):
    """Raises Difference, or returns (cells, cells released) over the aggregates."""
    question, rows = clear.answer(sql)
    if answer.get("format") != FORMAT:
        raise Difference(f"format is {answer.get('format')!r}")
    names = [column["name"] for column in answer["columns"]]
    if names != [item.name for item in question.items]:
        raise Difference(f"columns are {names}, wanted {[item.name for item in question.items]}")
    got_rows = answer["rows"]
    wanted = ordered(question, appearing(question, rows, got_rows), clear)
    if len(got_rows) != len(wanted):
        raise Difference(f"{len(got_rows)} rows, wanted {len(wanted)} of {len(rows)}")
    hidden = {tuple(place) for place in answer["suppressed"]}
    cells = released = 0
    for r, (got_row, row) in enumerate(zip(got_rows, wanted)):
        for c, (got, cell) in enumerate(zip(got_row, row)):
            item, column = question.items[c], answer["columns"][c]
            check_type(item, column, cell)
            if ((r, c) in hidden) != cell.suppressed or not same(item, got, cell):
                raise Difference(
                    f"row {r} {got_row}: {item.name} is {got!r}"
                    f"{' (suppressed)' if (r, c) in hidden else ''}, wanted {shown(cell)!r} from "
                    f"{cell.contributors} contributors")
            if item.function:
                cells += 1
                released += not cell.suppressed
    return cells, released


def check_type(item, column, cell):
    if item.function is None:
        if cell.value is not None and column["type"] != cell.kind:
            raise Difference(f"{item.name} has type {column['type']}, wanted {cell.kind}")
        return
    if column["type"] != cell.kind or (cell.kind == "decimal" and column["scale"] != cell.scale):
        raise Difference(f"{item.name} is {column}, wanted {cell.kind} of scale {cell.scale}")
