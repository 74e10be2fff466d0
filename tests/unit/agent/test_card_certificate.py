"""Certificates as a card may hold them: usable, unusable and hostile."""

import unicodedata
from collections.abc import Callable

import pytest
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import ExtensionOID, NameOID
from hypothesis import given
from hypothesis import strategies as st

from agent.card.answers.certificate import (
    MAX_CERTIFICATE,
    MAX_ISSUER_NAME,
    MAX_ISSUER_NAMES,
    MAX_POLICIES,
    CertificateFacts,
    read_certificate,
)
from agent.card.harmless import MAX_NAME, harmless
from pkcs11_shims.keys import Scheme
from tests.unit.agent.certificates import NOT_AFTER, NOT_BEFORE, Key, certificate, name
from tests.unit.cardlogin_server import pki

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
    assert (facts.holder, facts.algorithm) == ("王小明", "RS256")
    assert (facts.not_before, facts.not_after) == (NOT_BEFORE, NOT_AFTER)
    assert (facts.issuer_names, facts.policies, facts.subject_serial) == (("Test CA",), (), "")
    assert facts.authority is False
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
        pytest.param(lambda: rsa.generate_private_key(65537, 2040), id="RSA 2040"),  # noqa: S505  # a byte too short
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
    "5,000 characters": "王" * 5_000,
    "markup": "<b>王</b>",
    "Zalgo": "王" + "\u0336\u0489\u0315" * 20 + "小明",
    "mark at the beginning": "\u0336王",
    "Hangul filler": "王\u3164\u3164小明",
    "soft hyphen and tags": "王\u00ad小\U000e0041明",
}


@pytest.mark.filterwarnings("ignore:Attribute's length must be:UserWarning")  # PyCA's, of the name that is too long
@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_name_is_fit_to_be_shown(case: str) -> None:
    holder = read_certificate(certificate(ec.derive_private_key(7, ec.SECP256R1()), HOSTILE[case])).holder
    assert len(holder) <= MAX_NAME + 1
    assert holder.isprintable()


@given(st.text(st.characters(categories=("Lo", "Mn", "Me")), max_size=100))
def test_marks_never_pile_up(text: str) -> None:
    shown = harmless(text)
    marks = "".join("m" if unicodedata.category(c) in ("Mn", "Me") else "x" for c in shown)
    assert "mmm" not in marks
    assert not marks.startswith("m")


def test_long_name_says_that_it_was_cut() -> None:
    assert harmless("a" * (MAX_NAME + 1)) == "a" * MAX_NAME + "…"
    assert harmless("a" * MAX_NAME) == "a" * MAX_NAME


@pytest.mark.parametrize(
    "text",
    ["王小明", "José Ñandú", "測試股份有限公司", "𠮷野", "O'Brien-Smith, Jr.", "Nguye\u0302\u0303n", "葛\U000e0100城"],
)
def test_honest_name_stays_as_it_is(text: str) -> None:
    assert harmless(text) == text


@given(st.text(max_size=200))
def test_any_text_is_shown_without_control_and_direction_marks(text: str) -> None:
    shown = harmless(text)
    assert len(shown) <= MAX_NAME + 1
    assert not set(shown) & set(
        map(chr, [*range(32), *range(127, 160), *range(0x200B, 0x2010), *range(0x202A, 0x202F)])
    )


EC_KEY = ec.derive_private_key(7, ec.SECP256R1())
CITIZEN = pki.issue(pki.Profile(key=EC_KEY))


def test_facts_of_the_citizen_profile() -> None:
    facts = read_certificate(CITIZEN.der)
    assert facts.issuer_names == ("(測試用) 內政部憑證管理中心", "行政院")
    assert facts.policies == (pki.POLICY,)
    assert facts.subject_serial == "0000000112345678"
    assert (facts.authority, facts.digital_signature) == (False, True)


@pytest.mark.parametrize("authority", [pki.root, pki.moica, pki.moeaca])
def test_certificate_of_an_authority_says_so(authority: Callable[[], pki.Authority]) -> None:
    assert read_certificate(authority().der).authority is True


@pytest.mark.parametrize(("constraints", "authority"), [(True, True), (False, False)])
def test_basic_constraints_decide_and_not_the_key_usage(constraints: bool, authority: bool) -> None:
    more = [x509.BasicConstraints(ca=constraints, path_length=None)]
    assert read_certificate(certificate(EC_KEY, more=more)).authority is authority


