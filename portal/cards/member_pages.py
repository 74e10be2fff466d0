"""憑證管理 in the member's area: cards of the account, binding (憑證上傳), names, unlinking."""

from django import forms
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from cardlogin_server import Purpose
from portal import once
from portal.accounts import epoch
from portal.accounts.destination import safe_next
from portal.accounts.fresh import fresh_required, is_fresh
from portal.accounts.models import User
from portal.audit.log import record
from portal.cards import pending
from portal.cards.binding import bind, unbind
from portal.cards.models import CardBinding
from portal.cards.pages import card_context
from portal.cards.pending import Destination, Pending
from portal.cards.proof import proof_of_card
from portal.failures import NAME_REFUSED, Failure, Refusal
from portal.policy import policy
from portal.registration.fields import PlainTextField

_NOTICE, _DONE = "cards_notice", "cards_done"


class NameForm(forms.Form):
    """A card's own name, which only its holder sees."""

    nickname = PlainTextField(max_length=30, required=False)


@require_safe
@never_cache
@login_required
def cards(request: HttpRequest) -> HttpResponse:
    """List the account's cards with every certificate seen on them; bind another one here."""
    user = _person(request)
    notice, done = once.take(request, _NOTICE, _DONE)
    owned = user.cards.prefetch_related("certificates").order_by("created")
    context = {
        **card_context(), "cards": owned, "now": timezone.now(), "fresh": is_fresh(request),
        "company": user.is_company, "room": owned.count() < policy().most_cards, "most": policy().most_cards,
        "pending": _waiting(request, user), "notice": notice, "done": done,
        "redirect_field_value": safe_next(request), "here": _here(request),
    }  # fmt: skip
    return render(request, "cards/cards.html", context)


@require_POST
@never_cache
@fresh_required
def card_bind(request: HttpRequest) -> HttpResponse:
    """Link the card that signed for `bind` to this account, and go on to where the person wanted to go (`next`)."""
    user = _person(request)
    try:
        bind(user, proof_of_card(request, Purpose.BIND), request)
    except Refusal as refusal:
        return _back(request, "bind", refusal.failure)
    pending.drop(request.session)
    wanted = safe_next(request)
    return HttpResponseRedirect(wanted) if wanted else _done(request, "bound")


@require_POST
@never_cache
@fresh_required
def card_unbind(request: HttpRequest, card: int) -> HttpResponse:
    """Unlink one of this account's cards."""
    user = _person(request)
    try:
        unbind(user, get_object_or_404(CardBinding, pk=card, user=user), request)
    except Refusal as refusal:
        return _back(request, "unbind", refusal.failure)
    return _done(request, "unbound")


@require_POST
@never_cache
@login_required
def card_rename(request: HttpRequest, card: int) -> HttpResponse:
    """Give one of this account's cards a name."""
    binding = get_object_or_404(CardBinding, pk=card, user=_person(request))
    form = NameForm(request.POST)
    if form.is_valid():
        with transaction.atomic():
            epoch.hold(binding.user)
            # It may be unlinked at the same moment.
            own = CardBinding.objects.filter(pk=binding.pk, user=binding.user_id)
            if own.update(nickname=form.cleaned_data["nickname"]):
                record("card_renamed", account=binding.user_id, request=request)
        return _done(request, "renamed")
    request.session[_NOTICE] = {"panel": "unbind", **NAME_REFUSED.as_dict()}
    return HttpResponseRedirect(reverse("cards"))


def _back(request: HttpRequest, action: str, failure: Failure) -> HttpResponse:
    record(action, failure.code, account=_person(request).pk, request=request)
    request.session[_NOTICE] = {"panel": "card" if action == "bind" else "unbind", **failure.as_dict()}
    return HttpResponseRedirect(_here(request))


def _here(request: HttpRequest) -> str:
    wanted = safe_next(request)
    return reverse("cards") + (f"?{urlencode({'next': wanted})}" if wanted else "")


def _waiting(request: HttpRequest, user: User) -> Pending | None:
    card = pending.look(request.session, Destination.BIND)
    return card if card is not None and card.is_for(user) else None


def _done(request: HttpRequest, what: str) -> HttpResponse:
    request.session[_DONE] = what
    return HttpResponseRedirect(reverse("cards"))


def _person(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise TypeError("login_required lets only accounts through")
    return request.user
