"""Who may enter the desk: accounts of the staff, with a code of their app in this log-in, not long away.

The habits of the profile `tw-staff` (portal.policy.STAFF): asked for a code again after 15 minutes without a page of
the desk, logged out after 8 hours in all. For everybody else there is no such page.
"""

import time
from collections.abc import Callable
from functools import wraps
from typing import Final

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode

from portal.accounts import epoch, session_life
from portal.accounts.fresh import Factor, has_second_factor, proven_at
from portal.accounts.models import User
from portal.failures import SECOND_FACTOR_NEEDED
from portal.member.pages import refused
from portal.policy import STAFF

_SEEN: Final = "desk_seen"
_GRAIN = 60  # seconds: not every page costs a write; so much earlier a code may be asked for
View = Callable[..., HttpResponse]


def staff_only(view: View) -> View:
    """A view for the staff that has set up two-step log-in; the others of the staff are led there."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        user = _of_staff(request)
        if session_life.age(request) > STAFF.session.total:
            session_life.end(request)
            return _by(request, "account_login")
        if not has_second_factor(user):
            return refused(request, "second_factor", SECOND_FACTOR_NEEDED)
        return view(request, *args, **kwargs)

    return guarded


def desk_only(view: View) -> View:
    """A view for the staff with a code in this log-in; one who was away is asked for another, and comes back by GET."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not has_passed(request):
            return _by(request, "support_code")
        _note_seen(request, _of_staff(request))
        return view(request, *args, **kwargs)

    return staff_only(guarded)


def has_passed(request: HttpRequest) -> bool:
    """Whether a code was given in this log-in, and neither that nor the last page of the desk is too long ago."""
    user = _of_staff(request)
    given = proven_at(request, user, Factor.CODE)
    return given is not None and time.time() - max(given, _seen(request, user)) < STAFF.session.idle.total_seconds()


def _of_staff(request: HttpRequest) -> User:
    """Who asks. Raises Http404 for anybody but the staff: as if the page were not there."""
    user = request.user
    if not isinstance(user, User) or not user.is_staff or user.is_company:
        raise Http404
    return user


def _seen(request: HttpRequest, user: User) -> float:
    return float(epoch.kept(request, user, _SEEN) or 0)


def _note_seen(request: HttpRequest, user: User) -> None:
    now = time.time()
    if now - _seen(request, user) >= _GRAIN:
        epoch.keep(request, user, _SEEN, now)


def _by(request: HttpRequest, page: str) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse(page) + "?" + urlencode({"next": request.path}))
