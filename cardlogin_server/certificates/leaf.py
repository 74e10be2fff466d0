"""What a log-in certificate must be in itself, before anybody is asked about it."""

from dataclasses import dataclass
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from cardlogin_server.certificates.authorities import policies_of
from cardlogin_server.certificates.directory_attributes import AttributesMalformed, Value, read_attributes
from cardlogin_server.certificates.families import SUBJECT_TYPE, Family, family_of_subject_type
from cardlogin_server.certificates.hashes import SIGNATURE_HASHES, signed_with_good_hash
from cardlogin_server.certificates.profile import TEST_POLICY, LeafProfile
from cardlogin_server.certificates.tolerant import NotReadable, Signed, read_irregular
from cardlogin_server.failures import (
    CertificatePolicyRefused,
    CertificateTypeRefused,
    CertificateUnusable,
    IdentityMalformed,
    TokenMalformed,
)

__all__ = ["SIGNATURE_HASHES", "Leaf", "check_leaf", "check_profile", "read_leaf", "signed_with_good_hash"]

_Extension = TypeVar("_Extension", bound=x509.ExtensionType)

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


# PyCA warns about some irregular certificates, and a program may turn warnings into errors.
_UNREADABLE = (
    ValueError,
    TypeError,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
    Warning,
)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A log-in certificate whose every part could be decoded; not yet checked, not yet trusted.

    ``signed`` is there only when the tolerant reader had to help: what the authority really signed.
    """

    certificate: x509.Certificate
    der: bytes
    key: CertificatePublicKeyTypes
    extensions: x509.Extensions
    signed: Signed | None = None

    def extension(self, kind: type[_Extension]) -> _Extension | None:
        """The extension of that kind, or None."""
        # By identifier: PyCA's own search asks ``isinstance`` of every value, which took a tenth of a log-in.
        for extension in self.extensions:
            if extension.oid == kind.oid:
                return extension.value if isinstance(extension.value, kind) else None
        return None

    def policies(self) -> frozenset[str]:
        """The certificate policies that are named (dotted OIDs); anyPolicy names none."""
        return policies_of(self.extensions)

    def attributes(self) -> dict[str, Value]:
        """The subject directory attributes by dotted OID, empty when there are none. Raises IdentityMalformed."""
        for extension in self.extensions:
            if extension.oid == ExtensionOID.SUBJECT_DIRECTORY_ATTRIBUTES:
                try:
                    return dict(read_attributes(extension.value.public_bytes()))
                except AttributesMalformed as error:
                    raise IdentityMalformed(f"subject directory attributes: {error}") from error
        return {}


def read_leaf(der: bytes, *, ACCEPT_CERTIFICATES_THAT_BREAK_DER: bool = False) -> Leaf:
    """The certificate in the bytes, every part decoded, so that no later look at it can fail.

    The shouting switch lets the tolerant reader try what the strict one refuses (``tolerant.py``).
    Raises TokenMalformed for bytes that are no X.509 certificate, CertificateUnusable for an unknown kind of key.
    """
    try:
        return _decoded(x509.load_der_x509_certificate(der), der)
    except UnsupportedAlgorithm as error:
        raise CertificateUnusable("the certificate's key is of an unknown kind") from error
    except _UNREADABLE as error:
        if not ACCEPT_CERTIFICATES_THAT_BREAK_DER:
            raise TokenMalformed("certificate cannot be read") from error
    try:
        certificate, signed = read_irregular(der)
        return _decoded(certificate, der, signed)
    except UnsupportedAlgorithm as error:
        raise CertificateUnusable("the certificate's key is of an unknown kind") from error
    except (NotReadable, *_UNREADABLE) as error:
        raise TokenMalformed("certificate cannot be read, however kindly") from error


def _decoded(certificate: x509.Certificate, der: bytes, signed: Signed | None = None) -> Leaf:
    leaf = Leaf(certificate, der, certificate.public_key(), certificate.extensions, signed)
    _ = (certificate.subject, certificate.issuer, certificate.not_valid_before_utc, certificate.not_valid_after_utc)
    return leaf


def check_leaf(leaf: Leaf, policies: frozenset[str]) -> Family:
    """The family of holders the certificate belongs to, when it is a Taiwanese log-in certificate under a policy.

    Raises CertificateUnusable, CertificatePolicyRefused, CertificateTypeRefused or IdentityMalformed.
    """
    _check_general(leaf, client_auth=False)
    _check_policy(leaf, policies)
    return _family(leaf)


def check_profile(leaf: Leaf, profile: LeafProfile) -> None:
    """Returns only when the certificate is a log-in certificate of that profile, in itself.

    Rules: RFC 5280 sections 4.2.1.3, 4.2.1.4, 4.2.1.9 and 4.2.1.12; the profile's policies and subject types.
    Raises CertificateUnusable, CertificatePolicyRefused, CertificateTypeRefused or IdentityMalformed.
    """
    _check_general(leaf, client_auth=profile.client_auth)
    _check_policy(leaf, profile.policies)
    if profile.subject_types is not None:
        found = _subject_type(leaf)
        if found not in profile.subject_types:
            raise CertificateTypeRefused(found)


def _check_general(leaf: Leaf, *, client_auth: bool) -> None:
    _check_form(leaf)
    _check_usage(leaf, client_auth=client_auth)


def _check_form(leaf: Leaf) -> None:
    if not signed_with_good_hash(leaf.certificate):
        raise CertificateUnusable("certificate is signed with a hash that is not accepted")
    for extension in leaf.extensions:
        if extension.critical and extension.oid not in _UNDERSTOOD:
            raise CertificateUnusable(f"critical extension {extension.oid.dotted_string} is not understood")
    constraints = leaf.extension(x509.BasicConstraints)
    if constraints is not None and constraints.ca:
        raise CertificateUnusable("certificate of an authority")


def _check_usage(leaf: Leaf, *, client_auth: bool) -> None:
    usage = leaf.extension(x509.KeyUsage)
    if usage is None or not usage.digital_signature:
        raise CertificateUnusable("key usage does not say digitalSignature")
    if usage.key_cert_sign or usage.crl_sign:
        raise CertificateUnusable("key usage of an authority")
    extended = leaf.extension(x509.ExtendedKeyUsage)
    if extended is None and client_auth:
        raise CertificateUnusable("no extended key usage")
    if extended is not None and ExtendedKeyUsageOID.CLIENT_AUTH not in extended:
        raise CertificateUnusable("extended key usage does not say clientAuth")


def _check_policy(leaf: Leaf, policies: frozenset[str]) -> None:
    found = leaf.policies()
    # A certificate that says "test" is one, whatever else it says.
    if not found & policies or (TEST_POLICY in found and TEST_POLICY not in policies):
        raise CertificatePolicyRefused(found)


def _family(leaf: Leaf) -> Family:
    found = _subject_type(leaf)
    family = family_of_subject_type(found)
    if family is None:
        raise CertificateTypeRefused(found)
    return family


def _subject_type(leaf: Leaf) -> str:
    value = leaf.attributes().get(SUBJECT_TYPE)
    if value is None:
        raise CertificateTypeRefused(None)
    try:
        return value.oid()
    except AttributesMalformed as error:
        raise IdentityMalformed(f"subject type: {error}") from error
