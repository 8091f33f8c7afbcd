# SPDX-License-Identifier: Apache-2.0
"""What the kept fuzz corpus reaches: lines of each parser's own files, counted by gcov.

    python tools/fuzz_coverage.py BUILD [--at-least PERCENT] [--corpus FOLDER]

BUILD is configured with the preset `coverage` and has `fuzz_targets` built. Prints a table with the
lines that were not reached; ends with 1 when a parser is under PERCENT (95)."""

import argparse
import collections
import functools
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Files of each fuzz target that read outside bytes.
PARSERS = {
    "answers": ["src/researcher/client/result_text.cc"],
    "audit": [f"src/audit/{name}.cc" for name in ("exported", "head", "record", "verifier")],
    "column_records": [f"src/columns/format/{name}.cc" for name in (
        "file_header", "hints", "manifest", "merkle_tree", "sealed_key", "segment", "totals")],
    "expression": ["src/he/expression/expression.cc", "src/he/expression/plan.cc"],
    "http": [f"src/net/{name}.cc" for name in ("certificate", "error_body", "role", "target")],
    "ledger": ["src/cloud/store/ledger.cc"],
    "messages": ["src/api/messages.cc", "src/api/strict_json.cc"],
    "package": ["src/gatekeeper/intake/package.cc"],
    "passkeys": ["src/gatekeeper/auth/passkey_wire.cc"],
    "question": [f"src/gatekeeper/plan/{name}.cc" for name in (
        "bind", "bind_conditions", "conditions", "factors", "parse", "syntax_tree")],
    "schema": [f"src/table/{name}.cc" for name in (
        "decimal", "legend", "schema_check", "schema_parse", "schema_write")],
    "seal_objects": [f"src/he/seal/{name}.cc" for name in (
        "blake2xb", "object_reader", "object_writer", "objects", "seed")],
}


def replay(build, corpus):
    for counts in build.rglob("*.gcda"):
        counts.unlink()
    for target in PARSERS:
        program = build / "targets" / target
        done = subprocess.run([program, corpus / target], capture_output=True, text=True,
                              check=False)
        if done.returncode != 0:
            sys.exit(f"{target} failed on its corpus: {done.stderr[-500:]}")


@functools.cache
def source_lines(path):
    return path.read_text().splitlines() if path.is_relative_to(ROOT) else []


def counted_lines(build):
    """{file: {line: times}} of every file that was compiled with counts and ran."""
    lines = collections.defaultdict(dict)
    for counts in build.joinpath("src").rglob("*.gcda"):
        report = subprocess.run(["gcov", "--json-format", "--stdout", counts.name],
                                cwd=counts.parent, capture_output=True, text=True, check=True)
        for document in report.stdout.splitlines():
            for file in json.loads(document)["files"]:
                path = pathlib.Path(file["file"])
                path = (path if path.is_absolute() else build / path).resolve()
                text = source_lines(path)
                for line in file["lines"]:
                    seen = lines[str(path)]
                    number = line["line_number"]
                    # What gcov counts at a closing brace runs while an exception passes.
                    if number > len(text) or text[number - 1].strip() in ("}", "};"):
                        continue
                    seen[number] = max(seen.get(number, 0), line["count"])
    return lines


def ranges(numbers):
    """[3, 4, 5, 9] as "3-5 9"."""
    runs = []
    for number in sorted(numbers):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return " ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--at-least", type=float, default=95)
    parser.add_argument("--corpus", type=pathlib.Path, default=ROOT / "fuzz" / "corpus")
    arguments = parser.parse_args()
    build = arguments.build.resolve()
    replay(build, arguments.corpus.resolve())
    counted = counted_lines(build)
    low = []
    print(f"{'parser':<15} {'file':<42} {'lines':>5} {'reached':>8}  not reached")
    for target, files in PARSERS.items():
        total = reached = 0
        for file in files:
            lines = counted.get(str(ROOT / file), {})
            if not lines:
                sys.exit(f"{file} has no counts: is it still a part of {target}?")
            missed = [number for number, times in lines.items() if times == 0]
            total += len(lines)
            reached += len(lines) - len(missed)
            print(f"{target:<15} {file:<42} {len(lines):>5} "
                  f"{100 * (1 - len(missed) / len(lines)):>7.1f}%  {ranges(missed)}")
        percent = 100 * reached / total
        inputs = sum(1 for _ in (arguments.corpus / target).iterdir())
        print(f"{target:<15} {f'all, {inputs} inputs':<42} {total:>5} {percent:>7.1f}%")
        if percent < arguments.at_least:
            low.append(target)
    if low:
        sys.exit(f"under {arguments.at_least:g} %: {', '.join(low)}")


if __name__ == "__main__":
    main()
