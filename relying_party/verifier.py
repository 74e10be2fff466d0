"""From the text that the browser brought to the holder's identity, in one call."""

import re

from relying_party.challenge import Challenges, Purpose
from relying_party.clock import Clock, utc_now
from relying_party.failures import CertificateTypeRefused
from relying_party.families import issues_for
from relying_party.identity import Identity, read_identity
from relying_party.leaf import check_leaf, read_leaf
from relying_party.path import Anchors, check_dates
from relying_party.revocation import Revocation
from relying_party.signature import require_fitting_key, verify_signature
from relying_party.token import parse_token

LONGEST_ORIGIN = 255
# Scheme, lower-case ASCII host (punycode for others), port unless it is 443; nothing after it.
_ORIGIN = re.compile(r"https://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:(?!443$)[1-9][0-9]{0,4})?")


class Verifier:
    """Verifies log-in tokens for one origin; immutable and safe for threads.

    ``origin`` is the portal's own, as a browser writes it (``https://host`` or ``https://host:port``), never taken
    from a request. ``policies`` are the certificate policies accepted (dotted OIDs). Raises ValueError for an origin
    in another form, or for no policy.
    """

    def __init__(
        self,
        *,
        origin: str,
        anchors: Anchors,
        challenges: Challenges,
        revocation: Revocation,
        policies: frozenset[str],
        clock: Clock = utc_now,
    ) -> None:
        if len(origin) > LONGEST_ORIGIN or not _ORIGIN.fullmatch(origin):
            raise ValueError("origin must be like https://portal.example or https://portal.example:8443")
        if not policies:
            raise ValueError("at least one certificate policy must be accepted")
        self._origin = origin
        self._anchors = anchors
        self._challenges = challenges
        self._revocation = revocation
        self._policies = policies
        self._clock = clock

    def verify(self, token_text: str, *, challenge: str, session_id: str, purpose: Purpose) -> Identity:
        """The holder whose card signed this session's challenge for this purpose at this origin.

        ``challenge`` is the text that the browser says it used; it is spent here unless the token is malformed.
        The order matters: nothing is fetched before the signature proves that the caller holds the card.
        Whatever the bytes are, the only exceptions are subclasses of CardLoginError.
        """
        token = parse_token(token_text)
        leaf = read_leaf(token.unverified_certificate)
        key = require_fitting_key(token.algorithm, leaf.key)
        self._challenges.take(challenge, session_id, purpose)
        verify_signature(token.algorithm, key, token.signature, self._origin, challenge)
        family = check_leaf(leaf, self._policies)
        issuer = self._anchors.issuer_of(leaf)
        if not issues_for(issuer, family):
            raise CertificateTypeRefused(None, f"this authority does not issue certificates of family {family.value}")
        now = self._clock()
        check_dates(leaf, now)
        self._anchors.check_path(leaf, issuer, now)
        self._revocation.check(leaf)
        return read_identity(leaf, family)
