# SPDX-License-Identifier: Apache-2.0
"""Both servers under load: sixteen questions at once without one starving, bounded memory, clients
that stall or flood cut off while honest ones are answered, and an end on SIGTERM in the middle of a
computation. The table has 100,000 rows in ./run test and 3,000,000 in ./run test long."""

import concurrent.futures
import contextlib
import select
import socket
import statistics
import threading
import time

import numpy
import pyarrow
import pyarrow.parquet
import pytest

from support import wire

pytestmark = pytest.mark.slow
AT_ONCE = 16
MIB = 1 << 20
# The limits of src/net/http.h, and time for a busy machine.
HANDSHAKE_S = 10
IDLE_S = 60
TRANSFER_S = 20
SLACK_S = 12
CONNECTIONS = 2048
SCHEMA = """row_limit = 3000000
[columns.x]
role = "measure"
min = -1000
max = 1000
powers = 2
[columns.y]
role = "measure"
min = 0
max = 500
[columns.g]
role = "dimension"
categories = [0, 1, 2, 3, 4, 5, 6, 7]
"""
QUESTIONS = (
    ("SELECT COUNT(*), SUM(x) FROM load", lambda t: [[t["rows"], t["x"].sum()]]),
    ("SELECT g, COUNT(*) FROM load GROUP BY g ORDER BY g", lambda t: [
        [g, (t["g"] == g).sum()] for g in range(8)]),
    ("SELECT g, SUM(x), SUM(y) FROM load GROUP BY g ORDER BY g", lambda t: [
        [g, t["x"][t["g"] == g].sum(), t["y"][t["g"] == g].sum()] for g in range(8)]),
    ("SELECT SUM(y) FROM load WHERE g = 3", lambda t: [[t["y"][t["g"] == 3].sum()]]))


class Loaded:
    """A published table of some rows, its clear columns, and a researcher on the wire."""

    def __init__(self, flow, rows):
        random = numpy.random.default_rng(rows)
        self.clear = {"rows": rows, "x": random.integers(-1000, 1001, rows),
                      "y": random.integers(0, 501, rows), "g": random.integers(0, 8, rows)}
        path = flow.folder / "load.parquet"
        pyarrow.parquet.write_table(
            pyarrow.table({name: self.clear[name] for name in "xyg"}), path)
        out = flow.folder / "load.upload"
        flow.contributor.json("encrypt", path, "--schema", flow.write_schema("load", SCHEMA),
                              "--dataset", "load", "--out", out)
        flow.contributor.json("upload", out)
        self.platform = flow.platform
        self.researcher = wire.Peer(flow.researcher.home)
        self.contributor = wire.Peer(flow.contributor.home)
        self.stranger = wire.Peer(flow.researcher.home, with_certificate=False)

    @property
    def servers(self):
        return (self.platform.cloud, self.platform.gatekeeper)

    def connection(self):
        return self.researcher.connection(self.platform.gatekeeper.port)

    def check(self, number, connection):
        """Asks one question anew and compares; its seconds."""
        sql, truth = QUESTIONS[number % len(QUESTIONS)]
        answer = wire.ask(connection, sql)
        assert answer.status == 200, answer.body[:500]
        got = [[int(cell) for cell in row] for row in answer.json()["rows"]]
        assert got == [[int(cell) for cell in row] for row in truth(self.clear)], sql
        return answer.seconds


@pytest.fixture(scope="module", params=[
    100_000, pytest.param(3_000_000, marks=pytest.mark.long)], ids=["100k", "3m"])
def loaded(request, tmp_path_factory):
    """A platform for each size of table, so that peaks of memory are its own."""
    from flow.conftest import Flow
    flow = Flow(tmp_path_factory.mktemp("load"))
    yield Loaded(flow, request.param)
    flow.platform.stop()


def figures(seconds):
    return (f"{min(seconds) * 1e3:,.0f} / {statistics.median(seconds) * 1e3:,.0f} / "
            f"{max(seconds) * 1e3:,.0f} ms (min / median / max)")


