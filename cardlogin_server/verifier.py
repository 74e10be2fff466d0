"""From the text that the browser brought to the holder's identity, in one call."""

import re
from collections.abc import Mapping

from cardlogin_server.answers.signature import require_fitting_key, verify_signature
from cardlogin_server.answers.token import parse_token
from cardlogin_server.certificates.families import USUAL_FAMILIES, Family
from cardlogin_server.certificates.path import Anchors
from cardlogin_server.certificates.profile import PRODUCTION_POLICIES
from cardlogin_server.challenge import Challenges, Purpose
from cardlogin_server.clock import Clock, utc_now
from cardlogin_server.holder import HolderChecks
from cardlogin_server.identity.identity import Identity
from cardlogin_server.revocation.check import Revocation

LONGEST_ORIGIN = 255
# Scheme, lower-case ASCII host (punycode for others), port unless it is 443; nothing after it.
_ORIGIN = re.compile(r"https://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:(?!443$)[1-9][0-9]{0,4})?")


class Verifier:
    """Verifies log-in tokens for one origin; immutable and safe for threads.

    ``origin`` is the portal's own, as a browser writes it (``https://host`` or ``https://host:port``), never taken
    from a request. ``policies`` are the certificate policies accepted (dotted OIDs; the government's assurance level
    3, unless said otherwise), ``families`` the kinds of card (citizen and company, unless said otherwise).
    ``ACCEPT_THE_TEST_POLICY`` lets the test policy be among the policies: nobody was identified for such cards.
    Raises ValueError for an origin in another form, for no policy or family, and for the test policy without that.
    """

    def __init__(
        self,
        *,
        origin: str,
        anchors: Anchors,
        challenges: Challenges,
        revocation: Revocation,
        policies: frozenset[str] = PRODUCTION_POLICIES,
        families: frozenset[Family] = USUAL_FAMILIES,
        clock: Clock = utc_now,
        ACCEPT_THE_TEST_POLICY: bool = False,
    ) -> None:
        if len(origin) > LONGEST_ORIGIN or not _ORIGIN.fullmatch(origin):
            raise ValueError("origin must be like https://portal.example or https://portal.example:8443")
        self._origin = origin
        self._challenges = challenges
        self._holder = HolderChecks(
            anchors=anchors,
            revocation=revocation,
            policies=policies,
            families=families,
            clock=clock,
            accept_the_test_policy=ACCEPT_THE_TEST_POLICY,
        )

    def verify(
        self, token: str | Mapping[str, object], *, challenge: str, session_id: str, purpose: Purpose
    ) -> Identity:
        """The holder whose card signed this session's challenge for this purpose at this origin.

        ``token`` is what the page's half got, as JSON text or as the mapping read from it; ``challenge`` is the text
        that the browser says it used. It is spent here unless the token is malformed.
        The order matters: nothing is fetched before the signature proves that the caller holds the card.
        Whatever the token and the challenge are, the only exceptions are subclasses of CardLoginError.
        """
        answer = parse_token(token)
        leaf = self._holder.read(answer.unverified_certificate)
        key = require_fitting_key(answer.algorithm, leaf.key)
        self._challenges.take(challenge, session_id, purpose)
        verify_signature(answer.algorithm, key, answer.signature, self._origin, challenge)
        return self._holder.identify(leaf)
