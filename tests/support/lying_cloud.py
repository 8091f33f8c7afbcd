# SPDX-License-Identifier: Apache-2.0
"""A cloud that lies: it has the cloud's own certificate, passes every request on to the real cloud,
and alters what comes back for totals.

    with LyingCloud(platform) as liar:
        platform.start_gatekeeper(cloud_url=liar.url)
        liar.alter = lambda totals: totals.add(0, 1)
"""

import dataclasses
import http.client
import http.server
import json
import ssl
import struct
import threading
import urllib.parse

# docs/formats/totals.md: a header of eight bytes, the count, then one six-byte word per prime.
HEADER = 8
WORD = 6
REQUEST_FIXED = 64


@dataclasses.dataclass(frozen=True)
class ParameterSet:
    """What a number of a reply means; `checks` columns follow each tagged one."""

    primes: tuple
    plaintext_modulus: int
    ring_degree: int
    checks: int


SETS = {1: ParameterSet((281474976694273, 281474976546817, 281474976317441), 562949952847873, 8192,
                        checks=1),
        2: ParameterSet((281474976694273, 281474976636929), 4294828033, 4096, checks=2),
        3: ParameterSet((281474976694273,), 4294955009, 2048, checks=2)}


@dataclasses.dataclass
class Request:
    """A question for totals, to be changed and put again."""

    head: bytes
    units: list
    pairs: list

    @staticmethod
    def parse(body):
        units, pairs = struct.unpack_from("<II", body, REQUEST_FIXED - 8)
        after = REQUEST_FIXED + 4 * units
        return Request(body[:REQUEST_FIXED - 8],
                       list(struct.unpack_from(f"<{units}I", body, REQUEST_FIXED)),
                       [struct.unpack_from("<II", body, after + 8 * i) for i in range(pairs)])

    @property
    def upload(self):
        return self.head[HEADER:HEADER + 16].hex()

    def bytes(self):
        return (self.head + struct.pack("<II", len(self.units), len(self.pairs)) +
                struct.pack(f"<{len(self.units)}I", *self.units) +
                b"".join(struct.pack("<II", *pair) for pair in self.pairs))


class Totals:
    """The numbers of one reply, to be altered in place; row u * pairs + p is pair p over unit u."""

    def __init__(self, body, request=None, cloud=None):
        self.body, self.request, self.cloud = body, request, cloud
        self.set = SETS[body[5]]
        count = struct.unpack_from("<I", body, HEADER)[0]
        numbers = body[HEADER + 4:]
        if len(numbers) != count * WORD * len(self.set.primes):
            raise ValueError("not a reply with totals")
        self.head = body[:HEADER + 4]
        words = [int.from_bytes(numbers[i:i + WORD], "little")
                 for i in range(0, len(numbers), WORD)]
        step = len(self.set.primes)
        self.rows = [words[i:i + step] for i in range(0, len(words), step)]

    def __len__(self):
        return len(self.rows)

    def add(self, position, amount):
        """Adds an integer to one total, modulo every prime; the answer is sum / N of it."""
        self.rows[position] = [(word + amount * self.set.ring_degree) % prime
                               for word, prime in zip(self.rows[position], self.set.primes)]

    def swap(self, first, second):
        self.rows[first], self.rows[second] = self.rows[second], self.rows[first]

    def is_check(self, position):
        """Whether the total is one of a check column: those follow the column that they check."""
        left = self.request.pairs[position % len(self.request.pairs)][0]
        return left % (1 + self.set.checks) != 0

    def bytes(self):
        words = [word.to_bytes(WORD, "little") for row in self.rows for word in row]
        return self.head[:HEADER] + struct.pack("<I", len(self.rows)) + b"".join(words)


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _pass_on(self):
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        liar = self.server.liar
        status, kind, reply = liar.ask(self.command, self.path,
                                       self.headers.get("Content-Type"), body)
        if self.path.endswith("/totals") and liar.alter is not None:
            liar.altered += 1
            reply = liar.alter_reply(self.path, body, reply)
            if callable(reply):
                self.close_connection = True
                reply(self)
                return
            if isinstance(reply, int):
                status, kind, reply = reply, "text/plain", b"no"
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    do_GET = do_PUT = do_POST = do_DELETE = _pass_on

    def log_message(self, *_):
        """Silent: the tests look at answers."""


class LyingCloud:
    """Between the gatekeeper and the real cloud. `alter` takes Totals and changes them, or returns
    bytes (sent instead), an int (sent as the HTTP status), or a function that takes the handler and
    does as it likes with the connection. An `alter` of None tells the truth."""

    def __init__(self, platform):
        self.platform = platform
        self.alter = None
        self.altered = 0
        self.last_reply = None

    def __enter__(self):
        enrolment = json.loads((self.platform.gatekeeper_home / "enrol-cloud").read_text())
        folder = self.platform.folder
        for name in ("certificate", "key", "authority"):
            (folder / f"liar-{name}.pem").write_text(enrolment[f"{name}_pem"])
        serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        serving.load_cert_chain(folder / "liar-certificate.pem", folder / "liar-key.pem")
        serving.load_verify_locations(folder / "liar-authority.pem")
        serving.verify_mode = ssl.CERT_REQUIRED
        self._asking = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._asking.check_hostname = False
        self._asking.load_verify_locations(folder / "liar-authority.pem")
        home = self.platform.gatekeeper_home
        self._asking.load_cert_chain(home / "server.crt", home / "server.key")
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.liar = self
        self._server.daemon_threads = True
        self._server.socket = serving.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"https://127.0.0.1:{self._server.server_address[1]}"
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def ask(self, method, path, kind, body):
        """The real cloud's answer: (status, content type, body)."""
        real = urllib.parse.urlsplit(self.platform.cloud.url)
        connection = http.client.HTTPSConnection(real.hostname, real.port, context=self._asking,
                                                 timeout=60)
        connection.request(method, path, body, {"Content-Type": kind} if kind else {})
        response = connection.getresponse()
        reply = response.read()
        connection.close()
        return response.status, response.headers.get("Content-Type", ""), reply

    def totals(self, request):
        """What the real cloud answers to another question."""
        status, _, reply = self.ask("POST", f"/v1/uploads/{request.upload}/totals",
                                    "application/octet-stream", request.bytes())
        if status != 200:
            raise ValueError(f"status {status}: {reply!r}")
        return Totals(reply, request, self)

    def alter_reply(self, path, body, reply):
        try:
            totals = Totals(reply, Request.parse(body), self)
        except (ValueError, KeyError) as error:
            raise AssertionError(f"the real cloud gave no totals for {path}") from error
        instead = self.alter(totals)
        return totals.bytes() if instead is None else instead
