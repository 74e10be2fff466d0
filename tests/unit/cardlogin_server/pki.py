"""A small PKI in the profile of citizen and company cards, each certificate as bad as a test wants."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID, ObjectIdentifier

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
POLICY = "2.16.886.101.0.3.3"
HOST = "crl.test:8080"
PARTITION = f"http://{HOST}/crl/MOICA-10-8.crl"
COMPLETE = f"http://{HOST}/crl/MOICA-complete.crl"
COMPANY_LIST = f"http://{HOST}/crl/MOEACA-complete.crl"
CITIZEN_TYPE = "2.16.886.1.100.3.1.1"
COMPANY_TYPE = "2.16.886.1.100.3.2.2.1.1"
BUSINESS_NUMBER = "10458575"

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@cache
def rsa_key(label: str, bits: int = 2048) -> rsa.RSAPrivateKey:
    """The key of that label; one per label and test run."""
    del label
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


@cache
def ec_key(curve: type[ec.EllipticCurve]) -> ec.EllipticCurvePrivateKey:
    """A holder's key on that curve."""
    return ec.generate_private_key(curve())


@dataclass(frozen=True)
class Authority:
    """A certificate and the key that signs below it."""

    certificate: x509.Certificate
    key: Key

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def key_identifier(self) -> bytes:
        return x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()).digest


def name(*parts: tuple[ObjectIdentifier, str]) -> x509.Name:
    """A distinguished name of one value per set, C=TW first."""
    return x509.Name([x509.NameAttribute(kind, text) for kind, text in ((NameOID.COUNTRY_NAME, "TW"), *parts)])


def country(code: str) -> x509.NameAttribute[str]:
    """The attribute that names a country."""
    return x509.NameAttribute(NameOID.COUNTRY_NAME, code)


ROOT_NAME = name((NameOID.ORGANIZATION_NAME, "行政院"), (NameOID.COMMON_NAME, "(測試用) Root"))


def ca_name(unit: str) -> x509.Name:
    """The name of an issuing authority."""
    return name((NameOID.ORGANIZATION_NAME, "行政院"), (NameOID.ORGANIZATIONAL_UNIT_NAME, f"(測試用) {unit}"))


def key_usage(**set_bits: bool) -> x509.KeyUsage:
    """The extension with those bits set."""
    bits = dict.fromkeys(
        (
            "digital_signature",
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "key_cert_sign",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    return x509.KeyUsage(**(bits | set_bits))


SIGNING = key_usage(digital_signature=True)
NON_REPUDIATION = key_usage(content_commitment=True)
ENCIPHERMENT = key_usage(key_encipherment=True, data_encipherment=True)
CA_USAGE = key_usage(key_cert_sign=True, crl_sign=True)
CA_AND_LEAF_USAGE = key_usage(key_cert_sign=True, digital_signature=True)


def make_authority(label: str, subject: x509.Name, parent: Authority | None, years: int = 20) -> Authority:
    """An authority under the parent, or a root; ``label`` picks its key."""
    key = rsa_key(label)
    signer = parent.key if parent else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(parent.certificate.subject if parent else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=3650))
        .not_valid_after(NOW - timedelta(days=3650) + timedelta(days=365 * years))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0 if parent else None), critical=True)
        .add_extension(CA_USAGE, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    if parent:
        builder = builder.add_extension(_policies(POLICY), critical=False)
    return Authority(builder.sign(signer, hashes.SHA256()), key)


@cache
def root() -> Authority:
    """The only anchor."""
    return make_authority("root", ROOT_NAME, None)


@cache
def moica() -> Authority:
    """The authority of citizen cards."""
    return make_authority("moica", ca_name("內政部憑證管理中心"), root())


@cache
def moeaca() -> Authority:
    """The authority of company cards."""
    return make_authority("moeaca", ca_name("工商憑證管理中心"), root())


@cache
def impostor() -> Authority:
    """An authority with the very names of the real ones, and other keys."""
    other_root = make_authority("other root", ROOT_NAME, None)
    return make_authority("impostor", ca_name("內政部憑證管理中心"), other_root)


def der(tag: int, *contents: bytes) -> bytes:
    """One DER element; contents of at most 65,535 bytes."""
    content = b"".join(contents)
    if len(content) < 0x80:
        return bytes((tag, len(content))) + content
    length = len(content).to_bytes(1 if len(content) < 0x100 else 2)
    return bytes((tag, 0x80 + len(length))) + length + content


def oid(dotted: str) -> bytes:
    """The DER of an object identifier."""
    first, second, *arcs = (int(arc) for arc in dotted.split("."))
    content = bytearray()
    for arc in (40 * first + second, *arcs):
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(arc & 0x7F | 0x80)
        content += bytes(reversed(groups))
    return der(0x06, bytes(content))


def attribute(kind: str, value: bytes) -> bytes:
    """The DER of one directory attribute with one value."""
    return der(0x30, oid(kind), der(0x31, value))


def attributes(*members: bytes) -> bytes:
    """The DER of the subject directory attributes."""
    return der(0x30, *members)


def utf8(text: str) -> bytes:
    """The DER of a UTF8String."""
    return der(0x0C, text.encode())


def subject_type(kind: str) -> bytes:
    """The attribute that says what kind of holder it is."""
    return attribute("2.16.886.1.100.2.1", oid(kind))


CITIZEN_ATTRIBUTES = attributes(subject_type(CITIZEN_TYPE), attribute("2.16.886.1.100.2.51", utf8("6789")))
COMPANY_ATTRIBUTES = attributes(
    subject_type(COMPANY_TYPE),
    attribute("2.16.886.1.100.2.2", der(0x13, b"primary")),
    attribute("2.16.886.1.100.2.101", utf8(BUSINESS_NUMBER)),
)


def citizen_name(common_name: str = "王小明", serial: str = "0000000112345678") -> x509.Name:
    """A citizen's subject."""
    return name((NameOID.COMMON_NAME, common_name), (NameOID.SERIAL_NUMBER, serial))


def company_name(serial: str | None = BUSINESS_NUMBER) -> x509.Name:
    """A company's subject; older ones have no serial number."""
    number = ((NameOID.SERIAL_NUMBER, serial),) if serial else ()
    return name((NameOID.ORGANIZATION_NAME, "測試股份有限公司"), *number)


@dataclass(frozen=True, kw_only=True)
class Profile:
    """A signing certificate: the citizen profile, unless a field says otherwise.

    ``authority_key_id`` is the issuer's own when None, and left out when empty.
    """

    subject: x509.Name = field(default_factory=citizen_name)
    issuer: Authority = field(default_factory=moica)
    key: Key = field(default_factory=lambda: rsa_key("holder"))
    serial_number: int = 0x5CDD0D3A0A9A356F464B9EA110ACB5C2
    not_before: datetime = NOW - timedelta(days=365)
    not_after: datetime = NOW + timedelta(days=4 * 365)
    authority_key_id: bytes | None = None
    usage: x509.KeyUsage | None = SIGNING
    policies: tuple[str, ...] = (POLICY,)
    attributes: bytes | None = CITIZEN_ATTRIBUTES
    addresses: tuple[str, ...] = (PARTITION, COMPLETE)
    more: tuple[tuple[x509.ExtensionType, bool], ...] = ()


def company(subject: x509.Name | None = None, attributes: bytes = COMPANY_ATTRIBUTES) -> Profile:
    """The profile of a company's card."""
    return Profile(subject=subject or company_name(), issuer=moeaca(), attributes=attributes, addresses=(COMPANY_LIST,))


@dataclass(frozen=True)
class Card:
    """A certificate and its key, as a card holds them."""

    certificate: x509.Certificate
    key: Key

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)


