"""The way from an issuing authority to its anchor, and which policies hold all along it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from cardlogin_server.certificates.leaf import Leaf
from cardlogin_server.failures import CertificatePolicyRefused


@dataclass(frozen=True, slots=True)
class Route:
    """Authorities from the issuer to the anchor, and the moments between which all of them are valid.

    ``policies`` are those that every authority below the anchor names; None when there is none below it.
    """

    authorities: tuple[x509.Certificate, ...]
    policies: frozenset[str] | None
    begins: datetime
    ends: datetime

    @classmethod
    def of(cls, authorities: Sequence[x509.Certificate], policies: frozenset[str] | None) -> "Route":
        """The way over these authorities, the anchor last."""
        begins = max(authority.not_valid_before_utc for authority in authorities)
        ends = min(authority.not_valid_after_utc for authority in authorities)
        return cls(tuple(authorities), policies, begins, ends)

    def holds_at(self, now: datetime) -> bool:
        """Whether every authority is valid at that moment (both ends included)."""
        return self.begins <= now <= self.ends

    def require_policy(self, leaf: Leaf, accepted: frozenset[str]) -> None:
        """Returns only when one accepted policy stands all the way down. Raises CertificatePolicyRefused."""
        found = leaf.policies()
        if self.policies is not None:
            found &= self.policies
        if not found & accepted:
            raise CertificatePolicyRefused(found)
