"""Certificates as a card may hold them: usable, unusable and hostile."""

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from agent.card.certificate import MAX_NAME, CertificateFacts, harmless, read_certificate
from tests.unit.agent.certificates import NOT_AFTER, Key, certificate, name

MESSAGE = b"message"
CURVES: dict[str, tuple[ec.EllipticCurve, hashes.HashAlgorithm, int]] = {
    "ES256": (ec.SECP256R1(), hashes.SHA256(), 32),
    "ES384": (ec.SECP384R1(), hashes.SHA384(), 48),
    "ES512": (ec.SECP521R1(), hashes.SHA512(), 66),
}


def raw_ecdsa(key: ec.EllipticCurvePrivateKey, algorithm: str) -> bytes:
    """A signature over MESSAGE in the token's form, R||S."""
    _, hash_, size = CURVES[algorithm]
    r, s = decode_dss_signature(key.sign(MESSAGE, ec.ECDSA(hash_)))
    return r.to_bytes(size) + s.to_bytes(size)


def test_rsa_citizen_certificate(rsa_key: rsa.RSAPrivateKey) -> None:
    der = certificate(rsa_key)
    facts = read_certificate(der)
    assert (facts.holder, facts.not_after, facts.algorithm) == ("王小明", NOT_AFTER, "RS256")
    assert facts.digital_signature is True
    assert facts.elliptic is False
    assert facts.hash.name == "sha256"
    assert facts.der == der


@pytest.mark.parametrize("algorithm", CURVES)
def test_elliptic_curve_certificate(algorithm: str) -> None:
    curve, hash_, _ = CURVES[algorithm]
    facts = read_certificate(certificate(ec.generate_private_key(curve)))
    assert (facts.algorithm, facts.hash.name, facts.elliptic) == (algorithm, hash_.name, True)


