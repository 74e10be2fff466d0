"""Reads one certificate revocation list and believes it only if it is genuine, fresh and in scope."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtensionOID

from cardlogin_server.certificates.authorities import subject_key_id
from cardlogin_server.certificates.hashes import signed_with_good_hash
from cardlogin_server.revocation.crl_der import DerMalformed, Parts, find_parts, read_records
from cardlogin_server.revocation.index import LARGEST_NUMBER, Header, Index, pack

CLOCK_SKEW = timedelta(minutes=5)
LONGEST_URL = 1_024
_UNDERSTOOD = frozenset(
    {ExtensionOID.ISSUING_DISTRIBUTION_POINT, ExtensionOID.AUTHORITY_KEY_IDENTIFIER, ExtensionOID.CRL_NUMBER},
)
_Extension = TypeVar("_Extension", bound=x509.ExtensionType)


class ListRefused(Exception):
    """The list cannot be believed; the text says why, in English, for the log."""


@dataclass(frozen=True, slots=True)
class RevocationList:
    """A list that has been verified, as the index of its entries; ``packed`` are the bytes of that index."""

    packed: bytes
    index: Index

    @property
    def number(self) -> int:
        """The list's number, which never goes back at one address."""
        return self.index.header.number

    @property
    def next_update(self) -> datetime:
        """The moment from which the list is stale (UTC)."""
        return self.index.header.next_update

    @property
    def partition(self) -> bool:
        """Whether the list says of itself that it is the one at its address."""
        return self.index.header.partition

    def check(self, serial_number: int) -> None:
        """Returns only when the certificate is not on the list (a ``removeFromCRL`` entry counts as not).

        Raises CertificateRevoked, or CertificateSuspended for ``certificateHold``.
        """
        self.index.check(serial_number)


def read_list(
    der: bytes,
    url: str,
    issuer: x509.Certificate,
    now: datetime,
    *,
    base: Header | None = None,
    skew: timedelta = CLOCK_SKEW,
) -> RevocationList:
    """The list in the bytes that were fetched from that address, verified (RFC 5280 section 6.3.3).

    Signature and names of the issuer, SHA-2, dates (``skew`` for the authority's clock), number, scope; the entries
    are looked at last. With a ``base`` it must be a delta list that changes that one (section 5.2.4), without one a
    delta list is refused. Raises ListRefused.
    """
    try:
        content = x509.load_der_x509_crl(der)
        parts = find_parts(der)
        next_update = _check_dates(content, now, skew)
        _check_origin(content, issuer, delta=base is not None)
        _check_signature(content, der, parts, issuer)
        header = Header(
            url=url,
            issuer_key_id=subject_key_id(issuer),
            number=_number(content),
            this_update=content.last_update_utc,
            next_update=next_update,
            list_sha256=hashlib.sha256(der).digest(),
            partition=_is_partition(content, base.url if base else url),
            base=_base_number(content, base) if base else 0,
            delta_url=_delta_url(content),
        )
        packed = pack(header, *read_records(der, *parts.entries))
        return RevocationList(packed, Index(packed))
    except DerMalformed as error:
        raise ListRefused(f"list: {error}") from error
    except (
        ValueError,
        TypeError,
        UnsupportedAlgorithm,
        x509.InvalidVersion,
        x509.DuplicateExtension,
        x509.UnsupportedGeneralNameType,
    ) as error:
        raise ListRefused("list cannot be read") from error


def _check_dates(content: x509.CertificateRevocationList, now: datetime, skew: timedelta) -> datetime:
    next_update = content.next_update_utc
    if next_update is None:
        raise ListRefused("list says no next update")
    if content.last_update_utc > now + skew:
        raise ListRefused("list is from the future")
    if next_update <= now:
        raise ListRefused("list is stale")
    return next_update


def _check_origin(content: x509.CertificateRevocationList, issuer: x509.Certificate, *, delta: bool) -> None:
    if content.issuer != issuer.subject:
        raise ListRefused("list has another issuer's name")
    identifier = _extension(content, x509.AuthorityKeyIdentifier)
    if identifier is None or identifier.key_identifier != subject_key_id(issuer):
        raise ListRefused("list names another authority key")
    if not signed_with_good_hash(content):
        raise ListRefused("list is signed with a hash that is not accepted")
    understood = _UNDERSTOOD | {ExtensionOID.DELTA_CRL_INDICATOR} if delta else _UNDERSTOOD
    for extension in content.extensions:
        # An unexpected delta list shows itself here: its indicator is always critical (section 5.2.4).
        if extension.critical and extension.oid not in understood:
            raise ListRefused(f"critical extension {extension.oid.dotted_string} is not understood")


def _check_signature(
    content: x509.CertificateRevocationList, der: bytes, parts: Parts, issuer: x509.Certificate
) -> None:
    """The signature over the very bytes that are walked later; PyCA's own check would encode the list anew (0.6 s)."""
    if not parts.algorithms_agree:
        raise ListRefused("list names two signature algorithms")
    key, scheme = issuer.public_key(), content.signature_algorithm_parameters
    signed = der[slice(*parts.signed)]
    try:
        if isinstance(key, rsa.RSAPublicKey) and isinstance(scheme, padding.PKCS1v15 | padding.PSS):
            if content.signature_hash_algorithm is None:
                raise ListRefused("list is signed with a hash that is not accepted")
            key.verify(content.signature, signed, scheme, content.signature_hash_algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey) and isinstance(scheme, ec.ECDSA):
            key.verify(content.signature, signed, scheme)
        else:
            raise ListRefused("list is not signed by the authority: another kind of key")
    except InvalidSignature as error:
        raise ListRefused("list is not signed by the authority") from error


def _number(content: x509.CertificateRevocationList) -> int:
    number = _extension(content, x509.CRLNumber)
    if number is None:
        raise ListRefused("list has no number")
    if not 0 <= number.crl_number < LARGEST_NUMBER:
        raise ListRefused("list has a number out of range")
    return number.crl_number


def _base_number(content: x509.CertificateRevocationList, base: Header) -> int:
    """The number of the list that a delta list starts from, when it may be put on top of this base (section 5.2.4)."""
    indicator = _extension(content, x509.DeltaCRLIndicator)
    if indicator is None:
        raise ListRefused("list is not a delta list")
    if not 0 <= indicator.crl_number <= base.number:
        raise ListRefused("delta list starts from a later list than ours")
    if _number(content) <= base.number:
        raise ListRefused("delta list is not newer than the list")
    if _is_partition(content, base.url) != base.partition:
        raise ListRefused("delta list has another scope than its list")
    return indicator.crl_number


def _delta_url(content: x509.CertificateRevocationList) -> str:
    """Where the list says its delta lists are (section 5.2.6), or nothing."""
    freshest = _extension(content, x509.FreshestCRL)
    for point in freshest or ():
        for name in point.full_name or ():
            if isinstance(name, x509.UniformResourceIdentifier) and len(name.value) <= LONGEST_URL:
                return name.value
    return ""


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


def _extension(content: x509.CertificateRevocationList, kind: type[_Extension]) -> _Extension | None:
    try:
        return content.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
