# SPDX-License-Identifier: Apache-2.0
"""Compiles one file with the rights of a target: its include paths and its definitions.

Without --refused-with it must compile; with it, it must not, and the compiler must say so in words
that match (so that a misspelt file does not pass for a refusal).
"""

import argparse
import re
import subprocess
import sys


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("file")
    parser.add_argument("--compiler", required=True)
    parser.add_argument("--includes", default="")
    parser.add_argument("--definitions", default="")
    parser.add_argument("--header")
    parser.add_argument("--refused-with", metavar="REGEX")
    arguments = parser.parse_args()
    command = [arguments.compiler, "-std=c++20", "-fsyntax-only"]
    command += ["-I" + folder for folder in arguments.includes.split(";") if folder]
    command += ["-D" + name for name in arguments.definitions.split(";") if name]
    if arguments.header:
        command.append(f'-DNAMED_HEADER="{arguments.header}"')
    run = subprocess.run(command + [arguments.file], capture_output=True, text=True, check=False)
    if arguments.refused_with is None:
        print(run.stderr)
        return run.returncode
    if run.returncode == 0:
        print(f"{arguments.file} compiles, and must not")
        return 1
    if not re.search(arguments.refused_with, run.stderr):
        print(f"{arguments.file} is refused for another reason:\n{run.stderr}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
