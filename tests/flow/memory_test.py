# SPDX-License-Identifier: Apache-2.0
"""The encryptor streams: its memory does not grow with the table, partitioned or not, from CSV or
Parquet, and no clear row is spilled to disk."""

import os

import numpy
import pyarrow
import pyarrow.parquet
import pytest

pytestmark = pytest.mark.long
GIB = 1 << 30
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
    """In row groups of a million, so that writing does not need the table in memory either."""
    random = numpy.random.default_rng(rows)
    schema = pyarrow.schema([("x", pyarrow.int64()), ("g", pyarrow.int64())])
    with pyarrow.parquet.ParquetWriter(path, schema) as writer:
        for start in range(0, rows, 1_000_000):
            count = min(1_000_000, rows - start)
            writer.write_table(pyarrow.table(
                [random.integers(-1000, 1001, count), random.integers(0, 4, count)],
                schema=schema))


@pytest.mark.parametrize("partition", ["", 'partition = ["g"]'], ids=["whole", "partitioned"])
@pytest.mark.parametrize("rows", [3_000_000, 30_000_000])
def test_peak_memory_of_encrypt(flow, closing_line, rows, partition):
    path = flow.folder / f"big-{rows}.parquet"
    if not path.exists():
        write_table(path, rows)
    out = flow.folder / "big.upload"
    running = flow.contributor.start("encrypt", path, "--schema",
                                     flow.write_schema("big", SCHEMA.format(partition=partition)),
                                     "--dataset", "big", "--out", out)
    _, status, usage = os.wait4(running.pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0, running.stderr.read()
    peak = usage.ru_maxrss * 1024
    closing_line(f"encrypt, {rows:,} rows{', partitioned' if partition else ''}: peak memory "
                 f"{peak / GIB:.2f} GiB")
    assert peak <= 2 * GIB
    for entry in sorted(out.rglob("*"), reverse=True):
        entry.unlink() if entry.is_file() else entry.rmdir()
    out.rmdir()
