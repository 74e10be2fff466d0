"""The lenient cases: what some released library lets pass, or is known to trip over, and what ours answers.

The specification measured 23 hand-made tokens and names fifteen of them (section 2.4); the other eight rows are the
remaining leniencies that sections 2.4 and 2.5 name. ``docs/server/lenient.md`` is made of this table.
"""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from cardlogin_server import CardLoginError
from cardlogin_server import failures as f
from tests.unit.cardlogin_server import pki
from tests.unit.cardlogin_server.pki import NOW, Card, Profile, issue
from tests.unit.cardlogin_server.site import ORIGIN, Site, make_fields, sign

Send = Callable[[Site, str], str]
"""From the site and a challenge of its own to the token that is sent for it."""


@dataclass(frozen=True)
class Lenient:
    """One case: who is lenient, and the only failure that we answer with."""

    name: str
    lets_pass: str
    failure: type[CardLoginError]
    send: Send


def _card(**changes: object) -> Send:
    def send(_: Site, challenge: str) -> str:
        return json.dumps(make_fields(issue(replace(Profile(), **changes)), challenge))  # type: ignore[arg-type]

    return send


def _fields(**changes: str) -> Send:
    return lambda _, challenge: json.dumps(make_fields(issue(), challenge) | changes)


def _origin(origin: str) -> Send:
    return lambda _, challenge: json.dumps(make_fields(issue(), challenge, origin=origin))


def _without(name: str) -> Send:
    def send(_: Site, challenge: str) -> str:
        fields = make_fields(issue(), challenge)
        del fields[name]
        return json.dumps(fields)

    return send


def _text(field: str, change: Callable[[str], str]) -> Send:
    def send(_: Site, challenge: str) -> str:
        fields = make_fields(issue(), challenge)
        assert change(fields[field]) != fields[field]
        return json.dumps(fields | {field: change(fields[field])})

    return send


@cache
def _ec_card(curve: type[ec.EllipticCurve]) -> Card:
    return issue(Profile(key=pki.ec_key(curve)))


def _small_rsa(_: Site, challenge: str) -> str:
    return json.dumps(make_fields(issue(Profile(key=pki.rsa_key("small", 1024))), challenge))


def _wrong_curve(_: Site, challenge: str) -> str:
    return json.dumps(make_fields(_ec_card(ec.SECP384R1), challenge, algorithm="ES256"))


def _der_signature(_: Site, challenge: str) -> str:
    card = _ec_card(ec.SECP256R1)
    signature = base64.b64encode(sign(card.key, "ES256", ORIGIN, challenge, raw=False)).decode()
    return json.dumps(make_fields(card, challenge) | {"signature": signature})


def _expired_challenge(site: Site, challenge: str) -> str:
    # Tried once when it has expired, then again: the first try must not leave it usable.
    token = json.dumps(make_fields(issue(), challenge))
    site.time.pass_by(301)
    try:
        site.verify(token, challenge)
    except f.ChallengeExpired:
        site.time.pass_by(-301)
    return token


def _base64url(text: str) -> str:
    return text.replace("+", "-").replace("/", "_").rstrip("=")


_SERVER = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
LENIENT = (
    Lenient("key usage non-repudiation only", "PHP accepts", f.CertificateUnusable, _card(usage=pki.NON_REPUDIATION)),
    Lenient("key usage key-encipherment only", "PHP accepts", f.CertificateUnusable, _card(usage=pki.ENCIPHERMENT)),
    Lenient("RSA key of 1024 bits", "PHP accepts", f.CertificateUnusable, _small_rsa),
    Lenient("P-384 key labelled ES256", "PHP accepts", f.AlgorithmMismatch, _wrong_curve),
    Lenient("ECDSA signature in DER", "PHP accepts", f.SignatureInvalid, _der_signature),
    Lenient("no policies extension", "PHP accepts; Java crashes", f.CertificatePolicyRefused, _card(policies=())),
    Lenient("format web-eid:10.0", "PHP and Java accept", f.TokenMalformed, _fields(format="web-eid:10.0")),
    Lenient("appVersion missing", "all accept", f.TokenMalformed, _without("appVersion")),
    Lenient("wrong extended key usage", "none", f.CertificateUnusable, _card(more=((_SERVER, False),))),
    Lenient("key usage missing", "none", f.CertificateUnusable, _card(usage=None)),
    Lenient("expired certificate", "none", f.CertificateExpired, _card(not_after=NOW - timedelta(seconds=1))),
    Lenient(
        "certificate not yet valid", "none", f.CertificateNotYetValid, _card(not_before=NOW + timedelta(seconds=1))
    ),
    Lenient("format web-eid:2.0", "none", f.TokenMalformed, _fields(format="web-eid:2.0")),
    Lenient("wrong origin", "none", f.SignatureInvalid, _origin("https://evil.example")),
    Lenient("origin with a trailing slash", "none", f.SignatureInvalid, _origin(ORIGIN + "/")),
    Lenient("format web-eid:1.1 taken for 1.0", "all accept", f.TokenMalformed, _fields(format="web-eid:1.1")),
    Lenient("format web-eid:1 (prefix only)", "all accept", f.TokenMalformed, _fields(format="web-eid:1")),
    Lenient(
        "unknown field",
        "the released ones",
        f.TokenMalformed,
        _fields(unverifiedSigningCertificates="x"),
    ),
    Lenient(
        "Base64 with a line end",
        "PHP accepts",
        f.TokenMalformed,
        _text("signature", lambda text: text[:40] + "\n" + text[40:]),
    ),
    Lenient("Base64url instead of Base64", ".NET accepts", f.TokenMalformed, _text("signature", _base64url)),
    Lenient("algorithm in lower case", ".NET accepts", f.AlgorithmMismatch, _fields(algorithm="rs256")),
    Lenient(
        "policy that nobody disallowed",
        "all accept",
        f.CertificatePolicyRefused,
        _card(policies=("1.3.6.1.4.1.51361.1",)),
    ),
    Lenient("expired challenge tried again", "PHP leaves it in the session", f.ChallengeUsed, _expired_challenge),
)


def table() -> str:
    """The text of docs/server/lenient.md."""
    rows = [
        f"| {number} | {case.name} | {case.lets_pass} | `{case.failure.code}` |"
        for number, case in enumerate(LENIENT, 1)
    ]
    return "\n".join(
        [
            "# Where other verifiers are lenient, and this one is not",
            "",
            'The 23 cases of the token specification. "Lets pass" says which released Web eID library takes the token',
            "(measured for PHP; read in the source for Java and .NET). The last column is the code of our refusal, and",
            "`tests/unit/cardlogin_server/test_lenient.py` has one test for each row. The specification spells out",
            "fifteen (1 to 15); the other eight are leniencies that its sections 2.4 and 2.5 describe.",
            "",
            "| | case | lets pass | our answer |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )
