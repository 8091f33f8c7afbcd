# SPDX-License-Identifier: Apache-2.0
"""Arms failpoints.so (failpoints.cc) in a real program: the k-th call that changes the disk below a
folder ends the process with SIGKILL, tears a write, or meets a full disk.

    points = Failpoints(folder / "cloud.control", cloud_home)
    platform = Platform(folder, cloud_env=points.env)
    points.arm(3, "torn", match="/segments/")
"""

import mmap
import os
import pathlib
import re
import struct

from support import processes

MODES = {"before": 1, "after": 2, "torn": 3, "full": 4, "error": 5}
KILLS = ("before", "after", "torn")
CONTROL_BYTES = 8192
NEVER = 1 << 40


def library():
    """The built library; an error that says what to do when it is not there."""
    folder = os.environ.get("CRYPTONET_FAILPOINTS",
                            processes.ROOT / "build" / "release" / "test")
    path = pathlib.Path(folder) / "failpoints.so"
    if not path.is_file():
        raise FileNotFoundError(f"{path} is not there: ./run build makes it")
    return str(path)


class Failpoints:
    """The control of one program's failpoints (its layout is struct Control)."""

    def __init__(self, control, root, trace=None):
        self.root = os.path.realpath(root)
        control = pathlib.Path(control)
        control.write_bytes(bytes(CONTROL_BYTES))
        with open(control, "r+b") as file:
            self._memory = mmap.mmap(file.fileno(), CONTROL_BYTES)
        self.env = {"LD_PRELOAD": library(), "FAILPOINT_ROOT": self.root,
                    "FAILPOINT_CONTROL": str(control)}
        if trace is not None:
            self.env["FAILPOINT_TRACE"] = str(trace)

    def arm(self, countdown, mode, match=""):
        """Acts on the countdown-th boundary from now whose "kind path" holds `match`."""
        self._memory[24:256] = match.encode().ljust(232, b"\0")
        self._memory[256:1280] = bytes(1024)
        struct.pack_into("<Iiq", self._memory, 8, MODES[mode], 0, 0)
        struct.pack_into("<q", self._memory, 0, countdown)

    def watch(self, match=""):
        """Counts, and does nothing."""
        self.arm(NEVER, "before", match)

    def disarm(self):
        struct.pack_into("<q", self._memory, 0, 0)

    @property
    def acted(self):
        return struct.unpack_from("<i", self._memory, 12)[0] == 1

    @property
    def seen(self):
        return struct.unpack_from("<q", self._memory, 16)[0]

    @property
    def what(self):
        """The boundary acted upon, as "kind place": see place_of."""
        return place_of(self._memory[256:1280].split(b"\0")[0].decode(), self.root)


def place_of(text, root):
    """"rename HOME/segments/0a…" as "rename segments/*": random names made equal."""
    kind, _, path = text.partition(" ")
    if not path:
        return "nowhere"
    path = os.path.relpath(path, root)
    path = re.sub(r"[0-9a-f]{32,}", "*", path)
    path = re.sub(r"\.partial\.\d+", ".partial.N", path)
    return f"{kind} {re.sub(r'-[0-9]+$', '-N', path)}"
