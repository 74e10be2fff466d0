"""What an authority's certificate must be, as an anchor, as a configured issuer, and as a link of a path."""

from collections.abc import Sequence

from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from cardlogin_server.certificates.hashes import signed_with_good_hash
from cardlogin_server.certificates.profile import ANY_POLICY
from cardlogin_server.failures import CertificateUntrusted

# Other kinds are not decided by the engine; a constraint that nobody applies would be worth nothing.
_APPLIED_CONSTRAINTS = (x509.DNSName, x509.IPAddress, x509.RFC822Name)


def require_authority(certificate: x509.Certificate) -> None:
    """Returns only when an operator may configure the certificate (RFC 5280 sections 4.2.1.3 and 4.2.1.9).

    An authority with basic constraints, both signing usages, and a signature with SHA-2. Raises ValueError.
    """
    if not signed_with_good_hash(certificate):
        raise ValueError("an authority's certificate is signed with a hash that is not accepted")
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound as error:
        raise ValueError("an authority's certificate lacks basic constraints or key usage") from error
    if not (constraints.ca and usage.key_cert_sign and usage.crl_sign):
        raise ValueError("a certificate is not one of an authority")


def subject_key_id(authority: x509.Certificate) -> bytes:
    """The key identifier of an authority. Raises ValueError when the certificate has none."""
    try:
        return authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except x509.ExtensionNotFound as error:
        raise ValueError("an authority's certificate has no subject key identifier") from error


def policies_of(extensions: x509.Extensions) -> frozenset[str]:
    """The certificate policies (dotted OIDs) that are named; anyPolicy names none (RFC 5280 section 4.2.1.4)."""
    try:
        found = extensions.get_extension_for_class(x509.CertificatePolicies).value
    except x509.ExtensionNotFound:
        return frozenset()
    return frozenset(policy.policy_identifier.dotted_string for policy in found) - {ANY_POLICY}


def common_policies(authorities: Sequence[x509.Certificate]) -> frozenset[str] | None:
    """The policies that all authorities below the anchor name; None when there is no such authority.

    Stricter than RFC 5280 section 6.1.3 (d) in every case: a policy is always required, anyPolicy does not stand
    for others, nothing is mapped. What policyConstraints and inhibitAnyPolicy could demand is thereby always met.
    """
    if not authorities:
        return None
    return frozenset.intersection(*(policies_of(authority.extensions) for authority in authorities))


def check_link(authority: x509.Certificate) -> None:
    """Returns only when the authority asks for nothing in a path that would not be applied.

    Raises CertificateUntrusted for mapped policies and for constraints on kinds of names that are not decided.
    """
    require_decided_constraints(authority)
    if any(extension.oid == ExtensionOID.POLICY_MAPPINGS for extension in authority.extensions):
        raise CertificateUntrusted("an authority maps policies")


def require_decided_constraints(authority: x509.Certificate) -> None:
    """Returns only when every name constraint (RFC 5280 section 4.2.1.10) is of a kind that the engine applies."""
    constraints = name_constraints(authority)
    if constraints is None:
        return
    names = [*(constraints.permitted_subtrees or ()), *(constraints.excluded_subtrees or ())]
    if not all(isinstance(name, _APPLIED_CONSTRAINTS) for name in names):
        raise CertificateUntrusted("an authority constrains names of a kind that is not applied")


def name_constraints(authority: x509.Certificate) -> x509.NameConstraints | None:
    """The authority's name constraints, or None."""
    try:
        return authority.extensions.get_extension_for_class(x509.NameConstraints).value
    except x509.ExtensionNotFound:
        return None
