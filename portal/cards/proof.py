"""What every page with a card action gets: the verified holder of the card that signed for one purpose."""

import logging

from django.http import HttpRequest

from cardlogin_server import CardLoginError, Identity, Purpose
from cardlogin_server.answers.hipki import unverified_certificate
from cardlogin_server.answers.token import parse_token
from cardlogin_server.contrib.django.parts import verify, verify_old_log_in
from cardlogin_server.failures import CertificateRevoked
from portal.cards.binding import note_revoked
from portal.cards.limits import may_use_card
from portal.failures import RATE_LIMITED, REQUEST_MALFORMED, Failure, Refusal

_LONGEST_CHALLENGE = 64
LONGEST_TOKEN = 10_000
_log = logging.getLogger("portal.cards")


def proof_of_card(request: HttpRequest, purpose: Purpose) -> Identity:
    """Return who holds the card behind the form fields challenge and token, signed for `purpose` in this session.

    Raises `Refusal` with the code of cardlogin_server, `request_malformed` or `rate_limited`. A trial (Purpose.TEST)
    changes nothing: not even that a certificate was revoked is noted.
    """
    challenge, token = _fields(request, "token")
    try:
        return verify(request.session, token, challenge, purpose)
    except CardLoginError as error:
        if isinstance(error, CertificateRevoked) and purpose is not Purpose.TEST:
            # Its key has signed before its authority was asked: nobody else can have it marked.
            note_revoked(parse_token(token).unverified_certificate, error.revoked_at)
        raise _refused(error) from error


def old_proof_of_card(request: HttpRequest) -> Identity:
    """The same from the fields challenge and answer, the old component's PKCS7 signature: proof for a log-in only.

    What it cannot prove is that the holder wanted this site: a page elsewhere may have passed our challenge on.
    Raises `Refusal` as `proof_of_card` does.
    """
    challenge, answer = _fields(request, "answer")
    try:
        return verify_old_log_in(request.session, answer, challenge)
    except CardLoginError as error:
        if isinstance(error, CertificateRevoked):  # as above
            note_revoked(unverified_certificate(answer), error.revoked_at)
        raise _refused(error) from error


def _fields(request: HttpRequest, signed: str) -> tuple[str, str]:
    challenge, answer = request.POST.get("challenge", ""), request.POST.get(signed, "")
    if not may_use_card(request, "proof"):
        raise Refusal(RATE_LIMITED)
    if not 0 < len(challenge) <= _LONGEST_CHALLENGE or not 0 < len(answer) <= LONGEST_TOKEN:
        raise Refusal(REQUEST_MALFORMED)
    return challenge, answer


def _refused(error: CardLoginError) -> Refusal:
    # The detail names the failed check and, by cardlogin_server's promise, nothing of the holder.
    _log.info("card refused: %s", error)
    return Refusal(Failure.of(error))
