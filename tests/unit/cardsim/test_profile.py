"""The certificates copy the real profile: field by field, byte by byte where it matters."""

import datetime
import json
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtensionOID, NameOID

from cardsim.pki.numbers import business_number, national_id, subject_serial

ORDER = ["2.5.29.35", "2.5.29.14", "2.5.29.15", "2.5.29.32", "2.5.29.9", "2.5.29.31", "1.3.6.1.5.5.7.1.1"]
PRINTABLE, UTF8 = 0x13, 0x0C
Load = Callable[..., x509.Certificate]


@pytest.fixture
def load(pki: Path) -> Load:
    """Loads a certificate of a card."""

    def load(card: str, key: str = "9A") -> x509.Certificate:
        image = json.loads((pki / "cards" / f"{card}.json").read_text())
        return x509.load_der_x509_certificate(b64decode(image["keys"][key]["certificate"]))

    return load


def _read(pki: Path, name: str) -> x509.Certificate:
    return x509.load_der_x509_certificate((pki / name).read_bytes())


def _base_url(pki: Path) -> str:
    return str(json.loads((pki / "pki.json").read_text())["base_url"])


@pytest.mark.parametrize("key", ["9A", "9D"])
def test_subject_fields_and_their_string_types(load: Load, key: str) -> None:
    subject = load("citizen", key).subject
    found = [(a.oid, a.value, a._type.value) for rdn in subject.rdns for a in rdn]
    assert found == [
        (NameOID.COUNTRY_NAME, "TW", PRINTABLE),
        (NameOID.COMMON_NAME, "王小明", UTF8),
        (NameOID.SERIAL_NUMBER, subject_serial("citizen"), PRINTABLE),
    ]


@pytest.mark.parametrize("card", ["citizen", "company", "ec", "untrusted", "wrong-policy"])
def test_extension_order_and_criticality(load: Load, card: str) -> None:
    extensions = list(load(card).extensions)
    assert [one.oid.dotted_string for one in extensions] == ORDER
    assert [one.oid for one in extensions if one.critical] == [ExtensionOID.KEY_USAGE]


def test_signing_and_encryption_usage(load: Load) -> None:
    names = [
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
        "key_agreement", "key_cert_sign", "crl_sign",
    ]  # fmt: skip
    signing = load("citizen").extensions.get_extension_for_class(x509.KeyUsage).value
    encryption = load("citizen", "9D").extensions.get_extension_for_class(x509.KeyUsage).value
    assert [name for name in names if getattr(signing, name)] == ["digital_signature"]
    assert [name for name in names if getattr(encryption, name)] == ["key_encipherment", "data_encipherment"]


@pytest.mark.parametrize(
    ("card", "policy"), [("citizen", "2.16.886.101.0.3.3"), ("wrong-policy", "2.16.886.101.0.3.0")]
)
def test_policy(load: Load, card: str, policy: str) -> None:
    value = load(card).extensions.get_extension_for_class(x509.CertificatePolicies).value
    assert [(one.policy_identifier.dotted_string, one.policy_qualifiers) for one in value] == [(policy, None)]


def _attributes(certificate: x509.Certificate) -> bytes:
    value = certificate.extensions.get_extension_for_oid(x509.ObjectIdentifier("2.5.29.9")).value
    assert isinstance(value, x509.UnrecognizedExtension)
    return value.value


def test_citizen_directory_attributes(load: Load) -> None:
    # 2.16.886.1.100.2.1 = OID 2.16.886.1.100.3.1.1; 2.16.886.1.100.2.51 = UTF8String of four characters
    der = _attributes(load("citizen"))
    kind = bytes.fromhex("0607608676016402" + "01" + "310a" + "0608608676016403" + "0101")
    last = bytes.fromhex("0607608676016402" + "33" + "3106" + "0c04") + national_id("citizen")[-4:].encode()
    inner = bytes([0x30, len(kind)]) + kind + bytes([0x30, len(last)]) + last
    assert der == bytes([0x30, len(inner)]) + inner


