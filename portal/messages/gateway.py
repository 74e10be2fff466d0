"""The port to a text-message gateway, with its two ways: a company's HTTP interface, or the development outbox."""

import json
import logging
import urllib.error
import urllib.request
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string
from typing_extensions import override

from portal.messages.models import OutboxMessage

_SECONDS = 10
_log = logging.getLogger("portal.messages")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect is an error: text and bearer token go to the operator's address and nowhere else."""

    @override
    def redirect_request(self, *args: object, **kwargs: object) -> None:
        """Follow nothing."""


_OPENER = urllib.request.build_opener(_NoRedirect)


class GatewayError(Exception):
    """The gateway did not take the message."""


class TextGateway(Protocol):
    """Takes a short text for a mobile number (09 and eight digits)."""

    def send(self, number: str, body: str) -> None:
        """Hand the text over; raises GatewayError."""


class OutboxGateway:
    """Keeps texts in the database, for the outbox page."""

    def send(self, number: str, body: str) -> None:
        """Keep the text."""
        OutboxMessage.objects.create(channel="text", recipient=number, body=body)


class HttpGateway:
    """Posts `{"to": number, "text": body}` with a bearer token to an https address (CARDLOGIN_TEXT_URL, _TOKEN)."""

    def send(self, number: str, body: str) -> None:
        """Hand the text over; raises GatewayError for anything but a 2xx answer within 10 s."""
        request = urllib.request.Request(  # noqa: S310  # the address is the operator's; the check keeps file: out
            self._address(),
            data=json.dumps({"to": number, "text": body}).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {settings.CARDLOGIN_TEXT_TOKEN}"},
            method="POST",
        )
        try:
            with _OPENER.open(request, timeout=_SECONDS) as answer:
                answer.read(1024)
        except (urllib.error.URLError, TimeoutError, ValueError) as error:
            _log.warning("text gateway: %s", type(error).__name__)
            raise GatewayError from None

    def _address(self) -> str:
        address: str = settings.CARDLOGIN_TEXT_URL
        if not address.startswith(("https://", "http://127.0.0.1:")):
            raise GatewayError
        return address


def gateway() -> TextGateway:
    """The gateway of this installation (setting CARDLOGIN_TEXT_GATEWAY, a dotted class name)."""
    made: TextGateway = import_string(settings.CARDLOGIN_TEXT_GATEWAY)()
    return made
