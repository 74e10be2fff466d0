"""E24: delete account, with its time of grace."""

from datetime import timedelta

from tests.portal.scenarios.person import PASSWORD, Person
from tests.portal.scenarios.registering import begin
from tests.stand.parts import python, run
from tests.stand.stack import Stack

GRACE = timedelta(hours=24)


def test_logging_in_again_keeps_the_account(card_holder: Person, stack: Stack) -> None:
    ask_for_deletion(card_holder)
    card_holder.wait(GRACE - timedelta(minutes=1))
    nightly_job(stack)
    card_holder.log_in()
    assert card_holder.done() == "delete_cancelled"
    assert "已取消刪除" in card_holder.next_mail().subject
    card_holder.wait(timedelta(hours=1))
    nightly_job(stack)
    card_holder.log_out()
    card_holder.log_in()
    assert card_holder.came_in_by() == "password"


def test_the_link_in_the_mail_keeps_the_account(card_holder: Person) -> None:
    link = ask_for_deletion(card_holder)
    card_holder.open(link)
    card_holder.press("保留我的帳號")
    assert card_holder.done() == "delete_cancelled"


def test_after_the_grace_time_the_account_is_gone(card_holder: Person, stack: Stack) -> None:
    ask_for_deletion(card_holder)
    card_holder.wait(GRACE + timedelta(seconds=1))
    nightly_job(stack)
    card_holder.log_in()
    assert card_holder.refused() == "password_wrong"
    # The card is free, the name is not.
    card_holder.log_in_by_card()
    assert card_holder.at("card_choices")
    begin(card_holder)
    card_holder.fill({"帳號": card_holder.account, "設定密碼": PASSWORD, "確認密碼": PASSWORD})
    card_holder.press("下一步")
    assert card_holder.reads("這個帳號名稱已有人使用。")


def ask_for_deletion(person: Person) -> str:
    """Log in, go to the page, type the account's name; the link of the mail that tells of it."""
    person.log_in()
    person.follow("刪除帳號")
    person.fill({"輸入您的帳號以確認": "somebodyelse"})
    person.press("刪除帳號")
    assert person.reads("這不是您的帳號。")
    person.fill({"輸入您的帳號以確認": person.account})
    person.press("刪除帳號")
    assert person.done() == "delete_asked"
    told = person.next_mail()
    assert "帳號將被刪除" in told.subject
    return told.link


def nightly_job(stack: Stack) -> None:
    """What the office's computer does every night."""
    run("delete_accounts", python("portal", "delete_accounts"), stack.portal.env)
