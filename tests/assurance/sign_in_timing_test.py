# SPDX-License-Identifier: Apache-2.0
"""How long the gatekeeper takes to refuse, over TLS, by what was wrong. Interleaved in random
order; medians and Mann-Whitney p against a name that nobody has. The answers' bytes are compared
in every sample; times are figures for docs/assurance.md, held to a wide bound only."""

import json
import random
import statistics

import pytest
from scipy import stats

from crash.sign_ins import NO_CLOUD, NO_RATES
from support import processes, tokens
from support.wire import Peer, request

SAMPLES = 200


@pytest.mark.long
def test_refusals_take_the_same_time(tmp_path, closing_line, seed):
    medians = measure(tmp_path, closing_line, seed, SAMPLES)
    hashed = [medians[name] for name in ("unknown", "wrong password", "wrong code", "disabled")]
    assert max(hashed) < 1.5 * min(hashed), medians
    refused_at_once = [medians[name] for name in ("locked", "locked, unknown")]
    assert max(refused_at_once) < 2 * min(refused_at_once), medians


def measure(folder, closing_line, seed, samples):
    platform = processes.Platform(folder / "platform")
    platform.start_gatekeeper(cloud_url=NO_CLOUD, arguments=NO_RATES)
    try:
        # The machines of clients need no cloud.
        people = platform.people
        known = people.add("known", "researcher")
        people.add("gone", "researcher")
        people.custodian().run("user", "disable", "gone")
        state = tokens.State(platform.gatekeeper_home)
        peer = Peer(platform.folder / "custodian")
        attempts = {"unknown": ("nobody", "wrong"), "wrong password": ("known", "wrong"),
                    "wrong code": ("known", known.password), "disabled": ("gone", "wrong"),
                    "locked": ("known", known.password), "locked, unknown": ("nobody", "wrong")}
        order = [name for name in attempts for _ in range(samples)]
        random.Random(seed).shuffle(order)
        seconds, answers = {name: [] for name in attempts}, set()
        for name in order:
            user, password = attempts[name]
            with state.open() as rows:
                rows.execute("DELETE FROM failed_sign_in")
            connection = peer.connection(platform.gatekeeper.port)
            connection.bearer = None
            body = json.dumps({"user": user, "password": password, "code": "000000"})
            if name.startswith("locked"):
                lock(state, connection, body)
            answer = request(connection, "POST", "/v1/sign-in", body)
            connection.close()
            assert answer.status == 401
            answers.add(answer.body)
            seconds[name].append(answer.seconds)
        assert len(answers) == 1, answers
    finally:
        platform.gatekeeper.stop()
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    closing_line(f"refusing a sign-in, {samples} samples each:")
    for name, times in seconds.items():
        other = seconds["locked, unknown" if name.startswith("locked") else "unknown"]
        p = stats.mannwhitneyu(times, other).pvalue
        quarters = statistics.quantiles(times, n=4)
        closing_line(f"  {name:<16} median {1000 * medians[name]:7.1f} ms, quartiles "
                     f"{1000 * quarters[0]:.1f} and {1000 * quarters[2]:.1f}, p = {p:.2f}")
    return medians


def lock(state, connection, body):
    """A row as a hundred failures leave it; one attempt shows whose it is."""
    request(connection, "POST", "/v1/sign-in", body)
    with state.open() as rows:
        rows.execute("UPDATE failed_sign_in SET failures = 100")
