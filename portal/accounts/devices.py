"""Browsers in which the holder of an account has logged in before, by a cookie of their own.

"Slow Down Online Guessing Attacks with Device Cookies" (OWASP): wrong passwords from such a browser are counted for it
alone. A cookie holds a random token for each of a few accounts (a family's computer); each is good for one account,
replaced at every log-in, and gone with its tries. It proves nothing: without the password it opens no page.
"""

import re
import secrets
from collections.abc import Callable

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from portal.accounts.models import KnownDevice, User
from portal.policy import policy
from portal.sealing import index

COOKIE = "__Host-device"
_MOST_ACCOUNTS = 4
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_NEW = "portal.device_cookie"
Handler = Callable[[HttpRequest], HttpResponse]


def known(request: HttpRequest, account: str) -> KnownDevice | None:
    """Return the row of this browser, if the holder of that account has logged in here."""
    tokens = _tokens(request)
    # Compared here: a name as typed is not fit for every database.
    rows = _rows(tokens).select_related("user") if tokens else []
    return next((row for row in rows if row.user.username == account.strip().lower()), None)


def known_for_any(request: HttpRequest) -> str:
    """Return what names this browser, if the holder of any account has logged in here; else an empty text."""
    tokens = _tokens(request)
    row = _rows(tokens).first() if tokens else None
    return row.token if row is not None else ""


def remember(request: HttpRequest, user: User) -> None:
    """Know this browser from now on, by a new token; the one it had for this account is worth nothing any more."""
    token, others = secrets.token_urlsafe(32), []
    with transaction.atomic():
        for kept in _tokens(request):
            if not KnownDevice.objects.filter(token=_hash(kept), user=user).delete()[0]:
                others.append(kept)
        KnownDevice.objects.create(user=user, token=_hash(token))
        newest = KnownDevice.objects.filter(user=user).order_by("-pk").values("pk")[: policy().most_devices]
        KnownDevice.objects.filter(user=user).exclude(pk__in=list(newest.values_list("pk", flat=True))).delete()
    request.META[_NEW] = ".".join([token, *others[: _MOST_ACCOUNTS - 1]])


def forget(user: User, *, here: HttpRequest | None = None) -> None:
    """Know none of the account's browsers any more, but the one that sent the request `here`."""
    lost = KnownDevice.objects.filter(user=user)
    if here is not None:
        lost = lost.exclude(token__in=[_hash(token) for token in [*_tokens(here), *_new_tokens(here)]])
    lost.delete()


def device_cookie(get_response: Handler) -> Handler:
    """Return a middleware that gives a browser the cookie that `remember` made."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if _NEW in request.META:
            response.set_cookie(
                COOKIE, request.META[_NEW], max_age=policy().device_life, secure=True, httponly=True, samesite="Lax"
            )
        return response

    return answer


def _rows(tokens: list[str]) -> QuerySet[KnownDevice]:
    since = timezone.now() - policy().device_life
    return KnownDevice.objects.filter(token__in=[_hash(token) for token in tokens], since__gt=since).order_by("pk")


def _tokens(request: HttpRequest) -> list[str]:
    return _split(request.COOKIES.get(COOKIE, ""))


def _new_tokens(request: HttpRequest) -> list[str]:
    return _split(request.META.get(_NEW, ""))


def _split(cookie: str) -> list[str]:
    if len(cookie) > 44 * _MOST_ACCOUNTS:
        return []
    return [part for part in cookie.split(".") if _TOKEN.fullmatch(part)]


def _hash(token: str) -> str:
    return index(token, "device")
