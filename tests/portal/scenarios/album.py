"""Pictures of every page that somebody in a scenario sees, named after the portal's url table."""

import http.client
import ssl
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve, reverse
from playwright.sync_api import Page

from tests.stand.browser import take_picture
from tests.stand.parts import HOST, Portal
from tests.stand.screen import Screen
from tests.stand.waiting import LIMIT

# Stand-ins for the parts of an address, to find out which addresses show a page at all.
_PARTS = {
    "link": "x", "number": 1, "card": 1, "key": "x", "session": 1, "kind": "mobile", "way": 1, "secret": "x",
}  # fmt: skip
# What makes one address look different: refusals, good news, errors in a form, another kind of question.
_STATE = """() => {
  const seen = [...document.querySelectorAll("[data-code], [data-done], [data-doubt]")]
    .filter((one) => one.checkVisibility())
    .map((one) => one.dataset.code ?? one.dataset.done ?? one.dataset.doubt);
  if (document.querySelector(".field.wrong")) seen.push("errors");
  if (document.querySelector("input[name=captcha_kind][value=sound]")) seen.push("sound");
  return seen;
}"""


class Album:
    """The pictures of one profile; each page is taken once in each state, `seen` are the names in order."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.png"):
            old.unlink()
        self._folder = folder
        self._taken: set[str] = set()
        self._routes: set[str] = set()
        self.seen: list[str] = []

    def look(self, page: Page) -> None:
        """Take the page as it is now."""
        route, name = _name(urlsplit(page.url).path)
        self._routes.add(route)
        name = "-".join([name, *page.evaluate(_STATE)])
        if self._is_new(name):
            take_picture(page, self._folder / f"{name}.png", full_page=True)

    def look_at_window(self, screen: Screen, window: str, state: str) -> None:
        """Take a window as it is now, in a state that the caller names."""
        name = f"window-{state}"
        if self._is_new(name):
            screen.picture_of(window, self._folder / f"{name}.png")

    def unseen(self, portal: Portal) -> list[str]:
        """The names of the pages of the url table that have no picture; addresses that show no page do not count."""
        return [name for name in sorted(set(_names()) - self._routes) if _shows_a_page(portal, name)]

    def _is_new(self, name: str) -> bool:
        if name not in self.seen:
            self.seen.append(name)
        if name in self._taken:
            return False
        self._taken.add(name)
        return True


def _name(path: str) -> tuple[str, str]:
    try:
        match = resolve(path)
    except Resolver404:
        return "", path.strip("/").replace("/", "-") or "start"
    route = match.url_name or ""
    return route, "-".join([route, *(str(value) for key, value in match.kwargs.items() if key == "number")])


def _names() -> Iterator[str]:
    def walk(patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns)
            elif pattern.name:
                yield pattern.name

    return walk(get_resolver().url_patterns)


def _shows_a_page(portal: Portal, name: str) -> bool:
    pattern = next(iter(get_resolver().reverse_dict.getlist(name)))
    arguments = {part: _PARTS[part] for part in pattern[0][0][1]}
    # By number, because only the browser knows where the portal's name leads; its certificate names the number too.
    context = ssl.create_default_context(cafile=str(portal.root))
    connection = http.client.HTTPSConnection("127.0.0.1", portal.port, context=context, timeout=LIMIT)
    try:
        connection.request("GET", reverse(name, kwargs=arguments), headers={"Host": f"{HOST}:{portal.port}"})
        answer = connection.getresponse()
        # A redirect leads on from an address that has a page to show to others.
        is_html = answer.getheader("Content-Type", "text/html").startswith("text/html")
        return answer.status != 405 and is_html and (answer.status < 400 or answer.read() != b"")
    finally:
        connection.close()
