"""Fetches, verifies and keeps revocation lists, one fetch of each at a time, and answers from their indexes."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from cardlogin_server.certificates.authorities import subject_key_id
from cardlogin_server.certificates.leaf import Leaf
from cardlogin_server.clock import Clock
from cardlogin_server.revocation.crl import ListRefused, RevocationList, read_list
from cardlogin_server.revocation.fetching.breaker import Breaker, Trouble
from cardlogin_server.revocation.fetching.fetch import FetchFailed, StatusRefused, allowed, host_of
from cardlogin_server.revocation.index import Header, Index
from cardlogin_server.revocation.index_store import IndexStore, ListKey
from cardlogin_server.revocation.policy import RevocationPolicy

MOST_ADDRESSES = 4

Fetch = Callable[[str], bytes]
"""Gets the file at an allowed address, or raises FetchFailed."""


class Undecided(Exception):
    """No source told whether the certificate is good; ``attempts`` says why, one text for each source."""

    def __init__(self, attempts: tuple[str, ...]) -> None:
        super().__init__("; ".join(attempts))
        self.attempts = attempts


@dataclass(frozen=True, slots=True)
class Lists:
    """The lists of all authorities; safe for threads."""

    hosts: frozenset[str]
    fetch: Fetch
    clock: Clock
    store: IndexStore
    breaker: Breaker

    def check(self, leaf: Leaf, issuer: x509.Certificate, policy: RevocationPolicy) -> None:
        """Returns only when a fresh list that covers the certificate does not hold it.

        The addresses are tried in the certificate's order (RFC 5280 section 4.2.1.13; GPKI profile: partition, then
        complete). Raises CertificateRevoked, CertificateSuspended or Undecided.
        """
        urls, attempts = addresses(leaf), []
        for url in urls:
            key = ListKey(subject_key_id(issuer), url)
            try:
                index = self.current(key, issuer, policy)
                _require_scope(index.header, last=url == urls[-1])
            except (FetchFailed, ListRefused) as error:
                attempts.append(f"{url}: {error}")
            else:
                self._look_up(leaf, index, issuer, policy)
                return
        raise Undecided(tuple(attempts) or ("certificate names no list",))

    def check_stale(self, leaf: Leaf, issuer: x509.Certificate, policy: RevocationPolicy) -> str | None:
        """The address of the first list within its grace period, which does not hold the certificate; or None.

        Raises CertificateRevoked or CertificateSuspended.
        """
        urls, now = addresses(leaf), self.clock()
        for url in urls:
            index = self.store.open(ListKey(subject_key_id(issuer), url)) if allowed(url, self.hosts) else None
            if index is None or now >= deadline(index.header, policy) + policy.grace:
                continue
            if index.header.partition or url == urls[-1]:
                index.check(leaf.certificate.serial_number)
                return url
        return None

    def current(self, key: ListKey, issuer: x509.Certificate, policy: RevocationPolicy) -> Index:
        """The index of that list, fetched only when ours is stale. Raises FetchFailed or ListRefused."""
        if not allowed(key.url, self.hosts):
            raise FetchFailed("host is not allowed")
        index = self.store.open(key)
        if index is not None and self.clock() < deadline(index.header, policy):
            return index
        return self.renewed(key, issuer, policy)

    def renewed(
        self,
        key: ListKey,
        issuer: x509.Certificate,
        policy: RevocationPolicy,
        *,
        base: Header | None = None,
        asked_before: datetime | None = None,
    ) -> Index:
        """The index of the list, fetched now unless somebody else has just done so, or it is not yet time to.

        ``asked_before``: fetch also a fresh list when it was asked for last before that moment. With ``base`` it is
        the delta list of that one. Raises FetchFailed or ListRefused.
        """
        if not allowed(key.url, self.hosts):
            raise FetchFailed("host is not allowed")
        with self.store.exclusive(key):
            ours = self.store.open(key)
            if ours is not None and self._good(ours.header, policy, base) and not self._due(key, asked_before):
                return ours
            self.store.trouble(key).require_over(self.clock())
            try:
                index = self._fetched(key, issuer, policy, ours, base)
            except (FetchFailed, ListRefused) as error:
                self.store.set_trouble(key, self.store.trouble(key).again(self.clock(), str(error)))
                raise
            self.store.set_trouble(key, Trouble(worked_at=self.clock()))
            return index

    def _good(self, header: Header, policy: RevocationPolicy, base: Header | None) -> bool:
        fits = base is None or _fits(header, base)
        return fits and self.clock() < deadline(header, policy)

    def _due(self, key: ListKey, asked_before: datetime | None) -> bool:
        if asked_before is None:
            return False
        worked_at = self.store.trouble(key).worked_at
        return worked_at is None or worked_at < asked_before

    def _fetched(
        self,
        key: ListKey,
        issuer: x509.Certificate,
        policy: RevocationPolicy,
        ours: Index | None,
        base: Header | None,
    ) -> Index:
        content = self._asked(key.url)
        if ours is not None and self._good(ours.header, policy, base) and _same(content, ours.header):
            # The very list that was verified before: nothing to build anew.
            return ours
        found = read_list(content, key.url, issuer, self.clock(), base=base, skew=policy.skew)
        if self.clock() >= deadline(found.index.header, policy):
            raise ListRefused("list is older than its policy allows")
        _require_later(found, ours)
        return self.store.replace(key, found.packed)

    def _asked(self, url: str) -> bytes:
        host = host_of(url)
        self.breaker.require_closed(host)
        try:
            content = self.fetch(url)
        except StatusRefused:
            self.breaker.worked(host)
            raise
        except FetchFailed:
            self.breaker.failed(host)
            raise
        self.breaker.worked(host)
        return content

    def _look_up(self, leaf: Leaf, index: Index, issuer: x509.Certificate, policy: RevocationPolicy) -> None:
        serial = leaf.certificate.serial_number
        delta = self.delta(index.header, issuer, policy, _freshest(leaf))
        # What the newer list says about a certificate is the last word, that it is good again too.
        if delta is None or (delta.find(serial) is None):
            index.check(serial)
        else:
            delta.check(serial)

    def delta(
        self,
        base: Header,
        issuer: x509.Certificate,
        policy: RevocationPolicy,
        url: str = "",
        asked_before: datetime | None = None,
    ) -> Index | None:
        """The index of the fresh delta list on top of that list, or None when there is none: the list is still fresh.

        Its address is the list's own word, else ``url``, the certificate's (RFC 5280 sections 5.2.6 and 4.2.1.15).
        """
        url = base.delta_url or url
        if not url or not allowed(url, self.hosts):
            return None
        key = ListKey(base.issuer_key_id, url, delta=True)
        ours = self.store.open(key)
        usable = ours is not None and self._good(ours.header, policy, base)
        if usable and not self._due(key, asked_before):
            return ours
        try:
            return self.renewed(key, issuer, policy, base=base, asked_before=asked_before)
        except (FetchFailed, ListRefused):
            return ours if usable else None


def deadline(header: Header, policy: RevocationPolicy) -> datetime:
    """The moment from which the list is stale: by its next update, or by its age when that comes first."""
    return min(header.next_update, header.this_update + policy.longest_list_age)


def addresses(leaf: Leaf) -> list[str]:
    """The addresses of lists that the certificate names, in its order, at most four."""
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


def _freshest(leaf: Leaf) -> str:
    for point in leaf.extension(x509.FreshestCRL) or ():
        for name in point.full_name or ():
            if isinstance(name, x509.UniformResourceIdentifier):
                return name.value
    return ""


def _require_scope(header: Header, *, last: bool) -> None:
    if not last and not header.partition:
        raise ListRefused("list does not say which partition it is")


def _require_later(found: RevocationList, ours: Index | None) -> None:
    if ours is None:
        return
    before, header = ours.header, found.index.header
    if header.number < before.number:
        raise ListRefused("list is older than the one before")
    if header.this_update < before.this_update:
        raise ListRefused("list was made before the one before")


def _same(content: bytes, header: Header) -> bool:
    return hashlib.sha256(content).digest() == header.list_sha256


def _fits(delta: Header, base: Header) -> bool:
    return delta.base <= base.number < delta.number and delta.partition == base.partition
