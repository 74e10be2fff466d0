"""What strangers do to shut a holder out, and what the holder does then."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import time_machine
from captcha.models import CaptchaStore
from django.test import Client
from django.utils import timezone

from tests.portal.conftest import PASSWORD, browser
from tests.portal.recovery.people import BASE, code, start

LOGIN = "/accounts/login/"
AGAIN = "/accounts/reauthenticate/"
NAME = "wang0001"


@contextmanager
def later(**times: float) -> Iterator[None]:
    """A while later."""
    with time_machine.travel(timezone.now() + timedelta(**times)):
        yield


def log_in(client: Client, password: str = PASSWORD, name: str = NAME) -> Any:
    """Send the log-in form, with the answer to the captcha it shows, if there is one."""
    fields = {"login": name, "password": password}
    answer = client.post(LOGIN, fields)
    if 'data-code="captcha_needed"' in answer.content.decode():
        store = CaptchaStore.objects.latest("pk")
        answer = client.post(LOGIN, {**fields, "captcha_key": store.hashkey, "captcha": store.response})
    return answer


def inside(client: Client) -> bool:
    """Whether this browser is logged in."""
    return client.get("/member/").status_code == 200


def log_out(client: Client) -> None:
    """Log out; the browser keeps its other cookies."""
    client.post("/accounts/logout/")
    assert not inside(client)


def known_browser() -> Client:
    """A browser in which the holder has logged in by password before, and logged out."""
    client = browser()
    log_in(client)
    assert inside(client)
    log_out(client)
    return client


def guess(times: int, name: str = NAME, client: Client | None = None, apart: int = 10) -> list[str]:
    """Wrong passwords of a stranger (or in `client`), each after its wait; the codes of the answers."""
    seen = []
    for number in range(times):
        with later(seconds=apart * number):
            seen.append(code(log_in(client or browser(), f"wrong-password-{number}", name)))
    return seen


def reply(client: Client, answer: str) -> str:
    """Name the account of the question and answer it; the code shown, empty where it goes on."""
    start(client, "question")
    return code(client.post(f"{BASE}question/answer/", {"answer": answer}, follow=True))
