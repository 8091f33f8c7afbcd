# SPDX-License-Identifier: Apache-2.0
"""The gatekeeper's page in a real Chromium that trusts the deployment's authority and nothing else,
with a virtual security key: what a person can do there, and what nobody can."""

import contextlib
import http.client
import json
import pathlib
import shutil
import socket
import sqlite3
import ssl
import subprocess
import sys
import threading

import pytest

from support import audit_log
from support.processes import Client, Platform, Server, free_port

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import chromium  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
HOST = "gatekeeper.test"
OTHER_HOST = "elsewhere.test"
PASSWORD = "ada has a long password"
NOT_SIGNED_IN = "Not signed in"

pytestmark = [pytest.mark.slow, pytest.mark.skipif(
    chromium.program() is None or shutil.which("certutil") is None,
    reason="chromium and certutil are not installed")]


class Forwarder:
    """Another address at which the same server stands, as behind somebody who relays."""

    def __init__(self, port):
        self.target = port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                near = self.listener.accept()[0]
                far = socket.create_connection(("127.0.0.1", self.target))
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=self._copy, args=pair, daemon=True).start()

    @staticmethod
    def _copy(source, sink):
        with contextlib.suppress(OSError):
            while part := source.recv(1 << 16):
                sink.sendall(part)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)