def test_sixteen_at_once_are_all_answered(loaded, closing_line):
    rounds = 4
    with contextlib.closing(loaded.connection()) as connection:
        alone = [loaded.check(number, connection) for number in range(2 * len(QUESTIONS))]
    memory_before = [wire.peak_memory(server.process.pid) for server in loaded.servers]

    def one(number):
        with contextlib.closing(loaded.connection()) as connection:
            return [loaded.check(number + step, connection) for step in range(rounds)]

    begun = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        seconds = [spent for each in pool.map(one, range(AT_ONCE)) for spent in each]
    wall = time.monotonic() - begun
    rows = loaded.clear["rows"]
    closing_line(f"load, {rows:,} rows: a question alone {figures(alone)}; {AT_ONCE} at once "
                 f"{figures(seconds)}, {len(seconds) / wall:.1f} a second")
    for server, before in zip(loaded.servers, memory_before):
        after = wire.peak_memory(server.process.pid)
        closing_line(f"load, {rows:,} rows: {server.name} peak memory {after / MIB:,.0f} MiB, "
                     f"{(after - before) / MIB:,.0f} MiB of it for {AT_ONCE} at once")
        # What is mapped of the store counts as resident: 6 bytes a prime and row of each column.
        assert after < 512 * MIB + 1.5 * 18 * 40 * rows
    # Fair: nobody waits longer than all the work of everybody, twice over.
    assert max(seconds) < 2 * AT_ONCE * max(alone) + 1


def stall_in_handshake(loaded, port):
    with socket.create_connection(("127.0.0.1", port)) as silent:
        return "a silent handshake", wire.seconds_until_closed(silent, 90), HANDSHAKE_S


def stall_before_header(loaded, port):
    with loaded.stranger.tls(port) as quiet:
        return "no certificate and no request", wire.seconds_until_closed(quiet, 90), HANDSHAKE_S


def drip_header(loaded, port):
    """One byte a second: each is progress, the whole is not."""
    with loaded.stranger.tls(port) as slow:
        begun = time.monotonic()
        with contextlib.suppress(OSError):
            for byte in b"POST /v1/join HTTP/1.1\r\nHost: " + b"x" * 90:
                slow.send(bytes([byte]))
                if select.select([slow], [], [], 1)[0] and not slow.recv(100):
                    break
        return "a header byte by byte", time.monotonic() - begun, HANDSHAKE_S


def stall_in_body(loaded, port):
    is_cloud = port == loaded.platform.cloud.port
    peer = loaded.contributor if is_cloud else loaded.researcher
    head = (f"PUT /v1/uploads/{'0' * 32}/manifest" if is_cloud else "POST /v1/query")
    length = 1 << 30 if is_cloud else 500_000
    with peer.tls(port) as slow:
        slow.sendall(f"{head} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\nabc".encode())
        open_s = wire.seconds_until_closed(slow, 90)
        return f"a body of {length:,} bytes that stops", open_s, TRANSFER_S


def never_read(loaded, port):
    """Requests without end whose answers are not read: the server's side of the pipe fills."""
    with loaded.contributor.tls(port, receive_bytes=4096) as deaf:
        deaf.settimeout(90)
        request = b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n" * 100
        begun = time.monotonic()
        with contextlib.suppress(OSError):
            while time.monotonic() - begun < 90:
                deaf.sendall(request)
        return "answers that nobody reads", time.monotonic() - begun, TRANSFER_S + 10


def test_stalling_clients_are_cut_off_and_others_answered(loaded, closing_line):
    stalls = (stall_in_handshake, stall_before_header, drip_header, stall_in_body, never_read)
    honest, stop = [], threading.Event()

    def ask_on():
        with contextlib.closing(loaded.connection()) as connection:
            while not stop.is_set():
                honest.append(loaded.check(len(honest), connection))
                stop.wait(0.5)

    with concurrent.futures.ThreadPoolExecutor(2 * len(stalls) + 1) as pool:
        asking = pool.submit(ask_on)
        waits = [(server, pool.submit(stall, loaded, server.port))
                 for server in loaded.servers for stall in stalls]
        concurrent.futures.wait([wait for _, wait in waits])
        stop.set()
        asking.result()
        for server, wait in waits:
            what, seconds, limit = wait.result()
            closing_line(f"load: {server.name} cut off {what} after {seconds:.1f} s")
            assert seconds < limit + SLACK_S, (server.name, what)
    closing_line(f"load: an honest question beside them {figures(honest)}")