def issue(profile: Profile | None = None) -> Card:
    """The card of that profile (a good citizen's without one)."""
    profile = profile or Profile()
    return Card(_builder(profile).sign(profile.issuer.key, hashes.SHA256()), profile.key)


def issue_sha1() -> Card:
    """A good citizen's card but for SHA-1 in the authority's signature, which PyCA does not make any more."""
    good = issue()
    sha256, sha1 = oid("1.2.840.113549.1.1.11"), oid("1.2.840.113549.1.1.5")
    content = good.certificate.tbs_certificate_bytes.replace(sha256, sha1, 1)
    signature = rsa_key("moica").sign(content, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303
    whole = der(0x30, content, der(0x30, sha1, der(0x05)), der(0x03, b"\0", signature))
    return Card(x509.load_der_x509_certificate(whole), good.key)


def _builder(profile: Profile) -> x509.CertificateBuilder:
    builder = (
        x509.CertificateBuilder()
        .subject_name(profile.subject)
        .issuer_name(profile.issuer.certificate.subject)
        .public_key(profile.key.public_key())
        .serial_number(profile.serial_number)
        .not_valid_before(profile.not_before)
        .not_valid_after(profile.not_after)
    )
    for extension, critical in _extensions(profile):
        builder = builder.add_extension(extension, critical)
    return builder


def _extensions(profile: Profile) -> list[tuple[x509.ExtensionType, bool]]:
    subject_key = x509.SubjectKeyIdentifier.from_public_key(profile.key.public_key())
    found: list[tuple[x509.ExtensionType, bool]] = [(subject_key, False)]
    if profile.authority_key_id != b"":
        identifier = profile.authority_key_id or profile.issuer.key_identifier
        found.append((x509.AuthorityKeyIdentifier(identifier, None, None), False))
    if profile.usage:
        found.append((profile.usage, True))
    if profile.policies:
        found.append((_policies(*profile.policies), False))
    if profile.attributes is not None:
        found.append((x509.UnrecognizedExtension(ObjectIdentifier("2.5.29.9"), profile.attributes), False))
    if profile.addresses:
        found.append((x509.CRLDistributionPoints([_point(url) for url in profile.addresses]), False))
    return [*found, *profile.more]


def _policies(*oids: str) -> x509.CertificatePolicies:
    return x509.CertificatePolicies([x509.PolicyInformation(ObjectIdentifier(oid), None) for oid in oids])


def _point(url: str) -> x509.DistributionPoint:
    return x509.DistributionPoint([x509.UniformResourceIdentifier(url)], None, None, None)
