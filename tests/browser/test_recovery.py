"""Ways back to an account with the real card, PIN window, agent and portal."""

from tests.browser.conftest import Visit
from tests.stand.parts import ACCOUNT, PASSWORD


def go_by_card(visit: Visit, way: str) -> None:
    """From the log-in page to the PIN of a way by card."""
    page = visit.page
    page.click(f"#recovery-title ~ ul a[href$='/recover/{way}-card/']")
    page.fill("#id_account", ACCOUNT)
    page.click("#next")
    page.wait_for_selector("#card-login:enabled")
    assert page.inner_text("#account") == ACCOUNT
    page.click("#card-login")
    visit.type_pin()


def test_new_password_by_card_then_log_in_with_it(visit: Visit) -> None:
    go_by_card(visit, "reset")
    # The same password again: the other tests of this portal know it.
    visit.page.fill("#id_password", PASSWORD)
    visit.page.fill("#id_again", PASSWORD)
    visit.page.click("#set-password")
    visit.page.wait_for_selector("#done[data-done=reset]")
    visit.page.click("#to-login")
    visit.page.fill("#id_login", ACCOUNT)
    visit.page.fill("#id_password", PASSWORD)
    visit.page.click("#password-login")
    assert visit.logged_in_by() == "password"


def test_locked_account_is_unlocked_by_card(visit: Visit) -> None:
    go_by_card(visit, "unlock")
    visit.page.wait_for_selector("#done[data-done=unlock]")


def test_another_persons_card_is_told_what_to_do_next(visit: Visit) -> None:
    visit.stack.reader.control("swap", str(visit.stack.card_image("citizen2")))
    go_by_card(visit, "unlock")
    text = visit.refused("recovery_refused")
    assert "其他取回方式" in text
    assert "稍後再試" in text
