# SPDX-License-Identifier: Apache-2.0
"""A gatekeeper that dies while people sign in, and what must hold when it is back: a code that let
somebody in lets nobody in again, a token that was revoked stays so, and a failure that was answered
was counted. Every round has a person of its own, whose password hashes at the lowest cost."""

import collections
import http.client
import json
import subprocess
import time

from crash.failpoints import Failpoints
from crash.rounds import spread
from support import processes, tokens
from support.people import STEP_S, Person, totp
from support.wire import Peer, request

NO_CLOUD = "https://127.0.0.1:1"
# One machine signs in hundreds of times.
NO_RATES = ("--limit", "sign-in=0", "--limit", "sign-in-address=0")
STEPS = ("sign in", "wrong code", "step up", "make key", "revoke key", "sign out", "disable")


def quick_people(home, prefix, count, role="researcher"):
    """People who sign in fast, written into the home of a gatekeeper."""
    done = subprocess.run([processes.helper_program("quick_people"), home, prefix, str(count),
                           role], check=True, capture_output=True, text=True)
    return [Person(**json.loads(line)) for line in done.stdout.splitlines()]


class Gatekeeper:
    """One that can be killed at any boundary, a machine that asks it, and people."""

    def __init__(self, folder, people):
        self.points = Failpoints(folder / "control", folder / "platform" / "gatekeeper",
                                 folder / "trace")
        self.trace = folder / "trace"
        self.platform = processes.Platform(folder / "platform", gatekeeper_env=self.points.env)
        home = self.platform.gatekeeper_home
        self.people = quick_people(home, "p", people)
        self.platform.start_gatekeeper(cloud_url=NO_CLOUD, arguments=NO_RATES)
        self.machine = self.platform.client("machine", "researcher").home
        self.state = tokens.State(home)
        self.state.add_person("boss", "custodian")
        self.kills = collections.Counter()
        self.dead = []  # tokens that must never work again

    def ask(self, method, path, body=None, token=None):
        """(status, message); (None, None) when the answer did not come."""
        connection = Peer(self.machine).connection(self.platform.gatekeeper.port, timeout_s=60)
        connection.bearer = token
        try:
            answer = request(connection, method, path, json.dumps(body) if body else b"")
        except (ConnectionError, http.client.HTTPException, OSError):
            return None, None
        finally:
            connection.close()
        return answer.status, answer.json()

    def sign_in(self, person, code, password=None):
        return self.ask("POST", "/v1/sign-in", {"user": person.user, "code": code,
                                                "password": password or person.password})

    def good(self, token):
        status, _ = self.ask("GET", "/v1/me", token=token)
        assert status in (200, 401), status
        return status == 200

    def sessions(self, person):
        return self.state.number("SELECT count(*) FROM access_key WHERE person = ?", person.user)

    def failures(self):
        return self.state.number("SELECT coalesce(sum(failures), 0) FROM failed_sign_in")

    def boundaries(self):
        return self.trace.read_text().splitlines() if self.trace.exists() else []

    def restart(self):
        port = self.platform.gatekeeper.port
        self.platform.gatekeeper.kill()
        self.platform.start_gatekeeper(port, cloud_url=NO_CLOUD, arguments=NO_RATES)