class Deployment:
    """A gatekeeper with a page, a browser, and people to sign in."""

    def __init__(self, folder):
        self.platform = Platform(folder)
        self.port = free_port()
        self.origin = f"https://{HOST}:{self.port}"
        self.platform.gatekeeper = Server(
            "cryptonet-gatekeeper",
            ["serve", "--home", self.platform.gatekeeper_home, "--listen",
             f"127.0.0.1:{self.port}", "--cloud", "https://127.0.0.1:1", "--origin", self.origin],
            folder / "gatekeeper.log")
        self.authority = self.platform.gatekeeper_home / "authority.crt"
        self.browser = chromium.Chromium(folder / "browser", self.authority.read_text(),
                                         [HOST, OTHER_HOST])

    def person(self, user):
        return self.platform.people.add(user, "researcher", PASSWORD)

    def page(self, origin=None):
        page = self.browser.open((origin or self.origin) + "/", self.browser.context())
        if not page.error:
            page.wait("!document.getElementById('sign-in').hidden "
                      "|| !document.getElementById('message').hidden")
        return page

    def signed_in(self, person, page=None):
        """A page where that person signed in with a code."""
        page = page or self.page()
        sign_in(page, person.user, PASSWORD, person.recovery_codes.pop())
        page.wait("!document.getElementById('account').hidden")
        return page

    def post(self, path, body=None, origin=None, cookie=None):
        """A request of no browser: status, headers and body."""
        context = ssl.create_default_context(cafile=self.authority)
        context.check_hostname = False
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=context)
        headers = {"Origin": origin} if origin else {}
        if cookie:
            headers["Cookie"] = cookie
        connection.request("POST", path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer.status, answer.headers, json.loads(text)

    def rows(self, statement, *values):
        with contextlib.closing(sqlite3.connect(
                self.platform.gatekeeper_home / "state.db", timeout=10)) as database:
            found = database.execute(statement, values).fetchall()
            database.commit()
            return found

    def records(self):
        return audit_log.records_of(audit_log.text_in(self.platform.gatekeeper_home))

    def close(self):
        self.browser.close()
        self.platform.stop()


@pytest.fixture(scope="module")
def deployment(tmp_path_factory):
    made = Deployment(tmp_path_factory.mktemp("page"))
    yield made
    made.close()


def sign_in(page, user, password, code):
    page.type("user", user)
    page.type("password", password)
    page.type("code", code)
    page.press("Enter", number=13, text="\r")


def sign_in_with_passkey(page, user, password=PASSWORD):
    page.type("user", user)
    page.type("password", password)
    page.click("sign-in-passkey")


def refusal(page):
    page.wait("!document.getElementById('message').hidden")
    return page.text("message")


def sign_out(page):
    page.click("sign-out")
    page.wait("!document.getElementById('sign-in').hidden")


def add_passkey(page, name="blue key"):
    page.type("passkey-name", name)
    page.click("#passkey-form button")
    page.wait(f"document.getElementById('passkeys').innerText.includes({json.dumps(name)})")


def ask(page, path, body=None):
    """What the page's own script could send, cookie and all: status and message."""
    return page.evaluate(
        "fetch('/v1/page/%s', {method: 'POST', body: %s}).then(async (answer) =>"
        " ({status: answer.status, body: await answer.json()}))"
        % (path, "null" if body is None else "JSON.stringify(%s)" % json.dumps(body)))


def record_requests(page):
    page.evaluate(
        "(() => { window.sent = []; const real = window.fetch; window.fetch = (path, options) => {"
        " window.sent.push({path, body: options.body}); return real(path, options); }; })()")


def sent_to(page, path):
    bodies = page.evaluate(f"window.sent.filter((one) => one.path === '/v1/page/{path}')")
    return json.loads(bodies[-1]["body"])


def test_the_page_is_what_its_sources_give():
    done = subprocess.run([sys.executable, ROOT / "tools" / "build_page.py", "--check"],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_code_lets_in_and_a_key_asks_until_it_is_revoked(deployment):
    ada = deployment.person("ada")
    page = deployment.page()
    sign_in(page, "ada", "not the password", ada.recovery_codes[-1])
    wrong = refusal(page)
    assert NOT_SIGNED_IN in wrong
    sign_in(page, "nobody", PASSWORD, ada.recovery_codes[-1])
    page.wait("document.activeElement.id === 'message'")
    assert refusal(page) == wrong
    deployment.signed_in(ada, page)

    cookie, = page.call("Network.getCookies")["cookies"]
    assert cookie["name"] == "__Host-cryptonet" and cookie["domain"] == HOST
    assert cookie["httpOnly"] and cookie["secure"] and cookie["path"] == "/"
    assert cookie["sameSite"] == "Strict" and cookie["session"]
    assert page.evaluate("document.cookie") == ""
    assert page.evaluate("document.getElementById('password').value") == ""

    page.click("#key-form button")
    page.wait("!document.getElementById('made').hidden")
    token = page.text("token")
    machine = Client(deployment.platform.folder / "custodian")
    known = machine.json("whoami", "--format", "json", env={"CRYPTONET_TOKEN": token})
    assert (known["user"], known["kind"]) == ("ada", "access_key")
    page.wait("document.querySelectorAll('#keys tr').length === 2")
    page.click("#keys button")
    page.wait("document.querySelectorAll('#keys tr').length === 1")
    machine.run("whoami", env={"CRYPTONET_TOKEN": token}, expect=8)
    # The page's session is good in this page alone.
    machine.run("whoami", env={"CRYPTONET_TOKEN": cookie["value"]}, expect=8)

    sign_out(page)
    assert page.call("Network.getCookies")["cookies"] == []
    spent = f"__Host-cryptonet={cookie['value']}"
    status, _, body = deployment.post("/v1/page/account", origin=deployment.origin, cookie=spent)
    assert status == 200 and body["signed_in"] is False
    assert page.browser.events("Runtime.exceptionThrown", page.session) == []


def test_a_passkey_takes_the_place_of_the_code(deployment):
    ben = deployment.person("ben")
    page = deployment.signed_in(ben)
    authenticator = page.add_authenticator()
    add_passkey(page)
    made, = page.call("WebAuthn.getCredentials", authenticatorId=authenticator)["credentials"]
    assert made["rpId"] == HOST
    sign_out(page)

    record_requests(page)
    sign_in_with_passkey(page, "ben")
    page.wait("!document.getElementById('account').hidden")
    before, = deployment.rows("SELECT sign_count FROM passkey WHERE person = 'ben'")
    assert before[0] >= 1
    shown = sent_to(page, "sign-in/passkey")
    sign_out(page)

    # Replayed: to the attempt it answered, and to a fresh one.
    assert ask(page, "sign-in/passkey", shown)["status"] == 401
    asked = ask(page, "sign-in/challenge", {"user": "ben", "password": PASSWORD})["body"]
    again = ask(page, "sign-in/passkey", {**shown, "attempt": asked["attempt"]})
    assert again["status"] == 401 and again["body"]["error"]["code"] == "NOT_SIGNED_IN"
    assert page.call("Network.getCookies")["cookies"] == []

    # A wrong password, and a name without passkeys, are told the same.
    sign_in_with_passkey(page, "ben", "not the password")
    wrong = refusal(page)
    assert NOT_SIGNED_IN in wrong
    page.evaluate("document.getElementById('message').hidden = true")
    sign_in_with_passkey(page, "carol", "carol keeps the keys")
    assert refusal(page) == wrong

    # The person does not touch the key, or it does not know its user.
    page.call("WebAuthn.setUserVerified", authenticatorId=authenticator, isUserVerified=False)
    page.evaluate("document.getElementById('message').hidden = true")
    sign_in_with_passkey(page, "ben")
    assert "No passkey was shown" in refusal(page)
    assert ask(page, "account")["body"]["signed_in"] is False


def test_a_copied_passkey_is_found_and_locked(deployment):
    cleo = deployment.person("cleo")
    page = deployment.signed_in(cleo)
    authenticator = page.add_authenticator()
    add_passkey(page, "original")
    copy, = page.call("WebAuthn.getCredentials", authenticatorId=authenticator)["credentials"]
    sign_out(page)
    for _ in range(2):
        sign_in_with_passkey(page, "cleo")
        page.wait("!document.getElementById('account').hidden")
        sign_out(page)

    page.call("WebAuthn.removeCredential", authenticatorId=authenticator,
              credentialId=copy["credentialId"])
    page.call("WebAuthn.addCredential", authenticatorId=authenticator, credential=copy)
    sign_in_with_passkey(page, "cleo")
    assert NOT_SIGNED_IN in refusal(page)
    locked, = deployment.rows("SELECT locked_at FROM passkey WHERE person = 'cleo'")
    assert locked[0] is not None
    denied = [record for record in deployment.records() if record["rule"] == "passkey.counter"]
    assert [record["details"]["user"] for record in denied] == ["cleo"]
    # The original is locked with it; a code still lets in, and shows why.
    page.evaluate("document.getElementById('message').hidden = true")
    sign_in_with_passkey(page, "cleo")
    assert NOT_SIGNED_IN in refusal(page)
    # Of her failures the last waits: a sign-in that succeeds forgets them.
    deployment.signed_in(cleo, page)
    assert "Locked" in page.text("passkeys")
    page.click("#passkeys button")
    page.wait("document.getElementById('passkeys').children.length === 0")


def test_the_second_factor_cannot_be_skipped(deployment):
    dora = deployment.person("dora")
    page = deployment.signed_in(dora)
    page.add_authenticator()
    add_passkey(page)
    sign_out(page)
    asked = ask(page, "sign-in/challenge", {"user": "dora", "password": PASSWORD})
    assert asked["status"] == 200
    nothing = {"attempt": asked["body"]["attempt"], "passkey": asked["body"]["allowed"][0],
               "client_data": "e30=", "authenticator_data": "AA==", "signature": "AA==",
               "user_handle": ""}
    for path, body in (("sign-in", {"user": "dora", "password": PASSWORD, "code": ""}),
                       ("sign-in", {"user": "dora", "password": PASSWORD, "code": "000000"}),
                       ("sign-in/passkey", nothing),
                       ("step-up", {"code": dora.recovery_codes[-1]}),
                       ("step-up/challenge", None), ("step-up/passkey", nothing),
                       ("access-keys", {"ttl_s": 900, "scope": []}),
                       ("access-keys/revoke", {"id": "0"}), ("passkeys/challenge", None),
                       ("passkeys", {"name": "n", "client_data": "AA==",
                                     "attestation_object": "AA=="}),
                       ("passkeys/remove", {"id": asked["body"]["allowed"][0]}),
                       ("sign-out", None)):
        answer = ask(page, path, body)
        assert answer["status"] == 401, (path, answer)
        assert page.call("Network.getCookies")["cookies"] == [], path
    assert ask(page, "account")["body"]["signed_in"] is False


def test_whoever_is_disabled_is_out_at_once(deployment):
    hugo = deployment.person("hugo")
    page = deployment.signed_in(hugo)
    page.add_authenticator()
    add_passkey(page)
    # One page stays open; in another the password was given and the passkey is to come.
    asked = ask(page, "sign-in/challenge", {"user": "hugo", "password": PASSWORD})["body"]
    shown = page.evaluate(
        "import('/page/passkey.js').then((one) => one.showPasskey(%s))" % json.dumps(asked))
    deployment.platform.people.custodian().run("user", "disable", "hugo")
    assert ask(page, "sign-in/passkey", shown)["status"] == 401
    page.click("#key-form button")
    page.wait("!document.getElementById('sign-in').hidden")
    assert NOT_SIGNED_IN in page.text("message")
    assert page.text("keys") == page.text("passkeys") == ""
    # A reset takes the passkeys away with the rest.
    deployment.platform.people.custodian().run("user", "reset", "hugo", "--password-stdin",
                                               stdin=PASSWORD + "\n")
    assert deployment.rows("SELECT count(*) FROM passkey WHERE person = 'hugo'") == [(0,)]
    assert ask(page, "sign-in/challenge", {"user": "hugo", "password": PASSWORD})["status"] == 401


def test_an_old_second_factor_is_asked_for_again(deployment):
    emil = deployment.person("emil")
    page = deployment.signed_in(emil)
    page.add_authenticator()
    add_passkey(page, "first")
    for how in ("code", "passkey"):
        deployment.rows("UPDATE access_key SET second_factor_at = second_factor_at - 301 "
                        "WHERE person = 'emil'")
        page.type("passkey-name", f"after a {how}")
        page.click("#passkeys button")
        page.wait("document.getElementById('confirm').open")
        if how == "code":
            page.type("confirm-code", emil.recovery_codes.pop())
            page.press("Enter", number=13, text="\r")
            page.wait("document.getElementById('passkeys').children.length === 0")
            add_passkey(page, "second")
        else:
            page.click("confirm-passkey")
            page.wait("document.getElementById('passkeys').children.length === 0")


def test_another_origin_gets_nothing(deployment):
    finn = deployment.person("finn")
    page = deployment.signed_in(finn)
    authenticator = page.add_authenticator()
    add_passkey(page)
    key, = page.call("WebAuthn.getCredentials", authenticatorId=authenticator)["credentials"]
    sign_out(page)

    # Another name: the certificate is not for it.
    elsewhere = deployment.page(f"https://{OTHER_HOST}:{deployment.port}")
    assert elsewhere.error == "net::ERR_CERT_COMMON_NAME_INVALID"
    # The same name at another port, by whoever relays to us: the page loads, and that is all.
    relay = Forwarder(deployment.port)
    relayed = deployment.page(f"https://{HOST}:{relay.port}")
    assert "own page" in refusal(relayed)
    for path, body in (("sign-in", {"user": "finn", "password": PASSWORD,
                                    "code": finn.recovery_codes[-1]}),
                       ("sign-in/challenge", {"user": "finn", "password": PASSWORD})):
        assert ask(relayed, path, body)["status"] == 403
    # A challenge that was fetched from us and answered there: the signature says where.
    relayed.call("WebAuthn.addCredential", authenticatorId=relayed.add_authenticator(),
                 credential=key)
    asked = ask(page, "sign-in/challenge", {"user": "finn", "password": PASSWORD})["body"]
    shown = relayed.evaluate(
        "import('/page/passkey.js').then((one) => one.showPasskey(%s))" % json.dumps(asked))
    assert ask(page, "sign-in/passkey", shown)["status"] == 401
    # Answered here the same challenge would have let in, so a fresh one does.
    asked = ask(page, "sign-in/challenge", {"user": "finn", "password": PASSWORD})["body"]
    shown = page.evaluate(
        "import('/page/passkey.js').then((one) => one.showPasskey(%s))" % json.dumps(asked))
    assert ask(page, "sign-in/passkey", shown)["status"] == 200
    # No origin, or another, and a good cookie.
    cookie, = page.call("Network.getCookies")["cookies"]
    good = f"a=b; __Host-cryptonet={cookie['value']}"
    for origin in (None, "null", f"https://{HOST}", deployment.origin + "/",
                   f"https://{OTHER_HOST}:{deployment.port}"):
        status, headers, body = deployment.post("/v1/page/sign-out", origin=origin, cookie=good)
        assert status == 403 and body["error"]["rule"] == "page.origin", origin
        assert "Access-Control-Allow-Origin" not in headers
    status, _, body = deployment.post("/v1/page/account", origin=deployment.origin, cookie=good)
    assert body["signed_in"] is True


def test_the_page_is_closed_and_everything_in_it_has_a_name(deployment):
    page = deployment.signed_in(deployment.person("gwen"))
    with pytest.raises(chromium.ProtocolError, match="TrustedScript"):
        page.evaluate("document.createElement('script').textContent = 'window.inlined = 1'")
    assert page.evaluate("document.head.append(Object.assign(document.createElement('style'),"
                         " {textContent: 'body { display: none }'}));"
                         "getComputedStyle(document.body).display") == "block"
    with pytest.raises(chromium.ProtocolError, match="TrustedHTML"):
        page.evaluate("document.body.innerHTML = '<b>x</b>'")
    with pytest.raises(chromium.ProtocolError, match="fetch"):
        page.evaluate("fetch('https://example.org/')")
    context = ssl.create_default_context(cafile=deployment.authority)
    context.check_hostname = False
    connection = http.client.HTTPSConnection("127.0.0.1", deployment.port, context=context)
    connection.request("GET", "/")
    headers = connection.getresponse().headers
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"

    page.call("Accessibility.enable")
    nameless = [node["role"]["value"]
                for node in page.call("Accessibility.getFullAXTree")["nodes"]
                if node.get("role", {}).get("value") in ("button", "textbox", "table", "link")
                and not node.get("ignored") and not node.get("name", {}).get("value")]
    assert [role for role in nameless if role != "table"] == []


def test_the_audit_log_has_it_all_and_no_secret(deployment):
    before = len(deployment.records())
    ivan = deployment.person("ivan")
    page = deployment.signed_in(ivan)
    page.add_authenticator()
    add_passkey(page)
    page.click("#key-form button")
    page.wait("!document.getElementById('made').hidden")
    token = page.text("token")
    cookie, = page.call("Network.getCookies")["cookies"]
    sign_out(page)
    sign_in_with_passkey(page, "ivan")
    page.wait("!document.getElementById('account').hidden")
    ask(page, "sign-in/challenge", {"user": "ivan", "password": "mistyped words"})
    deployment.post("/v1/page/account", origin="https://example.org")
    records = deployment.records()[before:]
    seen = [(record["kind"], record["details"].get("action", "")) for record in records]
    for event in (("sign_in", "made"), ("factor", "added"), ("access_key", "made"),
                  ("sign_out", "ended"), ("sign_in_denied", ""), ("refusal", "")):
        assert event in seen, (event, seen)
    text = json.dumps(records)
    for secret in (PASSWORD, "mistyped words", token, token[-64:], cookie["value"],
                   cookie["value"][-64:], *ivan.recovery_codes):
        assert secret not in text
