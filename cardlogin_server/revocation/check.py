"""Asks whether a certificate has been revoked: lists, then OCSP if the policy says so, and no answer means no."""

import logging
from typing import Protocol

from cryptography import x509

from cardlogin_server.certificates.leaf import Leaf
from cardlogin_server.certificates.path import Anchors, subject_key_id
from cardlogin_server.clock import Clock, utc_now
from cardlogin_server.failures import RevocationUnknown
from cardlogin_server.revocation.fetching.breaker import Breaker
from cardlogin_server.revocation.fetching.fetch import fetch, post
from cardlogin_server.revocation.index_store import IndexStore, MemoryIndexStore
from cardlogin_server.revocation.lists import MOST_ADDRESSES, Fetch, Lists, Undecided
from cardlogin_server.revocation.ocsp import Post, Responders
from cardlogin_server.revocation.policy import RevocationPolicies, RevocationPolicy, UseOcsp, WhenUnknown

__all__ = ["MOST_ADDRESSES", "CrlRevocation", "Fetch", "Revocation"]

_LOG = logging.getLogger(__name__)


class Revocation(Protocol):
    """Whatever can tell if a certificate is still good."""

    def check(self, leaf: Leaf) -> None:
        """Returns only when the certificate is known to be good.

        Raises CertificateRevoked, CertificateSuspended or RevocationUnknown.
        """


class CrlRevocation:
    """Revocation by the lists that a certificate names, and by OCSP where a policy says so; safe for threads.

    Lists and answers are fetched only from ``allowed_hosts`` ("host" or "host:port"). Indexes of the lists are kept
    in ``store`` until their next update: give a ``FolderIndexStore`` to share them between processes. Give it only
    certificates whose path has been checked: their addresses are then the authority's own, which also bounds the
    memory used.
    """

    def __init__(
        self,
        anchors: Anchors,
        allowed_hosts: frozenset[str],
        fetch: Fetch = fetch,
        clock: Clock = utc_now,
        *,
        policies: RevocationPolicies | None = None,
        store: IndexStore | None = None,
        post: Post = post,
    ) -> None:
        hosts = frozenset(host.lower() for host in allowed_hosts)
        breaker = Breaker(clock)
        self.anchors = anchors
        self.policies = policies or RevocationPolicies()
        self.lists = Lists(hosts, fetch, clock, store or MemoryIndexStore(), breaker)
        self._responders = Responders(hosts, post, clock, breaker)

    def check(self, leaf: Leaf) -> None:
        """Returns only when the certificate is known to be good, or the issuer's policy lets it pass unknown.

        Raises CertificateRevoked, CertificateSuspended, RevocationUnknown or CertificateUntrusted.
        """
        issuer = self.anchors.issuer_of(leaf)
        policy = self.policies.of(subject_key_id(issuer))
        try:
            self._ask(leaf, issuer, policy)
        except Undecided as unknown:
            self._without_answer(leaf, issuer, policy, unknown)

    def _ask(self, leaf: Leaf, issuer: x509.Certificate, policy: RevocationPolicy) -> None:
        match policy.use_ocsp:
            case UseOcsp.NEVER:
                self.lists.check(leaf, issuer, policy)
            case UseOcsp.AFTER_LISTS:
                try:
                    self.lists.check(leaf, issuer, policy)
                except Undecided as first:
                    self._ask_responder(leaf, issuer, policy, first.attempts)
            case UseOcsp.BEFORE_LISTS:
                try:
                    self._ask_responder(leaf, issuer, policy, ())
                except Undecided as first:
                    self._ask_lists(leaf, issuer, policy, first.attempts)

    def _ask_lists(
        self, leaf: Leaf, issuer: x509.Certificate, policy: RevocationPolicy, before: tuple[str, ...]
    ) -> None:
        try:
            self.lists.check(leaf, issuer, policy)
        except Undecided as error:
            raise Undecided((*before, *error.attempts)) from error

    def _ask_responder(
        self, leaf: Leaf, issuer: x509.Certificate, policy: RevocationPolicy, before: tuple[str, ...]
    ) -> None:
        def responder_check(responder: Leaf) -> None:
            self.lists.check(responder, issuer, policy)

        try:
            self._responders.check(leaf, issuer, policy, responder_check)
        except Undecided as error:
            raise Undecided((*before, *error.attempts)) from error

    def _without_answer(
        self, leaf: Leaf, issuer: x509.Certificate, policy: RevocationPolicy, unknown: Undecided
    ) -> None:
        match policy.when_unknown:
            case WhenUnknown.GRACE_PERIOD:
                url = self.lists.check_stale(leaf, issuer, policy)
                if url is not None:
                    _LOG.warning("a list beyond its next update was believed in its grace period: %s", url)
                    return
            case WhenUnknown.SOFT_FAIL_LETS_REVOKED_CARDS_IN:
                self.lists.check_stale(leaf, issuer, policy)
                _LOG.warning("SOFT FAIL: a certificate was accepted unchecked: %s", unknown)
                return
            case WhenUnknown.HARD_FAIL:
                pass
        raise RevocationUnknown(unknown.attempts) from unknown