class Round:
    """One step by one person, with a kill at a boundary of what it writes or without."""

    def __init__(self, gatekeeper, person, step):
        self.at, self.person, self.step = gatekeeper, person, step

    def run(self, countdown=None, mode=None):
        """Whether the kill came."""
        prepare, act, check = (getattr(self, f"{verb}_{self.step.replace(' ', '_')}")
                               for verb in ("prepare", "act", "check"))
        prepare()
        points = self.at.points
        if countdown is not None:
            points.arm(countdown, mode)
        before = len(self.at.boundaries())
        status, reply = act()
        self.written = [line.split("\t")[0] for line in self.at.boundaries()[before:]]
        killed = False
        if countdown is not None:
            points.disarm()
            killed = points.acted
            if killed:
                self.at.kills[self.step, points.what] += 1
                self.at.restart()
        assert killed or status is not None, "no answer, and no kill"
        check(status, reply)
        for token in self.at.dead[-3:]:
            assert not self.at.good(token), "a token that ended is alive"
        return killed

    def kinds(self):
        """The boundaries that the step has when nothing happens."""
        self.run()
        return self.written

    def _session(self, **columns):
        return self.at.state.add_token(self.person.user, self.at.machine, **columns)

    def _code_is_spent(self):
        """Of a code that let in: it is refused from now on, whatever died."""
        assert self.at.sign_in(self.person, self.code)[0] == 401, "a used code was accepted"

    def _code_is_current(self):
        return int(time.time() // STEP_S) <= self.code_step + 1

    def _take_code(self):
        self.code_step = int(time.time() // STEP_S)
        self.code = totp(self.person.secret)

    # --- sign in ---

    def prepare_sign_in(self):
        self._take_code()

    def act_sign_in(self):
        return self.at.sign_in(self.person, self.code)

    def check_sign_in(self, status, reply):
        assert status in (200, None), (status, reply)
        before = self.at.sessions(self.person)
        assert before == 1 if status == 200 else before in (0, 1), before
        if status == 200:
            assert self.at.good(reply["token"])
        again, _ = self.at.sign_in(self.person, self.code)
        if before == 1:
            assert again == 401, "a used code was accepted"
        elif self._code_is_current():
            assert again == 200, "a code that let nobody in is lost"
        self._code_is_spent()
        assert self.at.sessions(self.person) <= 1

    # --- wrong code: two that were answered, and one more ---

    def prepare_wrong_code(self):
        self.counted = self.at.failures()
        for _ in range(2):
            assert self.at.sign_in(self.person, "000000")[0] == 401

    def act_wrong_code(self):
        return self.at.sign_in(self.person, "000000")

    def check_wrong_code(self, status, _):
        assert status in (401, None), status
        counted = self.at.failures() - self.counted
        assert counted >= 2 + (status == 401), "a failure is forgotten"
        assert counted <= 3, counted

    # --- step up ---

    def prepare_step_up(self):
        self.token = self._session(second_factor_at=1)
        self._take_code()

    def act_step_up(self):
        return self.at.ask("POST", "/v1/step-up", {"code": self.code}, self.token)

    def check_step_up(self, status, reply):
        assert status in (200, None), (status, reply)
        fresh = self.at.state.number(
            "SELECT max(second_factor_at) > 1 FROM access_key WHERE person = ?", self.person.user)
        assert fresh or status is None, "an answered step-up is lost"
        if fresh:
            self._code_is_spent()

    # --- keys ---

    def prepare_make_key(self):
        self.token = self._session()

    def act_make_key(self):
        return self.at.ask("POST", "/v1/access-keys", {"ttl_s": 900, "scope": []}, self.token)

    def check_make_key(self, status, reply):
        assert status in (200, None), (status, reply)
        if status == 200:
            assert self.at.good(reply["token"]), "an answered key is lost"
        assert self.at.good(self.token)

    def prepare_revoke_key(self):
        self.token = self._session()
        self.key = self._session(kind="access_key")
        self.id = self.at.state.number(
            "SELECT id FROM access_key WHERE kind = 'access_key' AND person = ?", self.person.user)
        assert self.at.good(self.key)

    def act_revoke_key(self):
        return self.at.ask("DELETE", f"/v1/access-keys/{self.id}", token=self.token)

    def check_revoke_key(self, status, reply):
        assert status in (200, None), (status, reply)
        if status is None:
            assert self.act_revoke_key()[0] == 200
        self.at.dead.append(self.key)
        assert self.at.good(self.token)

    def prepare_sign_out(self):
        self.token = self._session()

    def act_sign_out(self):
        return self.at.ask("POST", "/v1/sign-out", token=self.token)

    def check_sign_out(self, status, reply):
        assert status in (200, None), (status, reply)
        if status is None:
            assert self.act_sign_out()[0] in (200, 401)
        self.at.dead.append(self.token)

    def prepare_disable(self):
        self.token = self._session()
        self.boss = self.at.state.add_token("boss", self.at.machine)

    def act_disable(self):
        return self.at.ask("POST", f"/v1/users/{self.person.user}/disable", token=self.boss)

    def check_disable(self, status, reply):
        assert status in (200, None), (status, reply)
        if status is None:
            assert self.act_disable()[0] == 200
        self.at.dead.append(self.token)
        self._take_code()
        assert self.at.sign_in(self.person, self.code)[0] == 401


def run(gatekeeper, kills, worker, workers):
    """`kills` of each step, evenly over its boundaries; this worker's share of them."""
    people = iter(gatekeeper.people)
    for step in STEPS:
        kinds = Round(gatekeeper, next(people), step).kinds()
        assert kinds, step
        for countdown, mode in spread(kinds, kills)[worker::workers]:
            # Not every life of a step writes as often as the first: then at an earlier place.
            for _ in range(3):
                if Round(gatekeeper, next(people), step).run(countdown, mode):
                    break
                countdown = 1 + countdown % max(gatekeeper.points.seen, 1)
                mode = "after" if mode == "after" else "before"
    for token in gatekeeper.dead:
        assert not gatekeeper.good(token)
    return gatekeeper.kills
