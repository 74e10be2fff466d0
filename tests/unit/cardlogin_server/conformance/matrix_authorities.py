"""Authorities of the generated matrix: each good, or with one thing changed."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier

from tests.unit.cardlogin_server import pki
from tests.unit.cardlogin_server.pki import NOW, POLICY, Authority

ANY_POLICY = "2.5.29.32.0"
OTHER_POLICY = "2.16.886.101.0.3.2"
Extension = tuple[x509.ExtensionType, bool]


@cache
def key(label: str) -> ec.EllipticCurvePrivateKey:
    """The P-256 key of that label; elliptic curves, because making RSA keys is slow."""
    del label
    return ec.generate_private_key(ec.SECP256R1())


_NO_AUTHORITY_BELOW = x509.BasicConstraints(ca=True, path_length=0)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """An authority that is not built yet: the issuing authority of citizen cards unless a field says otherwise."""

    label: str = "moica"
    subject: x509.Name = field(default_factory=lambda: pki.ca_name("內政部憑證管理中心"))
    constraints: x509.BasicConstraints | None = _NO_AUTHORITY_BELOW
    constraints_critical: bool = True
    usage: x509.KeyUsage | None = pki.CA_USAGE
    policies: tuple[str, ...] = (POLICY,)
    not_before: datetime = NOW - timedelta(days=3650)
    not_after: datetime = NOW + timedelta(days=3650)
    hash: hashes.HashAlgorithm = field(default_factory=hashes.SHA256)
    key_identifier: bool = True
    more: tuple[Extension, ...] = ()

    def build(self, parent: Authority | None) -> Authority:
        """The authority under the parent, or a root."""
        signer = parent.key if parent else key(self.label)
        builder = (
            x509.CertificateBuilder()
            .subject_name(self.subject)
            .issuer_name(parent.certificate.subject if parent else self.subject)
            .public_key(key(self.label).public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.not_before)
            .not_valid_after(self.not_after)
        )
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
        for extension, critical in [*self._extensions(), (identifier, False)]:
            builder = builder.add_extension(extension, critical)
        # The builder takes SHA-2 as one of several types; all of ours are.
        return Authority(builder.sign(signer, self.hash), key(self.label))  # type: ignore[arg-type]

    def _extensions(self) -> list[Extension]:
        found: list[Extension] = list(self.more)
        if self.constraints:
            found.append((self.constraints, self.constraints_critical))
        if self.usage:
            found.append((self.usage, True))
        if self.policies:
            found.append((policies(self.policies), False))
        if self.key_identifier:
            found.append((x509.SubjectKeyIdentifier.from_public_key(key(self.label).public_key()), False))
        return found


def policies(oids: Sequence[str]) -> x509.CertificatePolicies:
    """The extension that names those policies."""
    return x509.CertificatePolicies([x509.PolicyInformation(ObjectIdentifier(oid), None) for oid in oids])


ROOT = Plan(label="root", subject=pki.ROOT_NAME, constraints=x509.BasicConstraints(ca=True, path_length=None))
ROOT = replace(ROOT, policies=())
ISSUER = Plan()


@cache
def root() -> Authority:
    """The only anchor of the matrix."""
    return ROOT.build(None)


def _constrained(*, permitted: x509.GeneralName | None = None, excluded: x509.GeneralName | None = None) -> Plan:
    names = x509.NameConstraints([permitted] if permitted else None, [excluded] if excluded else None)
    return replace(ISSUER, more=((names, True),))


def _for(purpose: ObjectIdentifier) -> Plan:
    return replace(ISSUER, more=((x509.ExtendedKeyUsage([purpose]), True),))


_TAIWAN = x509.DirectoryName(pki.name())
_UNKNOWN = x509.UnrecognizedExtension(ObjectIdentifier("1.2.3.4"), b"\x05\0")


def _mapping() -> x509.UnrecognizedExtension:
    pair = pki.der(0x30, pki.oid(OTHER_POLICY), pki.oid(POLICY))
    return x509.UnrecognizedExtension(ObjectIdentifier("2.5.29.33"), pki.der(0x30, pair))


_USAGE_WITHOUT_LISTS = pki.key_usage(key_cert_sign=True)
_USAGE_WITHOUT_CERTIFICATES = pki.key_usage(crl_sign=True)

VARIANTS: dict[str, tuple[Plan, bool]] = {
    "good": (ISSUER, True),
    "sha384": (replace(ISSUER, hash=hashes.SHA384()), True),
    "sha512": (replace(ISSUER, hash=hashes.SHA512()), True),
    "no path length": (replace(ISSUER, constraints=x509.BasicConstraints(ca=True, path_length=None)), True),
    "path length 3": (replace(ISSUER, constraints=x509.BasicConstraints(ca=True, path_length=3)), True),
    "digitalSignature too": (
        replace(ISSUER, usage=pki.key_usage(key_cert_sign=True, crl_sign=True, digital_signature=True)),
        True,
    ),
    "constraints not critical": (replace(ISSUER, constraints_critical=False), True),
    "no constraints": (replace(ISSUER, constraints=None), False),
    "not an authority": (replace(ISSUER, constraints=x509.BasicConstraints(ca=False, path_length=None)), False),
    "no key usage": (replace(ISSUER, usage=None), True),
    "may not sign lists": (replace(ISSUER, usage=_USAGE_WITHOUT_LISTS), False),
    "may not sign certificates": (replace(ISSUER, usage=_USAGE_WITHOUT_CERTIFICATES), False),
    "no key identifier": (replace(ISSUER, key_identifier=False), True),
    "expired": (replace(ISSUER, not_after=NOW - timedelta(days=1)), False),
    "not yet valid": (replace(ISSUER, not_before=NOW + timedelta(days=1)), False),
    "ends this second": (replace(ISSUER, not_after=NOW), True),
    "begins this second": (replace(ISSUER, not_before=NOW), True),
    "no policy": (replace(ISSUER, policies=()), False),
    "any policy": (replace(ISSUER, policies=(ANY_POLICY,)), True),
    "other policy": (replace(ISSUER, policies=(OTHER_POLICY,)), False),
    "two policies": (replace(ISSUER, policies=(OTHER_POLICY, POLICY)), True),
    "mapped policy": (replace(ISSUER, policies=(OTHER_POLICY, POLICY), more=((_mapping(), True),)), True),
    "explicit policy required": (replace(ISSUER, more=((x509.PolicyConstraints(0, None), True),)), True),
    "mapping inhibited": (replace(ISSUER, more=((x509.PolicyConstraints(None, 0), True),)), True),
    "any policy inhibited": (replace(ISSUER, more=((x509.InhibitAnyPolicy(0), True),)), True),
    "critical client authentication": (_for(ExtendedKeyUsageOID.CLIENT_AUTH), True),
    "server authentication only": (_for(ExtendedKeyUsageOID.SERVER_AUTH), True),
    "unknown extension": (replace(ISSUER, more=((_UNKNOWN, False),)), True),
    "unknown critical extension": (replace(ISSUER, more=((_UNKNOWN, True),)), False),
    "permits C=TW": (_constrained(permitted=_TAIWAN), True),
    "excludes C=TW": (_constrained(excluded=_TAIWAN), False),
    "permits C=JP": (_constrained(permitted=x509.DirectoryName(x509.Name([pki.country("JP")]))), False),
    "permits a DNS name": (_constrained(permitted=x509.DNSName("gov.example")), True),
    "excludes a DNS name": (_constrained(excluded=x509.DNSName("gov.example")), True),
    "excludes an e-mail domain": (_constrained(excluded=x509.RFC822Name("gov.example")), True),
    "permits a URI host": (_constrained(permitted=x509.UniformResourceIdentifier("gov.example")), True),
}
"""By name: the authority, and whether RFC 5280 accepts a good citizen's certificate under it."""
