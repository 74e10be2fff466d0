"""What an operator decides about revocation, as data: one policy for each issuing authority."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum

from cryptography import x509


class WhenUnknown(Enum):
    """What becomes of a log-in when no fresh and genuine source tells whether the certificate is still good."""

    HARD_FAIL = "hard fail"
    """The log-in is refused: the default, and the only one that a thief cannot wait for."""
    GRACE_PERIOD = "grace period"
    """The last genuine list is believed for ``grace`` beyond its next update; then the log-in is refused."""
    SOFT_FAIL_LETS_REVOKED_CARDS_IN = "SOFT FAIL: LETS REVOKED CARDS IN"
    """The log-in goes on, and a warning is logged. Whoever can disturb the network can use a stolen card."""


class UseOcsp(Enum):
    """When the authority's OCSP responder is asked."""

    NEVER = "never"
    AFTER_LISTS = "when no list answers"
    BEFORE_LISTS = "first; lists when it does not answer"


class Nonce(Enum):
    """Whether an OCSP request holds a nonce (RFC 9654). An answer with a wrong one is always refused."""

    NEVER = "never sent"
    OPTIONAL = "sent; an answer without one is accepted"
    REQUIRED = "sent; an answer without one is refused"


@dataclass(frozen=True, kw_only=True)
class RevocationPolicy:
    """The rules for one issuing authority; the defaults are the strict ones. Raises ValueError for odd limits."""

    when_unknown: WhenUnknown = WhenUnknown.HARD_FAIL
    grace: timedelta = timedelta(hours=12)
    """Only for GRACE_PERIOD: how long beyond its next update a list is believed."""
    skew: timedelta = timedelta(minutes=5)
    """How far the authority's clock may be ahead of ours."""
    longest_list_age: timedelta = timedelta(days=8)
    """A list older than this is stale whatever its next update says."""
    use_ocsp: UseOcsp = UseOcsp.NEVER
    nonce: Nonce = Nonce.OPTIONAL
    longest_answer_age: timedelta = timedelta(hours=24)
    """An OCSP answer older than this is stale whatever its next update says."""
    old_certificate_id: bool = False
    """Whether requests name the certificate by SHA-1, for responders that know no other way (RFC 6960 4.1.1)."""
    designated_responders: tuple[x509.Certificate, ...] = ()
    """Responders' certificates that the operator trusts for this authority (RFC 6960 section 4.2.2.2)."""

    def __post_init__(self) -> None:
        zero = timedelta()
        if min(self.grace, self.skew) < zero or min(self.longest_list_age, self.longest_answer_age) <= zero:
            raise ValueError("limits of a revocation policy must be positive")
        if self.skew > timedelta(hours=1):
            raise ValueError("a clock skew of more than an hour is a fault to mend, not a policy")


@dataclass(frozen=True)
class RevocationPolicies:
    """The policy of each issuing authority by its key identifier; the default one for the others."""

    default: RevocationPolicy = RevocationPolicy()
    by_issuer: Mapping[bytes, RevocationPolicy] = field(default_factory=dict)

    def of(self, issuer_key_id: bytes) -> RevocationPolicy:
        """The policy of that authority."""
        return self.by_issuer.get(issuer_key_id, self.default)
