"""After a card log-in that led to no account: the choices. What each needs of the verified card it uses up."""

import secrets

from allauth.account.utils import get_login_redirect_url
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from portal.accounts.destination import safe_next
from portal.accounts.models import Kind, User
from portal.accounts.notice import back_to_login
from portal.audit.log import record
from portal.cards import pending
from portal.cards.fit import facts_of
from portal.cards.flows import enter
from portal.cards.models import CardBinding
from portal.cards.pending import Destination, Pending
from portal.failures import CARD_TAKEN, PAGE_OUTDATED, Refusal
from portal.languages import in_use

_PAGES = {Destination.CHOICES: "cards/choices.html", Destination.COMPANY: "cards/company_choice.html"}


@require_safe
@never_cache
def card_choices(request: HttpRequest) -> HttpResponse:
    """Show the ways on for a card that belongs to no account: three for a citizen (rule 4), one for a company."""
    card = pending.look(request.session, *_PAGES)
    if card is None:
        return back_to_login(request, "card", PAGE_OUTDATED)
    wanted = safe_next(request) or card.next_url
    query = f"?{urlencode({'next': wanted})}" if wanted else ""
    context = {"pending": card, "next": wanted, "query": query, "to_cards": reverse("cards") + query}
    return render(request, _PAGES[card.destination], context)


@require_POST
@never_cache
def certificate_only(request: HttpRequest) -> HttpResponse:
    """Go on with the card alone: an account of its own, after the warning that it is another one (F134)."""
    card = pending.look(request.session, *_PAGES)
    if request.user.is_authenticated:
        return HttpResponseRedirect(get_login_redirect_url(request, safe_next(request)))  # pressed twice
    if card is None and pending.is_taken(request.session, *_PAGES):
        return HttpResponseRedirect(reverse("member"))
    if card is None:
        return back_to_login(request, "card", PAGE_OUTDATED)
    try:
        binding = _make(request, card)
    except Refusal:
        return HttpResponseRedirect(reverse("member"))  # pressed twice at once
    except IntegrityError:
        # Linked meanwhile, or gone on with in another browser: what the card opens now, its next log-in finds out.
        pending.drop(request.session)
        return back_to_login(request, "card", CARD_TAKEN)
    return enter(request, binding, card, safe_next(request) or card.next_url or None)


def _make(request: HttpRequest, card: Pending) -> CardBinding:
    """The account that only this card opens, and the card used up for it; all or nothing."""
    kind = Kind.COMPANY if card.destination is Destination.COMPANY else Kind.PERSON
    with transaction.atomic():
        pending.use(request.session, card)
        user = User(username=_free_name(), name=card.holder_name, kind=kind, certificate_only=True, language=in_use())
        user.set_unusable_password()
        user.save()
        record("register", account=user.pk, request=request, method="card", family=card.family_name)
        return CardBinding.objects.create(user=user, binding_key=card.binding_key, **facts_of(card))


def _free_name() -> str:
    # 52 bits: nobody types it, and two alike would be refused by the database.
    return "card" + "".join(secrets.choice("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(11))
