"""What the list tells of a certificate and of a public key; both are hostile input."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from itertools import islice

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtensionOID, NameOID

from agent.card.answers.certificate import MAX_CERTIFICATE, MAX_RSA, UNREADABLE
from agent.card.answers.directory import directory_attributes
from agent.card.harmless import harmless
from agent.card.old_asks import ListedCertificate, ListedKey
from pkcs11_shims import cryptoki
from pkcs11_shims.keys import CardCertificate, CardPublicKey

# Names have fewer parts, and those are shorter; what is more is left out.
MAX_PARTS, MAX_PART = 16, 128
# Those of RFC 5280, 4.2.1.3, in the order of their bits.
_USAGES = {
    "digital_signature": "digitalSignature",
    "content_commitment": "nonRepudiation",
    "key_encipherment": "keyEncipherment",
    "data_encipherment": "dataEncipherment",
    "key_agreement": "keyAgreement",
    "key_cert_sign": "keyCertSign",
    "crl_sign": "cRLSign",
    "encipher_only": "encipherOnly",
    "decipher_only": "decipherOnly",
}
_NAMES = {
    NameOID.COUNTRY_NAME: "C",
    NameOID.STATE_OR_PROVINCE_NAME: "ST",
    NameOID.LOCALITY_NAME: "L",
    NameOID.ORGANIZATION_NAME: "O",
    NameOID.ORGANIZATIONAL_UNIT_NAME: "OU",
    NameOID.COMMON_NAME: "CN",
    NameOID.TITLE: "title",
    NameOID.EMAIL_ADDRESS: "E",
    NameOID.SERIAL_NUMBER: "serialNumber",
}
# Pages split a name at commas and take what is behind the last "=": inside a value both are shown full-width, because
# they know no escapes (RFC 4514).
_SPLITTERS = str.maketrans({",": "\N{FULLWIDTH COMMA}", "=": "\N{FULLWIDTH EQUALS SIGN}"})
# Last four characters of a person's ID, a company's number, an organisation's OID (taiwan-pki.md, 2.1 and 2.2).
_SUBJECT_IDS = ("2.16.886.1.100.2.51", "2.16.886.1.100.2.101", "2.16.886.1.100.2.102")
_CURVES: dict[bytes, ec.EllipticCurve] = {
    bytes.fromhex("06082a8648ce3d030107"): ec.SECP256R1(),
    bytes.fromhex("06052b81040022"): ec.SECP384R1(),
    bytes.fromhex("06052b81040023"): ec.SECP521R1(),
}
_OCTET_STRING = 4


def listed_certificate(found: CardCertificate) -> ListedCertificate | None:
    """What is told of a certificate, an issuer's too; None for one that cannot be read.

    All texts are harmless in one line; in the names a comma and an equals sign inside a value are full-width ones.
    """
    if len(found.der) > MAX_CERTIFICATE:
        return None
    try:
        return _listed(x509.load_der_x509_certificate(found.der), found)
    except UNREADABLE:
        return None


def listed_key(found: CardPublicKey, certificates: Iterable[CardCertificate]) -> ListedKey | None:
    """What is told of a public key: as its certificate has it, or else as its own parts say; None without both."""
    try:
        spki = _spki_of_certificate(found.key_id, certificates) or _spki(found)
    except UNREADABLE:
        return None
    return ListedKey(found.key_id, harmless(found.label), found.type, spki) if spki else None


def _listed(certificate: x509.Certificate, found: CardCertificate) -> ListedCertificate:
    extensions = {item.oid: item.value for item in certificate.extensions}
    serial = f"{certificate.serial_number:X}"
    return ListedCertificate(
        label=harmless(found.label),
        usage=_usage(extensions.get(ExtensionOID.KEY_USAGE)),
        serial=serial.zfill(len(serial) + len(serial) % 2),
        subject_dn=_distinguished(certificate.subject),
        issuer_dn=_distinguished(certificate.issuer),
        subject_cn=_first(_values(certificate.subject, NameOID.COMMON_NAME)),
        subject_id=_subject_id(extensions.get(ExtensionOID.SUBJECT_DIRECTORY_ATTRIBUTES)),
        email=_email(certificate.subject, extensions.get(ExtensionOID.SUBJECT_ALTERNATIVE_NAME)),
        not_before=int(certificate.not_valid_before_utc.timestamp()),
        not_after=int(certificate.not_valid_after_utc.timestamp()),
        signature_algorithm=certificate.signature_algorithm_oid.dotted_string,
        thumbprint=hashlib.sha1(found.der, usedforsecurity=False).hexdigest().upper(),
        key_id=found.key_id,
        der=found.der,
    )


def _usage(extension: x509.ExtensionType | None) -> str:
    if not isinstance(extension, x509.KeyUsage):
        return ""
    return "|".join(text for name, text in _USAGES.items() if _has(extension, name))


def _has(usage: x509.KeyUsage, name: str) -> bool:
    # Without a key agreement the last two mean nothing, and PyCA raises.
    return bool((usage.key_agreement or not name.endswith("_only")) and getattr(usage, name))


def _distinguished(name: x509.Name) -> str:
    """The parts in the certificate's order, the serial number at the end, where pages look for it."""
    parts = islice((part for part in name if isinstance(part.value, str)), MAX_PARTS)
    ordered = sorted(parts, key=lambda part: part.oid == NameOID.SERIAL_NUMBER)
    return ",".join(f"{_NAMES.get(part.oid, part.oid.dotted_string)}={_part(str(part.value))}" for part in ordered)


def _part(value: str) -> str:
    return harmless(value, MAX_PART).translate(_SPLITTERS)


def _values(name: x509.Name, kind: x509.ObjectIdentifier) -> Iterator[str]:
    return (part.value for part in name.get_attributes_for_oid(kind) if isinstance(part.value, str))


def _first(values: Iterable[str]) -> str:
    return harmless(next(iter(values), ""), MAX_PART)


def _subject_id(extension: x509.ExtensionType | None) -> str:
    if not isinstance(extension, x509.UnrecognizedExtension):
        return ""
    found = directory_attributes(extension.value)
    return next((harmless(found[kind]) for kind in _SUBJECT_IDS if kind in found), "")


def _email(subject: x509.Name, extension: x509.ExtensionType | None) -> str:
    addresses = []
    if isinstance(extension, x509.SubjectAlternativeName):
        addresses = extension.get_values_for_type(x509.RFC822Name)
    return _first([*addresses, *_values(subject, NameOID.EMAIL_ADDRESS)])


def _spki_of_certificate(key_id: bytes, certificates: Iterable[CardCertificate]) -> bytes:
    der = next((item.der for item in certificates if key_id and item.key_id == key_id), b"")
    if not der:
        return b""
    try:
        return _encoded(x509.load_der_x509_certificate(der).public_key())
    except UNREADABLE:
        return b""


def _spki(found: CardPublicKey) -> bytes:
    first, second = found.parts
    if found.type == cryptoki.RSA and 0 < len(first) <= MAX_RSA // 8 and 0 < len(second) <= len(first):
        return _encoded(rsa.RSAPublicNumbers(int.from_bytes(second), int.from_bytes(first)).public_key())
    if found.type == cryptoki.EC and first in _CURVES and second:
        # The point comes bare or in an OCTET STRING (PKCS#11 v2.40, 2.3.3, and what drivers make of it).
        point = second[2:] if second[0] == _OCTET_STRING and second[1:2] == bytes([len(second) - 2]) else second
        return _encoded(ec.EllipticCurvePublicKey.from_encoded_point(_CURVES[first], point))
    return b""


def _encoded(key: object) -> bytes:
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        return b""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
