"""A portal in miniature: clock, challenges, verifier, and a card that answers them."""

import base64
import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from cardlogin_server import Anchors, Challenges, CrlRevocation, Identity, MemoryChallengeStore, Purpose, Verifier
from cardlogin_server.answers.hipki import OldComponentVerifier
from tests.unit.cardlogin_server.pki import HOST, NOW, POLICY, Card, Key, moeaca, moica, root
from tests.unit.cardlogin_server.revocation.crls import Web

ORIGIN = "https://portal.example"
SESSION = "session-one"
HASHES: dict[str, hashes.SHA256 | hashes.SHA384 | hashes.SHA512] = {
    "256": hashes.SHA256(),
    "384": hashes.SHA384(),
    "512": hashes.SHA512(),
}


@dataclass
class Time:
    """A clock that stands still until it is moved."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Site:
    """All parts of a portal around one verifier."""

    def __init__(self) -> None:
        self.time = Time()
        self.web = Web()
        self.challenges = Challenges(MemoryChallengeStore(), self.time)
        self.anchors = Anchors.from_der([root().der], [moica().der, moeaca().der])
        self.revocation = CrlRevocation(self.anchors, frozenset({HOST}), self.web, self.time)
        self.verifier = Verifier(
            origin=ORIGIN,
            anchors=self.anchors,
            challenges=self.challenges,
            revocation=self.revocation,
            policies=frozenset({POLICY}),
            clock=self.time,
        )

    def old_component(self, *, ACCEPT_SHA1: bool = False) -> OldComponentVerifier:
        """The verifier of the old component's answers beside the other one."""
        return OldComponentVerifier(
            anchors=self.anchors,
            challenges=self.challenges,
            revocation=self.revocation,
            policies=frozenset({POLICY}),
            clock=self.time,
            ACCEPT_SHA1=ACCEPT_SHA1,
        )

    def issue(self, purpose: Purpose = Purpose.LOGIN, session: str = SESSION) -> str:
        return self.challenges.issue(session, purpose)

    def verify(
        self, token: str, challenge: str, *, session: str = SESSION, purpose: Purpose = Purpose.LOGIN
    ) -> Identity:
        return self.verifier.verify(token, challenge=challenge, session_id=session, purpose=purpose)

    def log_in(self, card: Card) -> Identity:
        """One log-in as it should be, with that card."""
        challenge = self.issue()
        return self.verify(make_token(card, challenge), challenge)


def usual_algorithm(key: Key) -> str:
    """The algorithm an agent picks for the key."""
    if isinstance(key, rsa.RSAPrivateKey):
        return "RS256"
    return {256: "ES256", 384: "ES384", 521: "ES512"}[key.curve.key_size]


def sign(key: Key, algorithm: str, origin: str, challenge: str, *, raw: bool = True) -> bytes:
    """A signature as the token format says; ECDSA as DER when not ``raw``."""
    kind = HASHES[algorithm[2:]]
    message = _digest(kind, origin) + _digest(kind, challenge)
    if isinstance(key, rsa.RSAPrivateKey):
        pss = padding.PSS(padding.MGF1(kind), kind.digest_size)
        return key.sign(message, pss if algorithm.startswith("PS") else padding.PKCS1v15(), kind)
    signature = key.sign(message, ec.ECDSA(kind))
    if not raw:
        return signature
    width = (key.curve.key_size + 7) // 8
    return b"".join(number.to_bytes(width) for number in decode_dss_signature(signature))


def _digest(kind: hashes.HashAlgorithm, text: str) -> bytes:
    digest = hashes.Hash(kind)
    digest.update(text.encode())
    return digest.finalize()


def make_fields(card: Card, challenge: str, *, origin: str = ORIGIN, algorithm: str = "") -> dict[str, str]:
    """The five fields of a good token."""
    algorithm = algorithm or usual_algorithm(card.key)
    return {
        "unverifiedCertificate": base64.b64encode(card.der).decode(),
        "algorithm": algorithm,
        "signature": base64.b64encode(sign(card.key, algorithm, origin, challenge)).decode(),
        "format": "web-eid:1.0",
        "appVersion": "https://cardlogin.example/0.1.0",
    }


def make_token(card: Card, challenge: str, *, origin: str = ORIGIN, algorithm: str = "") -> str:
    """A good token as text."""
    return json.dumps(make_fields(card, challenge, origin=origin, algorithm=algorithm))
