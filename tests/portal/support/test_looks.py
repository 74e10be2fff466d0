"""Every page of this room in Chromium: axe, the edge of a telephone, the CSP, and paper."""

import pytest

from portal.accounts.models import User
from tests.portal.conftest import browser
from tests.portal.helpers import card_log_in, location
from tests.portal.pki import Pki
from tests.portal.recovery.gallery import ORIGIN, Gallery, room
from tests.portal.recovery.test_looks import keep_picture, look_at
from tests.portal.support.people import CODE_PAGE, DESK, RESULTS, at_the_desk, look_up, result, sent

pytestmark = [pytest.mark.django_db, pytest.mark.browser, pytest.mark.timeout(900)]
LONG = result("driver", "fail", "driver_crashed", driver="x" * 200, reader="讀" * 200)


@pytest.fixture
def gallery(user: User, pki: Pki) -> Gallery:
    """The manuals and the pages of the desk."""
    pages, visitor = Gallery(), browser()
    pages.hang("pin", visitor.get("/manual/pin/"))
    pages.hang("install", visitor.get("/manual/installation/"))
    pages.hang("search", visitor.get("/manual/failures/", {"q": "pin"}))
    pages.hang("search-nothing", visitor.get("/manual/failures/", {"q": "zzz"}))
    desk = at_the_desk(user)
    pages.hang("reports-none", desk.get(DESK))
    sent("A", RESULTS[2], LONG, days_ago=2)
    sent("B", result("card", "fail", "no_card"), result("x" * 40, "fail", "y" * 40), days_ago=20)
    sent("ABCD2345", *RESULTS, LONG)
    pages.hang("reports", desk.get(DESK))
    pages.hang("reports-refused", look_up(desk, "0"))
    pages.hang("report", desk.get(location(look_up(desk))))
    card_log_in(other := browser(), pki.cards["citizen"])
    pages.hang("code", other.get(CODE_PAGE))
    pages.hang("code-wrong", other.post(CODE_PAGE, {"code": "000000"}))
    return pages


def test_every_page(gallery: Gallery) -> None:
    assert look_at(gallery, "support") == []


def test_whole_manual_on_a_telephone_and_what_is_printed(gallery: Gallery) -> None:
    gallery.hang("failures", browser().get("/manual/failures/"))
    with room(gallery) as enter:
        page = enter(320, 768, "dark")
        page.goto(f"{ORIGIN}/failures/")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        keep_picture(page, "support-failures-320-dark")
        page = enter(794, 1123, "light")  # A4
        page.emulate_media(media="print", color_scheme="light")
        for name in ("search", "pin", "install", "reports", "report"):
            page.goto(f"{ORIGIN}/{name}/")
            keep_picture(page, f"support-print-{name}")
            assert page.evaluate("document.documentElement.scrollWidth") <= 794, name
            for hidden in (".unprinted", "button", "footer"):
                assert not page.locator(hidden).locator("visible=true").count(), (name, hidden)
