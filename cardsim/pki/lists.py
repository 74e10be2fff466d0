"""Revocation lists: one partition or all of an authority's certificates (RFC 5280 chapter 5)."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from cardsim.pki.index import Index, read_file
from cardsim.pki.state import CardState, write_atomically
from cardsim.pki.store import Publisher

LIFE = datetime.timedelta(days=1)
"""From thisUpdate to nextUpdate."""
REASONS = {"revoked": x509.ReasonFlags.key_compromise, "suspended": x509.ReasonFlags.certificate_hold}
"""The reason given for each state that is not good."""
NUMBER_FILE = "crl-number"
"""Holds the number of the last lists signed in this folder."""


@dataclass(frozen=True)
class Revoked:
    """One certificate that is not good."""

    serial: int
    state: str
    since: datetime.datetime


def revoked(index: Index, states: Mapping[str, CardState], authority: str) -> list[Revoked]:
    """The certificates of `authority` that are revoked or suspended: all those of such a card."""
    return [
        Revoked(serial, states[name].state, states[name].since)
        for name, card in index.cards.items()
        if card.authority == authority and states[name].state in REASONS
        for serial in card.serials
    ]


def all_lists(publisher: Publisher, entries: list[Revoked], number: int, now: datetime.datetime) -> dict[str, bytes]:
    """Every list of an authority by its URL, DER."""
    places = publisher.places
    lists = {places.complete: _sign(publisher, entries, number, now, None)}
    for part in range(1, places.partitions + 1):
        url = places.numbered(part)
        own = [entry for entry in entries if places.partition(entry.serial) == url]
        lists[url] = _sign(publisher, own, number, now, url)
    return lists


def _sign(
    publisher: Publisher, entries: list[Revoked], number: int, now: datetime.datetime, partition: str | None
) -> bytes:
    issuer = publisher.issuer
    key_id = issuer.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    builder = (
        x509.CertificateRevocationListBuilder(issuer.certificate.subject, now, now + LIFE)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(key_id), False)
        .add_extension(x509.CRLNumber(number), False)
    )
    if partition is not None:
        builder = builder.add_extension(_scope(partition), True)
    for entry in entries:
        builder = builder.add_revoked_certificate(_entry(entry))
    return builder.sign(issuer.key, SHA256()).public_bytes(Encoding.DER)


def _scope(url: str) -> x509.IssuingDistributionPoint:
    """The name that ties a partition to the certificates pointing at it (RFC 5280 5.2.5, 6.3.3 b 2)."""
    return x509.IssuingDistributionPoint(
        full_name=[x509.UniformResourceIdentifier(url)],
        relative_name=None,
        only_contains_user_certs=False,
        only_contains_ca_certs=False,
        only_some_reasons=None,
        indirect_crl=False,
        only_contains_attribute_certs=False,
    )


def _entry(entry: Revoked) -> x509.RevokedCertificate:
    builder = x509.RevokedCertificateBuilder(entry.serial, entry.since)
    return builder.add_extension(x509.CRLReason(REASONS[entry.state]), False).build()


def next_number(folder: Path, now: datetime.datetime) -> int:
    """A number above all earlier ones of this folder, usually yyyymmddNN; remembered in NUMBER_FILE."""
    path = folder / NUMBER_FILE
    try:
        last = int(read_file(path))
    except (OSError, ValueError):
        last = 0
    number = max(last + 1, int(now.strftime("%Y%m%d")) * 100 + 1)
    write_atomically(path, str(number).encode())
    return number
