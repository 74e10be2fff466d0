"""What a browser does for a trial."""

from typing import Any

from django.apps import apps
from django.test import Client

from tests.portal.helpers import ask_challenge
from tests.portal.pki import Card

TRIAL = "/selftest/trial/"
# What a challenge needs, the one line that a trial leaves, and the question on a page that is shown after a refusal.
OF_A_TRIAL = {"sessions.Session", "audit.AuditEvent", "captcha.CaptchaStore"}


def post(client: Client, challenge: str, token: str) -> Any:
    """Send what the page's script sends."""
    return client.post(TRIAL, {"challenge": challenge, "token": token}, headers={"accept": "application/json"})


def try_out(client: Client, card: Card, purpose: str = "test") -> Any:
    """A whole trial; what the page is told."""
    challenge = ask_challenge(client, purpose)
    return post(client, challenge, card.token(challenge)).json()


def everything() -> dict[str, list[Any]]:
    """All rows of all tables but those."""
    models = [model for model in apps.get_models() if model._meta.label not in OF_A_TRIAL]
    return {model._meta.label: list(model._default_manager.order_by("pk").values()) for model in models}
