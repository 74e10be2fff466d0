"""Asks whether a certificate has been revoked: partition list first, complete list next, and no answer means no."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from cryptography import x509

from relying_party.clock import Clock, utc_now
from relying_party.crl import ListRefused, RevocationList, read_list
from relying_party.failures import RevocationUnknown
from relying_party.fetch import FetchFailed, allowed, fetch
from relying_party.leaf import Leaf
from relying_party.path import Anchors, subject_key_id

MOST_ADDRESSES = 4
# A host that is down costs one time limit per pause, not one per log-in.
PAUSE = timedelta(seconds=5)

Fetch = Callable[[str], bytes]
"""Gets the file at an allowed address, or raises FetchFailed."""


class Revocation(Protocol):
    """Whatever can tell if a certificate is still good."""

    def check(self, leaf: Leaf) -> None:
        """Returns only when the certificate is known to be good.

        Raises CertificateRevoked, CertificateSuspended or RevocationUnknown.
        """


@dataclass(slots=True)
class _Place:
    """What is known of one address: only one thread at a time fetches it."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    current: RevocationList | None = None
    highest_number: int = 0
    failure: str = ""
    not_before: datetime | None = None


class CrlRevocation:
    """Revocation by the lists that a certificate names, kept in memory until their next update; safe for threads.

    Lists are fetched only from ``allowed_hosts`` ("host" or "host:port"). Give it only certificates whose path has
    been checked: their addresses are then the authority's own, which also bounds the memory used.
    """

    def __init__(
        self,
        anchors: Anchors,
        allowed_hosts: frozenset[str],
        fetch: Fetch = fetch,
        clock: Clock = utc_now,
    ) -> None:
        self._anchors = anchors
        self._hosts = frozenset(host.lower() for host in allowed_hosts)
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.Lock()
        self._places: dict[tuple[bytes, str], _Place] = {}

    def check(self, leaf: Leaf) -> None:
        """Returns only when a list that covers the certificate does not hold it.

        The addresses are tried in the certificate's order (RFC 5280 section 4.2.1.13; GPKI profile: partition, then
        complete). Raises CertificateRevoked, CertificateSuspended, RevocationUnknown or CertificateUntrusted.
        """
        issuer = self._anchors.issuer_of(leaf)
        addresses = _addresses(leaf)
        attempts = []
        for url in addresses:
            try:
                known = self._list_at(url, issuer)
                if url != addresses[-1] and not known.partition:
                    raise ListRefused("list does not say which partition it is")
                known.check(leaf.certificate.serial_number)
            except (FetchFailed, ListRefused) as error:
                attempts.append(f"{url}: {error}")
            else:
                return
        raise RevocationUnknown(tuple(attempts) or ("certificate names no list",))

    def _list_at(self, url: str, issuer: x509.Certificate) -> RevocationList:
        if not allowed(url, self._hosts):
            raise FetchFailed("host is not allowed")
        with self._lock:
            place = self._places.setdefault((subject_key_id(issuer), url), _Place())
        with place.lock:
            now = self._clock()
            if place.current is None or place.current.next_update <= now:
                place.current = self._renewed(place, url, issuer, now)
            return place.current

    def _renewed(self, place: _Place, url: str, issuer: x509.Certificate, now: datetime) -> RevocationList:
        if place.not_before is not None and now < place.not_before:
            raise FetchFailed(place.failure)
        place.current = None
        try:
            found = read_list(self._fetch(url), url, issuer, self._clock())
            if found.number < place.highest_number:
                raise ListRefused("list is older than the one before")
        except (FetchFailed, ListRefused) as error:
            place.failure, place.not_before = str(error), self._clock() + PAUSE
            raise
        place.highest_number, place.not_before = found.number, None
        return found


def _addresses(leaf: Leaf) -> list[str]:
    points = leaf.extension(x509.CRLDistributionPoints) or ()
    # A point with reasons or with another issuer is about indirect or partial lists, which are refused anyway.
    names = [
        name.value
        for point in points
        if point.full_name and not point.reasons and not point.crl_issuer
        for name in point.full_name
        if isinstance(name, x509.UniformResourceIdentifier)
    ]
    return list(dict.fromkeys(names))[:MOST_ADDRESSES]
