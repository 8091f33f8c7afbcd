# SPDX-License-Identifier: Apache-2.0
"""One platform for all query tests of a run."""

import pytest

from query import battery as batteries
from support import processes


@pytest.fixture(scope="session")
def battery(tmp_path_factory, closing_line):
    folder = tmp_path_factory.mktemp("battery")
    with processes.Platform(folder) as platform:
        battery = batteries.Battery(platform, folder)
        yield battery
    closing_line(f"query battery: {battery.counts}")
