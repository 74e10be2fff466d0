"""Log-in with a card: known, renewed, or not linked to any account yet."""

from collections.abc import Callable

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode

from cardlogin_server import Identity, Purpose
from cardlogin_server.certificates.families import Family
from cardlogin_server.contrib.django.parts import issue_challenge
from portal.accounts.entry import OLD_WAY, audit
from portal.accounts.models import User
from portal.cards import pending, renewal
from portal.cards.binding import bound_card
from portal.cards.models import CardBinding
from portal.cards.pending import Destination, Pending
from portal.cards.proof import old_proof_of_card, proof_of_card
from portal.cards.session import enter_with_card
from portal.failures import ACCOUNT_INACTIVE, CARD_NOT_BOUND, CARD_OF_CITIZEN, CARD_OF_COMPANY, Failure, Refusal

__all__ = ["enter", "issue_challenge", "log_in", "log_in_old_way", "standing"]


def log_in(request: HttpRequest, next_url: str | None, family: Family = Family.CITIZEN) -> HttpResponse:
    """Log in the account linked to the card that signed; return where the browser goes next.

    A card that is linked to no account leads to the page with the choices, a renewed certificate to the page that asks
    for the password once. Raises `Refusal` for everything else, a card of another than the page's family among it.
    Every outcome leaves one audit line.
    """
    identity = _verified(lambda: proof_of_card(request, Purpose.LOGIN), "card")
    binding = _binding_of(identity, family, "card")
    if binding is None:
        audit("card", CARD_NOT_BOUND.code)
        company = family is Family.COMPANY
        return _wait(request, identity, Destination.COMPANY if company else Destination.CHOICES, next_url)
    if renewal.needs_confirmation(binding, identity):
        audit("card", "card_renewal", binding.user)
        return _wait(request, identity, Destination.RENEWAL, next_url, binding.user)
    return enter(request, binding, identity, next_url)


def log_in_old_way(request: HttpRequest, next_url: str | None) -> HttpResponse:
    """The same for a citizen's card by the old component's answer, which only opens an account that has the card.

    The answer is not bound to this site, so a card of no account gets no account by it and a renewed certificate is
    not confirmed after it: `Refusal` tells the way that does. Audited as `OLD_WAY`.
    """
    identity = _verified(lambda: old_proof_of_card(request), OLD_WAY)
    binding = _binding_of(identity, Family.CITIZEN, OLD_WAY)
    if binding is None:
        raise _refused(CARD_NOT_BOUND, None, OLD_WAY)
    return enter(request, binding, identity, next_url, method=OLD_WAY)


def standing(identity: Identity, family: Family) -> CardBinding | None:
    """The binding by which a verified card would open an account now, None where it has none; nothing changes.

    Raises `Refusal` where it opens none: another family's, another person's than the one bound, an account that is
    not open.
    """
    if identity.family is not family:
        raise Refusal(CARD_OF_COMPANY if identity.family is Family.COMPANY else CARD_OF_CITIZEN)
    binding = bound_card(identity)
    if binding is not None and not binding.user.is_active:
        raise Refusal(ACCOUNT_INACTIVE)
    return binding


def _binding_of(identity: Identity, family: Family, method: str) -> CardBinding | None:
    """The same; a refusal is audited."""
    try:
        return standing(identity, family)
    except Refusal as refusal:
        bound = CardBinding.objects.select_related("user").filter(binding_key=identity.binding_key).first()
        raise _refused(refusal.failure, bound.user if bound is not None else None, method) from refusal


def enter(
    request: HttpRequest, binding: CardBinding, card: Identity | Pending, next_url: str | None, *, method: str = "card"
) -> HttpResponse:
    """Note the certificate's use and log its account in; raises `Refusal` when the card was unlinked meanwhile."""
    try:
        with transaction.atomic():
            renewal.use(binding, card, request)
            old_way = method == OLD_WAY
            return enter_with_card(request, binding.user, card.certificate_sha256, next_url, old_way=old_way)
    except Refusal as refusal:
        raise _refused(refusal.failure, binding.user, method) from refusal


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


def _verified(proof: Callable[[], Identity], method: str) -> Identity:
    try:
        return proof()
    except Refusal as refusal:
        raise _refused(refusal.failure, None, method) from refusal


def _refused(failure: Failure, user: User | None, method: str) -> Refusal:
    audit(method, failure.code, user)
    return Refusal(failure)
