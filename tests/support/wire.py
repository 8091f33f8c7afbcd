# SPDX-License-Identifier: Apache-2.0
"""TLS connections and HTTP requests by hand, for tests that stall, flood, or count: what the real
client would never send. `Peer(home)` shows the certificate of a client's home and the session that
is kept there, `Peer(home, False)` neither."""

import http.client
import json
import pathlib
import socket
import ssl
import time


class Answer:
    """Status, body, how long it took, and the headers."""

    def __init__(self, status, body, seconds, headers):
        self.status = status
        self.body = body
        self.seconds = seconds
        self.headers = headers

    def json(self):
        return json.loads(self.body)


class Peer:
    """One end that knows the deployment's authority."""

    def __init__(self, home, with_certificate=True):
        home = pathlib.Path(home)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._context.check_hostname = False
        self._context.load_verify_locations(home / "authority.crt")
        if with_certificate:
            self._context.load_cert_chain(home / "client.crt", home / "client.key")
        self._session = home / "session" if with_certificate else None

    def tls(self, port, receive_bytes=None, timeout_s=120):
        """A TLS socket; `receive_bytes` keeps the kernel from reading ahead."""
        raw = socket.socket()
        if receive_bytes is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        raw.settimeout(timeout_s)
        raw.connect(("127.0.0.1", port))
        return self._context.wrap_socket(raw)

    def connection(self, port, timeout_s=300):
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=timeout_s,
                                                 context=self._context)
        connection.bearer = None
        if self._session and self._session.exists():
            connection.bearer = self._session.read_text().strip()
        return connection


def request(connection, method, path, body=b"", content_type="application/json"):
    begun = time.monotonic()
    headers = {"Content-Type": content_type}
    if connection.bearer:
        headers["Authorization"] = "Bearer " + connection.bearer
    connection.request(method, path, body, headers)
    reply = connection.getresponse()
    return Answer(reply.status, reply.read(), time.monotonic() - begun, dict(reply.headers))


def ask(connection, sql, cache=False):
    """A question to the gatekeeper, computed anew unless `cache`."""
    body = json.dumps({"sql": sql, "explain": False, "cache": cache})
    return request(connection, "POST", "/v1/query", body)


def seconds_until_closed(connection, at_most_s):
    """How long the server leaves this connection open; what it sends is thrown away."""
    begun = time.monotonic()
    connection.settimeout(at_most_s)
    try:
        while connection.recv(65536):
            pass
    except (ConnectionError, ssl.SSLError):
        pass
    except TimeoutError:
        return float("inf")
    return time.monotonic() - begun


def peak_memory(pid):
    """The largest resident set that a process has had, in bytes."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("no VmHWM: not Linux?")
