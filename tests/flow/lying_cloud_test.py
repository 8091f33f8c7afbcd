# SPDX-License-Identifier: Apache-2.0
"""A cloud that lies, forgets, or breaks off. What it altered is never released and freezes the
upload, each lie with the same words; what is only broken never freezes. The table of lies is
printed at the end."""

import itertools
import json

import pytest

from support import lies
from support.lying_cloud import LyingCloud

pytestmark = pytest.mark.slow
NAMES = itertools.count()


class Upload:
    """A published dataset, beside a decoy of the same shape whose numbers a liar may give."""

    def __init__(self, flow, **shape):
        self.flow = flow
        self.decoy = self._publish(2, shape)[0]
        self.name, self.truth = self._publish(1, shape)

    def _publish(self, seed, shape):
        name = f"lied_{next(NAMES)}"
        return name, self.flow.truth(self.flow.publish(name, seed=seed, **shape))

    def error(self):
        """The error of the question, whose name is made equal; and the milliseconds it took."""
        outcome = self.flow.ask(self.name, 5, "--no-cache")
        reply = outcome.json()
        assert set(reply) == {"error"}
        text = json.dumps(reply["error"]).replace(self.name, "NAME")
        return text, outcome.stderr.replace(self.name, "NAME"), 1000 * outcome.seconds

    def answers(self):
        assert self.flow.ask(self.name, 0, "--no-cache").json()["rows"] == self.truth

    def unfreeze(self):
        return "may be asked again" in self.flow.platform.custodian("unfreeze", self.name, 1).stdout


# A set of parameters or a layout gets all lies by one more line here. The first gives occasion for
# every lie.
SHAPES = {"three units of three chunks": {"rows": 51_000, "partitioned": True},
          "one unit of one chunk": {}, "one unit of three chunks": {"rows": 16_000},
          "three units of one chunk": {"partitioned": True},
          "two checks, one unit of three chunks": {"rows": 8_000, "parameters": "narrow"},
          "two checks, two units of sums": {"rows": 6_000, "parameters": "sums"}}
EVERY_OCCASION = next(iter(SHAPES))
EVERY_RUN = [EVERY_OCCASION, *(shape for shape in SHAPES if shape.startswith("two checks"))]
EACH_SHAPE = [pytest.param(shape, marks=() if shape in EVERY_RUN else pytest.mark.long)
              for shape in SHAPES]


@pytest.fixture(scope="module")
def liar(flow):
    with LyingCloud(flow.platform) as liar:
        flow.restart_gatekeeper(liar.url)
        yield liar


@pytest.fixture(autouse=True)
def honest_again(liar):
    yield
    liar.alter = None


def tell(liar, lie):
    """Arms a lie; a function that tells whether there was occasion for it."""
    occasions = []

    def alter(totals):
        try:
            instead = lie(totals)
        except lies.NotApplicable:
            return None
        occasions.append(True)
        return instead
    liar.alter = alter
    return lambda: bool(occasions)


@pytest.mark.parametrize("shape", EACH_SHAPE)
def test_every_lie_is_refused_alike_and_freezes(flow, liar, shape, closing_line):
    """No honest question comes between, so nothing kept from before can help the opening."""
    upload = Upload(flow, **SHAPES[shape])
    texts, told, frozen_texts = {}, 0, set()
    closing_line(f"lies over {shape}:")
    for name, lie in lies.ALTERED.items():
        happened = tell(liar, lie)
        outcome = flow.ask(upload.name, None, "--no-cache")
        if not happened():
            assert outcome.json()["rows"] == upload.truth
            closing_line(f"  {name:<45} no occasion")
            upload = Upload(flow, **SHAPES[shape])
            continue
        assert outcome.code == 5, (name, outcome)
        error = json.dumps(outcome.json()["error"]).replace(upload.name, "NAME")
        texts.setdefault((error, outcome.stderr.replace(upload.name, "NAME")), []).append(name)
        liar.alter = None
        frozen, _, _ = upload.error()
        assert "is frozen" in frozen, (name, frozen)
        frozen_texts.add(frozen)
        assert upload.unfreeze(), name
        told += 1
        closing_line(f"  {name:<45} refused, frozen ({1000 * outcome.seconds:.0f} ms)")
    assert len(texts) == 1, texts
    assert len(frozen_texts) == 1
    assert told == len(lies.ALTERED) if shape == EVERY_OCCASION else told >= 40
    upload.answers()


@pytest.mark.parametrize("shape", EACH_SHAPE)
@pytest.mark.parametrize("name", lies.HARMLESS)
def test_what_adds_multiples_of_t_is_harmless(flow, liar, shape, name, closing_line):
    upload = Upload(flow, **SHAPES[shape])
    happened = tell(liar, lies.HARMLESS[name])
    upload.answers()
    assert happened()
    liar.alter = None
    upload.answers()
    closing_line(f"  {name + ', over ' + shape:<45} the right answer")


def test_what_is_only_broken_never_freezes(flow, liar, closing_line):
    upload = Upload(flow)
    for name, fault in lies.BROKEN.items():
        happened = tell(liar, fault)
        outcome = flow.ask(upload.name, None, "--no-cache")
        assert happened() and outcome.code == 6, (name, outcome)
        assert "rows" not in outcome.json()
        assert not upload.unfreeze(), name
        closing_line(f"  {name:<45} UNREACHABLE, not frozen")
    liar.alter = None
    upload.answers()


def test_only_the_custodian_unfreezes(flow, liar):
    upload = Upload(flow)
    tell(liar, lies.ALTERED["every total zero"])
    upload.error()
    liar.alter = None
    folder = flow.folder / f"{upload.name}-1.upload"
    flow.contributor.run("upload", folder)
    flow.restart_gatekeeper(liar.url)
    flow.restart_cloud()
    flow.publish(upload.name, seed=3)
    frozen, _, _ = upload.error()
    assert "is frozen" in frozen
    for client in (flow.contributor, flow.researcher):
        assert client.run("unfreeze", upload.name, 1, expect=None).code == 2
    assert upload.unfreeze()
    assert flow.ask(upload.name).code == 0


def test_the_numbers_of_an_older_version_are_refused(flow, liar):
    """The numbers of version 1 for a question about version 2."""
    upload = Upload(flow)
    kept = []
    liar.alter = lambda totals: kept.append(totals.bytes())
    upload.answers()
    flow.publish(upload.name, seed=2)
    tell(liar, lambda totals: kept[0])
    upload.error()


def test_what_a_dataset_told_before_must_be_told_again(flow, liar):
    """Two multiples of t apart is the same total; anything else is not."""
    upload = Upload(flow)
    upload.answers()
    tell(liar, lies.HARMLESS["t on every total"])
    upload.answers()
    tell(liar, lies.ALTERED["+1 on one total"])
    upload.error()


def test_other_datasets_stay_open(flow, liar):
    upload, bystander = Upload(flow), Upload(flow)
    tell(liar, lies.ALTERED["+3 on every total"])
    upload.error()
    liar.alter = None
    bystander.answers()
