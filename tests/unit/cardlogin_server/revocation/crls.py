"""Revocation lists of the test authorities, good ones and every kind of bad one."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from cardlogin_server.revocation.fetching.fetch import FetchFailed
from tests.unit.cardlogin_server.pki import COMPANY_LIST, COMPLETE, NOW, PARTITION, Authority, moeaca, moica

HOLD = x509.ReasonFlags.certificate_hold
COMPROMISE = x509.ReasonFlags.key_compromise
REMOVED = x509.ReasonFlags.remove_from_crl
OTHER_SERIAL = 4711


def scope(
    url: str | None = None,
    *,
    user: bool = False,
    ca: bool = False,
    attribute: bool = False,
    indirect: bool = False,
    reasons: frozenset[x509.ReasonFlags] | None = None,
) -> x509.IssuingDistributionPoint:
    """What a list says it is about."""
    names = [x509.UniformResourceIdentifier(url)] if url else None
    return x509.IssuingDistributionPoint(names, None, user, ca, reasons, indirect, attribute)


@dataclass(frozen=True, kw_only=True)
class List:
    """A complete list of the citizen authority, unless a field says otherwise."""

    issuer: Authority = field(default_factory=moica)
    signer: Authority | None = None
    revoked: tuple[tuple[int, x509.ReasonFlags | None], ...] = ((OTHER_SERIAL, COMPROMISE),)
    number: int | None = 7
    this_update: datetime = NOW - timedelta(hours=1)
    next_update: datetime = NOW + timedelta(hours=12)
    scope: x509.IssuingDistributionPoint | None = None
    key_identifier: bool = True
    more: tuple[tuple[x509.ExtensionType, bool], ...] = ()
    entry_more: tuple[x509.ExtensionType, ...] = ()

    def der(self) -> bytes:
        """The signed list."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.issuer.certificate.subject)
            .last_update(self.this_update)
            .next_update(self.next_update)
        )
        for serial, reason in self.revoked:
            builder = builder.add_revoked_certificate(self._entry(serial, reason))
        for extension, critical in self._extensions():
            builder = builder.add_extension(extension, critical)
        signer = self.signer or self.issuer
        return builder.sign(signer.key, hashes.SHA256()).public_bytes(Encoding.DER)

    def _entry(self, serial: int, reason: x509.ReasonFlags | None) -> x509.RevokedCertificate:
        builder = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(NOW - timedelta(days=2))
        if reason:
            builder = builder.add_extension(x509.CRLReason(reason), critical=False)
        for extension in self.entry_more:
            builder = builder.add_extension(extension, critical=True)
        return builder.build()

    def _extensions(self) -> list[tuple[x509.ExtensionType, bool]]:
        found = list(self.more)
        if self.key_identifier:
            found.append((x509.AuthorityKeyIdentifier(self.issuer.key_identifier, None, None), False))
        if self.number is not None:
            found.append((x509.CRLNumber(self.number), False))
        if self.scope:
            found.append((self.scope, True))
        return found


def partition(**changes: object) -> bytes:
    """The list at the partition's address."""
    return List(**({"scope": scope(PARTITION)} | changes)).der()  # type: ignore[arg-type]


def complete(**changes: object) -> bytes:
    """The complete list."""
    return List(**changes).der()  # type: ignore[arg-type]


class Web:
    """The web as a table: an address holds bytes, or cannot be reached; counts what is asked for."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {
            PARTITION: partition(),
            COMPLETE: complete(),
            COMPANY_LIST: complete(issuer=moeaca()),
        }
        self.asked: list[str] = []

    def __call__(self, url: str) -> bytes:
        self.asked.append(url)
        if url not in self.files:
            raise FetchFailed("unreachable")
        return self.files[url]
