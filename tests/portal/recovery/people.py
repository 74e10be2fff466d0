"""What a person does to recover access to an account."""

import re
from typing import Any

from captcha.models import CaptchaStore
from django.core import mail
from django.test import Client

from portal.accounts.answers import QUESTIONS
from portal.messages.models import OutboxMessage
from tests.portal.helpers import ask_challenge
from tests.portal.pki import Card

MOBILE = "0911123456"
NATIONAL_ID = "A123456789"
QUESTION_KEY, QUESTION = QUESTIONS[3][0], str(QUESTIONS[3][1])
ANSWER = "Ａ 小 明"
NEW = "kq8#vlom2Xyz9Ab"  # fifteen characters: right under both profiles
BASE = "/accounts/recover/"
WAYS = ("activate", "unlock", "reset")


def name_account(client: Client, way: str, account: str = "wang0001") -> Any:
    """Fill in the account name of a way by card."""
    return client.post(f"{BASE}{way}-card/", {"account": account})


def show_card(client: Client, way: str, card: Card, purpose: str = "") -> Any:
    """Sign with a card and send what the page's script sends; the page that follows."""
    challenge = ask_challenge(client, purpose or way)
    fields = {"challenge": challenge, "token": card.token(challenge)}
    return client.post(f"{BASE}{way}-card/proof/", fields, follow=True)


def by_card(client: Client, way: str, card: Card, account: str = "wang0001") -> Any:
    """A whole way by card, up to what follows the card."""
    name_account(client, way, account)
    return show_card(client, way, card)


def solved(client: Client, path: str) -> dict[str, str]:
    """Open a page and answer its captcha."""
    assert client.get(path).status_code == 200
    store = CaptchaStore.objects.latest("pk")
    return {"captcha_key": store.hashkey, "captcha": store.response}


def start(client: Client, way: str, account: str = "wang0001") -> Any:
    """The first page of a way without a card; the page that follows."""
    path = f"{BASE}{way}/"
    return client.post(path, {"account": account, **solved(client, path)}, follow=True)


def set_password(client: Client, password: str = NEW, again: str | None = None, **more: str) -> Any:
    """Fill in the page of the new password, with what it offers ticked; the page that follows."""
    fields = {"password": password, "again": password if again is None else again, "end_others": "on", **more}
    return client.post(f"{BASE}password/", {name: value for name, value in fields.items() if value}, follow=True)


def code(answer: Any) -> str:
    """The code of the page's message, or what the last page says was done."""
    text = answer.content.decode()
    mark = 'data-done="' if 'data-done="' in text else 'data-code="'
    return str(text.split(mark, 1)[1].split('"', 1)[0]) if mark in text else ""


def asks_for_password(answer: Any) -> bool:
    """Whether the page is the one that sets a new password."""
    return 'id="set-password"' in answer.content.decode()


def mailed_code() -> str:
    """The code in the last mail."""
    return _six_digits(str(mail.outbox[-1].body))


def texted_code() -> str:
    """The code in the last text message."""
    return _six_digits(OutboxMessage.objects.latest("pk").body)


def neutral(answer: Any) -> str:
    """A page without what differs from request to request: anti-forgery token and captcha."""
    return re.sub(r'value="[0-9A-Za-z]{32,64}"|/captcha/(?:image|sound)/[0-9a-f]+/', "…", answer.content.decode())


def _six_digits(text: str) -> str:
    found = re.search(r"\b[0-9]{6}\b", text)
    assert found is not None, text
    return found[0]
