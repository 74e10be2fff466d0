"""Log-in with a card: known, renewed, or not linked to any account yet."""

from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode

from cardlogin_server import Identity, Purpose
from cardlogin_server.certificates.families import Family
from cardlogin_server.contrib.django.parts import issue_challenge
from portal.accounts.entry import audit
from portal.accounts.models import User
from portal.audit.log import record
from portal.cards.binding import bound_card, is_renewal, note_certificate
from portal.cards.models import CardBinding
from portal.cards.pending import Pending, remember
from portal.cards.proof import proof_of_card
from portal.cards.session import enter_with_card
from portal.failures import ACCOUNT_INACTIVE, CARD_NOT_BOUND, CARD_OF_CITIZEN, CARD_OF_COMPANY, Refusal
from portal.messages.sending import send_mail

__all__ = ["enter", "issue_challenge", "log_in"]


def log_in(request: HttpRequest, next_url: str | None, family: Family = Family.CITIZEN) -> HttpResponse:
    """Log in the account linked to the card that signed; return where the browser goes next.

    A card that is linked to no account leads to the page with the choices, a renewed certificate to the page that asks
    for the password once. Raises `Refusal` for everything else, a card of another than the page's family among it.
    Every outcome leaves one audit line.
    """
    identity = _verified(request)
    if identity.family is not family:
        failure = CARD_OF_COMPANY if identity.family is Family.COMPANY else CARD_OF_CITIZEN
        audit("card", failure.code)
        raise Refusal(failure)
    try:
        binding = bound_card(identity)
    except Refusal as refusal:
        audit("card", refusal.failure.code)
        raise
    if binding is None:
        audit("card", CARD_NOT_BOUND.code)
        return _wait(request.session, identity, "card_choices", next_url)
    user: User = binding.user
    if not user.is_active:
        audit("card", ACCOUNT_INACTIVE.code, user)
        raise Refusal(ACCOUNT_INACTIVE)
    if is_renewal(binding, identity) and user.has_usable_password():
        audit("card", "card_renewal", user)
        return _wait(request.session, identity, "card_renewal", next_url)
    return enter(request, binding, identity, next_url)


def enter(
    request: HttpRequest, binding: CardBinding, identity: Identity | Pending, next_url: str | None
) -> HttpResponse:
    """Note the certificate's use and log its account in; a first use of a renewed one is told by mail."""
    user: User = binding.user
    with transaction.atomic():
        renewed = is_renewal(binding, identity)
        note_certificate(binding, identity)
        if renewed:
            record("card_renewed", account=user.pk, family=binding.family)
            send_mail(
                user.email, user.language, "card_renewed", name=user.name, last_digits=identity.subject_serial[-4:]
            )
    return enter_with_card(request, user, identity.certificate_sha256, next_url)


def _wait(session: SessionBase, identity: Identity, page: str, next_url: str | None) -> HttpResponse:
    remember(session, identity)
    query = f"?{urlencode({'next': next_url})}" if next_url else ""
    return HttpResponseRedirect(reverse(page) + query)


def _verified(request: HttpRequest) -> Identity:
    try:
        return proof_of_card(request, Purpose.LOGIN)
    except Refusal as refusal:
        audit("card", refusal.failure.code)
        raise
