# SPDX-License-Identifier: Apache-2.0
"""Datasets in different parameter sets beside each other, appends that keep a dataset's set, and
what the set of sums refuses."""

import itertools

import pytest

pytestmark = pytest.mark.slow
NAMES = itertools.count()


@pytest.mark.parametrize("parameters", ("wide", "narrow", "sums"))
def test_a_table_in_each_set_is_answered_and_appended_to(flow, parameters):
    name = f"set_{next(NAMES)}"
    out, first = flow.encrypt(name, rows=9000, parameters=parameters)
    assert flow.contributor.json("upload", out)["version"] == 1
    assert flow.ask(name).json()["rows"] == flow.truth(first)
    second = flow.publish(name, rows=700, seed=2, parameters=parameters)
    assert flow.ask(name).json()["rows"] == flow.truth(first, second)


def test_an_append_keeps_the_set_of_its_dataset(flow):
    name = f"set_{next(NAMES)}"
    table = flow.publish(name, parameters="narrow")
    out, _ = flow.encrypt(name, seed=2)  # left to itself the encryptor takes another set
    outcome = flow.contributor.run("upload", out, expect=3)
    assert "'narrow', this upload with 'wide'" in outcome.stderr
    assert 'set parameters = "narrow" in the schema' in outcome.stderr
    assert flow.ask(name).json()["rows"] == flow.truth(table)


def test_sums_refuses_what_needs_a_product(flow):
    name = f"set_{next(NAMES)}"
    flow.publish(name, parameters="sums")
    outcome = flow.researcher.query(f"SELECT VAR_SAMP(x) FROM {name}", expect=3)
    assert outcome.json()["error"]["rule"] == "plan.unreachable"
    assert "powers = 2" in outcome.stderr


def test_a_set_that_cannot_hold_the_schema_is_refused(flow):
    path, _ = flow.write_table("toosmall")
    schema = flow.write_schema("toosmall", 'parameters = "sums"\n' +
                               'row_limit = 1000\n[columns.x]\nrole = "measure"\n'
                               'min = -100\nmax = 100\n')
    outcome = flow.contributor.run("encrypt", path, "--schema", schema, "--dataset", "toosmall",
                                   "--out", flow.folder / "toosmall.upload", expect=4)
    assert 'parameters = "sums" cannot hold this schema' in outcome.stderr
