# SPDX-License-Identifier: Apache-2.0
"""Two sign-ins with one code at the same moment, over TLS: exactly one gets in. (Five hundred times
in one process: src/gatekeeper/auth/sign_in_race_test.cc.)"""

import json
import threading

import pytest

from crash.sign_ins import NO_CLOUD, NO_RATES, quick_people
from support import people, processes, tokens
from support.wire import Peer, request

ROUNDS = [pytest.param(60, id="60"), pytest.param(500, id="500", marks=pytest.mark.long)]


@pytest.mark.parametrize("rounds", ROUNDS)
def test_of_two_sign_ins_with_one_code_exactly_one_wins(tmp_path, rounds):
    platform = processes.Platform(tmp_path / "platform")
    persons = quick_people(platform.gatekeeper_home, "r", rounds)
    platform.start_gatekeeper(cloud_url=NO_CLOUD, arguments=NO_RATES)
    try:
        homes = [platform.client(name, "researcher").home for name in ("one", "two")]
        results = {person.user: [] for person in persons}
        barrier = threading.Barrier(2)

        def sign_in(home):
            for person in persons:
                connection = Peer(home).connection(platform.gatekeeper.port)
                connection.connect()
                barrier.wait(60)
                body = json.dumps({"user": person.user, "password": person.password,
                                   "code": codes[person.user]()})
                results[person.user].append(request(connection, "POST", "/v1/sign-in", body).status)
                connection.close()

        codes = {person.user: Once(person.secret) for person in persons}
        threads = [threading.Thread(target=sign_in, args=(home,)) for home in homes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert all(sorted(pair) == [200, 401] for pair in results.values()), results
        state = tokens.State(platform.gatekeeper_home)
        assert state.number("SELECT count(*) FROM access_key") == rounds
    finally:
        platform.gatekeeper.stop()


class Once:
    """One code for both, of the moment when the first asks for it."""

    def __init__(self, secret):
        self.secret, self._code, self._lock = secret, None, threading.Lock()

    def __call__(self):
        with self._lock:
            self._code = self._code or people.totp(self.secret)
            return self._code
