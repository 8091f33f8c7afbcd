# SPDX-License-Identifier: Apache-2.0
"""Whole HTTP requests to the gatekeeper: for each route of the API one of somebody who may ask, the
same of others, and requests that are not well-formed."""

import json

# Machines (the first byte of an input) and tokens of requests.cc.
NOBODY, CONTRIBUTOR, RESEARCHER, GATEKEEPER, CLOUD, UNKNOWN = range(6)
CUSTODIAN, KEY, OLD_CUSTODIAN, ON_PAGE = 3, 5, 6, 7
TOKEN_OF = {"contributor": 0, "researcher": 1, "steward": 2, "custodian": 3, "auditor": 4}
ORIGIN = "https://gatekeeper.example:4443"

# Values that are good in that world, where an example of the schema's form would not be.
GOOD = {
    "SignInRequest": {"user": "researcher", "password": "a password of researcher",
                      "code": "123456"},
    "StepUpRequest": {"code": "123456"},
    "PasswordShown": {"user": "researcher", "password": "a password of researcher"},
    "NewPerson": {"user": "ada", "password": "a long password of ada", "role": "researcher"},
    "PasswordReset": {"password": "another long password"},
    "NewProject": {"name": "trial"},
    "MemberRole": {"role": "researcher"},
    "AccessKeyRequest": {"ttl_s": 900, "scope": ["dataset:flights"]},
    "QueryRequest": {"sql": "SELECT COUNT(*) FROM flights", "explain": False, "cache": True},
}
PARTS = {"{user}": "researcher", "{project}": "default", "{dataset}": "flights",
         "{name}": "flights", "{version}": "1", "{first}": "0", "{id}": "0a" * 8}


def request(method, path, body=None, headers=(), length=None):
    lines = [f"{method} {path} HTTP/1.1", "Host: gatekeeper", *headers]
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {length or '*'}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + (body or b"")


def bearer(token):
    return [f"Authorization: Bearer TOKEN-{token}"]


def cookie(token):
    return [f"Cookie: __Host-cryptonet=TOKEN-{token}", f"Origin: {ORIGIN}"]


def operations(document):
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method != "parameters" and "gatekeeper" in operation["tags"]:
                yield method.upper(), path, operation


def body_of(operation, example):
    content = operation.get("requestBody", {}).get("content", {})
    if not content:
        return None
    schema = next(iter(content.values())).get("schema", {})
    name = schema.get("$ref", "/").rsplit("/", 1)[1]
    if not name:
        return b"0a"
    return json.dumps(GOOD.get(name) or example(schema)).encode()


def of_route(method, path, operation, example):
    """Inputs of one route: who may, who may not, and broken bodies."""
    for part, value in PARTS.items():
        path = path.replace(part, value)
    path = path.replace("{upload}", "0a" * 16).replace("{unit}", "0b" * 16)
    body = body_of(operation, example)
    if path.startswith("/v1/page/"):
        page, other = cookie(ON_PAGE), cookie(CUSTODIAN)
        for headers in (page, other, page[:1], page[1:]):
            yield bytes([NOBODY]) + request(method, path, body, headers)
        return
    people = {word for each in operation.get("security", []) for word in each.get("sign_in", ())}
    tokens = [TOKEN_OF[word] for word in sorted(people)]
    for machine in (NOBODY, CONTRIBUTOR, RESEARCHER, GATEKEEPER, UNKNOWN):
        yield bytes([machine]) + request(method, path, body)
    for token in {*tokens, *TOKEN_OF.values(), KEY, OLD_CUSTODIAN, ON_PAGE}:
        yield bytes([RESEARCHER]) + request(method, path, body, bearer(token))
    if body is not None:
        token = bearer(tokens[0] if tokens else CUSTODIAN)
        for wrong in (b"", b"{", b"{}", b"\xff", body + b" ", body[:-2]):
            yield bytes([RESEARCHER]) + request(method, path, wrong, token)
        yield bytes([RESEARCHER]) + request(method, path, body, token, length="99999999999")


def malformed():
    token = bearer(1)
    question = json.dumps(GOOD["QueryRequest"]).encode()
    whole = request("POST", "/v1/query", question, token)
    chunked = request("POST", "/v1/query", None, [*token, "Transfer-Encoding: chunked"])
    yield from (b"", b"\r\n\r\n", b"GET", b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/0.9\r\n\r\n")
    yield chunked + b"%x\r\n%s\r\n0\r\n\r\n" % (len(question), question)
    yield chunked + b"ffffffffffffffff\r\nx"
    yield chunked + b"3;a=\"b\"\r\n{}\n\r\n0\r\nTrailer: x\r\n\r\n"
    yield whole.replace(b"HTTP/1.1", b"HTTP/1.0")
    yield whole.replace(b"Content-Length: *", b"Content-Length: *\r\nContent-Length: 1")
    yield whole.replace(b"Content-Length: *", b"Content-Length: *\r\nTransfer-Encoding: chunked")
    yield whole.replace(b"Bearer ", b"bearer ")
    yield whole.replace(b"Bearer TOKEN-1", b"Bearer TOKEN-1, Bearer TOKEN-3")
    yield whole.replace(b"TOKEN-1", b"TOKEN-1\r\nAuthorization: Bearer TOKEN-3")
    yield whole.replace(b"\r\n", b"\n")
    yield whole.replace(b"Host:", b"Expect: 100-continue\r\nHost:")
    for path in ("/v1/query?x=1", "/v1//query", "/v1/%71uery", "/v1/query%00", "/v1/../v1/query",
                 "https://gatekeeper/v1/query", "*", "/" + "a" * 9000, "/v1/users/%0d%0aX/reset"):
        yield request("POST", path, question, token)
    for method in ("HEAD", "OPTIONS", "TRACE", "CONNECT", "PATCH", "get", "P\tST"):
        yield request(method, "/v1/datasets", None, token)
    yield request("GET", "/v1/datasets", None, [*token, "X: " + "y" * 20000])
    yield request("GET", "/", None) + request("GET", "/app.js", None)


def requests(document, example):
    inputs = []
    for method, path, operation in operations(document):
        inputs += of_route(method, path, operation, example)
    return inputs + [bytes([RESEARCHER]) + text for text in malformed()]
