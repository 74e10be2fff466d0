"""What a page with a card action needs beside its own data."""

from django.conf import settings

from portal.failures import PORTAL_UNREACHABLE


def card_context() -> dict[str, object]:
    """Return the component's ports and the failure that the page's script shows when the portal is out of reach."""
    return {
        "agent_ports": ",".join(map(str, settings.CARDLOGIN_AGENT_PORTS)),
        "agent_http_port": settings.CARDLOGIN_AGENT_HTTP_PORT,
        "unreachable": PORTAL_UNREACHABLE,
    }
