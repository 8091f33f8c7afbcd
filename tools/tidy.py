# SPDX-License-Identifier: Apache-2.0
"""House rules about files that a machine can check.

Source files: licence first, at most 500 lines, functions of at most 70, lines of at most 100
columns, no tabs, no trailing blanks, a newline at the end. Everywhere: no folder named for a kind
instead of a concept, no path of one machine, no package host, no promise to do it later. Tables and
vectors are exempt from the lengths.

Prints one line per complaint; exit status 1 when there is one.
"""

import ast
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import tree  # noqa: E402

MAX_FILE_LINES = 500
MAX_FUNCTION_LINES = 70
MAX_COLUMNS = 100
LICENCE = "SPDX-License-Identifier: Apache-2.0"
SOURCE_SUFFIXES = (".cc", ".h", ".py", ".sh", ".cmake")
FORBIDDEN_FOLDERS = {"util", "utils", "common", "helpers", "misc"}
# Written in two parts so that this file does not match itself.
FORBIDDEN_TEXT = {
    "a path of one machine": re.compile(r"(?<![\w.])/(" + "work|root|home" + r")/|/tmp" + "/[a-z]"),
    "the host of a package registry": re.compile(
        r"\b(py" + r"pi\.org|python" + r"hosted\.org|npm" + r"js\.(org|com)|deb\."
        + r"debian\.org)"),
    "an unfinished place": re.compile(r"\b(TO" + "DO|FIX" + "ME|XX" + "X)" + r"\b"),
}
EXEMPT_FROM_LENGTH = re.compile(r"(^|/)(vectors|corpus|cases)/|_table\.(cc|h|py)$")


def is_source(path):
    return path.suffix in SOURCE_SUFFIXES or path.name in ("run", "CMakeLists.txt")


def python_functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.lineno, node.end_lineno - node.lineno + 1


NOT_A_FUNCTION = re.compile(r"\b(namespace|struct|class|enum|union|extern)\b")


def brace_functions(text):
    """Functions of C++ as clang-format lays them out, and of shell: from the line where the head
    begins to the closing brace of the same indentation."""
    lines = text.split("\n")
    head = None
    index = 0
    while index < len(lines):
        line = lines[index]
        indent = len(line) - len(line.lstrip())
        starts = bool(line.strip()) and indent in (0, 2) and re.match(r"\s*[\w~:\[<]", line)
        if starts:
            head = index
        if line.endswith("{") and head is not None and ")" in line:
            body_indent = len(lines[head]) - len(lines[head].lstrip())
            if not NOT_A_FUNCTION.search(lines[head]):
                closing = " " * body_indent + "}"
                end = index + 1
                while end < len(lines) and not lines[end].startswith(closing):
                    end += 1
                yield head + 1, end - head + 1
                index = end
            head = None
        index += 1


def functions_of(path, text):
    if path.suffix == ".py":
        return list(python_functions(text))
    if path.suffix in (".cc", ".h", ".sh") or path.name == "run":
        return list(brace_functions(text))
    return []


def source_complaints(path, text):
    lines = text.split("\n")
    if not any(LICENCE in line for line in lines[:2]):
        yield f"{path}:1: does not begin with the licence line"
    if not text.endswith("\n"):
        yield f"{path}:{len(lines)}: no newline at the end"
    for number, line in enumerate(lines, 1):
        if "\t" in line or line != line.rstrip():
            yield f"{path}:{number}: tab or trailing blank"
    if EXEMPT_FROM_LENGTH.search(str(path)):
        return
    if len(lines) - 1 > MAX_FILE_LINES:
        yield f"{path}: {len(lines) - 1} lines (limit {MAX_FILE_LINES})"
    for number, line in enumerate(lines, 1):
        if len(line) > MAX_COLUMNS:
            yield f"{path}:{number}: {len(line)} columns (limit {MAX_COLUMNS})"
    for number, length in functions_of(path, text):
        if length > MAX_FUNCTION_LINES:
            yield f"{path}:{number}: a function of {length} lines (limit {MAX_FUNCTION_LINES})"


def file_complaints(path, text):
    for part in path.parts[:-1]:
        if part in FORBIDDEN_FOLDERS:
            yield f"{path}: the folder '{part}' names a kind, not a concept"
    for number, line in enumerate(text.split("\n"), 1):
        for what, pattern in FORBIDDEN_TEXT.items():
            if pattern.search(line):
                yield f"{path}:{number}: {what}"
    if is_source(path):
        yield from source_complaints(path, text)


def complaints(root=tree.ROOT):
    found = []
    for path in tree.files(root):
        text = tree.text_of(path, root)
        if text is not None:
            found.extend(file_complaints(path, text))
    return found


def main():
    found = complaints()
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
