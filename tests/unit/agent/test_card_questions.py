"""One question at a time: what pinentry and terminal ask, and what an answer does."""

import pytest

from agent.card.frames import HostOrder
from agent.card.prompts.questions import Kind, Questions
from agent.failures import Code, FailureError
from agent.settings import PinForm
from pkcs11_shims.families import families
from tests.unit.agent.fakes import CHALLENGE, ORIGIN, TOKEN
from tests.unit.agent.operation_bench import PIN, Bench, card

CITIZEN = families()[0]


class Asked(Bench):
    """A bench whose view is the questions."""

    def __init__(self, form: PinForm = "digits", origin: str = ORIGIN) -> None:
        self.questions = Questions(HostOrder(origin, CHALLENGE, "zh-Hant"), form)
        super().__init__(self.questions)

    def kind(self) -> Kind:
        """What is asked now."""
        return self.questions.question.kind

    @property
    def text(self) -> str:
        """What is said with it."""
        return "\n".join((*self.questions.question.lines, self.questions.question.error))

    def yes(self) -> None:
        """The person agrees."""
        self.questions.yes(self.operation)

    def no(self) -> None:
        """The person does not."""
        self.questions.no(self.operation)

    def pin(self, typed: str = PIN) -> None:
        """The person types a PIN."""
        self.questions.pin(self.operation, typed)


@pytest.fixture
def asked() -> Asked:
    """Questions about one card with three tries."""
    asked = Asked()
    asked.step()
    return asked


def test_pin_question_names_site_purpose_holder_and_tries(asked: Asked) -> None:
    assert asked.kind() is Kind.PIN
    for part in (ORIGIN, "用途：登入", "王小明", "2031-05-06", "3 次"):
        assert part in asked.text


def test_pin_signs(asked: Asked) -> None:
    asked.pin()
    assert asked.kind() is Kind.NOTHING
    asked.step()
    assert asked.operation.answer is not None
    assert asked.operation.answer.token == TOKEN


def test_full_width_digits_are_taken_as_digits(asked: Asked) -> None:
    asked.pin("１２３４５６")
    asked.step()
    assert asked.cards.pins == ["123456"]


@pytest.mark.parametrize("typed", ["", "12345", "abcdef", "123456789", "123 456"])
def test_malformed_pin_is_asked_again_and_reaches_no_card(asked: Asked, typed: str) -> None:
    before = asked.questions.question
    asked.pin(typed)
    asked.step()
    assert asked.kind() is Kind.PIN
    assert asked.questions.question is not before
    assert "6 至 8" in asked.questions.question.error
    assert asked.cards.pins == []


def test_setting_admits_other_characters() -> None:
    asked = Asked("printable")
    asked.step()
    asked.pin("abC-12")
    asked.step()
    assert asked.cards.pins == ["abC-12"]


def test_wrong_pin_is_asked_anew_with_what_was_wrong(asked: Asked) -> None:
    asked.cards.signed = FailureError(Code.PIN_WRONG, 2)
    asked.pin()
    asked.step()
    assert asked.kind() is Kind.PIN
    assert "PIN 碼錯誤" in asked.questions.question.error
    assert "2 次" in asked.text


def test_last_try_is_asked_before_the_pin_so_that_none_has_to_be_kept() -> None:
    asked = Asked()
    asked.cards.seen = card(1)
    asked.step()
    assert asked.kind() is Kind.LAST_TRY
    asked.pin()
    assert asked.cards.pins == []
    asked.yes()
    assert asked.kind() is Kind.PIN
    asked.pin()
    asked.step()
    assert asked.cards.pins == [PIN]


def test_no_to_the_last_try_ends_the_order() -> None:
    asked = Asked()
    asked.cards.seen = card(1)
    asked.step()
    asked.no()
    assert asked.answer == ("user_cancelled", None)


def test_each_last_try_is_confirmed_anew() -> None:
    asked = Asked()
    asked.cards.seen = card(1)
    asked.step()
    asked.yes()
    asked.pin("123")
    assert asked.kind() is Kind.PIN
    asked.cards.present_answer = False
    asked.watch()
    asked.watch()
    assert asked.kind() is Kind.LAST_TRY


def test_choice_goes_through_the_certificates_and_round() -> None:
    asked = Asked()
    asked.cards.seen = (card(3, "甲"), card(3, "乙"), card(3, "舊", Code.CERTIFICATE_EXPIRED))
    asked.step()
    assert asked.kind() is Kind.CHOICE
    assert "舊" in asked.text
    assert "過期" in asked.text
    asked.no()
    asked.no()
    asked.no()
    asked.yes()
    assert asked.kind() is Kind.PIN
    assert "乙" in asked.text


def test_choice_by_number() -> None:
    asked = Asked()
    asked.cards.seen = (card(3, "甲"), card(3, "乙"))
    asked.step()
    for index in (-1, 2, 99):
        asked.questions.take(asked.operation, index)
        assert asked.kind() is Kind.CHOICE
    asked.questions.take(asked.operation, 1)
    assert "乙" in asked.text


def test_reader_with_keys_is_started_by_yes_and_shown_as_a_notice() -> None:
    asked = Asked()
    asked.cards.seen = card(3, pinpad=True)
    asked.step()
    assert asked.kind() is Kind.PINPAD
    asked.yes()
    assert asked.kind() is Kind.NOTICE
    notice = asked.questions.question
    asked.hang(2)
    assert asked.questions.question is notice, "a new window every second"
    asked.step()
    assert asked.cards.pins == [None]


def test_problem_names_the_remedy_and_goes_when_it_is_done() -> None:
    asked = Asked()
    asked.cards.seen = FailureError(Code.NO_CARD)
    asked.step()
    assert asked.kind() is Kind.NOTICE
    assert "讀卡機中沒有卡片" in asked.text
    asked.cards.seen = card()
    asked.watch()
    assert asked.kind() is Kind.PIN


def test_locked_card_names_the_issuers_page() -> None:
    asked = Asked()
    asked.cards.seen = card(0, family=CITIZEN)
    asked.step()
    assert CITIZEN.unlock_page in asked.text
    assert CITIZEN.telephone in asked.text


def test_look_alike_site_is_warned_of() -> None:
    asked = Asked(origin="https://xn--80ak6aa92e.example")
    asked.step()
    assert "仿冒" in asked.text
    assert "xn--80ak6aa92e" in asked.text


def test_cancelling_while_the_card_works_is_said(asked: Asked) -> None:
    asked.pin()
    asked.operation.cancel()
    assert asked.kind() is Kind.NOTHING
    asked.step()
    assert asked.answer == ("user_cancelled", None)
