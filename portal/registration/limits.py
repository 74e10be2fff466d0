"""Rate limits of this part of the portal (settings, ACCOUNT_RATE_LIMITS)."""

from allauth.core import ratelimit
from django.http import HttpRequest

from portal.failures import RATE_LIMITED, Refusal
from portal.registration.confirmation import Writer
from portal.sealing import index


def count(request: HttpRequest, action: str, key: str | None = None) -> None:
    """Count one try; raises `Refusal` (rate_limited) when there have been too many."""
    if not ratelimit.consume(request, action=action, key=key):
        raise Refusal(RATE_LIMITED)


def writer(request: HttpRequest) -> Writer:
    """Return what says, and counts, whether one more mail may go to an address."""
    return lambda address: bool(ratelimit.consume(request, action="confirm_mail", key=index(address, "confirm mail")))
