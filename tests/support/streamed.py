# SPDX-License-Identifier: Apache-2.0
"""A table of as many rows as are wanted, for what must not grow with them: a measure x, its square,
and a dimension g of four values."""

import numpy
import pyarrow
import pyarrow.parquet

SCHEMA = """row_limit = 100000000
{partition}
[columns.x]
role = "measure"
min = -1000
max = 1000
powers = 2
[columns.g]
role = "dimension"
categories = [0, 1, 2, 3]
"""


def write_table(path, rows):
    """As Parquet in row groups of a million, so that writing does not need the table in memory
    either. What `query` must answer: count and sum of x for each g."""
    random = numpy.random.default_rng(rows)
    schema = pyarrow.schema([("x", pyarrow.int64()), ("g", pyarrow.int64())])
    counts, sums = numpy.zeros(4, dtype=int), numpy.zeros(4, dtype=int)
    with pyarrow.parquet.ParquetWriter(path, schema) as writer:
        for start in range(0, rows, 1_000_000):
            count = min(1_000_000, rows - start)
            x, g = random.integers(-1000, 1001, count), random.integers(0, 4, count)
            for group in range(4):
                counts[group] += (g == group).sum()
                sums[group] += x[g == group].sum()
            writer.write_table(pyarrow.table([x, g], schema=schema))
    return counts, sums
