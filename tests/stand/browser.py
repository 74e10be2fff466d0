"""Debian's Chromium, with a home of its own, that treats the portal as a public site.

`Browser` and `Tab` are what a test of all browsers may use; everything that only Chromium knows stays in this file.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, Protocol

from playwright.sync_api import Browser as PlaywrightBrowser
from playwright.sync_api import BrowserContext, Error, Frame, Page, Playwright, sync_playwright

from certs.chromium import chromium_database
from certs.nss import trust
from tests.stand.parts import HOST
from tests.stand.processes import StandError
from tests.stand.waiting import LIMIT, wait_until

_LIMIT_MS = LIMIT * 1000
_ALLOW, _BLOCK = 1, 2  # content settings


def chromium() -> str:
    """The path of Chromium; raises StandError when it is not installed."""
    path = shutil.which("chromium")
    if path is None:
        raise StandError("chromium is not installed (Debian package chromium)")
    return path


def arguments(*public_ports: int) -> list[str]:
    """The switches: portal.test is this computer, yet its ports count as public, so Local Network Access applies."""
    overrides = ",".join(f"127.0.0.1:{port}=public" for port in public_ports)
    switches = [
        f"--host-resolver-rules=MAP {HOST} 127.0.0.1, MAP evil.test 127.0.0.1",
        f"--ip-address-space-overrides={overrides}",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        "--lang=zh-TW",
    ]
    # Chromium's sandbox does not work for root, as in containers.
    return [*switches, "--no-sandbox"] if os.geteuid() == 0 else switches


def make_home(home: Path, roots: Iterable[tuple[str, Path]]) -> None:
    """A home folder whose Chromium trusts some roots (name, PEM); the user's own stores are not touched."""
    home.mkdir(parents=True, exist_ok=True)
    for name, root in roots:
        trust(chromium_database(home), root, name)


def environment(home: Path, display: str | None = None) -> dict[str, str | float | bool]:
    """The environment of a Chromium that lives in a home folder, and on a screen."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    return {**kept, "HOME": str(home), **({"DISPLAY": display} if display else {})}


@contextmanager
def browser(
    home: Path, *public_ports: int, profile: str = "profile", display: str | None = None,
    running: Playwright | None = None,
) -> Iterator[BrowserContext]:  # fmt: skip
    """A Chromium driven by Playwright; popups open only after a click, as for a person. Headless without a display.

    Without a driver that is running, one is started: while it runs, its event loop counts as running in this thread,
    where there can be no other then.
    """
    with nullcontext(running) if running else sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            str(home / profile), executable_path=chromium(), args=arguments(*public_ports),
            env=environment(home, display), headless=display is None, locale="zh-TW",
            ignore_default_args=["--disable-popup-blocking"], viewport={"width": 1024, "height": 768},
            timeout=_LIMIT_MS,
        )  # fmt: skip
        context.set_default_timeout(_LIMIT_MS)
        try:
            yield context
        finally:
            context.close()


def take_picture(page: Page, path: Path, *, full_page: bool = False) -> None:
    """Takes a picture of a page at rest; once more where Chromium could not, as happens on a busy computer."""
    for last in (False, True):
        try:
            page.screenshot(path=path, full_page=full_page, animations="disabled")
            return
        except Error as error:
            if last or "Unable to capture screenshot" not in error.message:
                raise
            page.wait_for_timeout(250)


def wait_closed(page: Page) -> None:
    """Waits until a page is closed, where its owner may have closed it before anybody looked."""
    if not page.is_closed():
        page.wait_for_event("close")


@contextmanager
def strangers(
    home: Path, *public_ports: int, running: Playwright | None = None
) -> Iterator[Callable[[], BrowserContext]]:
    """A headless Chromium, started once, that somebody new sits down at whenever the function is called.

    `running`: as for `browser`.
    """
    with nullcontext(running) if running else sync_playwright() as playwright:
        chrome = playwright.chromium.launch(
            executable_path=chromium(), args=arguments(*public_ports), env=environment(home),
            ignore_default_args=["--disable-popup-blocking"], timeout=_LIMIT_MS,
        )  # fmt: skip
        try:
            yield lambda: _new_context(chrome)
        finally:
            chrome.close()


def _new_context(chrome: PlaywrightBrowser) -> BrowserContext:
    context = chrome.new_context(locale="zh-TW", viewport={"width": 1024, "height": 768})
    context.set_default_timeout(_LIMIT_MS)
    return context


class Tab(Protocol):
    """One window, or a frame of it, and the hands of the person before it."""

    def go(self, url: str) -> None:
        """Opens an address."""

    def click(self, selector: str) -> None:
        """Clicks as a person does; returns before anything that follows from it."""

    def text(self, selector: str) -> str:
        """The text of an element, once it has one; raises TimeoutError when it stays empty."""

    def frame(self) -> "Tab":
        """The first frame of the window."""

    def evaluate(self, program: str) -> Any:
        """What a JavaScript expression says."""

    def address(self) -> str:
        """Where the window is."""

    def back(self) -> None:
        """Goes back as with the browser's button; returns before the page is there."""

    def closed(self) -> bool:
        """Whether the window is gone."""

    def close(self) -> None:
        """Closes it as a person does."""


