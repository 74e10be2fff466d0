"""登入裝置: where the account is logged in now, and the end of what is not this browser (ASVS 7.4.5, 7.5.2)."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from portal.accounts import devices, epoch
from portal.accounts.fresh import carry_over
from portal.accounts.models import User
from portal.audit.log import record
from portal.member.pages import done, holder, said

# The first that is named counts: browsers call themselves by the names of those they come from, too.
_BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
_SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """One open session as its holder sees it; `browser` is empty where the browser did not tell.

    `used` is when it was last used, to the minute (portal.accounts.session_life).
    """

    pk: int
    browser: str
    address: str
    since: datetime
    used: datetime
    here: bool


@require_safe
@never_cache
@login_required
def sessions(request: HttpRequest) -> HttpResponse:
    """List the sessions of the account, this one first."""
    places = open_places(request, holder(request))
    return render(request, "member/sessions.html", {**said(request), "places": places})


@require_POST
@never_cache
@login_required
def session_end(request: HttpRequest, session: int) -> HttpResponse:
    """End one other session of the account."""
    user = holder(request)
    found = get_object_or_404(_others(request, user), pk=session)
    with transaction.atomic():
        epoch.hold(user)
        found.end()
        devices.forget(user, here=request)  # which of them it was is not known
        record("sessions_ended", account=user.pk, request=request, count=1)
    return done(request, "sessions", "session_ended")


@require_POST
@never_cache
@login_required
def sessions_end_others(request: HttpRequest) -> HttpResponse:
    """End every other session of the account."""
    user = holder(request)
    former = epoch.stamp(user)
    end_others(request, user)
    keep_this(request, user, former)
    return done(request, "sessions", "sessions_ended")


def open_places(request: HttpRequest, user: User) -> list[Place]:
    """The account's open sessions, this browser's first, then the last used."""
    here = request.session.session_key
    rows = UserSession.objects.purge_and_list(user)
    places = [
        Place(row.pk, _name(row.user_agent), row.ip, row.created_at, row.last_seen_at, row.session_key == here)
        for row in rows
    ]
    return sorted(places, key=lambda place: (place.here, place.used), reverse=True)


def end_others(request: HttpRequest, user: User) -> None:
    """End every session of the account, and whatever is half done; other browsers are known no more.

    The caller keeps this one (`keep_this`).
    """
    with transaction.atomic():
        epoch.advance(user)
        rows = list(_others(request, user))
        for row in rows:
            row.end()
        devices.forget(user, here=request)
        if rows:
            record("sessions_ended", account=user.pk, request=request, count=len(rows))


def keep_this(request: HttpRequest, user: User, former_stamp: str = "") -> None:
    """Let this session go on after password or epoch have changed, under a new key, and stay in the list.

    What was proven in it under `former_stamp` goes on as well; whatever else was half done ends.
    """
    former = request.session.session_key
    update_session_auth_hash(request, user)
    carry_over(request, user, former_stamp)
    UserSession.objects.filter(session_key=former).update(session_key=request.session.session_key)


def _others(request: HttpRequest, user: User) -> Any:
    return UserSession.objects.filter(user=user).exclude(session_key=request.session.session_key)


def _name(user_agent: str) -> str:
    found = [
        next((shown for word, shown in words if re.search(rf"\b{re.escape(word)}\b", user_agent)), "")
        for words in (_BROWSERS, _SYSTEMS)
    ]
    return (
        gettext("%(browser)s, %(system)s") % dict(zip(("browser", "system"), found, strict=True))
        if all(found)
        else "".join(found)
    )
