# SPDX-License-Identifier: Apache-2.0
"""What the benchmarks of whole programs have in common: a folder of their own, a file for figures,
and an end that says what went wrong."""

import contextlib
import json
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))  # for the package `support`


@contextlib.contextmanager
def fresh_folder(name):
    """build/bench/NAME, made anew and removed at the end."""
    folder = ROOT / "build" / "bench" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_results(file, name, results):
    """Writes the figures of a benchmark, if a file was asked for."""
    if file:
        pathlib.Path(file).write_text(json.dumps(
            {"format": f"cryptonet.bench.{name}.v1", "results": results}, indent=2) + "\n")


def run(main):
    """Ends the process as `main` did."""
    try:
        sys.exit(main())
    except (RuntimeError, subprocess.SubprocessError) as reason:
        print(f"bench: {reason}", file=sys.stderr)
        sys.exit(1)
