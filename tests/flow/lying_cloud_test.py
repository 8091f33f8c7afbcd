# SPDX-License-Identifier: Apache-2.0
"""A cloud that lies, forgets, or breaks off. What it altered is never released and freezes the
upload; what is only broken never does."""

import itertools

import pytest

from support import lying_cloud
from support.lying_cloud import LyingCloud

pytestmark = pytest.mark.slow
NAMES = itertools.count()


@pytest.fixture
def liar(flow):
    with LyingCloud(flow.platform) as liar:
        flow.restart_gatekeeper(liar.url)
        yield liar


@pytest.fixture
def dataset(flow):
    name = f"lied_{next(NAMES)}"
    return name, flow.truth(flow.publish(name))


def add(amount):
    return lambda totals: totals.add(0, amount)


def add_to_all(amount):
    def alter(totals):
        for position in range(len(totals)):
            totals.add(position, amount)
    return alter


def zeros(totals):
    totals.rows = [[0, 0, 0] for _ in totals.rows]


def flip_one_bit(totals):
    totals.rows[-1][1] ^= 1 << 17


def swap_neighbours(totals):
    totals.swap(0, 1)


def swap_twins(totals):
    """Totals and their check totals swapped alike, were they to stand in the same order."""
    half = len(totals) // 2
    totals.swap(0, half - 1)
    totals.swap(half, len(totals) - 1)


def reverse(totals):
    totals.rows.reverse()


LIES = [add(1), add(-1), add(10**6), add_to_all(3), zeros, flip_one_bit, swap_neighbours,
        swap_twins, reverse, add(lying_cloud.PRIMES[0] // 2)]


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.__qualname__.split(".")[0])
def test_a_lie_is_not_released_and_freezes(flow, liar, dataset, lie):
    name, truth = dataset
    liar.alter = lie
    first = flow.error_of(name, 5)
    assert liar.altered >= 1
    liar.alter = None
    frozen = flow.error_of(name, 5)
    assert not {"rows", "columns"} & set(first)
    assert "frozen" in (frozen["rule"] + frozen["message"])
    flow.platform.custodian("unfreeze", name, 1)
    assert flow.ask(name).json()["rows"] == truth


def test_every_opening_failure_reads_the_same(flow, liar):
    messages = set()
    for lie in LIES:
        name = f"uniform_{next(NAMES)}"
        flow.publish(name)
        liar.alter = lie
        error = flow.error_of(name, 5)
        messages.add((error["rule"], error["message"].replace(name, "NAME")))
        liar.alter = None
    assert len(messages) == 1


def test_a_multiple_of_the_plaintext_modulus_is_harmless(flow, liar, dataset):
    name, truth = dataset
    liar.alter = add_to_all(lying_cloud.PLAINTEXT_MODULUS)
    assert flow.ask(name).json()["rows"] == truth


def test_a_replayed_reply_is_not_released(flow, liar, dataset):
    """The numbers of version 1 for a question about version 2."""
    name, _ = dataset
    kept = []

    def keep(totals):
        kept.append(totals.bytes())

    liar.alter = keep
    flow.ask(name, 0, "--no-cache")
    flow.publish(name, seed=2)
    liar.alter = lambda totals: kept[0] if len(totals.bytes()) == len(kept[0]) else None
    flow.error_of(name, 5)


def test_numbers_that_are_none(flow, liar, dataset):
    name, _ = dataset
    liar.alter = lambda totals: totals.bytes()[:-6]
    assert flow.ask(name, None).code in (5, 6)
    liar.alter = lambda totals: totals.bytes()[:-6] + b"\xff" * 6
    assert flow.ask(name, None).code in (5, 6)


@pytest.mark.parametrize("fault", [LyingCloud.DROP, 500, 503], ids=str)
def test_what_is_only_broken_never_freezes(flow, liar, dataset, fault):
    name, truth = dataset
    liar.alter = lambda totals: fault
    assert flow.ask(name, None).code == 6
    liar.alter = None
    assert flow.ask(name).json()["rows"] == truth


def test_other_datasets_stay_open(flow, liar, dataset):
    name, _ = dataset
    other = f"bystander_{next(NAMES)}"
    truth = flow.truth(flow.publish(other))
    liar.alter = add(5)
    flow.error_of(name, 5)
    liar.alter = None
    assert flow.ask(other).json()["rows"] == truth