def test_issuer_is_named_by_its_cn_ou_and_o_and_nothing_else() -> None:
    issuer = name(
        (NameOID.COUNTRY_NAME, "TW"), (NameOID.ORGANIZATION_NAME, "行政院"), (NameOID.ORGANIZATIONAL_UNIT_NAME, "一處"),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, "二處"), (NameOID.COMMON_NAME, "CA"), (NameOID.LOCALITY_NAME, "臺北"),
    )  # fmt: skip
    assert read_certificate(certificate(EC_KEY, issuer=issuer)).issuer_names == ("CA", "一處", "二處", "行政院")


@pytest.mark.filterwarnings("ignore:Attribute's length must be:UserWarning")
def test_issuer_names_are_limited_in_number_and_length() -> None:
    flood = name(*((NameOID.ORGANIZATIONAL_UNIT_NAME, "長" * 5 + str(number)) for number in range(100)))
    assert len(read_certificate(certificate(EC_KEY, issuer=flood)).issuer_names) == MAX_ISSUER_NAMES
    long = name((NameOID.COMMON_NAME, "x" * 2000))
    (shown,) = read_certificate(certificate(EC_KEY, issuer=long)).issuer_names
    # Longer than what a portal may ask for, so that a cut name is never taken for the wanted one.
    assert len(shown) == MAX_ISSUER_NAME + 1 > 128


@pytest.mark.filterwarnings("ignore:Attribute's length must be:UserWarning")
@pytest.mark.parametrize("text", ["\u202e", "\n", "\x1b[2J", "a" * 1000, "\u0336" * 60])
def test_serial_and_issuer_of_a_hostile_certificate_are_fit_to_be_shown(text: str) -> None:
    number = x509.NameAttribute(NameOID.SERIAL_NUMBER, text, _ASN1Type.UTF8String, _validate=False)
    facts = read_certificate(certificate(EC_KEY, x509.Name([number]), issuer=name((NameOID.COMMON_NAME, text))))
    for shown in (facts.subject_serial, *facts.issuer_names):
        assert shown.isprintable()
        assert len(shown) <= MAX_ISSUER_NAME + 1


def test_name_that_is_no_text_is_passed_over() -> None:
    """A BIT STRING, which X.500 allows for one attribute, in the place of a text."""
    bits = x509.NameAttribute(NameOID.X500_UNIQUE_IDENTIFIER, b"\x01\x02", _ASN1Type.BitString)
    subject = x509.Name([bits])
    facts = read_certificate(certificate(EC_KEY, subject, issuer=subject))
    assert (facts.holder, facts.issuer_names, facts.subject_serial) == ("", (), "")


def test_policies_are_limited_in_number() -> None:
    many = [x509.PolicyInformation(x509.ObjectIdentifier(f"2.16.886.101.0.3.{number}"), None) for number in range(200)]
    facts = read_certificate(certificate(EC_KEY, more=[x509.CertificatePolicies(many)]))
    assert facts.policies == tuple(f"2.16.886.101.0.3.{number}" for number in range(MAX_POLICIES))


@pytest.mark.parametrize(
    "extension",
    [
        pytest.param(x509.UnrecognizedExtension(ExtensionOID.CERTIFICATE_POLICIES, b"\x05\0"), id="NULL for policies"),
        pytest.param(x509.UnrecognizedExtension(ExtensionOID.CERTIFICATE_POLICIES, b"garbage"), id="no policies"),
        pytest.param(x509.UnrecognizedExtension(ExtensionOID.BASIC_CONSTRAINTS, pki.der(0x30, b"\x0c\1x")), id="text"),
        pytest.param(x509.UnrecognizedExtension(ExtensionOID.BASIC_CONSTRAINTS, b""), id="empty constraints"),
    ],
)
def test_extension_of_a_wrong_type_is_a_value_error(extension: x509.ExtensionType) -> None:
    with pytest.raises(ValueError, match="unreadable"):
        read_certificate(certificate(EC_KEY, more=[extension]))


@pytest.mark.parametrize("oid", [ExtensionOID.KEY_USAGE, ExtensionOID.BASIC_CONSTRAINTS])
def test_extension_that_is_there_twice_is_a_value_error(oid: x509.ObjectIdentifier) -> None:
    """Readers disagree on which one counts: one may see digitalSignature, the other not (RFC 5280, 4.2)."""
    twins = [x509.UnrecognizedExtension(x509.ObjectIdentifier(f"2.5.29.{last}"), b"\x30\0") for last in (91, 92)]
    der = certificate(EC_KEY, more=twins, digital_signature=None)
    wanted = pki.oid(oid.dotted_string)
    for twin in twins:
        der = der.replace(pki.oid(twin.oid.dotted_string), wanted)
    assert der.count(wanted) == 2
    with pytest.raises(ValueError, match="unreadable"):
        read_certificate(der)


