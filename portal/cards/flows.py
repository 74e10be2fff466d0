"""What can be done with a card, each as one function: ask for a challenge, log in."""

import logging

from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from portal.accounts.entry import audit
from portal.accounts.models import User
from portal.cards.models import CardBinding, CardCertificate
from portal.cards.session import enter_with_card
from portal.failures import ACCOUNT_INACTIVE, CARD_NOT_BOUND, Failure, Refusal
from relying_party import CardLoginError, Identity, Purpose
from relying_party.contrib.django.parts import issue_challenge, verify

__all__ = ["issue_challenge", "log_in"]
_log = logging.getLogger("portal.cards")


def log_in(request: HttpRequest, challenge: str, token: str, next_url: str | None) -> HttpResponse:
    """Log in the account tied to the card that signed `token`; return where the browser goes next.

    Raises `Refusal` with the code of relying_party, `card_not_bound` or `account_inactive`. Every outcome
    leaves one audit line.
    """
    identity = _verified(request.session, challenge, token)
    user = _account(identity)
    _note_use(identity)
    return enter_with_card(request, user, identity.certificate_sha256, next_url)


def _verified(session: SessionBase, challenge: str, token: str) -> Identity:
    try:
        return verify(session, token, challenge, Purpose.LOGIN)
    except CardLoginError as error:
        # The detail names the failed check and, by relying_party's promise, nothing of the holder.
        _log.info("card refused: %s", error)
        audit("card", error.code)
        raise Refusal(Failure.of(error)) from error


def _account(identity: Identity) -> User:
    binding = CardBinding.objects.select_related("user").filter(binding_key=identity.binding_key).first()
    if binding is None:
        audit("card", CARD_NOT_BOUND.code)
        raise Refusal(CARD_NOT_BOUND)
    user: User = binding.user
    if not user.is_active:
        audit("card", ACCOUNT_INACTIVE.code, user)
        raise Refusal(ACCOUNT_INACTIVE)
    return user


def _note_use(identity: Identity) -> None:
    now = timezone.now()
    CardCertificate.objects.update_or_create(
        sha256=identity.certificate_sha256,
        defaults={"last_used": now},
        create_defaults={
            "binding": CardBinding.objects.get(binding_key=identity.binding_key),
            "not_after": identity.not_after,
            "first_used": now,
            "last_used": now,
        },
    )
