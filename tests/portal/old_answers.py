"""What the old component brings for a card of the portal's test PKI, and how a browser sends it."""

from typing import Any

from django.test import Client

from tests.portal.helpers import ask_challenge
from tests.portal.pki import Card
from tests.unit.cardlogin_server import pki as parts
from tests.unit.cardlogin_server.answers.cms_building import Answer

PAGE, FORM = "/login/card/old/", "/login/card/old/answer/"


def old_answer(card: Card, challenge: str, **fields: object) -> Answer:
    """A PKCS7 answer with the claims that the page asks for; other fields as a test wants."""
    whole = Answer(card=parts.Card(card.certificate, card.key), challenge=challenge)
    return whole.claiming(parts.utf8(challenge), parts.utf8("TP00000000000001")).but(**fields)


def send(client: Client, challenge: str, answer: str, **fields: str) -> Any:
    """Submit the old page's form."""
    return client.post(FORM, {"challenge": challenge, "answer": answer, **fields})


def log_in_old(client: Client, card: Card, **fields: object) -> Any:
    """A whole log-in the old way; the answer to the form."""
    challenge = ask_challenge(client)
    return send(client, challenge, old_answer(card, challenge, **fields).text)


def refused(client: Client, answer: Any) -> str:
    """The code that the old page shows after a form that led back to it."""
    assert answer.status_code == 302
    assert answer.url.startswith(PAGE)
    message = client.get(answer.url).content.decode().split('id="old-message"', 1)[1]
    return message.split('data-code="', 1)[1].split('"', 1)[0]
