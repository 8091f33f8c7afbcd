# SPDX-License-Identifier: Apache-2.0
"""Runs every ```python block of the given Markdown files, each by itself; a block must not raise.

Usage: run_doc_examples.py FILE...
"""

import pathlib
import re
import sys

BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def main(paths):
    count = 0
    for path in paths:
        text = pathlib.Path(path).read_text(encoding="utf-8")
        for match in BLOCK.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            exec(compile("\n" * line + match.group(1), path, "exec"), {})
            count += 1
    print(f"{count} examples ran")
    return 0 if count else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
