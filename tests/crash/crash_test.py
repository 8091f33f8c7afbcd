# SPDX-License-Identifier: Apache-2.0
"""Real SIGKILLs of the real programs at every boundary of what they write."""

import concurrent.futures

import pytest

from crash import encrypting, rounds

pytestmark = pytest.mark.slow
# ./run test kills everywhere; ./run test long more often.
TIMES = [pytest.param(10, id="10"), pytest.param(40, id="40", marks=pytest.mark.long)]


WORKERS = 4  # the rounds wait for the disk more than for the processor


def in_platforms(folder, rounds_of):
    """Runs `rounds_of(crashing, worker)` on WORKERS platforms at once; all their kills."""
    def run(worker):
        place = folder / str(worker)
        place.mkdir()
        crashing = rounds.Crashing(place)
        try:
            rounds_of(crashing, worker)
            return crashing.kills
        finally:
            crashing.flow.platform.stop()
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        return sum(pool.map(run, range(WORKERS)), start=rounds.no_kills())


@pytest.mark.parametrize("times", TIMES)
def test_a_dataset_survives_kills_of_every_program(tmp_path, closing_line, times):
    """Upload, append, ask and drop, each killed at everything that is written."""
    def live(crashing, worker):
        kinds = rounds.Life(crashing, {}).run().kinds
        for kills in list(rounds.lives(kinds, times))[worker::WORKERS]:
            rounds.Life(crashing, kills).run()
    kills = in_platforms(tmp_path, live)
    for line in rounds.table("upload, append, ask, drop", kills):
        closing_line(line)
    for step, things in rounds.STEPS.items():
        for program in {program for program, _ in things}:
            count = sum(number for (killed, by, _), number in kills.items()
                        if (killed, by) == (step, program))
            assert count >= times * sum(by == program for by, _ in things), (step, program, count)


@pytest.mark.parametrize("times", TIMES)
def test_encrypt_is_whole_or_not_there(tmp_path, closing_line, times):
    attempts = encrypting.Attempts()

    def encrypt(crashing, worker):
        killed = encrypting.KilledEncrypts(crashing, attempts)
        for match, kinds in killed.kinds().items():
            for countdown, mode in rounds.spread(kinds, times)[worker::WORKERS]:
                killed.round(match, countdown, mode)
    kills = in_platforms(tmp_path, encrypt)
    for line in rounds.table("encrypt", kills):
        closing_line(line)
    assert kills.total() == times * len(encrypting.things(tmp_path))
    assert attempts.compared > 6 * 2 * kills.total()
