"""The published Web eID tokens, as questions to the library."""

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509

from cardlogin_server import Anchors
from cardlogin_server.answers.signature import require_fitting_key, verify_signature
from cardlogin_server.answers.token import Token, parse_token
from cardlogin_server.certificates.leaf import Leaf, check_profile, read_leaf
from cardlogin_server.certificates.path import check_dates
from cardlogin_server.certificates.profile import LeafProfile

FOLDER = Path(__file__).parents[2] / "vectors" / "web-eid"
# What the extension or an early application added to, or called otherwise than, the five fields of the format.
_APP_VERSION = "https://web-eid.eu/web-eid-app/releases/2.0.0+0"
PROFILE = LeafProfile(
    policies=frozenset(
        {
            "1.3.6.1.4.1.51361.1.2.1",  # Estonian identity card
            "2.16.56.12.1.1.2.2",  # Belgian identity card
            "1.3.6.1.4.1.32061.2.1.2.1",  # Latvian identity card
            "1.2.246.517.99.10.202.1",  # Finnish test cards, RSA and elliptic curve
            "1.2.246.517.99.10.352.1",
        }
    ),
    subject_types=None,
)
"""These test authorities' cards; extended key usage, where it is, must say clientAuth (the Finnish cards have none)."""


@dataclass(frozen=True)
class Vector:
    """One published token and what is published about it."""

    name: str
    fields: dict[str, str]
    origin: str
    nonce: str
    clock: datetime
    authority: str | None
    expected: str

    @property
    def text(self) -> str:
        """The token exactly as published."""
        return json.dumps(self.fields)

    @property
    def five_fields(self) -> str:
        """The token with exactly the format's five fields: without the extension's ``action``, with ``appVersion``."""
        known = {"unverifiedCertificate", "algorithm", "signature", "format", "appVersion"}
        kept = {name: value for name, value in self.fields.items() if name in known}
        return json.dumps({"appVersion": _APP_VERSION} | kept)

    def certificate(self) -> bytes:
        """The DER of the certificate in the token."""
        return base64.b64decode(self.fields["unverifiedCertificate"])


def vectors() -> dict[str, Vector]:
    """The published tokens by name."""
    rows = json.loads((FOLDER / "tokens.json").read_text())
    found = [
        Vector(
            row["name"],
            row["token"],
            row["origin"],
            row["nonce"],
            datetime.fromisoformat(row["clock"]),
            row["ca"],
            row["expected"],
        )
        for row in rows
    ]
    return {vector.name: vector for vector in found}


def prove(vector: Vector, *, tolerant: bool = False) -> Leaf:
    """The certificate, when its key signed origin and nonce. Raises subclasses of CardLoginError."""
    token: Token = parse_token(vector.five_fields)
    leaf = read_leaf(token.unverified_certificate, ACCEPT_CERTIFICATES_THAT_BREAK_DER=tolerant)
    key = require_fitting_key(token.algorithm, leaf.key)
    verify_signature(token.algorithm, key, token.signature, vector.origin, vector.nonce)
    return leaf


def accept(vector: Vector, leaf: Leaf, now: datetime | None = None) -> None:
    """Returns only when profile, dates and path hold under the vector's clock, or another."""
    now = now or vector.clock
    check_profile(leaf, PROFILE)
    check_dates(leaf, now)
    anchors = anchors_of(vector)
    # The published authorities stand in for their roots, which are not published: nothing is between leaf and anchor.
    anchors.check_path(leaf, anchors.issuer_of(leaf), now, policies=PROFILE.policies)


def anchors_of(vector: Vector) -> Anchors:
    """The issuing authority as the anchor, as the Web eID libraries are configured."""
    content = (FOLDER / "ca" / str(vector.authority)).read_bytes()
    load = x509.load_pem_x509_certificate if content.startswith(b"-----") else x509.load_der_x509_certificate
    authority = load(content)
    return Anchors([authority], [authority])
