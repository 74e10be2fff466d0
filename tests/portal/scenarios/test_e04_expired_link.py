"""E4: expired link (7 days + 1 s; modern: 24 h + 1 s) → resend → confirm."""

from datetime import timedelta

from tests.portal.scenarios.person import Person
from tests.portal.scenarios.registering import confirm, register

LIFE = {"modern": timedelta(hours=24), "egov-compat": timedelta(days=7)}
IN_WORDS = {"modern": "24小時", "egov-compat": "七日"}


def test_link_past_its_time_is_sent_again(person: Person, profile: str) -> None:
    register(person)
    old = person.next_mail()
    assert f"您只需於{IN_WORDS[profile]}內點擊下面的連結" in old.body
    person.wait(LIFE[profile] - timedelta(minutes=1))
    person.open(old.link)
    assert person.refused() == ""
    person.wait(timedelta(minutes=1, seconds=1))
    person.open(old.link)
    assert person.refused() == "confirm_link_expired"
    person.follow("重寄確認信")
    person.fill({"帳號": person.account})
    person.answer_captcha()
    person.press("送出")
    assert person.reads("系統將會重寄確認信。")
    confirm(person)
    person.log_in()
    assert person.came_in_by() == "password"
