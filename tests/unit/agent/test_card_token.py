"""What is signed, checked against the signatures that `cryptography` makes itself."""

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from hypothesis import given
from hypothesis import strategies as st

from agent.card.answers.certificate import read_certificate
from agent.card.answers.token import card_input, make_token, message, scheme_for
from agent.card.frames import HostOrder
from agent.card.old_asks import CmsAsk, OldAsk
from pkcs11_shims.keys import Scheme
from tests.unit.agent.certificates import card_signs, certificate
from tests.unit.agent.fakes import CHALLENGE, ORIGIN

ORDER = HostOrder(ORIGIN, CHALLENGE, "zh-Hant")
PSS_ORDER = HostOrder(ORIGIN, CHALLENGE, "zh-Hant", pss=True)
CURVES = {
    "P-256": (ec.SECP256R1(), hashes.SHA256()),
    "P-384": (ec.SECP384R1(), hashes.SHA384()),
    "P-521": (ec.SECP521R1(), hashes.SHA512()),
}


def test_message_is_both_hashes_one_after_the_other(rsa_key: rsa.RSAPrivateKey) -> None:
    facts = read_certificate(certificate(rsa_key))
    expected = hashlib.sha256(ORIGIN.encode()).digest() + hashlib.sha256(CHALLENGE.encode()).digest()
    assert message(facts, ORIGIN, CHALLENGE) == expected


def test_card_makes_of_the_digest_info_what_cryptography_signs(rsa_key: rsa.RSAPrivateKey) -> None:
    facts = read_certificate(certificate(rsa_key))
    signed = message(facts, ORIGIN, CHALLENGE)
    expected = rsa_key.sign(signed, padding.PKCS1v15(), hashes.SHA256())
    assert card_signs(rsa_key, card_input(facts, signed, Scheme.PKCS1), Scheme.PKCS1) == expected
    assert facts.verifies(expected, signed, Scheme.PKCS1)


@pytest.mark.parametrize("hash_", [hashes.SHA256(), hashes.SHA384(), hashes.SHA512()], ids=lambda hash_: hash_.name)
def test_digest_info_of_every_hash_is_the_standards(rsa_key: rsa.RSAPrivateKey, hash_: hashes.HashAlgorithm) -> None:
    facts = read_certificate(certificate(rsa_key))
    expected = rsa_key.sign(b"signed", padding.PKCS1v15(), hash_)
    assert card_signs(rsa_key, card_input(facts, b"signed", Scheme.PKCS1, hash_), Scheme.PKCS1) == expected


def test_card_gets_the_bare_digest_for_pss(rsa_key: rsa.RSAPrivateKey) -> None:
    facts = read_certificate(certificate(rsa_key))
    signed = message(facts, ORIGIN, CHALLENGE)
    payload = card_input(facts, signed, Scheme.PSS)
    assert payload == hashlib.sha256(signed).digest()
    signature = card_signs(rsa_key, payload, Scheme.PSS)
    assert facts.verifies(signature, signed, Scheme.PSS)
    assert not facts.verifies(signature, signed, Scheme.PKCS1)


@pytest.mark.parametrize("kind", CURVES)
def test_digest_for_ecdsa_is_what_cryptography_hashes(kind: str) -> None:
    curve, hash_ = CURVES[kind]
    key = ec.generate_private_key(curve)
    facts = read_certificate(certificate(key))
    signed = message(facts, ORIGIN, CHALLENGE)
    assert len(signed) == 2 * hash_.digest_size
    payload = card_input(facts, signed, Scheme.ECDSA)
    assert payload == hashlib.new(hash_.name, signed).digest()
    assert facts.verifies(card_signs(key, payload, Scheme.ECDSA), signed, Scheme.ECDSA)


@pytest.mark.parametrize("hash_", [hashes.SHA256(), hashes.SHA384(), hashes.SHA512()], ids=lambda hash_: hash_.name)
@pytest.mark.parametrize("kind", CURVES)
def test_digest_longer_than_the_curve_is_cut_as_ecdsa_cuts_it(kind: str, hash_: hashes.HashAlgorithm) -> None:
    """FIPS 186-5, 6.4.1: the leftmost bits count; `cryptography` verifies over the whole digest."""
    key = ec.generate_private_key(CURVES[kind][0])
    facts = read_certificate(certificate(key))
    payload = card_input(facts, b"signed", Scheme.ECDSA, hash_)
    assert len(payload) == min(hash_.digest_size, key.key_size // 8)
    assert facts.verifies(card_signs(key, payload, Scheme.ECDSA), b"signed", Scheme.ECDSA, hash_)


@pytest.mark.parametrize(
    ("order", "of_rsa", "of_ec"),
    [
        (ORDER, Scheme.PKCS1, Scheme.ECDSA),
        (PSS_ORDER, Scheme.PSS, Scheme.ECDSA),
        (HostOrder(ORIGIN, CHALLENGE, "en", old=OldAsk(CmsAsk(b"TBS"))), Scheme.PKCS1, Scheme.ECDSA),
        (HostOrder(ORIGIN, CHALLENGE, "en", pss=True, old=OldAsk(CmsAsk(b"TBS"))), Scheme.PKCS1, Scheme.ECDSA),
    ],
    ids=["token", "token with PSS", "CMS", "CMS with PSS"],
)
def test_scheme_is_of_the_key_and_the_order(
    order: HostOrder, of_rsa: Scheme, of_ec: Scheme, rsa_key: rsa.RSAPrivateKey
) -> None:
    assert scheme_for(read_certificate(certificate(rsa_key)), order) is of_rsa
    assert scheme_for(read_certificate(EC_DER), order) is of_ec


@given(st.text(min_size=1, max_size=40), st.text(min_size=1, max_size=40))
def test_border_between_origin_and_challenge_cannot_be_moved(origin: str, challenge: str) -> None:
    facts = read_certificate(EC_DER)
    assert message(facts, origin, challenge) != message(facts, origin + challenge[0], challenge[1:])


EC_DER = certificate(ec.derive_private_key(7, ec.SECP256R1()))


def test_token_has_the_format_of_web_eid_and_plain_base64(rsa_key: rsa.RSAPrivateKey) -> None:
    facts = read_certificate(certificate(rsa_key))
    token = make_token(facts, b"\xfb\xff" * 128, Scheme.PKCS1)
    assert token.format == "web-eid:1.0"
    assert token.algorithm == "RS256"
    assert base64.b64decode(token.unverified_certificate, validate=True) == facts.der
    assert base64.b64decode(token.signature, validate=True) == b"\xfb\xff" * 128
    assert token.app_version.startswith("https://")


def test_algorithm_of_a_token_names_key_and_scheme(rsa_key: rsa.RSAPrivateKey) -> None:
    facts = read_certificate(certificate(rsa_key))
    assert make_token(facts, b"s", Scheme.PSS).algorithm == "PS256"
    for kind, algorithm in (("P-256", "ES256"), ("P-384", "ES384"), ("P-521", "ES512")):
        elliptic = read_certificate(certificate(ec.generate_private_key(CURVES[kind][0])))
        assert make_token(elliptic, b"s", Scheme.ECDSA).algorithm == algorithm
