"""From an order to an answer that our own server accepts, with keys in the place of cards."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from agent.card.answers.answer import prepare
from agent.card.answers.certificate import read_certificate
from agent.card.frames import HostAnswer, HostOrder, decode, encode
from agent.card.old_asks import CmsAsk, OldAsk
from cardlogin_server import failures as f
from pkcs11_shims.keys import Scheme
from tests.unit.agent.certificates import card_signs
from tests.unit.cardlogin_server import pki
from tests.unit.cardlogin_server.pki import Card, Profile, issue
from tests.unit.cardlogin_server.site import ORIGIN, Site

KEYS: dict[str, Callable[[], pki.Key]] = {
    "RSA 2048": lambda: pki.rsa_key("answers"),
    "RSA 3072": lambda: pki.rsa_key("answers", 3072),
    "RSA 4096": lambda: pki.rsa_key("answers", 4096),
    "P-256": lambda: pki.ec_key(ec.SECP256R1),
    "P-384": lambda: pki.ec_key(ec.SECP384R1),
    "P-521": lambda: pki.ec_key(ec.SECP521R1),
}


def card_of(kind: str) -> Card:
    """A citizen's card with that kind of key."""
    return issue(Profile(key=KEYS[kind]()))


def answer(card: Card, order: HostOrder) -> HostAnswer:
    """What the host answers, after the way through the pipe."""
    work = prepare(read_certificate(card.der), order)
    signature = card_signs(card.key, work.payload, work.scheme)
    assert work.check(signature)
    return decode(encode(work.finish(signature))[4:], HostAnswer)


def fields(token: object) -> dict[str, Any]:
    """The fields of a token as a page gets them."""
    found: dict[str, Any] = msgspec.to_builtins(token)
    return found


@pytest.mark.parametrize("pss", [False, True])
@pytest.mark.parametrize("kind", KEYS)
def test_our_server_logs_in_with_the_token_of_every_key(kind: str, pss: bool) -> None:
    site = Site()
    challenge = site.issue()
    made = answer(card_of(kind), HostOrder(ORIGIN, challenge, "zh-Hant", pss=pss))
    assert made.signed is None
    expected = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}.get(kind, "PS256" if pss else "RS256")
    assert fields(made.token)["algorithm"] == expected
    identity = site.verify(msgspec.json.encode(made.token).decode(), challenge)
    assert identity.holder_name == "王小明"


@pytest.mark.parametrize(("pss", "other"), [(True, "RS256"), (False, "PS256"), (True, "PS384"), (False, "ES256")])
def test_our_server_refuses_the_token_under_another_algorithm(pss: bool, other: str) -> None:
    site = Site()
    challenge = site.issue()
    made = answer(card_of("RSA 2048"), HostOrder(ORIGIN, challenge, "zh-Hant", pss=pss))
    token = msgspec.json.encode({**fields(made.token), "algorithm": other}).decode()
    with pytest.raises((f.SignatureInvalid, f.AlgorithmMismatch)):
        site.verify(token, challenge)


@pytest.mark.parametrize("kind", ["RSA 2048", "P-256"])
def test_signature_over_another_order_is_noticed(kind: str) -> None:
    card = card_of(kind)
    facts = read_certificate(card.der)
    work = prepare(facts, HostOrder(ORIGIN, "challenge", "en"))
    for other in (
        HostOrder("https://other.example", "challenge", "en"),
        HostOrder(ORIGIN, "other", "en"),
        HostOrder(ORIGIN, "challenge", "en", old=OldAsk(CmsAsk(b"challenge"))),
    ):
        theirs = prepare(facts, other)
        assert not work.check(card_signs(card.key, theirs.payload, theirs.scheme))


def test_signature_of_the_other_padding_is_noticed() -> None:
    """A driver that ignores the mechanism must not make a token that no server accepts."""
    card = card_of("RSA 2048")
    facts = read_certificate(card.der)
    plain, pss = (prepare(facts, HostOrder(ORIGIN, "challenge", "en", pss=pss)) for pss in (False, True))
    assert not pss.check(card_signs(card.key, plain.payload, Scheme.PKCS1))
    assert not plain.check(card_signs(card.key, pss.payload, Scheme.PSS))


@pytest.mark.parametrize("signature", [b"", b"\0", bytes(256), b"\xff" * 256, bytes(64), b"\xff" * 64, b"x" * 10_000])
@pytest.mark.parametrize("kind", ["RSA 2048", "P-256"])
def test_garbage_in_place_of_a_signature_is_noticed(kind: str, signature: bytes) -> None:
    facts = read_certificate(card_of(kind).der)
    for order in (HostOrder(ORIGIN, "c", "en"), HostOrder(ORIGIN, "c", "en", old=OldAsk(CmsAsk(b"TBS")))):
        assert not prepare(facts, order).check(signature)
