# SPDX-License-Identifier: Apache-2.0
"""The files of this repository as the checks see them: tracked, or new and not ignored."""

import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent


def files(root=ROOT):
    """Relative paths of all files that are tracked, or untracked and not ignored, in order."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root, check=True, capture_output=True, text=True).stdout
    names = sorted(name for name in set(listed.split("\0")) if name)
    return [pathlib.PurePosixPath(name) for name in names if (root / name).is_file()]


def text_of(path, root=ROOT):
    """The text of a file, or None where it is not text."""
    try:
        return (root / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def report(complaints):
    """Prints each complaint on a line of its own; 1, the exit code, when there is any."""
    for line in complaints:
        print(line)
    return 1 if complaints else 0
