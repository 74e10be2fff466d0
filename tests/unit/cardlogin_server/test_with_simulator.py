"""Log-ins with the simulator's cards, its lists over HTTP, and the default fetcher: each card as its state says."""

import base64
import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_der_private_key

from cardlogin_server import (
    Anchors,
    CardLoginError,
    Challenges,
    CrlRevocation,
    Identity,
    MemoryChallengeStore,
    Purpose,
    Verifier,
)
from tests.unit.cardlogin_server.pki import POLICY, Card
from tests.unit.cardlogin_server.site import ORIGIN, SESSION, make_token


def card(folder: Path, name: str) -> Card:
    """The signing certificate and key of a card image; the only one of a card that cannot sign."""
    keys = json.loads((folder / "cards" / f"{name}.json").read_text("utf-8"))["keys"]
    slot = keys.get("9A") or next(iter(keys.values()))
    certificate = x509.load_der_x509_certificate(base64.b64decode(slot["certificate"]))
    key = load_der_private_key(base64.b64decode(slot["key"]), None)
    assert isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
    return Card(certificate, key)


def log_in(folder: Path, name: str) -> Identity:
    anchors = Anchors.from_folder(folder)
    challenges = Challenges(MemoryChallengeStore())
    base_url = json.loads((folder / "pki.json").read_text("utf-8"))["base_url"]
    verifier = Verifier(
        origin=ORIGIN,
        anchors=anchors,
        challenges=challenges,
        revocation=CrlRevocation(anchors, frozenset({urlsplit(base_url).netloc})),
        policies=frozenset({POLICY}),
    )
    challenge = challenges.issue(SESSION, Purpose.LOGIN)
    token = make_token(card(folder, name), challenge)
    return verifier.verify(token, challenge=challenge, session_id=SESSION, purpose=Purpose.LOGIN)


@pytest.mark.parametrize(
    ("name", "holder", "family"),
    [
        ("citizen", "王小明", "moica"),
        ("citizen2", "林美玲", "moica"),
        ("ec", None, "moica"),
        ("company", "測試股份有限公司", "moeaca"),
    ],
)
def test_good_card(served: Path, name: str, holder: str | None, family: str) -> None:
    identity = log_in(served, name)
    index = json.loads((served / "pki.json").read_text("utf-8"))["cards"][name]
    assert identity.holder_name == index["holder"]
    assert holder in (None, identity.holder_name)
    assert identity.family.value == family
    assert identity.binding_key.startswith(f"{family}:")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("expired", "certificate_expired"),
        ("revoked", "certificate_revoked"),
        ("suspended", "certificate_suspended"),
        ("wrong-policy", "certificate_policy"),
        ("encryption-only", "certificate_unusable"),
        ("untrusted", "certificate_untrusted"),
    ],
)
def test_bad_card(served: Path, name: str, code: str) -> None:
    with pytest.raises(CardLoginError) as caught:
        log_in(served, name)
    assert caught.value.code == code
