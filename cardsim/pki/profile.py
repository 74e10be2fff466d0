"""Certificates in the profile of Taiwan's citizen (MOICA) and company (MOEACA) cards.

The extension order, string types and omissions are those read from real certificates: no extended key
usage, no basic constraints and no alternative name in a card's certificate.
"""

import datetime
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPublicKeyTypes as PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import AuthorityInformationAccessOID as Access
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from cardsim.pki.data import Authority, Card
from cardsim.pki.numbers import business_number, national_id, subject_serial
from cardsim.pki.places import Places
from cardsim.tlv import encode

POLICY = "2.16.886.101.0.3.3"
"""Assurance level 3 of the government's certificate policy."""
_ATTRIBUTES = x509.ObjectIdentifier("2.5.29.9")
_SUBJECT_TYPE = "2.16.886.1.100.2.1"
_CARD_KIND = "2.16.886.1.100.2.2"
_LAST_FOUR = "2.16.886.1.100.2.51"
_BUSINESS_NUMBER = "2.16.886.1.100.2.101"
_PERSON = "2.16.886.1.100.3.1.1"
_COMPANY = "2.16.886.1.100.3.2.2.1.1"
_PRINTABLE, _UTF8, _OID, _SEQUENCE, _SET = 0x13, 0x0C, 0x06, 0x30, 0x31


@dataclass(frozen=True)
class Issuer:
    """An authority with its certificate and key, ready to sign."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey


def authority_name(authority: Authority) -> x509.Name:
    """The authority's distinguished name; its text says that it is a test."""
    last = (NameOID.COMMON_NAME, authority.common_name)
    if authority.unit:
        last = (NameOID.ORGANIZATIONAL_UNIT_NAME, authority.unit)
    pairs = [(NameOID.COUNTRY_NAME, "TW"), (NameOID.ORGANIZATION_NAME, "行政院"), last]
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in pairs])


def card_subject(card: Card) -> x509.Name:
    """Citizen: C, CN, serialNumber. Company: C, O, serialNumber with the 統一編號."""
    kind, number = NameOID.COMMON_NAME, subject_serial(card.name)
    if card.profile == "company":
        kind, number = NameOID.ORGANIZATION_NAME, business_number(card.name)
    pairs = [(NameOID.COUNTRY_NAME, "TW"), (kind, card.holder), (NameOID.SERIAL_NUMBER, number)]
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in pairs])


def directory_attributes(card: Card) -> bytes:
    """The DER of subjectDirectoryAttributes (RFC 5280 4.2.1.8) with the government's attributes."""
    if card.profile == "company":
        attributes = [
            (_SUBJECT_TYPE, _OID, _oid(_COMPANY)),
            (_CARD_KIND, _PRINTABLE, b"primary"),
            (_BUSINESS_NUMBER, _UTF8, business_number(card.name).encode()),
        ]
    else:
        attributes = [
            (_SUBJECT_TYPE, _OID, _oid(_PERSON)),
            (_LAST_FOUR, _UTF8, national_id(card.name)[-4:].encode()),
        ]
    return encode(_SEQUENCE, b"".join(_attribute(*one) for one in attributes))


def _attribute(oid: str, tag: int, value: bytes) -> bytes:
    return encode(_SEQUENCE, encode(_OID, _oid(oid)) + encode(_SET, encode(tag, value)))


def _oid(text: str) -> bytes:
    """The contents of an OBJECT IDENTIFIER (X.690 8.19)."""
    first, second, *rest = (int(part) for part in text.split("."))
    return b"".join(_base128(number) for number in (first * 40 + second, *rest))


def _base128(number: int) -> bytes:
    groups = [number & 0x7F]
    while number := number >> 7:
        groups.append(number & 0x7F | 0x80)
    return bytes(reversed(groups))


def card_certificate(
    card: Card, use: str, public: PublicKey, issuer: Issuer, places: Places, now: datetime.datetime
) -> x509.Certificate:
    """A card's certificate; `use` is "signing" or "encryption". Extensions in the real order."""
    serial = x509.random_serial_number() >> 32  # about 128 bits, as on real cards
    builder = _start(card_subject(card), public, issuer.certificate.subject, serial)
    builder = _valid(builder, now, card.issued_days_ago, card.years)
    points = [places.partition(serial), places.complete]
    extensions: list[tuple[x509.ExtensionType, bool]] = [
        (_issuer_key(issuer), False),
        (x509.SubjectKeyIdentifier.from_public_key(public), False),
        (_usage(digital_signature=True) if use == "signing" else _usage(encipherment=True), True),
        (_policy(card.policy), False),
        (x509.UnrecognizedExtension(_ATTRIBUTES, directory_attributes(card)), False),
        (_distribution(points), False),
        (_access(places.certificates, places.ocsp), False),
    ]
    return _sign(builder, extensions, issuer.key)