def test_certificate_that_is_too_large_is_refused_before_it_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    big = certificate(EC_KEY, more=[x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), bytes(MAX_CERTIFICATE))])
    monkeypatch.setattr(x509, "load_der_x509_certificate", pytest.fail)
    with pytest.raises(ValueError, match="size"):
        read_certificate(big)


@pytest.mark.parametrize(("modulus", "exponent"), [(2**4096 + 1, 65537), (2**8191 + 1, 3), (2**2047 + 1, 1), (7, 3)])
def test_rsa_key_out_of_all_bounds_is_a_value_error(rsa_key: rsa.RSAPrivateKey, modulus: int, exponent: int) -> None:
    """Larger keys are slow to check and on no card; with an exponent of 1 anybody can sign."""
    good = rsa_key.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
    numbers = pki.der(0x30, *(_integer(number) for number in (modulus, exponent)))
    algorithm = pki.der(0x30, pki.oid("1.2.840.113549.1.1.1"), b"\x05\0")
    old, new = (pki.der(0x30, algorithm, pki.der(0x03, b"\0", key)) for key in (good, numbers))
    with pytest.raises(ValueError, match=r"unreadable|size"):
        read_certificate(_exchange(certificate(rsa_key), old, new))


@pytest.mark.parametrize("size", [2048, 3072, 4096])
def test_rsa_keys_of_cards_are_read(size: int) -> None:
    facts = read_certificate(certificate(pki.rsa_key("sizes", size)))
    assert (facts.key.key_size, facts.algorithm) == (size, "RS256")


def _integer(number: int) -> bytes:
    return pki.der(0x02, number.to_bytes(number.bit_length() // 8 + 1))


def _exchange(der: bytes, old: bytes, new: bytes) -> bytes:
    """A certificate with another public key; its signature is wrong then, which nobody looks at."""
    assert old in der
    whole = asn1.Certificate.load(der)
    body = b"".join(whole["tbs_certificate"][field].dump() for field in FIELDS).replace(old, new)
    return pki.der(0x30, pki.der(0x30, body), whole["signature_algorithm"].dump(), whole["signature_value"].dump())


FIELDS = (
    "version", "serial_number", "signature", "issuer", "validity", "subject", "subject_public_key_info", "extensions",
)  # fmt: skip


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
    assert rsa_facts.verifies(good, MESSAGE, Scheme.PKCS1)
    assert rsa_facts.verifies(pss, MESSAGE, Scheme.PSS)
    assert not rsa_facts.verifies(good, MESSAGE + b"!", Scheme.PKCS1)
    assert not rsa_facts.verifies(good, MESSAGE, Scheme.PSS)
    assert not rsa_facts.verifies(good, MESSAGE, Scheme.ECDSA)
    for bad in (pss, sha1, b"", b"\0", good[:-1], good + b"\0", b"\0" + good, bytes(256), b"\xff" * 256, good[::-1]):
        assert not rsa_facts.verifies(bad, MESSAGE, Scheme.PKCS1)


@pytest.mark.parametrize("algorithm", CURVES)
def test_raw_ecdsa_signature_of_the_key_verifies_and_of_nothing_else(algorithm: str) -> None:
    key = ec.generate_private_key(CURVES[algorithm][0])
    facts, size = read_certificate(certificate(key)), CURVES[algorithm][2]
    good = raw_ecdsa(key, algorithm)
    assert facts.verifies(good, MESSAGE, Scheme.ECDSA)
    assert not facts.verifies(good, MESSAGE + b"!", Scheme.ECDSA)
    assert not facts.verifies(good, MESSAGE, Scheme.PKCS1)
    other = raw_ecdsa(ec.generate_private_key(CURVES[algorithm][0]), algorithm)
    der = key.sign(MESSAGE, ec.ECDSA(CURVES[algorithm][1]))
    for bad in (other, der, b"", b"\1", good[:-1], good + b"\1", good[:size], bytes(2 * size), b"\xff" * (2 * size)):
        assert not facts.verifies(bad, MESSAGE, Scheme.ECDSA)


@given(st.binary(max_size=140), st.sampled_from(Scheme))
def test_any_bytes_as_ecdsa_signature_do_not_verify_and_raise_nothing(signature: bytes, scheme: Scheme) -> None:
    assert not read_certificate(EC_DER).verifies(signature, MESSAGE, scheme)


@given(st.binary(max_size=300), st.sampled_from(Scheme))
def test_any_bytes_as_rsa_signature_do_not_verify_and_raise_nothing(signature: bytes, scheme: Scheme) -> None:
    assert not RSA_FACTS.verifies(signature, MESSAGE, scheme)


RSA_FACTS = read_certificate(certificate(rsa.generate_private_key(65537, 2048)))
