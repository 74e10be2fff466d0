"""What a log-in certificate must be in itself, before anybody is asked about it."""

from dataclasses import dataclass
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from relying_party.directory_attributes import AttributesMalformed, Value, read_attributes
from relying_party.failures import (
    CertificatePolicyRefused,
    CertificateTypeRefused,
    CertificateUnusable,
    IdentityMalformed,
    TokenMalformed,
)
from relying_party.families import SUBJECT_TYPE, Family, family_of_subject_type

_Extension = TypeVar("_Extension", bound=x509.ExtensionType)

SIGNATURE_HASHES = (hashes.SHA256, hashes.SHA384, hashes.SHA512)
"""The hashes a certificate or list may be signed with: SHA-1 is not among them."""

_UNDERSTOOD = frozenset(
    {
        ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
        ExtensionOID.SUBJECT_KEY_IDENTIFIER,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.CERTIFICATE_POLICIES,
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.SUBJECT_DIRECTORY_ATTRIBUTES,
        ExtensionOID.CRL_DISTRIBUTION_POINTS,
    },
)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A log-in certificate whose every part could be decoded; not yet checked, not yet trusted."""

    certificate: x509.Certificate
    der: bytes
    key: CertificatePublicKeyTypes
    extensions: x509.Extensions

    def extension(self, kind: type[_Extension]) -> _Extension | None:
        """The extension of that kind, or None."""
        try:
            return self.extensions.get_extension_for_class(kind).value
        except x509.ExtensionNotFound:
            return None

    def attributes(self) -> dict[str, Value]:
        """The subject directory attributes by dotted OID, empty when there are none. Raises IdentityMalformed."""
        for extension in self.extensions:
            if extension.oid == ExtensionOID.SUBJECT_DIRECTORY_ATTRIBUTES:
                try:
                    return dict(read_attributes(extension.value.public_bytes()))
                except AttributesMalformed as error:
                    raise IdentityMalformed(f"subject directory attributes: {error}") from error
        return {}


def read_leaf(der: bytes) -> Leaf:
    """The certificate in the bytes, every part decoded, so that no later look at it can fail.

    Raises TokenMalformed for bytes that are no X.509 certificate, CertificateUnusable for an unknown kind of key.
    """
    try:
        certificate = x509.load_der_x509_certificate(der)
        leaf = Leaf(certificate, der, certificate.public_key(), certificate.extensions)
        _ = (certificate.subject, certificate.issuer, certificate.not_valid_before_utc, certificate.not_valid_after_utc)
    except UnsupportedAlgorithm as error:
        raise CertificateUnusable("the certificate's key is of an unknown kind") from error
    except (
        ValueError,
        TypeError,
        x509.InvalidVersion,
        x509.DuplicateExtension,
        x509.UnsupportedGeneralNameType,
        # PyCA warns about some irregular certificates, and a program may turn warnings into errors.
        Warning,
    ) as error:
        raise TokenMalformed("certificate cannot be read") from error
    return leaf


def check_leaf(leaf: Leaf, policies: frozenset[str]) -> Family:
    """The family of holders the certificate belongs to, when it is a log-in certificate under an accepted policy.

    Rules: RFC 5280 sections 4.2.1.3, 4.2.1.4, 4.2.1.9 and 4.2.1.12; GPKI profile (policy, subject type).
    Raises CertificateUnusable, CertificatePolicyRefused, CertificateTypeRefused or IdentityMalformed.
    """
    _check_form(leaf)
    _check_usage(leaf)
    _check_policy(leaf, policies)
    return _family(leaf)


def _check_form(leaf: Leaf) -> None:
    if not signed_with_good_hash(leaf.certificate):
        raise CertificateUnusable("certificate is signed with a hash that is not accepted")
    for extension in leaf.extensions:
        if extension.critical and extension.oid not in _UNDERSTOOD:
            raise CertificateUnusable(f"critical extension {extension.oid.dotted_string} is not understood")
    constraints = leaf.extension(x509.BasicConstraints)
    if constraints is not None and constraints.ca:
        raise CertificateUnusable("certificate of an authority")


def _check_usage(leaf: Leaf) -> None:
    usage = leaf.extension(x509.KeyUsage)
    if usage is None or not usage.digital_signature:
        raise CertificateUnusable("key usage does not say digitalSignature")
    if usage.key_cert_sign or usage.crl_sign:
        raise CertificateUnusable("key usage of an authority")
    extended = leaf.extension(x509.ExtendedKeyUsage)
    if extended is not None and ExtendedKeyUsageOID.CLIENT_AUTH not in extended:
        raise CertificateUnusable("extended key usage does not say clientAuth")


def _check_policy(leaf: Leaf, policies: frozenset[str]) -> None:
    extension = leaf.extension(x509.CertificatePolicies)
    found = frozenset(policy.policy_identifier.dotted_string for policy in extension or ())
    if not found & policies:
        raise CertificatePolicyRefused(found)


def _family(leaf: Leaf) -> Family:
    value = leaf.attributes().get(SUBJECT_TYPE)
    if value is None:
        raise CertificateTypeRefused(None)
    try:
        found = value.oid()
    except AttributesMalformed as error:
        raise IdentityMalformed(f"subject type: {error}") from error
    family = family_of_subject_type(found)
    if family is None:
        raise CertificateTypeRefused(found)
    return family


def signed_with_good_hash(signed: x509.Certificate | x509.CertificateRevocationList) -> bool:
    """Whether the signature uses SHA-256, SHA-384 or SHA-512."""
    try:
        return isinstance(signed.signature_hash_algorithm, SIGNATURE_HASHES)
    except UnsupportedAlgorithm:
        return False
