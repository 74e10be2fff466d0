"""Every page in Chromium: nothing for axe to find, nothing beside the edge of a telephone, nothing the CSP refuses."""

from typing import Any

import pytest
from playwright.sync_api import Page
from pytest_django import Settings

from portal.accounts.models import User
from tests.portal.cards.company_pki import Companies
from tests.portal.member.gallery import add_companies, add_outbox, gather
from tests.portal.pki import Pki
from tests.portal.recovery.gallery import ORIGIN, Gallery, Scheme, room
from tests.portal.recovery.test_looks import keep_picture, look_at

_COLOURS = "all => all.map(one => { const s = getComputedStyle(one); return [s.color, s.backgroundColor]; })"
_BLACK, _WHITE, _CLEAR = "rgb(0, 0, 0)", "rgb(255, 255, 255)", "rgba(0, 0, 0, 0)"
_PAPER = ([_BLACK, _WHITE], [_BLACK, _CLEAR])
pytestmark = [pytest.mark.django_db, pytest.mark.browser, pytest.mark.timeout(900)]  # all pages in one browser


@pytest.fixture
def gallery(owner: User, pki: Pki, profile: str, sends: Any) -> Gallery:
    """Every page of one profile."""
    return gather(owner, pki, sends, modern=profile == "modern")


def test_every_page(gallery: Gallery, profile: str) -> None:
    assert look_at(gallery, f"member-{profile}") == []


def test_companies_and_the_outbox(db: None, companies: Companies, pki: Pki, settings: Settings) -> None:
    pages = Gallery()
    add_companies(pages, companies, pki)
    add_outbox(pages, settings)
    assert look_at(pages, "other") == []


def test_on_paper_black_on_white_and_nothing_to_press(owner: User, pki: Pki, sends: Any) -> None:
    pages = gather(owner, pki, sends, modern=True)
    schemes: tuple[Scheme, ...] = ("light", "dark")
    with room(pages) as enter:
        for scheme in schemes:
            page = enter(1024, 768, scheme)
            page.emulate_media(media="print", color_scheme=scheme)
            for name in ("member", "second-factor-on", "recovery-code-new"):
                page.goto(f"{ORIGIN}/{name}/")
                keep_picture(page, f"print-{name}-{scheme}")
                _is_for_paper(page, name)


def _is_for_paper(page: Page, name: str) -> None:
    assert page.locator("main").is_visible()
    for hidden in ("header nav", ".button", "button", "footer", ".back", ".areas"):
        assert not page.locator(hidden).locator("visible=true").count(), (name, hidden)
    for seen in ("body", ".panel", ".message", "h1", "dd"):
        for colours in page.locator(seen).evaluate_all(_COLOURS):
            assert colours in _PAPER, (name, seen, colours)
