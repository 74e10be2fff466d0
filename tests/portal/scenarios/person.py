"""A person at the computer: opens pages, fills in fields by their labels, reads mails, uses a card."""

import re
from collections.abc import Callable
from datetime import timedelta

from django.urls import reverse
from playwright.sync_api import BrowserContext, Page

from tests.portal.scenarios.album import Album
from tests.portal.scenarios.database import Database, Message
from tests.portal.scenarios.desk import Desk
from tests.stand.parts import PIN, Portal
from tests.stand.waiting import LIMIT

SECONDS = 1000 * LIMIT
# What can be typed into: a choice may have the same label as the field beside it.
_TYPED = "input:not([type=radio], [type=checkbox]), textarea"
PASSWORD, NEW_PASSWORD = "Umi-7-kawa-2026", "Yama-9-sora-202"
"""Good in both profiles: fifteen characters, letters and digits, no blanks."""


class Person:
    """Somebody with an account name, a mail address, a mobile and a card; `page` is what the browser shows."""

    def __init__(
        self, number: int, context: BrowserContext, portal: Portal, database: Database, desk: Desk, album: Album
    ) -> None:
        self.account = f"visitor{number:02}"
        self.card = f"e{number:02}"
        self.mail = f"{self.account}@portal.example"
        self.mobile = f"09000000{number:02}"
        self.desk = desk
        self._portal, self._database, self._album = portal, database, album
        # What others were sent before at the same address was read then.
        self._read = {to: len(database.messages(to)) for to in (self.mail, self.mobile)}
        self.page = self._new_page(context)

    # The browser

    def go(self, name: str) -> None:
        """Open a page of the portal, by its name in the url table."""
        self.open(self._portal.origin + reverse(name))

    def open(self, address: str) -> None:
        """Open an address, such as one from a mail."""
        self.page.goto(address)
        self._look()

    def follow(self, text: str) -> None:
        """Follow a link, by the beginning of its text."""
        self.onward(lambda: self.page.get_by_role("link", name=_begins(text)).first.click())

    def press(self, text: str) -> None:
        """Press a button that leads to another page, by the beginning of its text."""
        self.onward(lambda: self.page.get_by_role("button", name=_begins(text)).first.click())

    def onward(self, act: Callable[[], None]) -> None:
        """Do something that leads to another page."""
        with self.page.expect_navigation():
            act()
        self._look()

    def fill(self, fields: dict[str, str]) -> None:
        """Fill in fields, by their labels."""
        for label, text in fields.items():
            self.page.get_by_label(_is(label)).and_(self.page.locator(_TYPED)).fill(text)

    def choose(self, label: str, option: str) -> None:
        """Choose an option, by the beginning of its text, of a list."""
        box = self.page.get_by_label(_is(label))
        box.select_option(label=box.get_by_role("option", name=_begins(option)).inner_text())

    def tick(self, label: str) -> None:
        """Tick a box or choose a button of several, by the beginning of its label."""
        self.page.get_by_label(_begins(label)).check()

    def answer_captcha(self) -> None:
        """Ask for a sound, as somebody who does not see pictures would, and answer it."""
        self.press("改用語音" if self.page.locator("img.picture").count() else "換一段語音")
        assert self.page.locator("audio.sound").count() == 1
        key = self.page.locator("input[name=captcha_key]").input_value()
        self.fill({"驗證碼": self._database.captcha_answer(key)})

    def at(self, name: str) -> bool:
        """Whether the browser shows a page, by its name in the url table."""
        return self.page.url.partition("?")[0] == self._portal.origin + reverse(name)

    def reads(self, *texts: str) -> bool:
        """Whether all of these are to be read on the page."""
        shown = self.page.inner_text("main")
        return all(text in shown for text in texts)

    def refused(self) -> str:
        """The code of the refusal that the page shows; empty where it shows none."""
        return self._said("data-code")

    def done(self) -> str:
        """What the page says is done; empty where it says nothing."""
        return self._said("data-done")

    # Mail and telephone

    def next_mail(self, address: str = "") -> Message:
        """The oldest mail that was not read yet, once it is there."""
        return self._next_message(address or self.mail)

    def next_text(self) -> Message:
        """The same of text messages."""
        return self._next_message(self.mobile)

    # Time

    def wait(self, time: timedelta) -> None:
        """Let time pass."""
        self._database.pass_time(time)

    def pass_waiting_time(self) -> None:
        """Let the few seconds pass that a wrong password costs."""
        self.wait(timedelta(seconds=5))

    # The card

    def renew_card(self) -> None:
        """Get a new certificate of the same name and number: the portal has not seen this one yet."""
        self._database.renew_cards()

    def use_card(self, pin: str = PIN) -> None:
        """Press the page's button for the card and type the PIN into the window; leads to another page."""

        def sign() -> None:
            self.ask_for_card()
            self.desk.type_pin(pin)

        self.onward(sign)

    def ask_for_card(self) -> None:
        """Press the page's button for the card; the PIN window opens."""
        self.page.wait_for_selector("#card-login:enabled")
        self.page.click("#card-login")

    def card_refused(self, code: str) -> str:
        """What the page says of the card, once it says a code."""
        self.page.wait_for_selector(f"#card-message[data-code={code}]")
        self._look()
        return self.page.inner_text("#card-message")

    # What is done in many scenarios

    def log_in(self, password: str = PASSWORD) -> None:
        """Try to log in with the password, on the log-in page; answers the captcha where there is one."""
        if not self.at("account_login"):
            self.go("account_login")
        self.fill({"帳號": self.account})
        if self.page.locator("input[name=captcha]").count():
            self.answer_captcha()
        self.fill({"密碼": password})
        self.press("登入")

    def log_in_by_card(self) -> None:
        """Try to log in with the card that is in the reader."""
        self.go("account_login")
        self.use_card()

    def log_out(self) -> None:
        """Log out."""
        self.press("會員登出")

    def came_in_by(self) -> str:
        """How the person came in, as the member's page says: card or password."""
        assert self.at("member"), f"{self.page.url} {self.refused()}"
        assert self.account in self.page.inner_text("#who")
        return self.page.get_attribute("#how", "data-method") or ""

    def _new_page(self, context: BrowserContext) -> Page:
        page = context.new_page()
        page.set_default_timeout(SECONDS)
        return page

    def _look(self) -> None:
        self._album.look(self.page)

    def _said(self, attribute: str) -> str:
        found = self.page.locator(f"main [{attribute}]:visible")
        return found.first.get_attribute(attribute) or "" if found.count() else ""

    def _next_message(self, recipient: str) -> Message:
        read = self._read.get(recipient, 0)
        self._read[recipient] = read + 1
        return self._database.next_message(recipient, read)


def _begins(text: str) -> re.Pattern[str]:
    return re.compile(rf"^\s*{re.escape(text)}")


def _is(label: str) -> re.Pattern[str]:
    # What a field says beside its label, that it may be left open for example, comes after a blank.
    return re.compile(rf"^\s*{re.escape(label)}(\s|$)")
