# SPDX-License-Identifier: Apache-2.0
"""What of the gatekeeper's page shows without a browser: when there is one, who may call its
routes, and which cookie counts. tests/browser has the rest."""

import http.client
import json
import socket
import ssl

import pytest

from support.processes import ROOT, Server, run_program

HOST = "gatekeeper.test"


def serve(home, log, *arguments):
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    return Server("cryptonet-gatekeeper",
                  ["serve", "--home", home, "--listen", f"127.0.0.1:{port}", "--cloud",
                   "https://127.0.0.1:1", *[one.format(port=port) for one in arguments]], log)


def ask(home, port, method, path, body=None, name=HOST, **headers):
    """Status, headers and body of a request without a certificate, to a server of that name."""
    context = ssl.create_default_context(cafile=home / "authority.crt")
    context.check_hostname = False
    with socket.create_connection(("127.0.0.1", port)) as raw, \
            context.wrap_socket(raw, server_hostname=name) as stream:
        names = {kind: value for kind, value in stream.getpeercert()["subjectAltName"]}
        connection = http.client.HTTPSConnection("127.0.0.1", port)
        connection.sock = stream
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, {**answer.headers, "name": names.get("DNS")}, answer.read()


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """A gatekeeper with a page: (home, port, origin)."""
    folder = tmp_path_factory.mktemp("page")
    home = folder / "home"
    run_program("cryptonet-gatekeeper", "init", "--home", home)
    server = serve(home, folder / "log", "--origin", f"https://{HOST}:{{port}}")
    yield home, server.port, f"https://{HOST}:{server.port}"
    server.stop()


def test_without_an_origin_there_is_no_page(tmp_path):
    home = tmp_path / "home"
    run_program("cryptonet-gatekeeper", "init", "--home", home)
    server = serve(home, tmp_path / "log")
    try:
        for method, path in (("GET", "/"), ("GET", "/page/page.js"), ("POST", "/v1/page/account")):
            status, headers, _ = ask(home, server.port, method, path, Origin=f"https://{HOST}")
            assert status == 404, path
            assert headers["name"] is None
    finally:
        server.stop()


@pytest.mark.parametrize("origin", [
    "http://gatekeeper.test", "https://127.0.0.1:4443", "https://Gatekeeper.test",
    "https://gatekeeper.test/", "https://gatekeeper.test:443", "gatekeeper.test"])
def test_an_origin_that_no_browser_would_send_is_refused(tmp_path, origin):
    outcome = run_program("cryptonet-gatekeeper", "serve", "--home", tmp_path, "--listen",
                          "127.0.0.1:0", "--cloud", "https://127.0.0.1:1", "--origin", origin,
                          expect=2)
    assert "an origin is https://NAME" in outcome.stderr


def test_every_call_must_come_from_the_page(page):
    home, port, origin = page
    routes = json.loads((ROOT / "api" / "openapi.json").read_text())
    paths = [path for path in routes["paths"] if path.startswith("/v1/page/")]
    assert len(paths) == 13
    for path in paths:
        for wrong in ({}, {"Origin": "null"}, {"Origin": origin + "/"},
                      {"Origin": f"https://{HOST}"}, {"Origin": origin.upper()}):
            status, headers, body = ask(home, port, "POST", path, **wrong)
            assert status == 403, (path, wrong)
            assert json.loads(body)["error"]["rule"] == "page.origin"
            assert "Access-Control-Allow-Origin" not in headers
            assert "Set-Cookie" not in headers
        assert ask(home, port, "GET", path, Origin=origin)[0] == 405, path


def test_files_say_how_they_may_be_used(page):
    home, port, _ = page
    for path in ("/", "/page/page.js", "/page/api.js", "/page/passkey.js", "/page/page.css",
                 "/page/icon.svg"):
        status, headers, body = ask(home, port, "GET", path)
        assert status == 200 and body, path
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none';") and "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy and "require-trusted-types-for" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        assert headers["name"] == HOST
    assert ask(home, port, "GET", "/page/page.ts")[0] == 404
    assert ask(home, port, "GET", "/page/../page/page.js")[0] == 400


def test_only_our_own_cookie_once_counts(page):
    home, port, origin = page
    token = "cryptonet_session_" + "0" * 64
    for cookie in ("", "__Host-cryptonet", "__Host-cryptonet=", f"cryptonet={token}",
                   f"__host-cryptonet={token}", f"__Host-cryptonet={token}; __Host-cryptonet=x",
                   f"x__Host-cryptonet={token}", "; ; ;", "=" * 8000):
        status, _, body = ask(home, port, "POST", "/v1/page/account", Origin=origin, Cookie=cookie)
        assert (status, json.loads(body)["signed_in"]) == (200, False), cookie
        # Nor does a bearer open what the cookie opens.
        status, _, _ = ask(home, port, "POST", "/v1/page/sign-out", Origin=origin, Cookie=cookie,
                           Authorization=f"Bearer {token}")
        assert status == 401, cookie


def test_a_sealed_gatekeeper_shows_the_page_and_says_that_it_is_sealed(tmp_path):
    home, passphrase = tmp_path / "home", tmp_path / "passphrase"
    passphrase.write_text("correct horse battery staple\n")
    passphrase.chmod(0o600)
    run_program("cryptonet-gatekeeper", "init", "--home", home, "--passphrase-file", passphrase)
    # A new name needs the authority's key.
    refused = run_program("cryptonet-gatekeeper", "serve", "--home", home, "--listen",
                          "127.0.0.1:0", "--cloud", "https://127.0.0.1:1", "--origin",
                          f"https://{HOST}", expect=4)
    assert f"cryptonet-gatekeeper host {HOST} --home" in refused.stderr
    for added in (True, False):
        made = run_program("cryptonet-gatekeeper", "host", HOST, "--home", home,
                           "--passphrase-file", passphrase, "--format", "json").json()
        assert made == {"host": HOST, "added": added}
    run_program("cryptonet-gatekeeper", "host", "127.0.0.1", "--home", home, "--passphrase-file",
                passphrase, expect=2)
    server = serve(home, tmp_path / "log", "--origin", f"https://{HOST}:{{port}}")
    try:
        origin = f"https://{HOST}:{server.port}"
        assert ask(home, server.port, "GET", "/")[0] == 200
        _, headers, body = ask(home, server.port, "POST", "/v1/page/account", Origin=origin)
        assert headers["name"] == HOST
        assert json.loads(body)["error"]["rule"] == "server.sealed"
        run_program("cryptonet-gatekeeper", "unseal", "--home", home, "--passphrase-file",
                    passphrase)
        status, _, body = ask(home, server.port, "POST", "/v1/page/account", Origin=origin)
        assert (status, json.loads(body)["signed_in"]) == (200, False)
    finally:
        server.stop()