class Browser(Protocol):
    """A browser of a person who has answered the permission prompts of some sites before."""

    def open(self, url: str) -> Tab:
        """A new window with an address."""

    def others(self, tab: Tab) -> list[Tab]:
        """The windows that are open besides one, as of now."""


class ChromiumTab:
    """A page of Chromium, or a frame in it."""

    def __init__(self, page: Page, frame: Frame | None = None) -> None:
        self.page = page
        self._frame = frame or page.main_frame

    def go(self, url: str) -> None:
        """Opens an address."""
        self._frame.goto(url)

    def click(self, selector: str) -> None:
        """Clicks, once it can be clicked."""
        self._frame.click(selector, timeout=_LIMIT_MS, no_wait_after=True)

    def text(self, selector: str) -> str:
        """The text of an element, once it has one."""
        try:
            self._frame.wait_for_selector(f"{selector}:not(:empty)", timeout=_LIMIT_MS)
        except TimeoutError as error:
            raise TimeoutError(f"{selector} stays empty at {self.page.url}") from error
        return self._frame.inner_text(selector)

    def frame(self) -> "ChromiumTab":
        """The first frame."""
        return ChromiumTab(self.page, self._frame.child_frames[0])

    def evaluate(self, program: str) -> Any:
        """What an expression says."""
        return self._frame.evaluate(program)

    def address(self) -> str:
        """Where the page is."""
        self.page.wait_for_timeout(1)  # Playwright takes notice only while it is at work
        return self.page.url

    def back(self) -> None:
        """Goes back; for a moment after an error page has come, Chromium has no page that it could be told."""

        def gone() -> bool:
            try:
                self.page.go_back(wait_until="commit")
            except Error as error:
                if "Not attached" not in error.message:
                    raise
                return False
            return True

        wait_until(gone, between=0.05)

    def closed(self) -> bool:
        """Whether the page is closed."""
        return self.page.is_closed()

    def close(self) -> None:
        """Closes the page."""
        self.page.close()


class Chromium:
    """A running Chromium."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context

    def open(self, url: str) -> ChromiumTab:
        """A new page with an address."""
        tab = ChromiumTab(self.context.new_page())
        tab.go(url)
        return tab

    def others(self, tab: Tab) -> list[Tab]:
        """The pages that are open besides one; the empty page that a browser starts with does not count."""
        mine = tab.page if isinstance(tab, ChromiumTab) else self.context.pages[0]
        mine.wait_for_timeout(1)  # as in `address`
        pages = [page for page in self.context.pages if page is not mine and page.url != "about:blank"]
        return [ChromiumTab(page) for page in pages]


@contextmanager
def chromium_of(
    home: Path, profile: str, *, public_ports: Sequence[int], granted: Sequence[str] = (), denied: Sequence[str] = (),
    display: str | None = None, running: Playwright | None = None,
) -> Iterator[Chromium]:  # fmt: skip
    """A Chromium whose person has said yes or no to some top-level origins that asked for this computer's programs.

    Without a display it is headless, and says no by itself to every other origin that asks.
    The answers are in the profile's content settings: what a debugger grants would hold for undelegated frames too.
    """
    answers = {f"{origin},*": {"setting": _ALLOW} for origin in granted}
    answers |= {f"{origin},*": {"setting": _BLOCK} for origin in denied}
    preferences = home / profile / "Default" / "Preferences"
    preferences.parent.mkdir(parents=True)
    exceptions = {"loopback_network": answers}
    preferences.write_text(json.dumps({"profile": {"content_settings": {"exceptions": exceptions}}}))
    with browser(home, *public_ports, profile=profile, display=display, running=running) as context:
        yield Chromium(context)
