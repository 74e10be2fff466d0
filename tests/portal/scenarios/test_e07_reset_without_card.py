"""E7: reset by question (egov-compat), which in modern is a saved recovery code (K5)."""

from tests.portal.scenarios.person import Person
from tests.portal.scenarios.recovering import choose_way, set_new_password, type_code
from tests.portal.scenarios.registering import confirm, register

QUESTION, ANSWER = "您童年好友的名字？", "示範 好友"


def test_reset_by_question_or_saved_code(person: Person, profile: str) -> None:
    if profile == "modern":
        by_saved_code(person)
    else:
        by_question(person)
    set_new_password(person)


def by_question(person: Person) -> None:
    """The answer alone opens nothing: a code by mail comes beside it."""
    register(person, question=QUESTION, answer=ANSWER)
    confirm(person)
    choose_way(person, "以密碼提示問題 重設密碼")
    assert person.page.inner_text("#question").startswith(QUESTION)
    person.fill({"您的回答": "別人"})
    person.press("下一步")
    assert person.refused() == "answer_wrong"
    person.fill({"您的回答": "示範好友"})
    person.press("下一步")
    type_code(person, person.next_mail().code)


def by_saved_code(person: Person) -> None:
    """A code by mail first, then the one that was shown once at the end of the registration."""
    register(person)
    saved = person.page.inner_text("#recovery-code code")
    confirm(person)
    choose_way(person, "以救援碼 重設密碼")
    type_code(person, person.next_mail().code)
    person.fill({"救援碼": "AAAA-BBBB-CCCC-DDDD"})
    person.press("下一步")
    assert person.refused() == "saved_code_wrong"
    person.fill({"救援碼": saved.lower()})
    person.press("下一步")