@pytest.mark.parametrize("digital_signature", [False, None])
def test_encryption_certificate_and_one_without_key_usage_are_not_for_signing(
    rsa_key: rsa.RSAPrivateKey, digital_signature: bool | None
) -> None:
    assert read_certificate(certificate(rsa_key, digital_signature=digital_signature)).digital_signature is False


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: rsa.generate_private_key(65537, 1024), id="RSA 1024"),  # noqa: S505  # weak, on purpose
        pytest.param(ed25519.Ed25519PrivateKey.generate, id="Ed25519"),
        pytest.param(lambda: dsa.generate_private_key(1024), id="DSA"),  # noqa: S505  # so that it is quick
        pytest.param(lambda: ec.generate_private_key(ec.SECP256K1()), id="secp256k1"),
        pytest.param(lambda: ec.generate_private_key(ec.BrainpoolP256R1()), id="brainpool"),
    ],
)
def test_key_that_cannot_sign_a_token_is_a_value_error(make: Callable[[], Key]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # the text is nobody's interface
        read_certificate(certificate(make()))


@pytest.mark.parametrize(
    "der", [b"", b"0", b"\x30\x80", b"\x30\x03\x02\x01\x01", b"-----BEGIN CERTIFICATE-----", b"\0" * 4096]
)
def test_garbage_is_a_value_error(der: bytes) -> None:
    with pytest.raises(ValueError, match="unreadable"):
        read_certificate(der)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_value_error(der: bytes) -> None:
    with pytest.raises(ValueError, match="unreadable"):
        read_certificate(der)


EC_DER = certificate(ec.derive_private_key(7, ec.SECP256R1()))


# The version number, whose other values are a finding of their own (test_findings_card.py).
VERSION = EC_DER.index(bytes.fromhex("a003020102")) + 4


@pytest.mark.filterwarnings("ignore:Parsed a serial number", "ignore:Attribute's length must be:UserWarning")  # PyCA's
@given(st.integers(0, len(EC_DER) - 1).filter(lambda place: place != VERSION), st.integers(1, 255))
def test_any_flipped_byte_is_read_or_a_value_error(place: int, change: int) -> None:
    der = EC_DER[:place] + bytes([EC_DER[place] ^ change]) + EC_DER[place + 1 :]
    try:
        facts = read_certificate(der)
    except ValueError:
        return
    assert len(facts.holder) <= MAX_NAME + 1
    assert facts.not_after.tzinfo is not None


@given(st.integers(0, len(EC_DER) - 1))
def test_any_cut_certificate_is_a_value_error(length: int) -> None:
    with pytest.raises(ValueError, match="unreadable"):
        read_certificate(EC_DER[:length])


def test_bytes_after_the_certificate_are_refused() -> None:
    with pytest.raises(ValueError, match="unreadable"):
        read_certificate(EC_DER + b"\0")


def test_company_without_common_name_is_called_by_its_organisation(rsa_key: rsa.RSAPrivateKey) -> None:
    subject = name((NameOID.COUNTRY_NAME, "TW"), (NameOID.ORGANIZATION_NAME, "測試股份有限公司"))
    assert read_certificate(certificate(rsa_key, subject)).holder == "測試股份有限公司"


def test_certificate_without_a_name_has_an_empty_holder(rsa_key: rsa.RSAPrivateKey) -> None:
    assert read_certificate(certificate(rsa_key, name((NameOID.COUNTRY_NAME, "TW")))).holder == ""


HOSTILE = {
    "right-to-left override": "王小明\u202edlohnekcarc",
    "isolates": "\u2066王\u2069",
    "zero width": "王\u200b小\u200d明",
    "newline": "王小明\nSite: https://bank.example",
    "tab and bell": "a\tb\a",
    "escape sequence": "\x1b[31mred",
    "C1 controls": "a\x9bb",
    "private use": "a\ue000b",
    "unassigned": "a\U000e0fffb",
    "byte order mark": "\ufeffa",
    "10,000 characters": "王" * 10_000,
    "markup": "<b>王</b>",
}


@pytest.mark.filterwarnings("ignore:Attribute's length must be:UserWarning")  # PyCA's, of the name that is too long
@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_name_is_fit_to_be_shown(case: str) -> None:
    holder = read_certificate(certificate(ec.derive_private_key(7, ec.SECP256R1()), HOSTILE[case])).holder
    assert len(holder) <= MAX_NAME + 1
    assert holder.isprintable()


def test_long_name_says_that_it_was_cut() -> None:
    assert harmless("a" * (MAX_NAME + 1)) == "a" * MAX_NAME + "…"
    assert harmless("a" * MAX_NAME) == "a" * MAX_NAME


@pytest.mark.parametrize("text", ["王小明", "José Ñandú", "測試股份有限公司", "𠮷野", "O'Brien-Smith, Jr."])
def test_honest_name_stays_as_it_is(text: str) -> None:
    assert harmless(text) == text


@given(st.text(max_size=200))
def test_any_text_is_shown_without_control_and_direction_marks(text: str) -> None:
    shown = harmless(text)
    assert len(shown) <= MAX_NAME + 1
    assert not set(shown) & set(
        map(chr, [*range(32), *range(127, 160), *range(0x200B, 0x2010), *range(0x202A, 0x202F)])
    )


@pytest.fixture
def rsa_facts(rsa_key: rsa.RSAPrivateKey) -> CertificateFacts:
    """The facts of an RSA certificate."""
    return read_certificate(certificate(rsa_key))


def test_rsa_signature_of_the_key_verifies_and_of_nothing_else(
    rsa_key: rsa.RSAPrivateKey, rsa_facts: CertificateFacts
) -> None:
    good = rsa_key.sign(MESSAGE, padding.PKCS1v15(), hashes.SHA256())
    pss = rsa_key.sign(MESSAGE, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
    sha1 = rsa_key.sign(MESSAGE, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303  # the attack is the old hash
    assert rsa_facts.verifies(good, MESSAGE)
    assert not rsa_facts.verifies(good, MESSAGE + b"!")
    for bad in (pss, sha1, b"", b"\0", good[:-1], good + b"\0", b"\0" + good, bytes(256), b"\xff" * 256, good[::-1]):
        assert not rsa_facts.verifies(bad, MESSAGE)


@pytest.mark.parametrize("algorithm", CURVES)
def test_raw_ecdsa_signature_of_the_key_verifies_and_of_nothing_else(algorithm: str) -> None:
    key = ec.generate_private_key(CURVES[algorithm][0])
    facts, size = read_certificate(certificate(key)), CURVES[algorithm][2]
    good = raw_ecdsa(key, algorithm)
    assert facts.verifies(good, MESSAGE)
    assert not facts.verifies(good, MESSAGE + b"!")
    other = raw_ecdsa(ec.generate_private_key(CURVES[algorithm][0]), algorithm)
    der = key.sign(MESSAGE, ec.ECDSA(CURVES[algorithm][1]))
    for bad in (other, der, b"", b"\1", good[:-1], good + b"\1", good[:size], bytes(2 * size), b"\xff" * (2 * size)):
        assert not facts.verifies(bad, MESSAGE)


@given(st.binary(max_size=140))
def test_any_bytes_as_ecdsa_signature_do_not_verify_and_raise_nothing(signature: bytes) -> None:
    assert not read_certificate(EC_DER).verifies(signature, MESSAGE)


@given(st.binary(max_size=300))
def test_any_bytes_as_rsa_signature_do_not_verify_and_raise_nothing(signature: bytes) -> None:
    assert not RSA_FACTS.verifies(signature, MESSAGE)


RSA_FACTS = read_certificate(certificate(rsa.generate_private_key(65537, 2048)))
