"""``manage.py cardlogin_check``: tries what the system checks cannot see."""

import secrets
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from typing_extensions import override

from cardlogin_server import CardLoginError, Purpose
from cardlogin_server.contrib.django.parts import challenges, verifier


class Command(BaseCommand):
    """Builds the verifier from the settings and sends one challenge through the cache, twice."""

    help = "Try card log-in's settings: trust anchors, origin, and a challenge that can be used exactly once."

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        """Say what works; a CommandError names what does not."""
        try:
            verifier()
        except (ValueError, OSError) as error:
            raise CommandError(f"settings: {error}") from error
        self.stdout.write("settings: ok")
        _try_challenge()
        self.stdout.write("challenges: ok")


def _try_challenge() -> None:
    session = secrets.token_urlsafe(16)
    text = challenges().issue(session, Purpose.LOGIN)
    try:
        challenges().take(text, session, Purpose.LOGIN)
    except CardLoginError as error:
        raise CommandError(f"challenges: the cache does not keep them ({error.code})") from error
    try:
        challenges().take(text, session, Purpose.LOGIN)
    except CardLoginError:
        return
    raise CommandError("challenges: the cache gave one away twice")
