"""Every page in Chromium: nothing for axe to find, nothing beside the edge of a telephone, nothing the CSP refuses."""

import os
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import ConsoleMessage, Page

from portal.accounts.models import User
from tests.portal.pki import Pki
from tests.portal.recovery.gallery import ORIGIN, RULES, Gallery, Scheme, gather, room
from tests.stand.browser import take_picture

# All pages in one browser: minutes on a busy machine.
pytestmark = [pytest.mark.django_db, pytest.mark.browser, pytest.mark.timeout(900)]
SIZES: tuple[tuple[int, int, Scheme], ...] = ((1024, 768, "light"), (320, 640, "dark"))

WIDTHS = {"100%": (1024, 320), "200%": (1280, 1024, 640)}
_WIDER = "() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]"


@pytest.fixture
def gallery(owner: User, pki: Pki, profile: str, sends: Any) -> Gallery:
    """Every page of one profile."""
    return gather(owner, pki, sends, modern=profile == "modern")


def test_every_page(gallery: Gallery, profile: str) -> None:
    assert look_at(gallery, profile) == []


def look_at(gallery: Gallery, called: str) -> list[str]:
    """What is wrong with the pages of a gallery: axe's violations, overflow, and what the browser complains of.

    Each is looked at as on the manuals' screen, and as on a telephone in the dark.
    """
    found: list[str] = []

    def complains(message: ConsoleMessage) -> None:
        if message.type == "error":
            found.append(message.text)

    with room(gallery) as enter:
        for width, height, scheme in SIZES:
            page = enter(width, height, scheme)
            page.on("console", complains)
            for name in gallery.pages:
                page.goto(f"{ORIGIN}/{name}/")
                keep_picture(page, f"{called}-{name}-{width}-{scheme}")
                found.extend(f"{name}: {item['id']} {item['nodes'][0]['html']}" for item in _violations(page))
                found.extend(f"{name}: {told}" for told in overflows(page))
    return found


def overflows(page: Page) -> list[str]:
    """Where a page is wider than its window: as it is, on the narrowest telephone, and with text of twice the size.

    WCAG 2.2, 1.4.10 (320 CSS pixels) and 1.4.4 (200 %). The page is as before afterwards.
    """
    before, found = page.viewport_size, []
    for size in ("100%", "200%"):
        page.evaluate("size => { document.documentElement.style.fontSize = size; }", size)
        for width in WIDTHS[size]:
            page.set_viewport_size({"width": width, "height": 768})
            wide, seen = page.evaluate(_WIDER)
            found += [f"{width} pixels, text of {size}: {wide} wide"] if wide > seen else []
    page.evaluate("document.documentElement.style.fontSize = ''")
    if before is not None:
        page.set_viewport_size(before)
    return found


def _violations(page: Page) -> list[dict[str, Any]]:
    return list(Axe().run(page, options=RULES).response["violations"])


def keep_picture(page: Page, name: str) -> None:
    """Keep a picture for somebody who wants to look, in the folder that the environment names."""
    if folder := os.environ.get("CARDLOGIN_PICTURES"):
        take_picture(page, Path(folder) / f"{name}.png", full_page=True)
