"""What is signed, checked against the signatures that `cryptography` makes itself."""

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from agent.card.certificate import read_certificate
from agent.card.token import card_input, make_token, message
from tests.stand.asking import signature_is_good
from tests.unit.agent.certificates import certificate
from tests.unit.agent.fakes import CHALLENGE, ORIGIN


def raw_rsa(key: rsa.RSAPrivateKey, payload: bytes) -> bytes:
    """What a card does with CKM_RSA_PKCS: pads (RFC 8017, 9.2) and raises to the private exponent, nothing else."""
    size = key.key_size // 8
    padded = b"\0\1" + b"\xff" * (size - 3 - len(payload)) + b"\0" + payload
    numbers = key.private_numbers()
    return pow(int.from_bytes(padded), numbers.d, numbers.public_numbers.n).to_bytes(size)


def test_message_is_both_hashes_one_after_the_other(rsa_key: rsa.RSAPrivateKey) -> None:
    facts = read_certificate(certificate(rsa_key))
    expected = hashlib.sha256(ORIGIN.encode()).digest() + hashlib.sha256(CHALLENGE.encode()).digest()
    assert message(facts, ORIGIN, CHALLENGE) == expected


def test_card_makes_of_the_digest_info_what_cryptography_signs(rsa_key: rsa.RSAPrivateKey) -> None:
    facts = read_certificate(certificate(rsa_key))
    signed = message(facts, ORIGIN, CHALLENGE)
    expected = rsa_key.sign(signed, padding.PKCS1v15(), hashes.SHA256())
    assert raw_rsa(rsa_key, card_input(facts, signed)) == expected
    assert facts.verifies(expected, signed)


@pytest.mark.parametrize(
    ("curve", "hash_", "size"),
    [
        (ec.SECP256R1(), hashes.SHA256(), 32),
        (ec.SECP384R1(), hashes.SHA384(), 48),
        (ec.SECP521R1(), hashes.SHA512(), 66),
    ],
)
def test_digest_for_ecdsa_is_what_cryptography_hashes(
    curve: ec.EllipticCurve, hash_: hashes.HashAlgorithm, size: int
) -> None:
    key = ec.generate_private_key(curve)
    facts = read_certificate(certificate(key))
    signed = message(facts, ORIGIN, CHALLENGE)
    assert len(signed) == 2 * hash_.digest_size
    r, s = decode_dss_signature(key.sign(card_input(facts, signed), ec.ECDSA(Prehashed(hash_))))
    signature = r.to_bytes(size) + s.to_bytes(size)
    assert facts.verifies(signature, signed)
    token = make_token(facts, signature)
    fields = {
        "algorithm": token.algorithm, "unverifiedCertificate": token.unverified_certificate,
        "signature": token.signature,
    }  # fmt: skip
    assert signature_is_good(fields, ORIGIN, CHALLENGE)


@given(st.text(min_size=1, max_size=40), st.text(min_size=1, max_size=40))
def test_border_between_origin_and_challenge_cannot_be_moved(origin: str, challenge: str) -> None:
    facts = read_certificate(EC_DER)
    assert message(facts, origin, challenge) != message(facts, origin + challenge[0], challenge[1:])


EC_DER = certificate(ec.derive_private_key(7, ec.SECP256R1()))


def test_token_has_the_format_of_web_eid_and_plain_base64(rsa_key: rsa.RSAPrivateKey) -> None:
    facts = read_certificate(certificate(rsa_key))
    token = make_token(facts, b"\xfb\xff" * 128)
    assert token.format == "web-eid:1.0"
    assert token.algorithm == "RS256"
    assert base64.b64decode(token.unverified_certificate, validate=True) == facts.der
    assert base64.b64decode(token.signature, validate=True) == b"\xfb\xff" * 128
    assert token.app_version.startswith("https://")
