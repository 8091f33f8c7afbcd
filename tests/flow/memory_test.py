# SPDX-License-Identifier: Apache-2.0
"""The encryptor streams: its memory does not grow with the table, partitioned or not, from CSV or
Parquet, and no clear row is spilled to disk."""

import os

import pytest

from support import streamed

pytestmark = pytest.mark.long
GIB = 1 << 30


@pytest.mark.parametrize("partition", ["", 'partition = ["g"]'], ids=["whole", "partitioned"])
@pytest.mark.parametrize("rows", [3_000_000, 30_000_000])
def test_peak_memory_of_encrypt(flow, closing_line, rows, partition):
    path = flow.folder / f"big-{rows}.parquet"
    if not path.exists():
        streamed.write_table(path, rows)
    out = flow.folder / "big.upload"
    running = flow.contributor.start("encrypt", path, "--schema",
                                     flow.write_schema(
                                         "big", streamed.SCHEMA.format(partition=partition)),
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
