# SPDX-License-Identifier: Apache-2.0
"""Writes webauthn.json: what authenticators answer, right and wrong, each with the rule that refuses
it (empty: accepted). `python webauthn.py > webauthn.json` needs the packages fido2 and cryptography
(made with 2.2.1 and 50.0.2), which neither the build nor the tests need.

Keys and challenges are those of the test vectors of Web Authentication Level 3 (W3C, section 16):
HKDF-SHA-256 of 'WebAuthn test vectors' and deterministic ECDSA. The vectors of 16.2 and 16.3 stand
below as published, and making them again must give the same bytes; all others vary them.
"""

import base64
import datetime
import hashlib
import json
import struct
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.x509.oid import NameOID
from fido2 import cbor, cose

RP_ID = "example.org"
ORIGIN = "https://example.org"
PRESENT, VERIFIED, ELIGIBLE, BACKED_UP, KEY_INSIDE = 0x01, 0x04, 0x08, 0x10, 0x40
EXTRA_DATA = (
    "clientDataJSON may be extended with additional fields in the future, such as this: ")

# Section 16.2, no attestation: neither answer is of a verified user.
NONE_OBJECT = (
    "a363666d74646e6f6e656761747453746d74a068617574684461746158a4bfabc37432958b063360d3ad6461c9c4"
    "735ae7f8edd46592a5e0f01452b2e4b559000000008446ccb9ab1db374750b2367ff6f3a1f0020f91f391db4c9b2"
    "fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4a5010203262001215820afefa16f97ca9b2d23eb86"
    "ccb64098d20db90856062eb249c33a9b672f26df61225820930a56b87a2fca66334b03458abf879717c12cc68ed7"
    "3290af2e2664796b9220")
NONE_SIGNATURE = (
    "3046022100f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218deffcd380221008480ac0f0b93"
    "538174f575bf11a1dd5d78c6e486013f937295ea13653e331e87")
# Section 16.3, self attestation: the registration is of a verified user.
SELF_OBJECT = (
    "a363666d74667061636b65646761747453746d74a263616c672663736967584630440220067a20754ab925005dbf"
    "378097c92120031581c73228d1fb4f5b881bcd7da98302207fc7b147558c7c0eba3af18bd9d121fa3d3a26d17fe3"
    "f220272178f473b6006d68617574684461746158a4bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5"
    "e0f01452b2e4b55d00000000df850e09db6afbdfab51697791506cfc0020455ef34e2043a87db3d4afeb39bbcb6c"
    "c32df9347c789a865ecdca129cbef58ca5010203262001215820eb151c8176b225cc651559fecf07af450fd85802"
    "046656b34c18f6cf193843c5225820927b8aa427a2be1b8834d233a2d34f61f13bfd44119c325d5896e183fee484"
    "f2")
SELF_SIGNATURE = (
    "304402203310b9431903c401f1be2bdc8d23a4007682dbbddcf846994947b7f465daf84002204e94dd00047b3160"
    "61b3b99772b7efd95994a83ef584b3b6b825ea3550251b66")


def derive(info, salt, length=32):
    return HKDF(hashes.SHA256(), length, bytes([salt]), info.encode()).derive(
        b"WebAuthn test vectors")


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def client_data(kind, challenge, origin=ORIGIN, cross_origin=False, **more):
    fields = {"type": f"webauthn.{kind}", "challenge": base64url(challenge), "origin": origin,
              "crossOrigin": cross_origin, **more}
    return json.dumps(fields, separators=(",", ":")).encode()


def extra(info, salt):
    return {"extraData": EXTRA_DATA + base64url(derive(info, salt, 16))}


class Key:
    """A credential's private key, and its public one as COSE has it."""

    def __init__(self, kind, seed):
        self.kind = kind
        number = int.from_bytes(seed, "big")
        if kind == "ES256":
            self.private = ec.derive_private_key(number, ec.SECP256R1())
        elif kind == "ES384":
            self.private = ec.derive_private_key(number, ec.SECP384R1())
        elif kind == "EdDSA":
            self.private = ed25519.Ed25519PrivateKey.from_private_bytes(seed)
        else:
            self.private = rsa_key()
        self.cose = getattr(cose, kind).from_cryptography_key(self.private.public_key())

    def sign(self, message):
        if self.kind == "EdDSA":
            return self.private.sign(message)
        if self.kind == "RS256":
            return self.private.sign(message, padding.PKCS1v15(), hashes.SHA256())
        digest = hashes.SHA384() if self.kind == "ES384" else hashes.SHA256()
        return self.private.sign(message, ec.ECDSA(digest, deterministic_signing=True))


