# SPDX-License-Identifier: Apache-2.0
"""Questions on ciphertext through both real processes equal DuckDB's answers on the clear table:
the cases written by hand in cases/, and random ones from --seed. A random dataset that fails prints
itself as a text case."""

import pathlib

import pytest

from query import battery as batteries
from query import generate

CASES = sorted((pathlib.Path(__file__).parent / "cases").glob("*.test"))
DATASETS = 37
pytestmark = pytest.mark.slow


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_written_cases(battery, path):
    battery.run(path.read_text(encoding="utf-8"), path.name)


@pytest.mark.parametrize("number", range(DATASETS))
def test_random_cases(battery, seed, number):
    text = generate.Maker(seed, number).text()
    try:
        battery.run(text, f"seed {seed}, dataset {number}")
    except Exception:
        print(text)
        raise


def test_the_battery_is_wide_enough(battery):
    """The random cases are worth something only while they reach what they are meant to reach."""
    counts = battery.counts
    assert counts.uploads >= 60
    assert counts.cases >= 500
    assert counts.released >= 0.7 * counts.cells
    for trait in batteries.TRAITS:
        assert counts.share(trait) >= 0.3, trait
    for name in batteries.SETS:
        assert counts.sets[name] >= 60, name
