"""A person who goes through the five steps; every step's usual answers, in which a test changes one thing."""

import re
from typing import Any

from captcha.models import CaptchaStore
from django.core import mail
from django.test import Client

from tests.portal.helpers import ask_challenge
from tests.portal.pki import Card

REGISTER = "/accounts/register/"
DONE = f"{REGISTER}done/"
SIGN = f"{REGISTER}card/"
MAIL = "clairesu@portal.example"
# Good in both profiles: fifteen characters, letters and digits, no blanks.
PASSWORD = "kq8-vlom2-Zu77x"
ACCOUNT = {"account": "clairesu1234", "password": PASSWORD, "password_again": PASSWORD}
BASIC = {"name": "蘇小明", "email": MAIL, "email_again": MAIL, "nickname": "小明"}
ADVANCED = {
    "birthday_year": "60", "birthday_month": "1", "birthday_day": "1", "id_type": "number", "id_number": "A123456789",
    "gender": "male", "county": "臺北市", "address": "示範路 1 號", "postcode": "10020", "phone": "0223165300",
    "extension": "12345",
}  # fmt: skip
RESCUE = {"question": "school", "answer": "示範 國小", "rescue_mobile": "0911123456"}
CONSENT = {"consent": "on"}


def solved() -> dict[str, str]:
    """The newest captcha with its answer."""
    store = CaptchaStore.objects.latest("pk")
    return {"captcha_key": store.hashkey, "captcha": store.response}


class Walk:
    """One registration in one browser; `page` is the last page seen."""

    def __init__(self, client: Client, choice: str = "member", **more: str) -> None:
        self.client = client
        self.page = client.post(REGISTER, {"choice": choice, **more}, follow=True)

    @property
    def draft(self) -> dict[str, Any]:
        """What the server keeps of the registration."""
        kept: dict[str, Any] = self.client.session["registration"]
        return kept

    def stamp(self) -> dict[str, str]:
        """The hidden fields of the page that is shown now."""
        return {"draft": self.draft["id"], "turn": str(self.draft["turn"])}

    def send(self, fields: dict[str, str], step: int | None = None) -> Any:
        """Send the form of the step that is due (or another one); follows to the next page."""
        number = self.draft["step"] if step is None else step
        self.page = self.client.post(f"{REGISTER}{number}/", {**self.stamp(), **fields}, follow=True)
        return self.page

    def to_rescue(self, account: str = "clairesu1234", **basic: str) -> "Walk":
        """Go on to the third step of a plain registration."""
        self.send({**ACCOUNT, "account": account})
        self.send({**BASIC, **basic})
        return self

    def to_consent(self, account: str = "clairesu1234", **basic: str) -> "Walk":
        """Go on to the last step of a plain registration."""
        self.to_rescue(account, **basic).send(RESCUE)
        self.send(solved())
        return self

    def plain(self, account: str = "clairesu1234", **basic: str) -> Any:
        """All five steps of a plain registration; the last page."""
        return self.to_consent(account, **basic).send(CONSENT)

    def to_advanced(self, account: str = "clairesu1234", **basic: str) -> "Walk":
        """Go on to the advanced data, by ticking the switch where there is one."""
        self.send({**ACCOUNT, "account": account})
        self.send({**BASIC, **basic, "advanced": "on"})
        return self

    def advanced(self, account: str = "clairesu1234", basic: dict[str, str] | None = None, **data: str) -> Any:
        """All five steps with advanced data; the last page."""
        self.to_advanced(account, **(basic or {})).send({**ADVANCED, **data})
        self.send(RESCUE)
        return self.send({**solved(), **CONSENT})

    def sign(self, card: Card, purpose: str = "bind") -> Any:
        """The card's signature at the end."""
        challenge = ask_challenge(self.client, purpose)
        self.page = self.client.post(SIGN, {"challenge": challenge, "token": card.token(challenge)}, follow=True)
        return self.page


def link_in(body: str) -> str:
    """The first link of a mail, as a path."""
    found = re.search(r"https://portal\.test(\S+)", body)
    assert found, body
    return found[1]


def code_in(body: str) -> str:
    """The six digits of a mail."""
    found = re.search(r"確認碼 (\d{6})", body)
    assert found, body
    return found[1]


def mail_to(address: str) -> str:
    """The body of the last mail to somebody."""
    return str([one.body for one in mail.outbox if one.to == [address]][-1])


def error_codes(page: Any, field: str) -> list[str]:
    """Why a field was refused."""
    errors = page.context["form"].errors.as_data()
    return [str(error.code) for error in errors.get(field, [])]


def step_of(page: Any) -> int:
    """Which step a page shows."""
    found = re.search(r"(?:步驟|Step) (\d)(?:／5：| of 5: )", page.content.decode())
    assert found, page.content.decode()[:3000]
    return int(found[1])
