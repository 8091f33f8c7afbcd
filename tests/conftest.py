# SPDX-License-Identifier: Apache-2.0
"""Makes `support` and `query` importable, whatever folder pytest was started in; --seed for the
random tests; lines for the end of the run."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
CLOSING_LINES = []


def pytest_addoption(parser):
    parser.addoption("--seed", default="1", help="seed of the random tests")


@pytest.fixture(scope="session")
def seed(request):
    return request.config.getoption("--seed")


@pytest.fixture(scope="session")
def closing_line():
    """A function that keeps a line to be printed when all tests are done."""
    return CLOSING_LINES.append


def pytest_terminal_summary(terminalreporter):
    for line in CLOSING_LINES:
        terminalreporter.write_line(line)
