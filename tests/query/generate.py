# SPDX-License-Identifier: Apache-2.0
"""Random (schema, table, question) cases as text, from a seed. Questions stay within what the
schema reaches, so every one must be answered; what must be refused is written by hand in cases/.

    python tests/query/generate.py SEED NUMBER      prints dataset NUMBER of SEED
"""

import dataclasses
import random
import sys

WORDS = ("north", "south", "east", "west", "O'Hare", "two words", "ünïcode", "a,b")
SPREAD = ("VAR_SAMP", "VAR_POP", "STDDEV_SAMP", "STDDEV_POP")
PAIRS = ("COVAR_SAMP", "COVAR_POP", "CORR")


@dataclasses.dataclass
class Measure:
    name: str
    low: int
    high: int
    decimals: int
    powers: int
    nullable: bool

    def text(self, scaled):
        sign, digits = "-" if scaled < 0 else "", str(abs(scaled)).rjust(self.decimals + 1, "0")
        if not self.decimals:
            return sign + digits
        return sign + digits[:-self.decimals] + "." + digits[-self.decimals:]


@dataclasses.dataclass
class Dimension:
    name: str
    groups: int
    predicates: list  # of SQL texts
    nullable: bool


class Maker:
    """One dataset: columns, schema, uploads, questions."""

    def __init__(self, seed, number):
        self.random = random.Random(f"{seed}/{number}")
        self.name = f"random_{number}"
        self.source, self.toml = [], []
        self.measures, self.dimensions = [], []
        self.partition, self.crosses = [], []
        # Without dimensions and products a table lands in the parameter set `sums`; many dimensions
        # land in `narrow`, few and long measures in `wide`.
        self.only_sums = self.chance(0.25)
        self.products = not self.only_sums and self.chance(0.85)

    def chance(self, share):
        return self.random.random() < share

    def text(self):
        pick = self.random
        self.versions = pick.choice((1, 1, 2, 3))
        for index in range(pick.choice((1, 2, 2, 3))):
            self.add_measure(index)
        for index in range(0 if self.only_sums else pick.choice((1, 2, 3))):
            pick.choice((self.add_text, self.add_category, self.add_part, self.add_bins))(index)
        if self.only_sums or self.chance(0.65):
            self.add_partition()
        if len(self.dimensions) >= 2 and self.chance(0.8):
            cross = pick.sample(self.dimensions, 2)
            if cross[0].groups * cross[1].groups <= 40:
                self.crosses.append(cross)
        rows = 3600 * max(1, self.partition[0].groups if self.partition else 1)
        self.most_rows = 2 * rows
        lines = [f"dataset {self.name}", "schema", *self.head(), *self.toml, "end", *self.source]
        questions = 14
        for version in range(self.versions):
            drawn = rows + pick.randrange(rows)
            lines.append(f"upload rows={drawn} seed={pick.randrange(10**6)} "
                         f"format={pick.choice(('csv', 'parquet'))}")
            share = 2 if version + 1 < self.versions else questions
            questions -= share
            for _ in range(share):
                lines += ["query", self.question(), "end"]
        return "\n".join(lines) + "\n"

    def head(self):
        lines = [f"row_limit = {self.random.choice((90_000, 1_000_000, 50_000_000))}"]
        if self.crosses:
            crosses = ", ".join("[" + ", ".join(f'"{dimension.name}"' for dimension in cross) + "]"
                                for cross in self.crosses)
            lines.append(f"crosses = [{crosses}]")
        if self.partition:
            lines.append(f'partition = ["{self.partition[0].name}"]')
        if self.chance(0.4):
            lines.append(f"unit_row_limit = {self.most_rows}")
        if not self.products:
            lines.append("products = false")
        return lines

    def declare(self, name, **keys):
        self.toml.append(f"[columns.{name}]")
        for key, value in keys.items():
            if value is None or value is False:
                continue
            if value is True:
                value = "true"
            self.toml.append(f"{key} = {value}")

    def nulls(self, nullable):
        return f" nulls={self.random.choice((0.02, 0.2, 0.5))}" if nullable else ""

    def add_measure(self, index):
        pick = self.random
        decimals = pick.choice((0, 0, 1, 2, 4))
        size = pick.choice((9, 100, 2000, 60_000, 4_000_000, 4_000_000))
        low = pick.choice((0, -size, -size, -size // 3))
        measure = Measure(f"m{index}", low, size, decimals, pick.choice((1, 2, 2)),
                          self.chance(0.5))
        kind = pick.choice(("decimal", "double")) if decimals else "integer"
        shown = (measure.text(low), measure.text(size))
        self.source.append(f"column {measure.name} {kind} {shown[0]} {shown[1]}"
                           + (f" decimals={decimals}" if decimals else "")
                           + self.nulls(measure.nullable))
        self.declare(measure.name, role='"measure"', decimals=decimals, min=shown[0],
                     max=shown[1], powers=measure.powers, nullable=measure.nullable)
        self.measures.append(measure)

    def add_text(self, index, balanced=False):
        pick, name = self.random, f"t{index}"
        words = pick.sample(WORDS, pick.randrange(2, 5 if balanced else 7))
        known = words[:-1] if len(words) > 2 and self.chance(0.4) else words
        nullable = not balanced and self.chance(0.4)
        weights = [1 if balanced else pick.choice((1, 2, 5)) for _ in words]
        if not balanced and self.chance(0.3):
            weights[0] = 0.003
        listed = " ".join('"' + word + '"' for word in words)
        self.source.append(f"column {name} text {listed} weights="
                           + ",".join(map(str, weights)) + self.nulls(nullable))
        self.declare(name, role='"dimension"',
                     categories="[" + ", ".join(f'"{word}"' for word in known) + "]",
                     other=known != words, nullable=nullable)
        quoted = ["'" + word.replace("'", "''") + "'" for word in known]
        predicates = [f"{name} = {pick.choice(quoted)}",
                      f"{name} IN ({', '.join(pick.sample(quoted, min(2, len(quoted))))})"]
        return self.keep(Dimension(name, len(known) + (known != words) + nullable,
                                   predicates + self.null_predicate(name, nullable), nullable))

    def add_category(self, index, balanced=False):
        pick, name = self.random, f"c{index}"
        values = sorted(pick.sample(range(-3, 9), pick.randrange(2, 4 if balanced else 6)))
        nullable = not balanced and self.chance(0.4)
        self.source.append(f"column {name} category {' '.join(map(str, values))}"
                           + self.nulls(nullable))
        self.declare(name, role='"dimension"', categories=str(values), nullable=nullable)
        predicates = [f"{name} = {pick.choice(values)}", f"{name} IN ({values[0]}, {values[-1]})",
                      f"{name} BETWEEN {values[0]} AND {values[1]}"]
        return self.keep(Dimension(name, len(values) + nullable,
                                   predicates + self.null_predicate(name, nullable), nullable))

    def add_part(self, index, balanced=False):
        pick, name = self.random, f"d{index}"
        part, groups = pick.choice((("quarter", 4), ("weekday", 7), ("month", 12)))
        if balanced:
            part, groups = "quarter", 4
        nullable = not balanced and self.chance(0.3)
        last = pick.choice(("2024-12-31T23:59:59", "2024-11-02")) if not balanced else "2024-12-31"
        self.source.append(f"column when{index} timestamp 2024-01-01 {last}"
                           + self.nulls(nullable))
        self.declare(name, role='"dimension"', **{"from": f'"when{index}"'}, part=f'"{part}"',
                     nullable=nullable)
        low = pick.randrange(1, groups)
        predicates = [f"{name} = {low}", f"{name} BETWEEN {low} AND {groups}",
                      f"{name} IN (1, {low + 1})"]
        return self.keep(Dimension(name, groups + nullable,
                                   predicates + self.null_predicate(name, nullable), nullable))

    def add_bins(self, index):
        pick, name = self.random, f"b{index}"
        measure = pick.choice(self.measures)
        count = min(pick.choice((2, 3, 4)), measure.high - measure.low - 1)
        edges = sorted(pick.sample(range(measure.low + 1, measure.high), count))
        shown = [measure.text(edge) for edge in edges]
        self.declare(name, role='"bins"', **{"from": f'"{measure.name}"'},
                     decimals=measure.decimals or None, edges="[" + ", ".join(shown) + "]",
                     nullable=measure.nullable)
        predicates = [f"{measure.name} >= {shown[0]} AND {measure.name} < {shown[-1]}",
                      f"{measure.name} < {shown[1]}", f"{measure.name} >= {shown[-1]}"]
        if measure.decimals == 0:
            predicates.append(f"{measure.name} BETWEEN {edges[0]} AND {edges[1] - 1}")
        return self.keep(Dimension(name, count + 1 + measure.nullable, predicates,
                                   measure.nullable))

    def keep(self, dimension):
        self.dimensions.append(dimension)
        return dimension

    def null_predicate(self, name, nullable):
        return [f"{name} IS NULL"] if nullable else []

    def add_partition(self):
        make = self.random.choice((self.add_text, self.add_category, self.add_part))
        self.partition.append(make(9, balanced=True))
        self.dimensions.remove(self.partition[0])

    def question(self):
        pick = self.random
        families = [[]] + [[dimension] for dimension in self.dimensions] + self.crosses * 2
        family = pick.choice(families)
        groups, where = [], []
        for dimension in [*family, *self.partition]:
            is_partition = dimension in self.partition
            use = pick.choice(("group",) * 5 + ("where",) * 4 + ("both",)
                              + ("nothing",) * 4 * is_partition)
            if use in ("group", "both"):
                groups.append(dimension)
            if use in ("where", "both"):
                where.append(pick.choice(dimension.predicates))
        pick.shuffle(groups)
        items = [dimension.name for dimension in groups]
        wanted = pick.choice((1, 2, 2, 3))
        while len(items) < len(groups) + wanted:
            aggregate = self.aggregate(bool(family))
            if aggregate not in items:
                items.append(aggregate)
        return self.sql(items, where, groups)

    def sql(self, items, where, groups):
        pick = self.random
        shown = [f"{item} AS a{index}" if "(" in item and self.chance(0.2) else item
                 for index, item in enumerate(items)]
        sql = f"SELECT {', '.join(shown)} FROM {self.name}"
        if where:
            sql += " WHERE " + " AND ".join(where)
        if groups:
            sql += " GROUP BY " + ", ".join(dimension.name for dimension in groups)
            if len(groups) == 1 and not groups[0].nullable and not where and self.chance(0.2):
                sql += f" ORDER BY {groups[0].name}" + pick.choice(("", " DESC"))
                sql += pick.choice(("", f" LIMIT {pick.randrange(1, 4)}"))
        return sql

    def aggregate(self, grouped):
        """One aggregate that the schema reaches, with or without an indicator in it."""
        pick = self.random
        first, second = pick.choice(self.measures), pick.choice(self.measures)
        kind = pick.random()
        if kind < 0.15:
            return "COUNT(*)"
        if kind < 0.45:
            return f"{pick.choice(('COUNT', 'SUM', 'SUM'))}({first.name})"
        if kind < 0.65:
            return f"AVG({first.name})"
        if kind < 0.85 or first is second or grouped or not self.products:
            if (grouped or not self.products) and first.powers < 2:
                return f"SUM({first.name})"
            return f"{pick.choice(SPREAD)}({first.name})"
        reaches_corr = (first.powers > 1 or not second.nullable) and (
            second.powers > 1 or not first.nullable)
        function = pick.choice(PAIRS if reaches_corr else PAIRS[:2])
        return f"{function}({first.name}, {second.name})"


if __name__ == "__main__":
    print(Maker(sys.argv[1], int(sys.argv[2])).text(), end="")
