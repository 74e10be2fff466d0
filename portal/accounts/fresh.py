"""Recent proof of identity: what changes ways in, data or sessions needs every factor within the last five minutes.

A password is a whole proof only where the account has no second factor; a card with its PIN always is one. One of the
recovery codes of the second factor stands for it, here as at the log-in.
"""

import time
from collections.abc import Callable
from enum import StrEnum
from functools import wraps

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode

from portal.accounts.epoch import keep, kept, of_now, stamp
from portal.accounts.models import User
from portal.policy import policy

_KEY = "proof"
View = Callable[..., HttpResponse]


class Factor(StrEnum):
    """What can be proven."""

    PASSWORD = "password"  # noqa: S105  # a name, not a password
    CODE = "code"
    CARD = "card"


def prove(request: HttpRequest, user: User, *factors: Factor, at: float | None = None) -> None:
    """Note that these were proven in this session, now or at a time (seconds); they end with the account's epoch."""
    proven = kept(request, user, _KEY) or {}
    keep(request, user, _KEY, {**proven, **{factor.value: at or time.time() for factor in factors}})


def carry_over(request: HttpRequest, user: User, former: str) -> None:
    """Let what was proven in this session under the stamp `former` count under the account's present one."""
    found = request.session.get(_KEY)
    if isinstance(found, dict) and found.get("stamp") == former:
        request.session[_KEY] = {**found, "stamp": stamp(user)}


def proven_at(request: HttpRequest, user: User, factor: Factor) -> float | None:
    """When this was last proven in this session (seconds), however long ago; None for never, or in another epoch."""
    at: float | None = (kept(request, user, _KEY) or {}).get(factor.value)
    return at


def is_fresh(request: HttpRequest) -> bool:
    """Whether every factor that the account has was proven within the profile's limit (ASVS 7.5.1, 7.5.3)."""
    if not isinstance(request.user, User):
        return False
    proven = of_now(request.user, request.session.get(_KEY)) or {}
    limit = policy().reauthenticate_within.total_seconds()
    recent = {factor for factor, at in proven.items() if 0 <= time.time() - at < limit}
    needed = {Factor.PASSWORD, Factor.CODE} if has_second_factor(request.user) else {Factor.PASSWORD}
    return Factor.CARD in recent or needed <= recent


def has_second_factor(user: User) -> bool:
    """Whether the account asks for a code beside the password."""
    return bool(is_mfa_enabled(user, [Authenticator.Type.TOTP]))


def prove_again(request: HttpRequest) -> HttpResponseRedirect:
    """The way to the page that asks for every factor or the card again, and back to this page."""
    return HttpResponseRedirect(reverse("reauthenticate") + "?" + urlencode({"next": request.path}))


def fresh_required(view: View) -> View:
    """A view for logged-in people with a recent proof; others are asked for it first and come back (by GET)."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not is_fresh(request):
            return prove_again(request)
        return view(request, *args, **kwargs)

    return login_required(guarded)
