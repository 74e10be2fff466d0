"""Signatures that another library might let pass."""

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding

from cardlogin_server.answers.signature import verify_signature
from cardlogin_server.failures import SignatureInvalid
from tests.unit.cardlogin_server.pki import ec_key, rsa_key
from tests.unit.cardlogin_server.site import ORIGIN, sign

CHALLENGE = "A" * 43 + "=.login"


def digest(content: bytes) -> bytes:
    sha256 = hashes.Hash(hashes.SHA256())
    sha256.update(content)
    return sha256.finalize()


MESSAGE = digest(ORIGIN.encode()) + digest(CHALLENGE.encode())


def verify_rsa(algorithm: str, signature: bytes) -> None:
    verify_signature(algorithm, rsa_key("holder").public_key(), signature, ORIGIN, CHALLENGE)


def verify_ec(signature: bytes) -> None:
    verify_signature("ES256", ec_key(ec.SECP256R1).public_key(), signature, ORIGIN, CHALLENGE)


@pytest.mark.parametrize("salt", [0, 20, 31, 33, 222])
def test_pss_with_salt_of_another_length(salt: int) -> None:
    # RFC 7518 section 3.5: as long as the hash.
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), salt)
    with pytest.raises(SignatureInvalid):
        verify_rsa("PS256", rsa_key("holder").sign(MESSAGE, pss, hashes.SHA256()))


def test_pss_with_another_mask() -> None:
    pss = padding.PSS(padding.MGF1(hashes.SHA512()), 32)
    with pytest.raises(SignatureInvalid):
        verify_rsa("PS256", rsa_key("holder").sign(MESSAGE, pss, hashes.SHA256()))


def test_one_padding_labelled_as_the_other() -> None:
    good = sign(rsa_key("holder"), "RS256", ORIGIN, CHALLENGE)
    verify_rsa("RS256", good)
    with pytest.raises(SignatureInvalid):
        verify_rsa("PS256", good)


def test_rsa_signature_of_another_length() -> None:
    good = sign(rsa_key("holder"), "RS256", ORIGIN, CHALLENGE)
    for bad in (b"", good[:-1], good + b"\0", b"\0" + good):
        with pytest.raises(SignatureInvalid):
            verify_rsa("RS256", bad)


def test_ecdsa_signature_of_another_length() -> None:
    good = sign(ec_key(ec.SECP256R1), "ES256", ORIGIN, CHALLENGE)
    verify_ec(good)
    # With a zero between them R and S would still be the same numbers.
    for bad in (b"", good[:-1], good + b"\0", b"\0" + good, good[:32] + b"\0" + good[32:]):
        with pytest.raises(SignatureInvalid):
            verify_ec(bad)


def test_message_signed_without_its_parts_being_hashed() -> None:
    plain = rsa_key("holder").sign((ORIGIN + CHALLENGE).encode(), padding.PKCS1v15(), hashes.SHA256())
    with pytest.raises(SignatureInvalid):
        verify_rsa("RS256", plain)


def test_parts_in_the_other_order() -> None:
    swapped = digest(CHALLENGE.encode()) + digest(ORIGIN.encode())
    with pytest.raises(SignatureInvalid):
        verify_rsa("RS256", rsa_key("holder").sign(swapped, padding.PKCS1v15(), hashes.SHA256()))
