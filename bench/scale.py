#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Time and peak memory of every stage of the real programs against the number of rows: a table with
one measure, its square, and a dimension of four values goes from Parquet through `schema` (load),
`encrypt`, `upload` and `query`. The times are fitted to a line a + b * rows; what they are off the
line is printed. Needs about 200 bytes of disk a row, twice over while a table is uploaded."""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import threading
import time

import numpy

from whole_programs import fresh_folder, run, write_results
from support import processes, streamed

ROWS = (10_000, 100_000, 1_000_000, 3_000_000, 30_000_000)
STAGES = ("load", "encrypt", "upload", "first question", "question")
QUESTIONS = 7
MIB = 1 << 20
SQL = "SELECT g, COUNT(*), AVG(x), STDDEV_SAMP(x) FROM {} GROUP BY g"


class OwnMemory:
    """The most memory of their own (mapped files left out) that servers have while it is open."""

    def __init__(self, *servers):
        self.pids = [server.process.pid for server in servers]
        self.peak = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self):
        while True:
            for pid in self.pids:
                status = pathlib.Path(f"/proc/{pid}/status").read_text()
                own = next(line for line in status.split("\n") if line.startswith("RssAnon"))
                self.peak = max(self.peak, int(own.split()[1]) * 1024)
            if self._done.wait(0.02):
                return

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._done.set()
        self._thread.join()


def run_client(client, *arguments):
    """(seconds, peak memory, standard output) of one command."""
    begun = time.perf_counter()
    running = client.start(*map(str, arguments))
    output = running.stdout.read()
    _, status, usage = os.wait4(running.pid, 0)
    seconds = time.perf_counter() - begun
    if os.waitstatus_to_exitcode(status) != 0:
        raise RuntimeError(f"{' '.join(map(str, arguments))}: {running.stderr.read()}")
    return seconds, usage.ru_maxrss * 1024, output


def check(output, counts, sums):
    for row in json.loads(output)["rows"]:
        group = int(row[0])
        if int(row[1]) != counts[group] or abs(float(row[2]) - sums[group] / counts[group]) > 1e-9:
            raise RuntimeError(f"wrong answer for group {group}")


class Scale:
    """One platform; a dataset for each number of rows, dropped when it is measured."""

    def __init__(self, folder):
        self.folder = folder
        self.platform = processes.Platform(folder / "platform")
        self.platform.start_cloud(arguments=["--keep-totals", "0"])
        self.platform.start_gatekeeper()
        self.contributor = self.platform.join("contributor")
        self.researcher = self.platform.join("researcher")

    def measure(self, rows):
        """{stage: (seconds, peak memory of the client, peak own memory of a server)}"""
        table, schema = self.folder / "table.parquet", self.folder / "schema.toml"
        schema.write_text(streamed.SCHEMA.format(partition=""))
        counts, sums = streamed.write_table(table, rows)
        name, out = f"t{rows}", self.folder / "upload"
        commands = {
            "load": ("schema", table, "--out", self.folder / "proposed.toml"),
            "encrypt": ("encrypt", table, "--schema", schema, "--dataset", name, "--out", out),
            "upload": ("upload", out)}
        figures = {}
        servers = (self.platform.cloud, self.platform.gatekeeper)
        for stage, command in commands.items():
            with OwnMemory(*servers) as memory:
                seconds, peak, _ = run_client(self.contributor, *command)
            figures[stage] = (seconds, peak, memory.peak)
        (self.folder / "proposed.toml").unlink()
        shutil.rmtree(out)
        for stage, repeats in (("first question", 1), ("question", QUESTIONS)):
            times = []
            with OwnMemory(*servers) as memory:
                for _ in range(repeats):
                    seconds, peak, output = run_client(self.researcher, "query", SQL.format(name),
                                                       "--format", "json", "--no-cache")
                    check(output, counts, sums)
                    times.append(seconds)
            figures[stage] = (statistics.median(times), peak, memory.peak)
        run_client(self.contributor, "drop", name, "1")
        table.unlink()
        return figures


def fitted(rows, times):
    """a, b of time = a + b * rows with the least relative error."""
    weights = 1 / numpy.array(times)
    matrix = numpy.stack([numpy.ones(len(rows)), numpy.array(rows, dtype=float)], axis=1)
    (a, b), *_ = numpy.linalg.lstsq(matrix * weights[:, None], numpy.ones(len(rows)), rcond=None)
    return a, b


def print_tables(results):
    rows = sorted(results)
    print("\n| rows | " + " | ".join(f"{stage}, s" for stage in STAGES)
          + " | memory of client, MiB | of a server, MiB |")
    print("|" + "---|" * (len(STAGES) + 3))
    for count in rows:
        figures = results[count]
        client = max(figures[stage][1] for stage in STAGES) / MIB
        server = max(figures[stage][2] for stage in STAGES) / MIB
        print(f"| {count:,} | " + " | ".join(f"{figures[stage][0]:.3g}" for stage in STAGES)
              + f" | {client:.0f} | {server:.0f} |")
    if len(rows) < 3:
        return
    print("\n| stage | line | off the line |\n|---|---|---|")
    for stage in STAGES:
        times = [results[count][stage][0] for count in rows]
        a, b = fitted(rows, times)
        off = [100 * (time_s / (a + b * count) - 1) for count, time_s in zip(rows, times)]
        print(f"| {stage} | {a * 1000:.0f} ms + {b * 1e9:.1f} ns a row | "
              + ", ".join(f"{part:+.0f} %" for part in off) + " |")


def main():
    parser = argparse.ArgumentParser(prog="./run bench --scale", description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=ROWS)
    parser.add_argument("--json", help="write the figures to this file")
    options = parser.parse_args()
    results = {}
    with fresh_folder("scale") as folder:
        scale = Scale(folder)
        try:
            for rows in options.rows:
                results[rows] = scale.measure(rows)
                print(f"{rows:>12,} rows: " + ", ".join(
                    f"{stage} {results[rows][stage][0]:.3g} s" for stage in STAGES), flush=True)
        finally:
            scale.platform.stop()
    print_tables(results)
    write_results(options.json, "scale", results)
    return 0


if __name__ == "__main__":
    run(main)
