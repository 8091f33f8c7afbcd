# SPDX-License-Identifier: Apache-2.0
"""People and tokens written into the gatekeeper's state as it writes them itself, for tests that
need many of them, or such as time would make: expired, idle, revoked, of another machine. Only the
passwords' hashing is left out: nobody signs in as such a person."""

import contextlib
import hashlib
import pathlib
import secrets
import sqlite3
import ssl
import time

OFFICES = ("custodian", "auditor")
SESSION_S, IDLE_S = 12 * 3600, 30 * 60


def certificate_hash(home):
    """What a session is bound to: SHA-256 of the machine's certificate."""
    pem = (pathlib.Path(home) / "client.crt").read_text()
    first = pem[:pem.index("-----END CERTIFICATE-----")] + "-----END CERTIFICATE-----\n"
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(first)).digest()


class State:
    """The state file of a gatekeeper that may be running."""

    def __init__(self, home):
        self.path = pathlib.Path(home) / "state.db"

    @contextlib.contextmanager
    def open(self):
        connection = sqlite3.connect(self.path, timeout=20, isolation_level="IMMEDIATE")
        try:
            with connection:
                yield connection
        finally:
            connection.close()

    def number(self, sql, *values):
        with self.open() as connection:
            return connection.execute(sql, values).fetchone()[0]

    def add_person(self, name, role):
        with self.open() as connection:
            connection.execute("INSERT INTO person (name, office, made_at) VALUES (?, ?, 1)",
                               (name, role if role in OFFICES else None))
            if role not in OFFICES:
                connection.execute("INSERT INTO member VALUES ('default', ?, ?)", (name, role))

    def now_s(self):
        """The gatekeeper's own time, which may be ahead of the machine's."""
        return max(int(time.time()), self.number("SELECT latest_s FROM clock"))

    def add_token(self, person, machine=None, kind="session", **columns):
        return self.add_tokens([(person, machine, kind, columns)])[0]

    def add_tokens(self, wanted):
        """Tokens of (person, home of the machine or None, kind, columns that differ)."""
        tokens = []
        now_s = self.now_s()
        with self.open() as connection:
            for person, machine, kind, columns in wanted:
                prefix = "cryptonet_session_" if kind == "session" else "cryptonet_key_"
                token = prefix + secrets.token_hex(32)
                row = {"id": secrets.token_hex(8),
                       "hash": hashlib.sha256(token.encode()).digest(), "kind": kind,
                       "person": person, "scope": "",
                       "certificate": certificate_hash(machine) if machine else b"",
                       "made_at": now_s, "expires_at": now_s + SESSION_S, "idle_s": IDLE_S,
                       "last_used_at": now_s, "second_factor_at": now_s, **columns}
                names = ", ".join(row)
                marks = ", ".join("?" * len(row))
                connection.execute(f"INSERT INTO access_key ({names}) VALUES ({marks})",
                                   tuple(row.values()))
                tokens.append(token)
        return tokens
