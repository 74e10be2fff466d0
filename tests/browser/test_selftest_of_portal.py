"""The portal's page of the self-test with the real component: found without a permission, a trial, and the way on."""

from pathlib import Path

from playwright.sync_api import Playwright, expect

from tests.browser.conftest import Visit
from tests.stand.browser import make_home, strangers
from tests.stand.stack import Stack


def test_component_is_found_a_trial_logs_nobody_in_and_the_way_leads_on(visit: Visit) -> None:
    page, portal = visit.page, visit.stack.portal.origin
    page.goto(f"{portal}/selftest/")
    page.click("#start")
    expect(page.locator("#state.good")).to_have_text("一切正常。")
    assert page.locator("#rows > .ok").count() == page.locator("#rows > li").count()
    page.click("#trial")
    visit.type_pin()
    expect(page.locator("#trial-row > .ok")).to_contain_text("王○明")
    assert "wa****01" in page.inner_text("#trial-row")
    page.goto(f"{portal}/member/")
    assert "/accounts/login/" in page.url
    page.goto(f"{portal}/selftest/")
    page.click("#start")
    page.click("#continue")
    expect(page.locator("#site")).to_have_text(portal)
    assert page.url.startswith("https://")


def test_component_that_is_not_trusted_leads_on_without_tls(stack: Stack, driver: Playwright, tmp_path: Path) -> None:
    make_home(tmp_path / "home", [("site", stack.portal.root)])
    with strangers(tmp_path / "home", stack.portal.port, running=driver) as someone:
        page = someone().new_page()
        page.goto(f"{stack.portal.origin}/selftest/")
        page.click("#start")
        expect(page.locator("#cause code")).to_have_text("tls_not_trusted", timeout=20_000)
        assert page.is_visible("#trial")
        page.click("#continue")
        expect(page.locator("#site")).to_have_text(stack.portal.origin)
        assert page.url.startswith("http://")
