"""One failure, or one piece of good news, carried over a redirect to the log-in page and shown once."""

from typing import Literal

from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode

from portal import once
from portal.failures import Failure

Panel = Literal["card", "password"]
_KEY = "login_notice"
_GOOD = "login_good_news"
GoodNews = Literal["confirmed", "mail_changed", "delete_asked", "delete_cancelled", "session_over"]


def back_to_login(request: HttpRequest, panel: Panel, failure: Failure, next_url: str = "") -> HttpResponseRedirect:
    """Return the way back to the log-in page, which will show `failure` in the named panel."""
    request.session[_KEY] = {"panel": panel, **failure.as_dict()}
    query = f"?{urlencode({'next': next_url})}" if next_url else ""
    return HttpResponseRedirect(reverse("account_login") + query)


def take_notices(request: HttpRequest) -> tuple[dict[str, str] | None, str | None]:
    """Return the waiting failure with its panel, and the waiting good news, and forget both."""
    notice, news = once.take(request, _KEY, _GOOD)
    return notice, news


def show(request: HttpRequest, panel: Panel, failure: Failure) -> dict[str, str]:
    """Return a failure with its panel for the page that is answered now."""
    notice = {"panel": panel, **failure.as_dict()}
    once.said(request, {_KEY: notice})
    return notice


def good_news_at_login(request: HttpRequest, news: GoodNews, next_url: str = "") -> HttpResponseRedirect:
    """Return the way to the log-in page, which will say that something is done; nobody is logged in by it (K8)."""
    note_good_news(request, news)
    query = f"?{urlencode({'next': next_url})}" if next_url else ""
    return HttpResponseRedirect(reverse("account_login") + query)


def note_good_news(request: HttpRequest, news: GoodNews) -> None:
    """Have the log-in page say it whenever it is opened next in this session."""
    request.session[_GOOD] = news