def test_a_flood_of_connections_keeps_nobody_out(loaded, closing_line):
    """Twice as many silent connections as a server holds: those who prove who they are get in."""
    for server in loaded.servers:
        with contextlib.ExitStack() as stack:
            for _ in range(2 * CONNECTIONS):
                stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            seconds = []
            for number in range(len(QUESTIONS)):
                begun = time.monotonic()
                with contextlib.closing(loaded.researcher.connection(server.port, 60)) as fresh:
                    assert wire.request(fresh, "GET", "/v1/status").status == 200
                with contextlib.closing(loaded.connection()) as connection:
                    loaded.check(number, connection)
                seconds.append(time.monotonic() - begun)
            closing_line(f"load: {server.name} under {2 * CONNECTIONS} silent connections, a fresh "
                         f"connection and a question {figures(seconds)}")


def test_bodies_over_the_limit_are_refused_unread(loaded):
    port = loaded.platform.gatekeeper.port
    head = b"POST /v1/query HTTP/1.1\r\nHost: x\r\n"
    with loaded.researcher.tls(port) as declared:
        declared.sendall(head + b"Content-Length: 9000000000\r\n\r\n")
        assert declared.recv(100).startswith(b"HTTP/1.1 413")
    with loaded.researcher.tls(port) as endless:
        endless.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n")
        piece = b"10000\r\n" + b"z" * 65536 + b"\r\n"
        with contextlib.suppress(OSError):
            for _ in range(64):
                endless.sendall(piece)
        assert endless.recv(100).startswith(b"HTTP/1.1 413")
    with loaded.stranger.tls(port) as stranger:
        stranger.sendall(b"PUT /v1/uploads/" + b"0" * 32 + b" HTTP/1.1\r\nHost: x\r\n"
                         b"Content-Length: 900000000\r\n\r\n")
        assert stranger.recv(100).startswith(b"HTTP/1.1 401")


def test_a_flood_of_requests_leaves_room_for_others(loaded, closing_line):
    """One contributor asks for a status without pause on 40 connections; a researcher's questions
    are answered all the same."""
    stop = threading.Event()
    counts = {200: 0, 429: 0, 503: 0}

    def flood():
        with contextlib.closing(
                loaded.contributor.connection(loaded.platform.gatekeeper.port)) as connection:
            while not stop.is_set():
                counts[wire.request(connection, "GET", "/v1/datasets").status] += 1

    with concurrent.futures.ThreadPoolExecutor(40) as pool:
        floods = [pool.submit(flood) for _ in range(40)]
        time.sleep(1)
        try:
            with contextlib.closing(loaded.connection()) as connection:
                seconds = [loaded.check(number, connection) for number in range(8)]
        finally:
            stop.set()
        for each in floods:
            each.result()
    refused = counts[429] + counts[503]
    closing_line(f"load: beside {counts[200]:,} requests of one flooding peer ({refused:,} "
                 f"refused as too many), a question {figures(seconds)}")


def test_sigterm_ends_the_servers_in_the_middle_of_questions(loaded, closing_line):
    """Last: it stops the servers. The cloud leaves its computation, the gatekeeper its wait."""
    stop = threading.Event()

    def ask_on():
        with contextlib.suppress(OSError, AssertionError, ValueError, EOFError):
            with contextlib.closing(loaded.connection()) as connection:
                while not stop.is_set():
                    loaded.check(2, connection)

    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        asking = [pool.submit(ask_on) for _ in range(AT_ONCE)]
        time.sleep(0.5)
        for server in loaded.servers:
            begun = time.monotonic()
            assert server.stop() == 0
            spent = time.monotonic() - begun
            closing_line(f"load: {server.name} ended {spent:.1f} s after SIGTERM")
        stop.set()
        for each in asking:
            with contextlib.suppress(Exception):
                each.result()
