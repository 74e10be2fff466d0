"""Recent proof of identity: what changes ways in, data or sessions needs a log-in of the last five minutes."""

import time
from collections.abc import Callable
from functools import wraps

from allauth.account.authentication import get_authentication_records
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode

from portal.policy import policy

View = Callable[..., HttpResponse]


def is_fresh(request: HttpRequest) -> bool:
    """Whether the person proved who they are within the profile's limit (ASVS 7.5.1), by any way in."""
    records = get_authentication_records(request, request.user) if request.user.is_authenticated else []
    limit = policy().reauthenticate_within.total_seconds()
    return any(time.time() - record["at"] < limit for record in records)


def prove_again(request: HttpRequest) -> HttpResponseRedirect:
    """The way to the page that asks for password or card again, and back to this page."""
    return HttpResponseRedirect(reverse("reauthenticate") + "?" + urlencode({"next": request.path}))


def fresh_required(view: View) -> View:
    """A view for logged-in people with a recent proof; others are asked for it first and come back (by GET)."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not is_fresh(request):
            return prove_again(request)
        return view(request, *args, **kwargs)

    return login_required(guarded)
