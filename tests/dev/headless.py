"""./dev demo --headless: the log-in a person would do, done and timed by itself, with pictures."""

import time
from pathlib import Path

from playwright.sync_api import Error, Page

from tests.stand.browser import browser, take_picture
from tests.stand.parts import PIN
from tests.stand.processes import StandError
from tests.stand.screen import Screen
from tests.stand.stack import Stack

SECONDS = 15


def log_in(stack: Stack, screen: Screen, pictures: Path) -> None:
    """Logs in with the card and prints the last line; raises StandError when anything is not as it should be."""
    try:
        with browser(stack.home, stack.portal.port) as context:
            context.clear_cookies()
            page = context.new_page()
            page.set_default_timeout(SECONDS * 1000)
            page.goto(f"{stack.portal.origin}/accounts/login/")
            page.wait_for_selector("#card-login:enabled")
            page.wait_for_timeout(200)  # until the button has taken on its colour
            take_picture(page, pictures / "1-login-page.png")
            milliseconds, card_milliseconds = _timed(stack, screen, page, pictures)
            take_picture(page, pictures / "3-after-login.png")
            _check(page)
    except Error as error:
        raise StandError(f"browser: {error.message}") from None
    print(f"demo: pictures are in {pictures}")
    print(f"login ok: {milliseconds:.0f} ms from click to page, of which card {card_milliseconds:.0f} ms", flush=True)


def _timed(stack: Stack, screen: Screen, page: Page, pictures: Path) -> tuple[float, float]:
    card_before = stack.card_ms()
    begun = time.monotonic()
    page.click("#card-login")
    window = screen.wait_window(seconds=SECONDS)
    waited = time.monotonic()
    screen.picture_of(window, pictures / "2-pin-window.png")
    # Taking the picture is not part of the log-in.
    begun += time.monotonic() - waited
    screen.type(PIN)
    screen.key("Return")
    page.wait_for_url("**/member/")
    return (time.monotonic() - begun) * 1000, stack.card_ms() - card_before


def _check(page: Page) -> None:
    method = page.get_attribute("#how", "data-method")
    who = page.inner_text("#who")
    if method != "card" or "王小明" not in who:
        raise StandError(f"the page after log-in says {who!r} by {method!r}")
