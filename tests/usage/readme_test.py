# SPDX-License-Identifier: Apache-2.0
"""The tour of README.md, run as it stands: every `sh` block in one shell, and what it prints held
against the `text` block that follows. Ports become free ones; times may differ."""

import pathlib
import re
import subprocess

from support.processes import ROOT, free_port, program

BLOCK = re.compile(r"^```(sh|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MARK = "=== next block ==="
# What READY means, instead of two seconds that a busy machine may not keep.
UNTIL_READY = "until grep -q READY cloud.log && grep -q READY gatekeeper.log; do sleep 0.1; done"


def tour():
    """(commands, what they print or None) of each block."""
    blocks = BLOCK.findall((ROOT / "README.md").read_text())
    steps = []
    for kind, text in blocks:
        if kind == "sh":
            steps.append([text, None])
        else:
            assert steps and steps[-1][1] is None, "a text block follows the commands that print it"
            steps[-1][1] = text
    return steps


def normal(text):
    """Without what differs from run to run."""
    text = re.sub(r"\b[\d.]+ ms\b", "N ms", text).replace("\r", "")
    text = re.sub(r"\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", "TIME", text)
    return re.sub(r"^\[\d+\].*\n", "", text, flags=re.MULTILINE)


def test_the_tour_prints_what_the_readme_says(tmp_path):
    steps = tour()
    assert len(steps) >= 5 and sum(1 for _, printed in steps if printed) >= 3
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "bin").symlink_to(pathlib.Path(program("cryptonet")).parent)
    script = "exec 2>&1\ntrap 'kill $(jobs -p) 2>/dev/null' EXIT\n"
    script += f"echo '{MARK}'\n".join(commands for commands, _ in steps)
    for port in ("7701", "7702"):
        script = script.replace(port, str(free_port()))
    assert "sleep 2\n" in script
    script = script.replace("sleep 2\n", UNTIL_READY + "\n")
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, stdout=subprocess.PIPE, text=True,
                          timeout=240, check=False, env=environment)
    printed = done.stdout.split(MARK + "\n")
    assert len(printed) == len(steps), done.stdout
    for (commands, wanted), got in zip(steps, printed):
        if wanted is not None:
            assert normal(got) == normal(wanted), f"after:\n{commands}"