def test_company_subject_and_attributes(load: Load) -> None:
    certificate, number = load("company"), business_number("company")
    found = [(a.oid, a.value, a._type.value) for rdn in certificate.subject.rdns for a in rdn]
    assert found == [
        (NameOID.COUNTRY_NAME, "TW", PRINTABLE),
        (NameOID.ORGANIZATION_NAME, "測試股份有限公司", UTF8),
        (NameOID.SERIAL_NUMBER, number, PRINTABLE),
    ]
    der = _attributes(certificate)
    assert bytes.fromhex("0609608676016403020201") + b"\x01" not in der
    assert bytes.fromhex("060a60867601640302020101") in der
    assert bytes.fromhex("06076086760164020231091307") + b"primary" in der
    assert bytes.fromhex("060760867601640265310a0c08") + number.encode() in der
    assert b"\x64\x02\x33" not in der


def test_distribution_points_partition_first(load: Load, pki: Path) -> None:
    certificate = load("citizen")
    value = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    urls = [point.full_name[0].value for point in value if point.full_name]
    part = certificate.serial_number % 4 + 1
    base = _base_url(pki)
    assert urls == [f"{base}/crl/moica-{part:02d}.crl", f"{base}/crl/moica-complete.crl"]


def test_access_methods(load: Load, pki: Path) -> None:
    value = load("citizen").extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    base = _base_url(pki)
    assert [(one.access_method, one.access_location.value) for one in value] == [
        (AuthorityInformationAccessOID.CA_ISSUERS, f"{base}/certs/moica-IssuedToThisCA.p7b"),
        (AuthorityInformationAccessOID.OCSP, f"{base}/ocsp/moica"),
    ]


def test_serial_keys_and_validity(load: Load) -> None:
    certificate = load("citizen")
    key = certificate.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    assert (key.key_size, key.public_numbers().e) == (2048, 65537)
    assert 100 < certificate.serial_number.bit_length() <= 128
    assert certificate.signature_algorithm_oid == x509.SignatureAlgorithmOID.RSA_WITH_SHA256
    end = certificate.not_valid_after_utc
    assert (end.hour, end.minute, end.second) == (15, 59, 59)
    assert 1824 <= (end - certificate.not_valid_before_utc).days <= 1827


def test_dates_of_the_expired_card(load: Load) -> None:
    now = datetime.datetime.now(datetime.UTC)
    assert load("expired").not_valid_after_utc < now - datetime.timedelta(days=30)
    assert load("citizen").not_valid_before_utc < now < load("citizen").not_valid_after_utc


def test_chain_to_the_only_anchor(load: Load, pki: Path) -> None:
    assert [path.name for path in (pki / "anchors").iterdir()] == ["root.cer"]
    assert {path.name for path in (pki / "issuers").iterdir()} == {"moica.cer", "moeaca.cer"}
    root = _read(pki, "anchors/root.cer")
    for name, card in (("moica", "citizen"), ("moeaca", "company")):
        issuer = _read(pki, f"issuers/{name}.cer")
        issuer.verify_directly_issued_by(root)
        load(card).verify_directly_issued_by(issuer)
        assert issuer.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length == 0


def test_the_untrusted_card_names_the_issuer_but_another_key(load: Load, pki: Path) -> None:
    issuer, card = _read(pki, "issuers/moica.cer"), load("untrusted")
    assert card.issuer == issuer.subject
    with pytest.raises(InvalidSignature):
        card.verify_directly_issued_by(issuer)
    named = card.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    own = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    assert named.key_identifier != own.digest


@pytest.mark.parametrize("name", ["anchors/root.cer", "issuers/moica.cer", "issuers/moeaca.cer"])
def test_authorities_say_that_they_are_a_test(pki: Path, name: str) -> None:
    subject = _read(pki, name).subject.rfc4514_string()
    assert "測試用 CardLogin simulator" in subject
    assert "O=行政院" in subject


def test_the_responder_may_only_sign_ocsp(pki: Path) -> None:
    responder = _read(pki, "authorities/moica/ocsp.cer")
    responder.verify_directly_issued_by(_read(pki, "issuers/moica.cer"))
    usage = responder.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert [one.dotted_string for one in usage] == ["1.3.6.1.5.5.7.3.9"]
    assert x509.OCSPNoCheck() in [one.value for one in responder.extensions]
