# SPDX-License-Identifier: Apache-2.0
"""SIGKILL of the gatekeeper at every boundary of what it writes while people sign in and go."""

import concurrent.futures

import pytest

from crash import rounds, sign_ins

pytestmark = pytest.mark.slow
WORKERS = 3
# Kills of each of seven steps: 224, and 1,050 in ./run test long.
EACH = [pytest.param(32, id="32"), pytest.param(150, id="150", marks=pytest.mark.long)]


@pytest.mark.parametrize("each", EACH)
def test_no_used_code_no_revoked_token_and_no_forgotten_failure(tmp_path, closing_line, each):
    def work(worker):
        place = tmp_path / str(worker)
        place.mkdir()
        share = -(-each // WORKERS)
        gatekeeper = sign_ins.Gatekeeper(place, len(sign_ins.STEPS) * (3 * share + 1))
        try:
            return sign_ins.run(gatekeeper, each, worker, WORKERS)
        finally:
            gatekeeper.platform.gatekeeper.kill()
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        kills = sum(pool.map(work, range(WORKERS)), start=rounds.no_kills())
    closing_line(f"kills while people sign in: {kills.total()}")
    for (step, place), count in sorted(kills.items()):
        closing_line(f"  {count:4d}  {step:<10} {place}")
    for step in sign_ins.STEPS:
        done = sum(count for (killed, _), count in kills.items() if killed == step)
        assert done >= each * 9 // 10, (step, done)
    assert kills.total() >= 6.5 * each
