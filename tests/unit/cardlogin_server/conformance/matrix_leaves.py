"""Citizens' certificates of the generated matrix: each good, or with one thing changed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from tests.unit.cardlogin_server import pki
from tests.unit.cardlogin_server.conformance.matrix_authorities import ANY_POLICY, OTHER_POLICY, key
from tests.unit.cardlogin_server.pki import NOW, POLICY, Authority, Profile

_UNKNOWN = x509.UnrecognizedExtension(ObjectIdentifier("1.2.3.4"), b"\x05\0")
_EMAIL = x509.NameAttribute(NameOID.EMAIL_ADDRESS, "a@gov.example")
TEST_POLICY = "2.16.886.101.0.3.0"

Change = Callable[[Profile], Profile]


def _set(**changes: object) -> Change:
    return lambda profile: replace(profile, **changes)  # type: ignore[arg-type]


def _more(extension: x509.ExtensionType, *, critical: bool = False) -> Change:
    return lambda profile: replace(profile, more=((extension, critical),))


def _usages(*oids: ObjectIdentifier) -> Change:
    return _more(x509.ExtendedKeyUsage(oids))


def leaf(issuer: Authority, change: Change) -> bytes:
    """The DER of that variant under the authority."""
    good = Profile(issuer=issuer, key=key("holder"))
    return pki.issue(change(good)).der


_TYPE = pki.subject_type
VARIANTS: dict[str, tuple[Change, bool]] = {
    "good": (_set(), True),
    "no policy": (_set(policies=()), False),
    "any policy": (_set(policies=(ANY_POLICY,)), True),
    "other policy": (_set(policies=(OTHER_POLICY,)), False),
    "test policy": (_set(policies=(TEST_POLICY,)), False),
    "test policy too": (_set(policies=(TEST_POLICY, POLICY)), True),
    "two policies": (_set(policies=(OTHER_POLICY, POLICY)), True),
    "non-repudiation only": (_set(usage=pki.NON_REPUDIATION), True),
    "encipherment only": (_set(usage=pki.ENCIPHERMENT), True),
    "no key usage": (_set(usage=None), True),
    "both signing usages": (_set(usage=pki.key_usage(digital_signature=True, content_commitment=True)), True),
    "usage of an authority": (_set(usage=pki.CA_AND_LEAF_USAGE), True),
    "client authentication": (_usages(ExtendedKeyUsageOID.CLIENT_AUTH), True),
    "server authentication": (_usages(ExtendedKeyUsageOID.SERVER_AUTH), True),
    "e-mail and client": (_usages(ExtendedKeyUsageOID.EMAIL_PROTECTION, ExtendedKeyUsageOID.CLIENT_AUTH), True),
    "any extended usage": (_usages(ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE), True),
    "expired": (_set(not_after=NOW - timedelta(seconds=1)), False),
    "ends this second": (_set(not_after=NOW), True),
    "begins this second": (_set(not_before=NOW), True),
    "not yet valid": (_set(not_before=NOW + timedelta(seconds=1)), False),
    "no authority key identifier": (_set(authority_key_id=b""), True),
    "another authority key identifier": (_set(authority_key_id=bytes(20)), False),
    "no subject type": (_set(attributes=None), True),
    "server's subject type": (_set(attributes=pki.attributes(_TYPE("2.16.886.1.100.3.3.1"))), True),
    "unknown subject type": (_set(attributes=pki.attributes(_TYPE("2.16.886.1.100.3.9"))), True),
    "attributes not DER": (_set(attributes=b"\x30\x80\x00\x00"), True),
    "constraints of a leaf": (_more(x509.BasicConstraints(ca=False, path_length=None), critical=True), True),
    "constraints of an authority": (_more(x509.BasicConstraints(ca=True, path_length=None), critical=True), True),
    "unknown extension": (_more(_UNKNOWN), True),
    "unknown critical extension": (_more(_UNKNOWN, critical=True), False),
    "alternative name": (_more(x509.SubjectAlternativeName([x509.RFC822Name("a@other.example")])), True),
    "critical alternative name": (
        _more(x509.SubjectAlternativeName([x509.RFC822Name("a@other.example")]), critical=True),
        True,
    ),
    "e-mail in the subject": (_set(subject=x509.Name([pki.country("TW"), _EMAIL])), True),
    "serial number 1": (_set(serial_number=1), True),
    "serial number of 20 bytes": (_set(serial_number=(1 << 159) - 1), True),
}
"""By name: what is changed, and whether RFC 5280 accepts it under good authorities with a policy required."""
