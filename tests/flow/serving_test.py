# SPDX-License-Identifier: Apache-2.0
"""What an operator sees of the servers: health, figures, limits, and the two ways to stop."""

import contextlib
import json
import re
import resource
import signal
import time
import urllib.error
import urllib.request

import pytest

from support import processes, wire
from support.flow import QUESTION

pytestmark = pytest.mark.slow
LINE = re.compile(r'^([a-z_]+)(\{.*\})? (\S+)$')


def page(port, path):
    """(status, text) of a page that is told on this machine."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


def figures(port):
    """{name with labels: value} of /metrics."""
    status, text = page(port, "/metrics")
    assert status == 200
    lines = [LINE.match(line) for line in text.splitlines() if not line.startswith("#")]
    assert all(lines), text
    return {found[1] + (found[2] or ""): float(found[3]) for found in lines}


def stranger(flow, port, path, body=b"", method="GET"):
    """The answer to somebody without a certificate."""
    peer = wire.Peer(flow.researcher.home, with_certificate=False)
    with contextlib.closing(peer.connection(port, 30)) as connection:
        return wire.request(connection, method, path, body)


@pytest.fixture(scope="module")
def metrics(flow):
    """Ports at which both servers tell their figures; a dataset `t` that was asked twice."""
    ports = {"cloud": processes.free_port(), "gatekeeper": processes.free_port()}
    flow.publish("t")
    cloud, gatekeeper = flow.platform.cloud.port, flow.platform.gatekeeper.port
    flow.platform.stop()
    flow.platform.start_cloud(cloud, arguments=["--metrics", f"127.0.0.1:{ports['cloud']}"])
    flow.platform.start_gatekeeper(
        gatekeeper, arguments=["--metrics", f"127.0.0.1:{ports['gatekeeper']}", "--limit",
                               "stranger=50:50"])
    for _ in range(2):
        assert flow.ask("t").json()["rows"]
    return ports


def test_strangers_may_ask_for_health_and_nothing_else(flow, metrics):
    for server in (flow.platform.cloud, flow.platform.gatekeeper):
        for path in ("/healthz", "/readyz"):
            answer = stranger(flow, server.port, path)
            assert (answer.status, answer.json()) == (200, {"status": "ok"})
        assert stranger(flow, server.port, "/v1/status").status == 401
        assert stranger(flow, server.port, "/metrics").status == 404, "never on the public address"


def test_figures_count_what_happened(flow, metrics):
    gatekeeper, cloud = figures(metrics["gatekeeper"]), figures(metrics["cloud"])
    asked = 'cryptonet_requests_total{route="/v1/query",status="2xx"}'
    assert gatekeeper[asked] == 2
    assert gatekeeper["cryptonet_published_uploads"] == 1
    assert gatekeeper["cryptonet_frozen_uploads"] == 0
    assert gatekeeper["cryptonet_ready"] == 1
    assert gatekeeper["cryptonet_opened_totals_by_upload_count"] == 1
    assert gatekeeper["cryptonet_opened_totals_by_upload_sum"] > 0
    assert cloud["cryptonet_totals_answered_total"] >= cloud["cryptonet_totals_computed_total"] > 0
    assert cloud["cryptonet_uploads"] == 1
    assert cloud["cryptonet_segment_bytes"] > 0
    assert flow.ask("t").json()["rows"]
    assert figures(metrics["gatekeeper"])[asked] == 3
    told = " ".join(figures(metrics["gatekeeper"]))
    for secret in ('"t"', "researcher", "carol", "127.0.0.1"):
        assert secret not in told, secret
    assert page(metrics["gatekeeper"], "/readyz")[0] == 200


def serve_alone(folder, *arguments, **options):
    """A gatekeeper over a new home, which is expected not to start."""
    processes.run_program("cryptonet-gatekeeper", "init", "--home", folder / "alone")
    return processes.run_program(
        "cryptonet-gatekeeper", "serve", "--home", folder / "alone", "--listen", "127.0.0.1:0",
        "--cloud", "https://127.0.0.1:1", *arguments, timeout_s=60, **options)


def test_figures_are_told_on_this_machine_alone(tmp_path):
    outcome = serve_alone(tmp_path, "--metrics", "0.0.0.0:0", expect=2)
    assert "127.0.0.1:PORT" in outcome.stderr


def test_says_when_the_system_allows_too_few_descriptors(tmp_path):
    outcome = serve_alone(
        tmp_path, "--max-connections", "1000", expect=7,
        preexec=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (300, 300)))
    assert "--max-connections" in outcome.stderr and "1256" in outcome.stderr


def test_who_asks_too_often_is_told_when_to_come_back(flow, metrics):
    """The command ends with 4 and names the wait; another machine is answered meanwhile."""
    other = flow.platform.join("researcher", "second")
    flow.restart_gatekeeper(arguments=["--limit", "person=0.02:3"])
    outcomes = [flow.researcher.query(QUESTION.format("t"), expect=None) for _ in range(6)]
    refused = [outcome for outcome in outcomes if outcome.code != 0]
    assert refused and all(outcome.code == 4 for outcome in refused), outcomes
    error = refused[-1].json()["error"]
    assert error["rule"] == "rate.too_many"
    wait = re.fullmatch(r"try again in (\d+) seconds?", error["hint"])
    assert wait and 1 <= int(wait[1]) <= 50, error
    assert "try again in" in refused[-1].stderr
    assert other.query(QUESTION.format("t")).json()["rows"]
    with contextlib.closing(wire.Peer(flow.researcher.home).connection(
            flow.platform.gatekeeper.port)) as connection:
        answer = wire.ask(connection, QUESTION.format("t"))
        assert (answer.status, answer.headers["Retry-After"].isdigit()) == (429, True)
        assert wire.request(connection, "GET", "/healthz").status == 200, "on the same connection"


def test_joins_of_strangers_are_counted_with_sign_ins(flow, metrics):
    """Each refused one is a record for ever; honest work goes on beside them."""
    flow.restart_gatekeeper(arguments=["--limit", "sign-in=0.02:3"])
    port = flow.platform.gatekeeper.port
    wish = json.dumps({"enrolment": "0" * 32, "csr_pem": "none", "signing_key": "",
                       "proof": "0" * 64}).encode()
    codes = [stranger(flow, port, "/v1/join", wish, "POST").status for _ in range(5)]
    assert codes[3:] == [429, 429] and 429 not in codes[:3], codes
    assert flow.researcher.query(QUESTION.format("t")).json()["rows"]


def test_drains_before_it_stops_and_a_second_signal_ends_it_at_once(flow, metrics):
    flow.restart_gatekeeper(arguments=["--drain", "60", "--limit", "person=0"])
    server = flow.platform.gatekeeper
    assert stranger(flow, server.port, "/readyz").status == 200
    server.process.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + 20
    while stranger(flow, server.port, "/readyz").status == 200:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    answer = stranger(flow, server.port, "/readyz")
    assert (answer.status, answer.json()["error"]["rule"]) == (503, "ready.stopping")
    assert answer.headers["Retry-After"].isdigit()
    assert stranger(flow, server.port, "/healthz").status == 200
    assert flow.ask("t").json()["rows"], "what is asked while it drains is answered"
    server.process.send_signal(signal.SIGTERM)
    time.sleep(2.5)
    if server.alive():  # both signals came within the same two seconds: they counted as one
        server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(timeout=5) == 128 + signal.SIGTERM
    flow.platform.gatekeeper = None
    flow.platform.start_gatekeeper(server.port)
    assert flow.ask("t").json()["rows"], "nothing was lost"
