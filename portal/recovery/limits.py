"""How often a browser's address may try, and how often one account or mail address may be sent something."""

from allauth.core import ratelimit
from django.http import HttpRequest

from portal.accounts.entry import account_number
from portal.audit.log import record
from portal.failures import RATE_LIMITED, Refusal
from portal.sealing import index


def limit_steps(request: HttpRequest) -> None:
    """Raise `Refusal` (rate_limited) when this network address has tried too often."""
    if not ratelimit.consume(request, action="recovery"):
        record("recovery", RATE_LIMITED.code, request=request)
        raise Refusal(RATE_LIMITED)


def limit_sending(request: HttpRequest, recipient: str) -> None:
    """Raise `Refusal` (rate_limited) when too much was asked for one account or address, existing or not.

    A stranger can use that up for somebody; the card's way has no such limit (K10).
    """
    if not ratelimit.consume(request, action="recovery_send", key=index(recipient, "recovery send")):
        record("recovery_code", RATE_LIMITED.code, account=account_number(recipient), request=request)
        raise Refusal(RATE_LIMITED)
