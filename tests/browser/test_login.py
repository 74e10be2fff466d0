"""Log-ins that work, and those that do not, as the person at the browser sees them."""

import re

import pytest
from playwright.sync_api import Error, Page

from tests.browser.conftest import Visit
from tests.stand.asking import wait_until
from tests.stand.browser import wait_closed
from tests.stand.parts import ACCOUNT, PASSWORD


def only_chinese(text: str) -> bool:
    """Whether a message is in Chinese, with no English beside it: names and codes are no sentence."""
    return bool(re.search("[\u4e00-\u9fff]", text)) and not re.search(r"[A-Za-z]+ [a-z]+ [a-z]+", text)


def test_card_log_in_without_any_permission_goes_through_the_popup(visit: Visit) -> None:
    with visit.page.expect_popup() as popup:
        visit.page.click("#card-login")
    wait_until(lambda: "PIN" in popup.value.inner_text("body"))
    assert visit.stack.portal.origin in popup.value.inner_text("#site")
    visit.type_pin()
    assert visit.logged_in_by() == "card"
    wait_closed(popup.value)


def test_card_log_in_with_permission_uses_fetch_and_opens_no_popup(visit: Visit) -> None:
    visit.context.grant_permissions(["local-network-access"], origin=visit.stack.portal.origin)
    visit.page.reload()
    visit.page.wait_for_selector("#card-login:enabled")
    opened: list[Page] = []
    visit.context.on("page", lambda page: opened.append(page))
    # The page has asked the browser for the permission's state when it was loaded; this comes after the answer.
    visit.page.evaluate("navigator.permissions.query({ name: 'local-network-access' }).then(() => true)")
    visit.page.click("#card-login")
    visit.type_pin()
    assert visit.logged_in_by() == "card"
    assert opened == []


def test_local_network_access_is_in_force_in_these_tests(visit: Visit) -> None:
    with pytest.raises(Error, match="Failed to fetch"):
        visit.page.evaluate("url => fetch(url).then(answer => answer.status)", f"{visit.stack.agent.url}/v1/hello")


def test_password_log_in(visit: Visit) -> None:
    visit.page.fill("#id_login", ACCOUNT)
    visit.page.fill("#id_password", PASSWORD)
    visit.page.click("#password-login")
    assert visit.logged_in_by() == "password"


def test_agent_not_running(visit: Visit) -> None:
    visit.stack.agent.stop()
    try:
        visit.page.click("#card-login")
        assert only_chinese(visit.refused("agent_not_found"))
    finally:
        visit.stack.start_agent()
    visit.page.click("#card-login")
    visit.type_pin()
    assert visit.logged_in_by() == "card"


def test_wrong_pin_shows_tries_left_on_the_page_too(visit: Visit) -> None:
    visit.page.click("#card-login")
    visit.type_pin("999999")
    wait_until(lambda: visit.stack.reader.control("status")["tries"] == 2)
    visit.screen.wait_window()
    visit.screen.key("Escape")
    text = visit.refused("pin_wrong")
    assert "2" in text
    assert only_chinese(text)


def test_page_window_and_popup_speak_the_language_that_was_chosen(visit: Visit) -> None:
    visit.page.click("#languages button[lang=en]")
    visit.page.wait_for_selector("html[lang=en]")
    visit.page.wait_for_selector("#card-login:enabled")
    with visit.page.expect_popup() as opened:
        visit.page.click("#card-login")
    window = visit.screen.wait_window()
    assert visit.screen.title(window) == "CardLogin"
    assert opened.value.get_attribute("html", "lang") == "en"
    visit.screen.key("Escape")
    assert not re.search("[\u4e00-\u9fff]", visit.refused("user_cancelled"))


def test_cancelled_window_brings_the_button_back(visit: Visit) -> None:
    visit.page.click("#card-login")
    visit.screen.wait_window()
    assert visit.page.is_disabled("#card-login")
    visit.screen.key("Escape")
    assert only_chinese(visit.refused("user_cancelled"))
    visit.page.click("#card-login")
    visit.type_pin()
    assert visit.logged_in_by() == "card"


@pytest.mark.parametrize(
    ("card", "code"),
    [
        ("revoked", "certificate_revoked"),
        ("suspended", "certificate_suspended"),
        ("untrusted", "certificate_untrusted"),
        ("wrong-policy", "certificate_policy"),
        ("company", "card_of_company"),
    ],
)
def test_refused_certificate_is_explained_and_nobody_is_logged_in(visit: Visit, card: str, code: str) -> None:
    visit.use(card)
    visit.page.click("#card-login")
    visit.type_pin()
    assert only_chinese(visit.refused(code))
    visit.page.goto(f"{visit.stack.portal.origin}/member/")
    assert "/accounts/login/" in visit.page.url


def test_card_that_is_not_bound_leads_to_the_ways_on_and_nobody_is_logged_in(visit: Visit) -> None:
    visit.use("citizen2")
    visit.page.click("#card-login")
    visit.type_pin()
    visit.page.wait_for_selector("#choose-only")
    assert visit.page.eval_on_selector_all("[id^=choose-]", "all => all.map(one => one.id.slice(7))") == [
        "bind", "register", "only",
    ]  # fmt: skip
    assert only_chinese(visit.page.inner_text("main"))
    visit.page.goto(f"{visit.stack.portal.origin}/member/")
    assert "/accounts/login/" in visit.page.url


def test_expired_certificate_is_explained_in_the_window_and_on_the_page(visit: Visit) -> None:
    visit.use("expired")
    visit.page.click("#card-login")
    visit.screen.wait_window()
    visit.screen.key("Escape")
    assert only_chinese(visit.refused("certificate_expired"))


def test_page_closed_takes_the_pin_window_away(visit: Visit) -> None:
    visit.page.click("#card-login")
    visit.screen.wait_window()
    before = visit.stack.reader.control("status")["signatures"]
    visit.page.close()
    visit.screen.wait_no_window()
    assert visit.stack.reader.control("status")["signatures"] == before


def test_popup_closed_by_the_person(visit: Visit) -> None:
    with visit.page.expect_popup() as popup:
        visit.page.click("#card-login")
    visit.screen.wait_window()
    popup.value.close()
    visit.screen.wait_no_window()
    assert only_chinese(visit.refused("page_closed"))


def test_two_log_ins_at_once_the_second_page_says_busy(visit: Visit) -> None:
    second = visit.open()
    visit.page.click("#card-login")
    visit.screen.wait_window()
    second.click("#card-login")
    assert only_chinese(visit.refused("busy", second))
    visit.type_pin()
    assert visit.logged_in_by() == "card"


def test_popup_opened_by_hand_says_what_to_do(visit: Visit) -> None:
    page = visit.context.new_page()
    page.goto(f"{visit.stack.agent.url}/v1/popup")
    assert "此視窗應由登入網頁開啟" in page.inner_text("#state")
    assert not visit.screen.windows()
