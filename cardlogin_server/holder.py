"""From a certificate whose key has just signed to its holder: the checks that every kind of answer shares."""

from dataclasses import dataclass
from datetime import datetime

from cardlogin_server.certificates.families import Family, issues_for
from cardlogin_server.certificates.leaf import Leaf, check_leaf, read_leaf
from cardlogin_server.certificates.path import Anchors, check_dates
from cardlogin_server.certificates.profile import LeafProfile
from cardlogin_server.certificates.remembered import Remembered
from cardlogin_server.clock import Clock
from cardlogin_server.failures import CertificateTypeRefused
from cardlogin_server.identity.identity import Identity, read_identity
from cardlogin_server.revocation.check import Revocation


@dataclass(frozen=True, slots=True)
class _Known:
    """A certificate that has passed every check but those of the moment, and between which moments its path holds."""

    leaf: Leaf
    identity: Identity
    not_before: datetime
    not_after: datetime


class HolderChecks:
    """Tells who holds a certificate, or why it is refused; immutable and safe for threads.

    Raises ValueError when no policy, or no family, is accepted, and for the test policy unless that is asked for.
    """

    def __init__(
        self,
        *,
        anchors: Anchors,
        revocation: Revocation,
        policies: frozenset[str],
        families: frozenset[Family],
        clock: Clock,
        accept_the_test_policy: bool = False,
    ) -> None:
        # The profile refuses policies that would let everybody in.
        LeafProfile(policies=policies, ACCEPTS_THE_TEST_POLICY=accept_the_test_policy)
        if not families:
            raise ValueError("at least one family of cards must be accepted")
        self._anchors = anchors
        self._revocation = revocation
        self._policies = policies
        self._families = families
        self._clock = clock
        # Anchors, policies and families never change in this object, so what passed them once passes them again.
        self._known: Remembered[_Known] = Remembered()

    def read(self, der: bytes) -> Leaf:
        """The certificate in the bytes; not decoded again when it has passed before. Raises what ``read_leaf`` does."""
        known = self._known.of(der)
        return known.leaf if known else read_leaf(der)

    def identify(self, leaf: Leaf) -> Identity:
        """The holder of a good certificate. Ask only after its key has signed: addresses in it may be fetched.

        Dates and revocation are looked at every time. Raises a subclass of CardLoginError.
        """
        now = self._clock()
        already = known = self._known.of(leaf.der)
        if known is None or not known.not_before <= now <= known.not_after:
            known = self._prove(leaf, now)
        self._revocation.check(leaf)
        if known is not already:
            self._known.remember(leaf.der, known)
        return known.identity

    def _prove(self, leaf: Leaf, now: datetime) -> _Known:
        family = check_leaf(leaf, self._policies)
        if family not in self._families:
            raise CertificateTypeRefused(None, f"family {family.value} is not accepted here")
        issuer = self._anchors.issuer_named_by(leaf)
        if not issues_for(issuer, family):
            raise CertificateTypeRefused(None, f"this authority does not issue certificates of family {family.value}")
        check_dates(leaf, now)
        path = self._anchors.check_path(leaf, issuer, now, policies=self._policies)
        return _Known(
            leaf,
            read_identity(leaf, family),
            max(certificate.not_valid_before_utc for certificate in path),
            min(certificate.not_valid_after_utc for certificate in path),
        )
