"""One failure, or one piece of good news, carried over a redirect to the log-in page and shown once."""

from typing import Literal

from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode

from portal.failures import Failure

Panel = Literal["card", "password"]
_KEY = "login_notice"
_GOOD = "login_good_news"
GoodNews = Literal["confirmed", "mail_changed", "delete_asked", "delete_cancelled"]


def back_to_login(request: HttpRequest, panel: Panel, failure: Failure, next_url: str = "") -> HttpResponseRedirect:
    """Return the way back to the log-in page, which will show `failure` in the named panel."""
    request.session[_KEY] = {"panel": panel, **failure.as_dict()}
    query = f"?{urlencode({'next': next_url})}" if next_url else ""
    return HttpResponseRedirect(reverse("account_login") + query)


def take_notice(request: HttpRequest) -> dict[str, str] | None:
    """Return the waiting failure with its panel and forget it."""
    notice: dict[str, str] | None = request.session.pop(_KEY, None)
    return notice


def good_news_at_login(request: HttpRequest, news: GoodNews, next_url: str = "") -> HttpResponseRedirect:
    """Return the way to the log-in page, which will say that something is done; nobody is logged in by it (K8)."""
    request.session[_GOOD] = news
    query = f"?{urlencode({'next': next_url})}" if next_url else ""
    return HttpResponseRedirect(reverse("account_login") + query)


def take_good_news(request: HttpRequest) -> str | None:
    """Return what is done and forget it."""
    news: str | None = request.session.pop(_GOOD, None)
    return news
