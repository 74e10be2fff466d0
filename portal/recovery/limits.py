"""How often a browser's address may try, and how often one account or mail address may be sent something."""

from allauth.core import ratelimit
from allauth.core.internal.ratelimit import get_ip
from django.http import HttpRequest

from portal.accounts.devices import known_for_any
from portal.accounts.entry import account_number
from portal.accounts.sources import source_of
from portal.audit.log import record
from portal.failures import RATE_LIMITED, Refusal
from portal.sealing import index


def limit_steps(request: HttpRequest) -> None:
    """Raise `Refusal` (rate_limited) when this network address has tried too often; not for the card's way (K10).

    A browser in which the holder of an account has logged in is counted for itself, whoever else has its address.
    """
    device = known_for_any(request)
    action, key = ("recovery_known", device) if device else ("recovery", None)
    if not ratelimit.consume(request, action=action, key=key):
        record("recovery", RATE_LIMITED.code, request=request)
        raise Refusal(RATE_LIMITED)


def limit_sending(request: HttpRequest, recipient: str) -> None:
    """Raise `Refusal` (rate_limited) when too much was asked for one account or address, existing or not.

    A known browser and an open session of the account have as much again for themselves, so strangers cannot use that
    up; nor can one network address use up what all strangers have. The card's way has no such limit (K10).
    """
    source = source_of(request, recipient)
    key = index(f"{recipient} {source.key}" if source.key else recipient, "recovery send")
    here = source.key or f"{recipient} {get_ip(request)}"
    if not (
        ratelimit.consume(request, action="recovery_send_here", key=index(here, "recovery send"))
        and ratelimit.consume(request, action="recovery_send", key=key)
    ):
        record("recovery_code", RATE_LIMITED.code, account=account_number(recipient), typed=recipient, request=request)
        raise Refusal(RATE_LIMITED)
