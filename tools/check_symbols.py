# SPDX-License-Identifier: Apache-2.0
"""Looks for symbols that a program may not hold.

Usage: check_symbols.py PROGRAM [--must-hold NAMESPACE] [--must-find]

Lists the symbols of PROGRAM (nm -C) and complains about every one of a namespace that can hold a
contributor's key. --must-hold names a namespace whose symbols must be there, so that a stripped or
wrong program does not pass. With --must-find the complaint is what is wanted: status 0 only when
one was found; that is how the check itself is tested on a planted program.
"""

import argparse
import re
import subprocess
import sys

FORBIDDEN = re.compile(
    r"\bcryptonet::(he::secret|columns::keys|columns::encrypt|columns::open)::")


def symbols_of(program):
    listing = subprocess.run(["nm", "-C", program], capture_output=True, text=True, check=True)
    return listing.stdout.splitlines()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program")
    parser.add_argument("--must-hold", metavar="NAMESPACE")
    parser.add_argument("--must-find", action="store_true")
    arguments = parser.parse_args()
    lines = symbols_of(arguments.program)
    if arguments.must_hold and not any(arguments.must_hold + "::" in line for line in lines):
        print(f"{arguments.program}: no symbol of {arguments.must_hold}: stripped, or misnamed")
        return 1
    found = [line for line in lines if FORBIDDEN.search(line)]
    for line in found:
        print(f"{arguments.program}: may not hold: {line.split(maxsplit=2)[-1]}")
    if arguments.must_find:
        return 0 if found else 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