def issuing_certificate(
    authority: Authority, public: PublicKey, issuer: Issuer, places: Places, now: datetime.datetime
) -> x509.Certificate:
    """The certificate of an authority below the root; `places` are the root's."""
    builder = _start(authority_name(authority), public, issuer.certificate.subject)
    builder = _valid(builder, now, authority.issued_days_ago, authority.years)
    extensions: list[tuple[x509.ExtensionType, bool]] = [
        (_issuer_key(issuer), False),
        (x509.SubjectKeyIdentifier.from_public_key(public), False),
        (_usage(authority=True), True),
        (_policy(POLICY), False),
        (x509.BasicConstraints(ca=True, path_length=0), True),
        (_distribution([places.complete]), False),
        (_access(places.certificates, None), False),
    ]
    return _sign(builder, extensions, issuer.key)


def self_signed(
    authority: Authority, name: x509.Name, key: rsa.RSAPrivateKey, now: datetime.datetime
) -> x509.Certificate:
    """A self-signed authority certificate: the root's, or an imposter's under another's name."""
    public = key.public_key()
    builder = _valid(_start(name, public, name), now, authority.issued_days_ago, authority.years)
    extensions: list[tuple[x509.ExtensionType, bool]] = [
        (x509.SubjectKeyIdentifier.from_public_key(public), False),
        (_usage(authority=True), True),
        (x509.BasicConstraints(ca=True, path_length=None), True),
    ]
    return _sign(builder, extensions, key)


def responder_certificate(public: PublicKey, issuer: Issuer, now: datetime.datetime) -> x509.Certificate:
    """The designated OCSP responder of `issuer` (RFC 6960 4.2.2.2), itself exempt from checking."""
    base = list(issuer.certificate.subject)
    name = x509.Name([*base, x509.NameAttribute(NameOID.COMMON_NAME, "OCSP responder")])
    builder = _valid(_start(name, public, issuer.certificate.subject), now, 1, 3)
    extensions: list[tuple[x509.ExtensionType, bool]] = [
        (_issuer_key(issuer), False),
        (x509.SubjectKeyIdentifier.from_public_key(public), False),
        (_usage(digital_signature=True), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False),
        (x509.OCSPNoCheck(), False),
    ]
    return _sign(builder, extensions, issuer.key)


def _start(
    subject: x509.Name, public: PublicKey, issuer: x509.Name, serial: int | None = None
) -> x509.CertificateBuilder:
    number = serial if serial is not None else x509.random_serial_number()
    return x509.CertificateBuilder(issuer, subject, public, number)


def _valid(
    builder: x509.CertificateBuilder, now: datetime.datetime, days_ago: int, years: int
) -> x509.CertificateBuilder:
    """From `days_ago` for `years`, to 15:59:59Z: the end of the day in Taipei."""
    start = (now - datetime.timedelta(days=days_ago)).replace(microsecond=0)
    last_day = start + datetime.timedelta(days=round(years * 365.25))
    return builder.not_valid_before(start).not_valid_after(last_day.replace(hour=15, minute=59, second=59))


def _sign(
    builder: x509.CertificateBuilder, extensions: list[tuple[x509.ExtensionType, bool]], key: rsa.RSAPrivateKey
) -> x509.Certificate:
    for value, critical in extensions:
        builder = builder.add_extension(value, critical)
    return builder.sign(key, SHA256())


def _issuer_key(issuer: Issuer) -> x509.AuthorityKeyIdentifier:
    own = issuer.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)


def _usage(*, digital_signature: bool = False, encipherment: bool = False, authority: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=encipherment,
        data_encipherment=encipherment,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _policy(oid: str) -> x509.CertificatePolicies:
    return x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier(oid), None)])


def _distribution(urls: list[str]) -> x509.CRLDistributionPoints:
    points = [x509.DistributionPoint([x509.UniformResourceIdentifier(url)], None, None, None) for url in urls]
    return x509.CRLDistributionPoints(points)


def _access(certificates: str, ocsp: str | None) -> x509.AuthorityInformationAccess:
    pairs = [(Access.CA_ISSUERS, certificates)] + ([(Access.OCSP, ocsp)] if ocsp else [])
    return x509.AuthorityInformationAccess(
        [x509.AccessDescription(method, x509.UniformResourceIdentifier(url)) for method, url in pairs]
    )
