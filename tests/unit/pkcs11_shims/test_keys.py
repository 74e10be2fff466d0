"""Which certificates come first, and which private key belongs to one."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from pkcs11_shims.keys import may_belong, rank
from tests.unit.agent.certificates import certificate

IDS = (b"SIGN", b"\1")


@pytest.mark.parametrize(("key_id", "place"), [(b"SIGN", 0), (b"\1", 1), (b"\x09", 2), (b"", 2), (b"sign", 2)])
def test_place_of_an_id_is_that_of_the_drivers_row(key_id: bytes, place: int) -> None:
    assert rank(key_id, IDS) == place


@given(st.lists(st.binary(max_size=4), max_size=8))
def test_known_ids_come_before_unknown_ones_in_the_rows_order(key_ids: list[bytes]) -> None:
    ordered = sorted(key_ids, key=lambda key_id: rank(key_id, IDS))
    known = [key_id for key_id in ordered if key_id in IDS]
    assert ordered[: len(known)] == known == sorted(known, key=IDS.index)


def test_modulus_of_the_certificates_key_belongs_and_another_does_not(rsa_key: rsa.RSAPrivateKey) -> None:
    der = certificate(rsa_key)
    modulus = rsa_key.public_key().public_numbers().n.to_bytes(256)
    assert may_belong(modulus, der)
    assert may_belong(b"\0" + modulus, der)
    assert not may_belong(modulus[:-1] + bytes([modulus[-1] ^ 1]), der)


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()])
def test_point_of_the_certificates_key_belongs_bare_and_wrapped(curve: ec.EllipticCurve) -> None:
    key, other = ec.generate_private_key(curve), ec.generate_private_key(curve)
    for owner, belongs in ((key, True), (other, False)):
        point = owner.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        wrapped = bytes([4, len(point)]) + point if len(point) < 128 else bytes([4, 0x81, len(point)]) + point
        assert may_belong(point, certificate(key)) is belongs
        assert may_belong(wrapped, certificate(key)) is belongs


@pytest.mark.parametrize("public", [None, b"", b"\0" * 400, b"short"])
def test_key_that_shows_nothing_of_use_may_belong(public: bytes | None) -> None:
    assert may_belong(public, b"certificate")


@given(st.binary(max_size=600), st.binary(max_size=600))
def test_any_bytes_are_compared(public: bytes, der: bytes) -> None:
    assert may_belong(public, der) in (True, False)
