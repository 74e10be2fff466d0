"""How long a log-in lasts: without use, and in all (F: session rules; NIST SP 800-63B-4, 5.2)."""

import secrets
from collections.abc import Callable
from datetime import timedelta

from allauth.usersessions.models import UserSession
from django.contrib.auth import logout
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from portal.accounts.holding import hold_rows
from portal.accounts.notice import note_good_news
from portal.audit.log import record
from portal.policy import policy

_BEGAN, _SEEN, _NUMBER = "session_began", "session_seen", "session_number"
# Written no more often than this, so that not every page costs a write; so much earlier a session may end.
_GRAIN = 60
Handler = Callable[[HttpRequest], HttpResponse]


def begin(request: HttpRequest) -> None:
    """Count from now: somebody has just logged in."""
    request.session[_BEGAN] = request.session[_SEEN] = int(timezone.now().timestamp())
    request.session[_NUMBER] = secrets.token_hex(16)


def number(request: HttpRequest) -> str:
    """What names this log-in, whatever key its session has by now; for counting, never shown."""
    return str(request.session.get(_NUMBER) or request.session.session_key or "")


def age(request: HttpRequest) -> timedelta:
    """How long ago somebody has logged in in this session."""
    return timedelta(seconds=timezone.now().timestamp() - request.session[_BEGAN])


def end(request: HttpRequest) -> None:
    """Log out whoever is logged in, as one who was too long; the log-in page says so once."""
    account = request.user.pk
    with transaction.atomic():
        hold_rows(account or 0)
        logout(request)
        record("session_over", account=account, request=request)
    note_good_news(request, "session_over")


def session_life(get_response: Handler) -> Handler:
    """Return a middleware that logs out whoever was away too long or is logged in too long, then goes on.

    The limits are the profile's (`policy().session`). The page asked for then treats the person as a stranger.
    """

    def end_or_go_on(request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            _end_if_over(request)
        return get_response(request)

    return end_or_go_on


def _end_if_over(request: HttpRequest) -> None:
    if _BEGAN not in request.session:
        begin(request)
    rules, now = policy().session, int(timezone.now().timestamp())
    seen = request.session[_SEEN]
    if now - seen > rules.idle.total_seconds() or now - request.session[_BEGAN] > rules.total.total_seconds():
        end(request)
    elif now - seen >= _GRAIN:
        request.session[_SEEN] = now
        # For the list of the places where the account is logged in (portal.member.sessions).
        UserSession.objects.filter(session_key=request.session.session_key).update(last_seen_at=timezone.now())
