"""The pages of a report in Chromium: axe, the edge of a telephone, the CSP, paper; and the way through this tab."""

import pytest

from tests.portal.conftest import browser
from tests.portal.helpers import location
from tests.portal.recovery.gallery import ORIGIN, Gallery, room
from tests.portal.recovery.test_looks import keep_picture, look_at
from tests.portal.selftest.samples import NEW, RETURN, send, text
from tests.portal.support.people import RESULTS, result

pytestmark = [pytest.mark.django_db, pytest.mark.browser, pytest.mark.timeout(900)]
LONG = result("driver", "fail", "driver_crashed", driver="x" * 200, reader="讀" * 200)
UNKNOWN = result("x" * 40, "warn", "y" * 40, **{"z" * 40: "5"})


@pytest.fixture
def gallery() -> Gallery:
    """Every page, by what it shows; the one that sends is at its own address."""
    pages, visitor = Gallery(), browser()
    pages.hang("selftest/report", visitor.get(NEW))
    path = location(send(visitor, text(*RESULTS, LONG, UNKNOWN)))
    pages.hang("report", visitor.get(path))
    pages.hang("deleted", visitor.post(path))
    for name, answer in (("gone", visitor.get(path)), ("refused", send(visitor, "{"))):
        answer.status_code = 200
        pages.hang(name, answer)
    return pages


def test_every_page(gallery: Gallery) -> None:
    assert look_at(gallery, "selftest") == []


def test_every_row_is_seen_in_its_place(gallery: Gallery) -> None:
    with room(gallery) as enter:
        page = enter(320, 768, "light")
        page.goto(f"{ORIGIN}/report/")
        tops = page.locator("#results > li").evaluate_all("rows => rows.map(row => row.getBoundingClientRect().top)")
        signs = page.locator("#results .sign").evaluate_all("all => all.map(one => one.getBoundingClientRect().top)")
        assert len(tops) == len(signs) == len(RESULTS) + 2
        assert all(row <= sign for row, sign in zip(tops, signs, strict=True))
        assert tops == sorted(tops)
        assert tops[0] > 0


def test_what_is_printed(gallery: Gallery) -> None:
    with room(gallery) as enter:
        page = enter(794, 1123, "dark")  # A4
        page.emulate_media(media="print", color_scheme="dark")
        page.goto(f"{ORIGIN}/report/")
        keep_picture(page, "selftest-print-report")
        assert page.evaluate("document.documentElement.scrollWidth") <= 794
        assert page.locator("#report-code").is_visible()
        for hidden in (".unprinted", "button", "footer"):
            assert not page.locator(hidden).locator("visible=true").count(), hidden


def test_report_is_handed_over_in_the_tab_and_sent_by_one_click(gallery: Gallery) -> None:
    sent = text(*RESULTS, result("card", reader="</script><b>讀卡機"))
    gallery.hang("returned", browser().post(RETURN, {"report": sent, "state": "of this tab"}))
    with room(gallery) as enter:
        page = enter(1024, 768, "light")
        page.goto(f"{ORIGIN}/selftest/report/")
        assert page.locator("#no-report").is_visible()
        assert page.locator("#send-report").is_hidden()
        for state in ("of another tab", "of this tab"):  # any site can post a report
            assert page.locator("#no-report").is_visible()
            page.evaluate("state => sessionStorage.setItem('selftest-state', state)", state)
            page.goto(f"{ORIGIN}/returned/")
            page.wait_for_url(f"{ORIGIN}{NEW}")
        page.locator("summary").click()
        assert "</script><b>讀卡機" in page.locator("#report-text").inner_text()
        keep_picture(page, "selftest-send")
        with page.expect_request(lambda request: request.method == "POST") as asked:
            page.locator("#send-report").click()
        field = asked.value.post_data_json
        assert field is not None
        assert field["report"].replace("\r\n", "\n") == sent
        assert asked.value.all_headers()["origin"] == ORIGIN
        page.goto(f"{ORIGIN}/selftest/report/")
        assert page.locator("#no-report").is_visible()


def test_delete_form_is_sent_with_our_origin_and_without_the_address(gallery: Gallery) -> None:
    """As Chromium does under the page's policy."""
    with room(gallery) as enter:
        page = enter(1024, 768, "light")
        page.goto(f"{ORIGIN}/report/")
        with page.expect_request(lambda request: request.method == "POST") as asked:
            page.locator("#delete-report").click()
        headers = asked.value.all_headers()
        assert (headers["origin"], headers["referer"]) == (ORIGIN, f"{ORIGIN}/")
