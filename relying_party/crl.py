"""Reads one certificate revocation list and believes it only if it is genuine, fresh and in scope."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509.oid import CRLEntryExtensionOID, ExtensionOID

from relying_party.failures import CertificateRevoked, CertificateSuspended
from relying_party.leaf import signed_with_good_hash
from relying_party.path import subject_key_id

CLOCK_SKEW = timedelta(minutes=5)
_UNDERSTOOD = frozenset(
    {ExtensionOID.ISSUING_DISTRIBUTION_POINT, ExtensionOID.AUTHORITY_KEY_IDENTIFIER, ExtensionOID.CRL_NUMBER},
)
_ENTRY_UNDERSTOOD = frozenset({CRLEntryExtensionOID.CRL_REASON, CRLEntryExtensionOID.INVALIDITY_DATE})
_Extension = TypeVar("_Extension", bound=x509.ExtensionType)


class ListRefused(Exception):
    """The list cannot be believed; the text says why, in English, for the log."""


@dataclass(frozen=True, slots=True)
class RevocationList:
    """A list that has been verified: ``partition`` when it says of itself that it is the one at its address."""

    content: x509.CertificateRevocationList
    number: int
    next_update: datetime
    partition: bool

    def check(self, serial_number: int) -> None:
        """Returns only when the certificate is not on the list (a ``removeFromCRL`` entry counts as not).

        Raises CertificateRevoked, CertificateSuspended for ``certificateHold``, or ListRefused for an entry that
        cannot be understood (RFC 5280 section 5.3).
        """
        entry = self.content.get_revoked_certificate_by_serial_number(serial_number)
        if entry is None:
            return
        reason = _reason(entry)
        if reason is x509.ReasonFlags.certificate_hold:
            raise CertificateSuspended(entry.revocation_date_utc)
        if reason is not x509.ReasonFlags.remove_from_crl:
            raise CertificateRevoked(entry.revocation_date_utc, reason.value if reason else None)


def read_list(der: bytes, url: str, issuer: x509.Certificate, now: datetime) -> RevocationList:
    """The list in the bytes that were fetched from that address, verified (RFC 5280 section 6.3.3).

    Signature and names of the issuer, SHA-2, dates (five minutes of skew), number, scope. Raises ListRefused.
    """
    try:
        content = x509.load_der_x509_crl(der)
        next_update = _check_dates(content, now)
        _check_origin(content, issuer)
        return RevocationList(content, _number(content), next_update, _is_partition(content, url))
    except (
        ValueError,
        TypeError,
        UnsupportedAlgorithm,
        x509.DuplicateExtension,
        x509.UnsupportedGeneralNameType,
    ) as error:
        raise ListRefused("list cannot be read") from error


def _check_dates(content: x509.CertificateRevocationList, now: datetime) -> datetime:
    next_update = content.next_update_utc
    if next_update is None:
        raise ListRefused("list says no next update")
    if content.last_update_utc > now + CLOCK_SKEW:
        raise ListRefused("list is from the future")
    if next_update <= now:
        raise ListRefused("list is stale")
    return next_update


def _check_origin(content: x509.CertificateRevocationList, issuer: x509.Certificate) -> None:
    if content.issuer != issuer.subject:
        raise ListRefused("list has another issuer's name")
    identifier = _extension(content, x509.AuthorityKeyIdentifier)
    if identifier is None or identifier.key_identifier != subject_key_id(issuer):
        raise ListRefused("list names another authority key")
    if not signed_with_good_hash(content):
        raise ListRefused("list is signed with a hash that is not accepted")
    # The type stub leaves out that authorities may have other kinds of key; those raise TypeError.
    if not content.is_signature_valid(issuer.public_key()):  # type: ignore[arg-type]
        raise ListRefused("list is not signed by the authority")
    for extension in content.extensions:
        # A delta list shows itself here: its indicator is always critical (section 5.2.4).
        if extension.critical and extension.oid not in _UNDERSTOOD:
            raise ListRefused(f"critical extension {extension.oid.dotted_string} is not understood")


def _number(content: x509.CertificateRevocationList) -> int:
    number = _extension(content, x509.CRLNumber)
    if number is None:
        raise ListRefused("list has no number")
    return number.crl_number


def _is_partition(content: x509.CertificateRevocationList, url: str) -> bool:
    scope = _extension(content, x509.IssuingDistributionPoint)
    if scope is None:
        return False
    if scope.indirect_crl or scope.only_some_reasons is not None or scope.relative_name is not None:
        raise ListRefused("list is indirect or of some reasons only")
    if scope.only_contains_ca_certs or scope.only_contains_attribute_certs:
        raise ListRefused("list is not about certificates of persons")
    if scope.full_name is None:
        return False
    if x509.UniformResourceIdentifier(url) not in scope.full_name:
        raise ListRefused("list is another partition's")
    return True


def _reason(entry: x509.RevokedCertificate) -> x509.ReasonFlags | None:
    try:
        extensions = entry.extensions
    except (ValueError, x509.DuplicateExtension) as error:
        raise ListRefused("entry cannot be read") from error
    for extension in extensions:
        if extension.critical and extension.oid not in _ENTRY_UNDERSTOOD:
            raise ListRefused("entry has a critical extension that is not understood")
    for extension in extensions:
        if isinstance(extension.value, x509.CRLReason):
            return extension.value.reason
    return None


def _extension(content: x509.CertificateRevocationList, kind: type[_Extension]) -> _Extension | None:
    try:
        return content.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
