"""What a person's browser does in these tests."""

from typing import Any

from django.test import Client
from django.utils.html import strip_tags

from tests.portal.pki import Card


def ask_challenge(client: Client, purpose: object = "login") -> str:
    """Fetch a challenge as the page's script does."""
    answer = client.post("/accounts/card/challenge/", {"purpose": purpose}, content_type="application/json")
    assert answer.status_code == 200, answer.content
    challenge = answer.json()["challenge"]
    assert isinstance(challenge, str)
    return challenge


def send_token(client: Client, challenge: str, token: str, **fields: str) -> Any:
    """Submit the page's card form."""
    return client.post("/accounts/card/login/", {"challenge": challenge, "token": token, **fields})


def card_log_in(client: Client, card: Card, **fields: str) -> Any:
    """A whole card log-in; returns the answer to the form."""
    challenge = ask_challenge(client)
    return send_token(client, challenge, card.token(challenge), **fields)


def location(answer: Any) -> str:
    """Where an answer leads."""
    return str(answer["Location"])


def shown_code(client: Client, answer: Any, panel: str = "card") -> str:
    """Follow the way back to the log-in page and return the code shown in the panel's message."""
    assert answer.status_code == 302
    assert answer.url.startswith("/accounts/login/")
    page = client.get(answer.url)
    assert page.status_code == 200
    text = page.content.decode()
    message = text.split(f'id="{panel}-message"', 1)[1]
    return message.split('data-code="', 1)[1].split('"', 1)[0]


def plain(answer: Any) -> str:
    """The page as text without tags."""
    return strip_tags(answer.content.decode())


def logged_in(client: Client) -> bool:
    """Whether the member's page opens."""
    return client.get("/member/").status_code == 200
