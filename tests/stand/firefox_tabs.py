"""Firefox ESR as one of the browsers of `tests.stand.browser`: windows, and the hands of the person before them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.stand.bidi import BidiError
from tests.stand.browser import Tab
from tests.stand.firefox import Firefox, Page, firefox, public_portal
from tests.stand.processes import StandError

_EMPTY = ("about:blank", "about:home")


class FirefoxTab:
    """A tab or popup of Firefox, or a frame in it."""

    def __init__(self, page: Page, window: Page | None = None, address: str = "") -> None:
        self.page, self.window, self._address = page, window or page, address

    def go(self, url: str) -> None:
        """Opens an address."""
        self.page.goto(url)

    def click(self, selector: str) -> None:
        """Clicks, once it can be clicked."""
        self.page.click(selector)

    def text(self, selector: str) -> str:
        """The text of an element, once it has one."""
        try:
            return self.page.text(f"{selector}:not(:empty)")
        except StandError as error:
            raise TimeoutError(f"{selector} stays empty at {self.address()}") from error

    def frame(self) -> "FirefoxTab":
        """The first frame."""
        return FirefoxTab(self.page.frame(""), self.window)

    def evaluate(self, program: str) -> Any:
        """What an expression says; it does not count as anybody's click."""
        return self.page.evaluate(program)

    def address(self) -> str:
        """Where the window is, or was when it was closed."""
        with suppress(BidiError):
            self._address = self.window.url
        return self._address

    def back(self) -> None:
        """Goes back."""
        self.window.back()

    def closed(self) -> bool:
        """Whether the window is closed."""
        return self.window.closed

    def close(self) -> None:
        """Closes the window."""
        self.window.close()


class FirefoxBrowser:
    """A running Firefox."""

    def __init__(self, firefox: Firefox) -> None:
        self.firefox = firefox

    def open(self, url: str) -> FirefoxTab:
        """A new tab with an address."""
        tab = FirefoxTab(self.firefox.new_page())
        tab.go(url)
        return tab

    def others(self, tab: Tab) -> list[Tab]:
        """The windows that are open besides one; the empty one that a browser starts with does not count."""
        mine = tab.window.context if isinstance(tab, FirefoxTab) else ""
        found = [item for item in self.firefox.tree() if item["context"] != mine and item["url"] not in _EMPTY]
        return [FirefoxTab(Page(self.firefox, item["context"]), address=item["url"]) for item in found]


@contextmanager
def firefox_of(
    home: Path, *, public_ports: Sequence[int], granted: Sequence[str] = (), denied: Sequence[str] = ()
) -> Iterator[FirefoxBrowser]:
    """A Firefox whose person has said yes or no to some origins; a question to anybody else stays unanswered.

    What it trusts is in the profile of the home folder: `tests.stand.firefox.make_profile`.
    """
    with firefox(home, public_ports[0], public_portal(public_ports)) as running:
        for origins, state in ((granted, "granted"), (denied, "denied")):
            for origin in origins:
                running.set_permission(origin, state)
        yield FirefoxBrowser(running)
