# SPDX-License-Identifier: Apache-2.0
"""People who sign in, as a script does it: the first custodian by the bootstrap code, others by the
custodian, each with a password and the codes of an authenticator app. What they sign in with is
kept in a file of the platform's folder, so that a later run finds the same people."""

import base64
import hashlib
import hmac
import json
import struct
import time

STEP_S = 30


def totp(secret, at=None):
    """RFC 6238 with HMAC-SHA-1, 30 s, six digits, of a base32 seed."""
    step = int((time.time() if at is None else at) // STEP_S)
    digest = hmac.new(base64.b32decode(secret), struct.pack(">Q", step), hashlib.sha1).digest()
    offset = digest[-1] & 15
    number = struct.unpack(">I", digest[offset:offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**6:06}"


class Person:
    """Somebody with a password and an authenticator app."""

    def __init__(self, user, role, password, secret, recovery_codes, used_step=0):
        self.user, self.role, self.password = user, role, password
        self.secret, self.recovery_codes = secret, list(recovery_codes)
        self.used_step = used_step

    def code(self):
        """A code that was not shown before: of the present step, or when that was used of the next
        one, for which it waits."""
        while int(time.time() // STEP_S) <= self.used_step:
            time.sleep(0.2)
        self.used_step = int(time.time() // STEP_S)
        return totp(self.secret)

    def login(self, client, code=None, **options):
        return client.run("login", "--user", self.user, "--password-stdin", "--totp",
                          code or self.code(), "--format", "json", stdin=self.password + "\n",
                          **options)


class People:
    """The people of one gatekeeper."""

    def __init__(self, platform):
        self.platform = platform
        self.file = platform.folder / "people.json"
        self.known = {}
        if self.file.exists():
            for entry in json.loads(self.file.read_text()):
                self.known[entry["user"]] = Person(**entry)
        self._custodian = None

    def _keep(self, enrolled, password):
        person = Person(enrolled["user"], enrolled["role"], password, enrolled["secret"],
                        enrolled["recovery_codes"])
        self.known[person.user] = person
        self.save()
        return person

    def save(self):
        self.file.touch(mode=0o600)
        self.file.write_text(json.dumps([vars(person) for person in self.known.values()]))

    def custodian(self):
        """A client where the first custodian is signed in; made on first use."""
        if self._custodian is None:
            client = self.platform.client("custodian", "researcher")
            if "carol" not in self.known:
                code = (self.platform.gatekeeper_home / "bootstrap-code").read_text().strip()
                password = "carol keeps the keys"
                enrolled = client.json("bootstrap", "--code", code, "--user", "carol",
                                       "--password-stdin", "--format", "json",
                                       stdin=password + "\n")
                self._keep(enrolled, password)
            self._custodian = self.signed_in(client, "carol")
        return self._custodian

    def add(self, user, role, password=None):
        """A new person, by the custodian."""
        password = password or f"{user} has a long password"
        enrolled = self.custodian().json("user", "add", user, "--role", role, "--password-stdin",
                                         "--format", "json", stdin=password + "\n")
        return self._keep(enrolled, password)

    def signed_in(self, client, user):
        """The client with that person's session, which is kept while it is good."""
        who = client.run("whoami", "--format", "json", expect=None)
        if who.code != 0 or who.json()["user"] != user:
            self.known[user].login(client)
            self.save()
        return client
