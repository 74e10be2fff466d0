"""Who really asks, where a balancer stands between browsers and this portal."""

import ipaddress
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse

Handler = Callable[[HttpRequest], HttpResponse]


class ForwardingRefused(SuspiciousOperation):
    """X-Forwarded-For does not fit CARDLOGIN_PROXIES: the name of this class is what the log says."""


def client_address(get_response: Handler) -> Handler:
    """Return a middleware that puts the browser's address into REMOTE_ADDR, for rate limits and the audit log.

    Each of the CARDLOGIN_PROXIES balancers adds the address it was asked from to the end of X-Forwarded-For; what
    stands before those is the browser's own word and is not read. Without the header the balancer itself asks (a
    health check). Answers 400 where fewer addresses, or something else, are there.
    """

    def look_and_go_on(request: HttpRequest) -> HttpResponse:
        told = request.META.get("HTTP_X_FORWARDED_FOR")
        if settings.CARDLOGIN_PROXIES and told is not None:
            request.META["REMOTE_ADDR"] = _asked_from(told, settings.CARDLOGIN_PROXIES)
        return get_response(request)

    return look_and_go_on


def _asked_from(told: str, proxies: int) -> str:
    try:
        return str(ipaddress.ip_address(told.split(",")[-proxies].strip()))
    except (IndexError, ValueError):
        raise ForwardingRefused from None
