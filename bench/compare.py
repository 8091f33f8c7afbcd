#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The benchmark as a table: the engine's jobs on one and on two threads and on its AVX2 kernels,
then other libraries and the clear table at the same jobs over the same rows, in one run. Each
result is verified by who made it. A peer that cannot run is printed as missing, with the reason."""

import argparse
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = ROOT / "build" / "bin"
STATE = ROOT / "build" / "bench"
PER_ROW = ("encrypt", "sum", "dot", "group10", "cov20")
LARGE = {"sum|dot|group10": 1 << 24, "cov20": 1 << 22}
GO_MIN = (1, 23)


class Missing(Exception):
    """Why a peer cannot run here."""


def output_of(command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          check=False, **options)
    if done.returncode != 0:
        lines = (done.stderr or done.stdout).strip().split("\n")
        raise Missing(f"exit code {done.returncode}: {lines[-1][:120]}")
    return done.stdout


def engine(rows, only, threads=1, kernels=None, export=None):
    """The results of cryptonet-bench, which exits with 1 when one is wrong."""
    document = STATE / "engine.json"
    command = [BIN / "cryptonet-bench", "--rows", rows, "--threads", threads, "--only", only,
               "--json", document]
    if export:
        command += ["--export", export]
    environment = {**os.environ, **({"CRYPTONET_KERNELS": kernels} if kernels else {})}
    output_of(command, env=environment)
    return json.loads(document.read_text())


def clear_table(rows_file, rows):
    """DuckDB on one thread over the clear columns."""
    import duckdb
    import numpy
    import pyarrow
    columns = numpy.fromfile(rows_file, dtype="<i8").reshape(3, rows)
    connection = duckdb.connect()
    connection.execute("SET threads = 1")
    source = pyarrow.table(dict(zip(("x", "y", "g"), columns)))
    connection.register("source", source)
    connection.execute("CREATE TABLE t AS SELECT * FROM source")
    x, y, g = columns
    jobs = {"sum": ("SELECT sum(x) FROM t", [(int(x.sum()),)]),
            "dot": ("SELECT sum(x * y) FROM t", [(int((x * y).sum()),)]),
            "group10": ("SELECT sum(x) FROM t GROUP BY g ORDER BY g",
                        [(int(x[g == group].sum()),) for group in range(10)])}
    results = []
    for name, (sql, expected) in jobs.items():
        times, verified = [], True
        for _ in range(7):
            begun = time.perf_counter_ns()
            answer = connection.execute(sql).fetchall()
            times.append((time.perf_counter_ns() - begun) / rows)
            verified = verified and answer == expected
        results.append({"name": name, "ns_per_row": statistics.median(times), "repeats": 7,
                        "verified": verified})
    return {"peer": "DuckDB, in clear", "version": duckdb.__version__, "results": results}


def node_seal(rows_file, _rows):
    modules = ROOT / "build" / "node" / "node_modules"
    if not (modules / "node-seal").is_dir():
        raise Missing("npm's node-seal is not in build/node")
    own = ROOT / "build" / "node" / "bin" / "node"
    node = own if own.exists() else shutil.which("node")
    if node is None:
        raise Missing("no Node.js")
    script = ROOT / "bench" / "peers" / "node_seal.mjs"
    return json.loads(output_of([node, script, modules, rows_file]))


def lattigo(rows_file, _rows):
    go = shutil.which("go")
    if go is None:
        raise Missing("no Go")
    found = re.search(r"go(\d+)\.(\d+)", output_of([go, "version"]))
    if found is None or tuple(map(int, found.groups())) < GO_MIN:
        raise Missing("Go older than " + ".".join(map(str, GO_MIN)))
    program = ROOT / "build" / "peers" / "lattigo"
    program.parent.mkdir(parents=True, exist_ok=True)
    output_of([go, "build", "-mod=readonly", "-o", program, "."], cwd=ROOT / "bench/peers/lattigo")
    return json.loads(output_of([program, rows_file], env={**os.environ, "GOMAXPROCS": "1"}))


def native_seal(rows_file, _rows):
    program = BIN / "seal-bench"
    if not program.exists():
        raise Missing("CMake's find_package(SEAL 4) finds no Microsoft SEAL on this system")
    return json.loads(output_of([program, rows_file]))


PEERS = {"Microsoft SEAL, native": native_seal, "Microsoft SEAL in WebAssembly": node_seal,
         "Lattigo": lattigo, "DuckDB, in clear": clear_table}


def run_peers(rows_file, rows):
    peers = []
    for name, run in PEERS.items():
        try:
            peers.append(run(rows_file, rows))
        except Missing as reason:
            peers.append({"peer": name, "missing": str(reason), "results": []})
    return peers


def aligned(lines, left=1):
    """Columns side by side, the first `left` of them to the left, figures to the right."""
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    for line in lines:
        cells = [cell.ljust(width) if i < left else cell.rjust(width)
                 for i, (cell, width) in enumerate(zip(line, widths))]
        print("  " + "  ".join(cells).rstrip())


def figure(value):
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def duration(nanoseconds):
    return (f"{nanoseconds / 1e6:.2f} ms" if nanoseconds >= 1e6 else
            f"{nanoseconds / 1e3:.2f} µs" if nanoseconds >= 1e3 else f"{nanoseconds:.0f} ns")


def tick(results):
    return "yes" if all(result["verified"] for result in results) else "NO"


def print_engine(runs):
    """One line a job and run; cost of reading beside it."""
    lines = [["job", "rows", "threads", "kernels", "ns/row", "bytes/row", "GB/s", "read loop",
              "× read", "repeats", "verified"]]
    for run in runs:
        for result in run["results"]:
            if result["name"] not in PER_ROW:
                continue
            time_ns, read = result["ns_per_row"]["median"], result["memory_read_ns_per_row"]
            lines.append([result["name"], f"{result['rows']:,}", str(result["threads"]),
                          result["kernel"], figure(time_ns), figure(result["bytes_per_row"]),
                          figure(result["bytes_per_row"] / time_ns), figure(read or None),
                          figure(result["ratio_to_memory_read"] or None), str(result["repeats"]),
                          tick([result])])
    aligned(lines)
    print("\n  read loop: the fastest of three loops that only read the same bytes in the same "
          "run. encrypt counts\n  rows of one stored column, eight in all; bytes/row is what it "
          "writes.\n")
    for result in runs[0]["results"]:
        if result["name"] not in PER_ROW:
            print(f"  {result['name']:10}  {duration(result['ns_per_row']['median'])} for one "
                  f"total, verified: {tick([result])}")


def print_bandwidth(runs):
    """What a second thread may hope for: how fast the read loops are."""
    best = {}
    for run in runs:
        for result in run["results"]:
            if result["memory_read_ns_per_row"]:
                rate = result["bytes_per_row"] / result["memory_read_ns_per_row"]
                best[result["threads"]] = max(best.get(result["threads"], 0), rate)
    text = ", ".join(f"{threads} thread{'s' if threads > 1 else ''} {rate:.1f} GB/s"
                     for threads, rate in sorted(best.items()))
    print(f"\n  read bandwidth: {text}\n")


def print_peers(ours, peers):
    """ns per row of each library, and how many times ours that is."""
    jobs = ["encrypt", "sum", "dot", "group10"]
    own = {result["name"]: result["ns_per_row"]["median"] for result in ours["results"]}
    lines = [["ns per row"] + jobs + ["verified"],
             ["Multistage Cryptonet, with checks"] + [figure(own.get(job)) for job in jobs]
             + [tick(ours["results"])]]
    reasons = []
    for peer in peers:
        name = f"{peer['peer']} ({peer['version']})" if "version" in peer else peer["peer"]
        if "missing" in peer:
            lines.append([name] + ["missing"] * len(jobs) + ["–"])
            reasons.append(f"  missing: {name}: {peer['missing']}")
            continue
        times = {result["name"]: result["ns_per_row"] for result in peer["results"]}
        lines.append([name] + [figure(times.get(job)) for job in jobs] + [tick(peer["results"])])
        lines.append(["  × ours"] + [figure(times[job] / own[job]) if job in times and job in own
                                     else "–" for job in jobs] + [""])
    aligned(lines)
    print("\n".join(reasons))
    print("""  One thread each, the same rows. The libraries: BGV, N = 8192, 3 × 50-bit primes and a
  special one, t of 40 bits, symmetric encryption, sums of products relinearised once and folded by
  rotations once at the end; expert use. Not comparable: ours answers each total twice, with its
  check, and its totals leave as 18 bytes for an opener with hints, not as ciphertexts; theirs have
  no check, and can go on computing.""")


def main():
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__)
    parser.add_argument("--rows", type=int, default=1 << 20, help="rows of the table")
    parser.add_argument("--large", action="store_true",
                        help="also 16 M rows (cov20: 4 M), where no cache helps; 6 GiB of memory")
    parser.add_argument("--only", default=".*", help="jobs whose name matches this expression")
    parser.add_argument("--no-peers", action="store_true", help="the engine alone")
    parser.add_argument("--json", help="write everything to this file")
    options = parser.parse_args()
    STATE.mkdir(parents=True, exist_ok=True)
    rows_file = STATE / "rows.bin"
    own = engine(options.rows, options.only, export=rows_file)
    per_row = "|".join(name for name in PER_ROW if re.search(options.only, name)) or "^$"
    runs = [own, engine(options.rows, per_row, threads=2)]
    if "avx2" in own["machine"]["isa"]:
        runs.append(engine(options.rows, per_row, kernels="avx2"))
    if options.large:
        runs += [engine(rows, only) for only, rows in LARGE.items()]
    print(f"\n  {own['machine']['cpu']}, {own['machine']['cores']} cores, N = 8192, three 48-bit "
          "primes, 49-bit t\n")
    print_engine(runs)
    print_bandwidth(runs)
    peers = [] if options.no_peers else run_peers(rows_file, options.rows)
    rows_file.unlink()
    if peers:
        print_peers(own, peers)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(
            {"format": "cryptonet.bench.v2", "engine": runs, "peers": peers}, indent=2) + "\n")
    results = [result for source in runs + peers for result in source["results"]]
    return 0 if all(result["verified"] for result in results) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Missing as reason:
        print(f"bench: the engine's own run failed: {reason}", file=sys.stderr)
        sys.exit(1)
