"""Every page in Chromium: nothing for axe to find, nothing beside the edge of a telephone, nothing the CSP refuses."""

import os
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page

from portal.accounts.models import User
from tests.portal.pki import Pki
from tests.portal.recovery.gallery import ORIGIN, RULES, Gallery, Scheme, gather, room
from tests.stand.browser import take_picture

pytestmark = [pytest.mark.django_db, pytest.mark.browser]


@pytest.fixture
def gallery(owner: User, pki: Pki, profile: str, sends: Any) -> Gallery:
    """Every page of one profile."""
    return gather(owner, pki, sends, modern=profile == "modern")


@pytest.mark.parametrize("half", [0, 1])
@pytest.mark.parametrize(
    ("width", "height", "scheme"), [(1024, 768, "light"), (320, 640, "dark")], ids=["manuals", "telephone"]
)
def test_every_page(gallery: Gallery, profile: str, half: int, width: int, height: int, scheme: Scheme) -> None:
    names = list(gallery.pages)[half::2]
    assert look_at(gallery, names, profile, width, height, scheme) == []


def look_at(gallery: Gallery, names: list[str], called: str, width: int, height: int, scheme: Scheme) -> list[str]:
    """What is wrong with some pages of a gallery: axe's violations, overflow, and what the browser complains of."""
    found: list[str] = []
    with room(gallery, width, height, scheme) as page:
        page.on("console", lambda message: found.append(message.text) if message.type == "error" else None)
        for name in names:
            page.goto(f"{ORIGIN}/{name}/")
            keep_picture(page, f"{called}-{name}-{width}-{scheme}")
            found += [f"{name}: {item['id']} {item['nodes'][0]['html']}" for item in _violations(page)]
            if (wide := page.evaluate("document.documentElement.scrollWidth")) > width:
                found.append(f"{name}: {wide} pixels wide")
    return found


def _violations(page: Page) -> list[dict[str, Any]]:
    return list(Axe().run(page, options=RULES).response["violations"])


def keep_picture(page: Page, name: str) -> None:
    """Keep a picture for somebody who wants to look, in the folder that the environment names."""
    if folder := os.environ.get("CARDLOGIN_PICTURES"):
        take_picture(page, Path(folder) / f"{name}.png", full_page=True)
