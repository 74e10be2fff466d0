"""Log-in with a card: known, renewed, or not linked to any account yet."""

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode

from cardlogin_server import Identity, Purpose
from cardlogin_server.certificates.families import Family
from cardlogin_server.contrib.django.parts import issue_challenge
from portal.accounts.entry import audit
from portal.accounts.models import User
from portal.cards import pending, renewal
from portal.cards.binding import bound_card
from portal.cards.models import CardBinding
from portal.cards.pending import Destination, Pending
from portal.cards.proof import proof_of_card
from portal.cards.session import enter_with_card
from portal.failures import ACCOUNT_INACTIVE, CARD_NOT_BOUND, CARD_OF_CITIZEN, CARD_OF_COMPANY, Failure, Refusal

__all__ = ["enter", "issue_challenge", "log_in"]


def log_in(request: HttpRequest, next_url: str | None, family: Family = Family.CITIZEN) -> HttpResponse:
    """Log in the account linked to the card that signed; return where the browser goes next.

    A card that is linked to no account leads to the page with the choices, a renewed certificate to the page that asks
    for the password once. Raises `Refusal` for everything else, a card of another than the page's family among it.
    Every outcome leaves one audit line.
    """
    identity = _verified(request)
    binding = CardBinding.objects.select_related("user").filter(binding_key=identity.binding_key).first()
    if identity.family is not family:
        failure = CARD_OF_COMPANY if identity.family is Family.COMPANY else CARD_OF_CITIZEN
        raise _refused(failure, binding.user if binding is not None else None)
    try:
        bound_card(identity)
    except Refusal as refusal:
        raise _refused(refusal.failure, binding.user if binding is not None else None) from refusal
    if binding is None:
        audit("card", CARD_NOT_BOUND.code)
        company = family is Family.COMPANY
        return _wait(request, identity, Destination.COMPANY if company else Destination.CHOICES, next_url)
    user: User = binding.user
    if not user.is_active:
        raise _refused(ACCOUNT_INACTIVE, user)
    if renewal.needs_confirmation(binding, identity):
        audit("card", "card_renewal", user)
        return _wait(request, identity, Destination.RENEWAL, next_url, user)
    return enter(request, binding, identity, next_url)


def enter(request: HttpRequest, binding: CardBinding, card: Identity | Pending, next_url: str | None) -> HttpResponse:
    """Note the certificate's use and log its account in; raises `Refusal` when the card was unlinked meanwhile."""
    try:
        with transaction.atomic():
            renewal.use(binding, card, request)
            return enter_with_card(request, binding.user, card.certificate_sha256, next_url)
    except Refusal as refusal:
        raise _refused(refusal.failure, binding.user) from refusal


def _wait(
    request: HttpRequest, identity: Identity, to: Destination, next_url: str | None, user: User | None = None
) -> HttpResponse:
    pending.drop(request.session)
    # Whoever planted or read the key of this session must not have the card that was verified in it.
    request.session.cycle_key()
    pending.keep(request.session, identity, to, next_url or "", user)
    query = f"?{urlencode({'next': next_url})}" if next_url else ""
    page = "card_renewal" if to is Destination.RENEWAL else "card_choices"
    return HttpResponseRedirect(reverse(page) + query)


def _verified(request: HttpRequest) -> Identity:
    try:
        return proof_of_card(request, Purpose.LOGIN)
    except Refusal as refusal:
        raise _refused(refusal.failure) from refusal


def _refused(failure: Failure, user: User | None = None) -> Refusal:
    audit("card", failure.code, user)
    return Refusal(failure)