def rsa_key():
    """2048 bits from the two primes that follow 2^1023 + 2^1022 and 2^1023 + 2^1022 + 2^1021 (no
    secret: a vector must come out the same each time)."""
    def prime_after(number):
        number |= 1
        while pow(2, number - 1, number) != 1 or (number - 1) % 65537 == 0:
            number += 2
        return number

    p, q = prime_after(3 << 1022), prime_after(7 << 1021)
    d = pow(65537, -1, (p - 1) * (q - 1))
    return rsa.RSAPrivateNumbers(
        p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p),
        rsa.RSAPublicNumbers(65537, p * q)).private_key()


def auth_data(flags, count=0, key=None, credential=b"", aaguid=bytes(16), rp_id=RP_ID):
    data = hashlib.sha256(rp_id.encode()).digest() + struct.pack(">BI", flags, count)
    if key is not None:
        data += aaguid + struct.pack(">H", len(credential)) + credential + cbor.encode(key.cose)
    return data


def attestation(fmt, statement, data):
    return cbor.encode({"fmt": fmt, "attStmt": statement, "authData": data})


def self_statement(key, data, client, algorithm=-7):
    return {"alg": algorithm, "sig": key.sign(data + hashlib.sha256(client).digest())}


def certificate_of(key):
    """A certificate of an attestation key, signed by itself: nobody looks who signed it."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "WebAuthn test vectors")])
    made = (x509.CertificateBuilder().subject_name(name).issuer_name(name)
            .public_key(key.public_key()).serial_number(1)
            .not_valid_before(datetime.datetime(2024, 1, 1))
            .not_valid_after(datetime.datetime(3024, 1, 1))
            .sign(key, hashes.SHA256(), ecdsa_deterministic=True))
    return made.public_bytes(serialization.Encoding.DER)


CASES = []


def registration(name, rule, challenge, client, attestation_object):
    CASES.append({"name": name, "rule": rule, "challenge": challenge.hex(),
                  "client_data": client.hex(), "attestation_object": attestation_object.hex()})


def assertion(name, rule, of, challenge, client, data, signature, count=0):
    CASES.append({"name": name, "rule": rule, "of": of, "challenge": challenge.hex(),
                  "client_data": client.hex(), "authenticator_data": data.hex(),
                  "signature": signature.hex(), "count": count})


def published():
    """16.2 and 16.3, made again."""
    info, key = "none.ES256", Key("ES256", derive("none.ES256", 1))
    challenge, client = derive(info, 0), client_data("create", derive(info, 0), **extra(info, 3))
    data = auth_data(0x59, 0, key, derive(info, 5), derive(info, 4, 16))
    made = attestation("none", {}, data)
    assert made.hex() == NONE_OBJECT
    registration("W3C 16.2, nobody verified", "passkey.user", challenge, client, made)
    client = client_data("get", derive(info, 7))
    data = auth_data(0x19)
    signature = key.sign(data + hashlib.sha256(client).digest())
    assert signature.hex() == NONE_SIGNATURE
    assertion("W3C 16.2 sign-in, nobody verified", "passkey.user", "none ES256", derive(info, 7),
              client, data, signature)

    info, key = "packed-self.ES256", Key("ES256", derive("packed-self.ES256", 1))
    challenge, client = derive(info, 0), client_data("create", derive(info, 0), **extra(info, 3))
    data = auth_data(0x5D, 0, key, derive(info, 5), derive(info, 4, 16))
    made = attestation("packed", self_statement(key, data, client), data)
    assert made.hex() == SELF_OBJECT
    registration("W3C 16.3", "", challenge, client, made)
    client = client_data("get", derive(info, 7), **extra(info, 9))
    data = auth_data(0x09)
    signature = key.sign(data + hashlib.sha256(client).digest())
    assert signature.hex() == SELF_SIGNATURE
    assertion("W3C 16.3 sign-in, nobody verified", "passkey.user", "W3C 16.3", derive(info, 7),
              client, data, signature)


REGISTERED = PRESENT | VERIFIED | KEY_INSIDE


class Registered:
    """One good registration, and its variations."""

    def __init__(self, kind):
        self.key = Key(kind, derive(f"none.{kind}", 1))
        self.id = derive(f"none.{kind}", 5)
        self.challenge = derive(f"none.{kind}", 0)
        self.client = client_data("create", self.challenge)

    def data(self, flags=REGISTERED, **options):
        return auth_data(flags, options.pop("count", 0), self.key,
                         options.pop("credential", self.id), **options)

    def none(self, name, rule="", client=None, data=None, statement=None, tail=b""):
        registration(name, rule, self.challenge, client or self.client,
                     attestation("none", statement or {}, data or self.data()) + tail)

    def client_of(self, **options):
        return client_data(options.pop("kind", "create"), self.challenge, **options)


def registrations():
    for kind in ("ES256", "EdDSA", "RS256"):
        Registered(kind).none(f"none {kind}")
    Registered("ES384").none("an algorithm that was not offered", "passkey.malformed")
    one = Registered("ES256")
    one.none("with a count", data=one.data(count=41))
    one.none("a key that may be copied", data=one.data(REGISTERED | ELIGIBLE | BACKED_UP))
    one.none("further members", client=one.client_of(future={"a": [1]}))
    one.none("another page", "passkey.origin", client=one.client_of(origin="https://example.com"))
    one.none("another port", "passkey.origin", client=one.client_of(origin=ORIGIN + ":444"))
    one.none("a slash after the origin", "passkey.origin", client=one.client_of(origin=ORIGIN + "/"))
    one.none("no TLS", "passkey.origin", client=one.client_of(origin="http://example.org"))
    one.none("inside another page", "passkey.origin", client=one.client_of(cross_origin=True))
    one.none("under another page", "passkey.origin",
             client=one.client_of(topOrigin="https://example.com"))
    one.none("an answer of signing in", "passkey.client_data", client=one.client_of(kind="get"))
    one.none("another challenge", "passkey.challenge",
             client=client_data("create", derive("none.EdDSA", 0)))
    padded = one.client.replace(b'","origin', b'=","origin')
    one.none("a challenge with padding", "passkey.challenge", client=padded)
    one.none("no JSON", "passkey.client_data", client=one.client[:-1])
    one.none("a member twice", "passkey.client_data",
             client=one.client.replace(b"{", b'{"origin":"https://example.com",', 1))
    one.none("an array", "passkey.client_data", client=b"[" + one.client + b"]")
    one.none("two values", "passkey.client_data", client=one.client + one.client)
    one.none("no origin", "passkey.client_data",
             client=json.dumps({"type": "webauthn.create",
                                "challenge": base64url(one.challenge)}).encode())
    one.none("crossOrigin as text", "passkey.client_data", client=one.client_of(cross_origin="no"))
    one.none("another relying party", "passkey.relying_party", data=one.data(rp_id="example.com"))
    one.none("nobody there", "passkey.user", data=one.data(VERIFIED | KEY_INSIDE))
    one.none("backed up and yet bound to the device", "passkey.malformed",
             data=one.data(REGISTERED | BACKED_UP))
    one.none("no key inside", "passkey.malformed", data=auth_data(PRESENT | VERIFIED))
    one.none("a long id", data=one.data(credential=bytes(1023)))
    one.none("too long an id", "passkey.malformed", data=one.data(credential=bytes(1024)))
    one.none("too short an id", "passkey.malformed", data=one.data(credential=bytes(15)))
    one.none("a statement without a format", "passkey.malformed", statement={"alg": -7})
    one.none("more bytes", "passkey.malformed", tail=b"\0")
    one.none("more bytes in the data", "passkey.malformed", data=one.data() + b"\0")
    registration("another format", "passkey.malformed", one.challenge, one.client,
                 attestation("fido-u2f", {}, one.data()))
    registration("a fourth member", "passkey.malformed", one.challenge, one.client,
                 cbor.encode({"fmt": "none", "attStmt": {}, "authData": one.data(), "more": 1}))
    registration("a list", "passkey.malformed", one.challenge, one.client,
                 cbor.encode(["none", {}, one.data()]))
    registration("a bomb", "passkey.malformed", one.challenge, one.client, b"\x81" * 4000)
    registration("a length that lies", "passkey.malformed", one.challenge, one.client,
                 b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff")
    for name, head in (("much announced", b"\x9a\x0f\xff\xff\xff"), ("a tag", b"\xc0\xa0"),
                       ("an indefinite length", b"\xbf\xff")):
        registration(name, "passkey.malformed", one.challenge, one.client, head)
        registration(name + " in the key", "passkey.malformed", one.challenge, one.client,
                     attestation("none", {}, auth_data(REGISTERED) + bytes(16) + b"\0\x20"
                                 + one.id + head))
    registration("another member", "passkey.malformed", one.challenge, one.client,
                 cbor.encode({"fmt": "none", "attStmt": {}, "data": one.data()}))
    attested(one)


def attested(one):
    data, maker = one.data(), Key("ES256", derive("packed.ES256", 1))
    signed = self_statement(one.key, data, one.client)
    by_maker = {**self_statement(maker, data, one.client), "x5c": [certificate_of(maker.private)]}

    def packed(name, rule, statement):
        registration(name, rule, one.challenge, one.client, attestation("packed", statement, data))

    packed("packed, by itself", "", signed)
    packed("packed, by its maker", "", by_maker)
    packed("packed, by another key", "passkey.signature",
           self_statement(maker, data, one.client))
    packed("packed, maker's signature damaged", "passkey.signature",
           {**by_maker, "sig": by_maker["sig"][:-1] + b"\0"})
    packed("packed, over other client data", "passkey.signature",
           self_statement(one.key, data, b"{}"))
    packed("packed without a signature", "passkey.malformed", {"alg": -7})
    packed("packed, another algorithm", "passkey.signature", {**signed, "alg": -257})


def assertions():
    signs_in = PRESENT | VERIFIED
    for kind in ("ES256", "EdDSA", "RS256"):
        sign_in(f"none {kind}", kind, f"sign-in {kind}")
    for number, count in enumerate((5, 6, 6, 3, 7), 16):
        sign_in("none ES256", "ES256", f"count {count}, number {number - 16}", salt=number,
                count=count)
    one = ("none ES256", "ES256")
    sign_in(*one, "sign-in, nobody verified", "passkey.user", flags=PRESENT)
    sign_in(*one, "sign-in, nobody there", "passkey.user", flags=VERIFIED)
    sign_in(*one, "sign-in, another relying party", "passkey.relying_party", rp_id="example.com")
    sign_in(*one, "sign-in, another page", "passkey.origin", origin="https://example.com")
    sign_in(*one, "sign-in inside another page", "passkey.origin", cross_origin=True)
    sign_in(*one, "sign-in, an answer of registering", "passkey.client_data", kind_of="create")
    sign_in(*one, "sign-in, another challenge", "passkey.challenge", says=derive("none.ES256", 0))
    sign_in(*one, "sign-in, backed up and yet bound", "passkey.malformed",
            flags=signs_in | BACKED_UP)
    sign_in(*one, "sign-in by another's key", "passkey.signature",
            signer=Key("ES256", derive("packed-self.ES256", 1)))
    sign_in("none EdDSA", "ES256", "sign-in, ES256 for EdDSA", "passkey.signature")
    sign_in("none RS256", "EdDSA", "sign-in, EdDSA for RS256", "passkey.signature")
    sign_in(*one, "sign-in, more bytes", "passkey.malformed", tail=b"\0")
    sign_in(*one, "sign-in, count changed after signing", "passkey.signature", after=1)
    sign_in(*one, "sign-in, no signature", "passkey.signature", signature=b"")
    sign_in(*one, "sign-in, extensions announced and missing", "passkey.malformed",
            flags=signs_in | 0x80)


def sign_in(of, kind, name, rule="", salt=7, count=0, flags=PRESENT | VERIFIED, **options):
    info = f"none.{kind}"
    key, challenge = options.get("signer") or Key(kind, derive(info, 1)), derive(info, salt)
    client = client_data(options.get("kind_of", "get"), options.get("says", challenge),
                         options.get("origin", ORIGIN), options.get("cross_origin", False))
    data = auth_data(flags, count, rp_id=options.get("rp_id", RP_ID)) + options.get("tail", b"")
    signature = options.get("signature", key.sign(data + hashlib.sha256(client).digest()))
    if "after" in options:
        data = auth_data(flags, count + options["after"])
    assertion(name, rule, of, challenge, client, data, signature, count)


if __name__ == "__main__":
    published()
    registrations()
    assertions()
    json.dump({"rp_id": RP_ID, "origin": ORIGIN, "cases": CASES}, sys.stdout, indent=1)
    print()
