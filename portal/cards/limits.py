"""How often challenges and cards are taken; nobody behind the same network address keeps a card holder out (K10)."""

from allauth.core import ratelimit
from django.http import HttpRequest

from portal.accounts.devices import known_for_any


def may_use_card(request: HttpRequest, step: str) -> bool:
    """Count one use of a card at `step` (challenge or proof); whether it may go on.

    A browser in which somebody has logged in before is not asked for its address. What follows is cheap until a
    challenge of this session was signed, so the limit of an address is high.
    """
    device = known_for_any(request)
    if not device and not ratelimit.consume(request, action="card_address"):
        return False
    key = device or request.session.session_key
    return not key or bool(ratelimit.consume(request, action="card_session", key=f"{step} {key}"))
