"""Log-in with a card: known, renewed, or not linked to any account yet."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode

from cardlogin_server import Identity, Purpose
from cardlogin_server.certificates.families import Family
from cardlogin_server.contrib.django.parts import issue_challenge
from portal.accounts.models import User
from portal.audit.log import record
from portal.cards import pending, renewal
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
    if identity.family is not family:
        raise _refused(request, CARD_OF_COMPANY if identity.family is Family.COMPANY else CARD_OF_CITIZEN)
    binding = CardBinding.objects.select_related("user").filter(binding_key=identity.binding_key).first()
    if binding is None:
        _audit(request, CARD_NOT_BOUND.code)
        company = family is Family.COMPANY
        return _wait(request, identity, Destination.COMPANY if company else Destination.CHOICES, next_url)
    user: User = binding.user
    if not user.is_active:
        raise _refused(request, ACCOUNT_INACTIVE, user)
    if renewal.needs_confirmation(binding, identity):
        _audit(request, "card_renewal", user)
        return _wait(request, identity, Destination.RENEWAL, next_url, user)
    return enter(request, binding, identity, next_url)


def enter(request: HttpRequest, binding: CardBinding, card: Identity | Pending, next_url: str | None) -> HttpResponse:
    """Note the certificate's use and log its account in; raises `Refusal` when the card was unlinked meanwhile."""
    try:
        renewal.use(binding, card, request)
    except Refusal as refusal:
        raise _refused(request, refusal.failure, binding.user) from refusal
    return enter_with_card(request, binding.user, card.certificate_sha256, next_url)


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
        raise _refused(request, refusal.failure) from refusal


def _refused(request: HttpRequest, failure: Failure, user: User | None = None) -> Refusal:
    _audit(request, failure.code, user)
    return Refusal(failure)


def _audit(request: HttpRequest, code: str, user: User | None = None) -> None:
    record("login", code, account=user.pk if user else None, request=request, method="card")
