"""What the pages of the member's area share: whose they are, and what was done on the page before."""

from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect

from portal import once
from portal.accounts.models import User
from portal.failures import Failure

_DONE, _NOTICE = "member_done", "member_notice"


def holder(request: HttpRequest) -> User:
    """Return whose area this is; raises TypeError where nobody is logged in, which the decorators rule out."""
    if not isinstance(request.user, User):
        raise TypeError("login_required lets only accounts through")
    return request.user


def done(request: HttpRequest, page: str, what: str) -> HttpResponseRedirect:
    """The way to one of the area's pages, which says once what was done (see member/_said.html)."""
    tell(request, what)
    return redirect(page)


def tell(request: HttpRequest, what: str) -> None:
    """Let the next page of the area say once what was done."""
    request.session[_DONE] = what


def refused(request: HttpRequest, page: str, failure: Failure) -> HttpResponseRedirect:
    """The way to one of the area's pages, which says once why something was refused."""
    request.session[_NOTICE] = failure.as_dict()
    return redirect(page)


def said(request: HttpRequest) -> dict[str, object]:
    """Return what the page has to say of the page before, and forget it."""
    what, notice = once.take(request, _DONE, _NOTICE)
    return {"done": what, "notice": notice}
