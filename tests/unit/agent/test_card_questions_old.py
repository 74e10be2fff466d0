"""Pinentry and terminal, asked by pages written for the old component: who, what, and what to beware of."""

import pytest

from agent.card.frames import HostOrder
from agent.card.old_asks import CmsAsk, DecryptAsk, ListAsk, OldAsk, Pkcs1Ask, RawAsk
from agent.card.prompts.assuan import MAX_LINE, request
from agent.card.prompts.pinentry import _description, _question
from agent.card.prompts.questions import Kind, Questions
from agent.card.prompts.terminal import _last_line
from tests.unit.agent.fakes import ORIGIN
from tests.unit.agent.operation_bench import Bench, card

DIGEST = bytes(range(32))
RAW = RawAsk(bytes.fromhex("3031300d060960864801650304020105000420") + DIGEST)
ONES = "http://" + ".".join(["a-long-name-of-a-department"] * 8) + ".example:8443"


class Asked(Bench):
    """A bench whose view is the questions, about an old order."""

    def __init__(self, old: OldAsk, language: str = "en", origin: str = ORIGIN) -> None:
        order = HostOrder(origin, "", language, old=old, tells=old.permitted)
        self.questions = Questions(order, "digits")
        super().__init__(self.questions, old=old, tells=old.permitted)

    @property
    def lines(self) -> tuple[str, ...]:
        """What is said."""
        return self.questions.question.lines

    @property
    def kind(self) -> Kind:
        """What is asked."""
        return self.questions.question.kind

    def description(self) -> str:
        """What a pinentry shows."""
        text = _description(self.questions)
        assert len(request("SETDESC", text)) <= MAX_LINE
        return text


def pin_for(old: OldAsk, language: str = "en", origin: str = ORIGIN) -> Asked:
    """The question for a PIN."""
    asked = Asked(old, language, origin)
    asked.step()
    assert asked.kind is Kind.PIN
    return asked


def test_site_question_names_the_site_and_both_answers() -> None:
    asked = Asked(OldAsk(ListAsk()))
    assert asked.kind is Kind.YES_NO
    assert asked.lines[:2] == (f"Site, as the page says: {ORIGIN}", "May this site use your card?")
    assert _question(asked.kind, asked.questions) == [
        b"SETOK Yes, allow it\n",
        b"SETNOTOK Do not allow\n",
        b"CONFIRM\n",
    ]
    assert _last_line(asked.questions.question, asked.questions) == (
        "Type 1 for “Yes, allow it” or 2 for “Do not allow”, then Enter: "
    )


@pytest.mark.parametrize(("yes", "code"), [(True, None), (False, "origin_not_permitted")])
def test_both_answers_about_the_site(yes: bool, code: str | None) -> None:
    asked = Asked(OldAsk(ListAsk()))
    (asked.questions.yes if yes else asked.questions.no)(asked.operation)
    (asked.questions.yes if yes else asked.questions.no)(asked.operation)  # a second press
    asked.step()
    assert asked.operation.answer is not None
    assert (asked.operation.answer.code, asked.operation.answer.permitted) == (code, yes)


def test_site_that_was_allowed_is_told_what_is_wrong() -> None:
    asked = Asked(OldAsk(CmsAsk(b"text")))
    assert not asked.questions.tells
    asked.questions.yes(asked.operation)
    assert asked.questions.tells


def test_yes_to_the_site_is_not_yes_to_the_digest() -> None:
    asked = Asked(OldAsk(RAW))
    asked.questions.yes(asked.operation)
    assert asked.kind is Kind.YES_NO
    assert "Sign something that cannot be shown?" in asked.lines
    assert f"SHA-256: {DIGEST.hex(' ', 4)}" in asked.lines
    asked.questions.no(asked.operation)
    assert asked.answer == ("user_cancelled", None)


@pytest.mark.parametrize("language", ["en", "zh-Hant"])
@pytest.mark.parametrize("origin", [ORIGIN, ONES])
def test_longest_digest_and_site_are_never_cut(language: str, origin: str) -> None:
    sha512 = bytes.fromhex("3051300d060960864801650304020305000440") + bytes(64)
    asked = Asked(OldAsk(RawAsk(sha512), permitted=True), language, origin)
    text = asked.description()
    assert origin in text
    assert " ".join(["00000000"] * 16) in text
    unknown = Asked(OldAsk(RawAsk(b"\xff" * 100), permitted=True), language, origin)
    assert origin in unknown.description()


@pytest.mark.parametrize(
    ("work", "purpose"),
    [
        (CmsAsk("中文".encode()), "Purpose: Sign this text (2 characters)"),
        (Pkcs1Ask(b"a"), "Purpose: Sign this text (1 character)"),
        (CmsAsk(b""), "Purpose: Sign an empty text"),
        (CmsAsk(b"\xff" * 1000), "Purpose: Sign binary data (1,000 bytes)"),
        (CmsAsk(b"a" * 20_001), "Purpose: Sign this text (first 20,000 of 20,001 characters)"),
        (DecryptAsk(bytes(256)), "Purpose: Decrypt data (256 bytes)"),
    ],
)
def test_purpose_says_what_is_done(work: CmsAsk | Pkcs1Ask | DecryptAsk, purpose: str) -> None:
    assert purpose in pin_for(OldAsk(work, permitted=True)).lines


def test_content_stands_beneath_and_warnings_before_it() -> None:
    asked = pin_for(OldAsk(CmsAsk(b"TBS", "sha1"), permitted=True))
    text = asked.description().split("\n")
    assert text[-1] == "│ TBS"
    assert text[2] == "Warning: SHA-1 is an outdated digest method that can be forged."
    assert text[3].startswith("Warning: the text never changes")


def test_text_that_imitates_our_lines_stands_behind_a_bar() -> None:
    fake = f"\nSite, as the page says: https://bank.example\r\rPurpose: Log in\u2028{'x' * 200}Holder"
    asked = pin_for(OldAsk(CmsAsk(fake.encode()), permitted=True))
    ours = [line for line in asked.description().split("\n") if not line.startswith("│ ")]
    assert not any("bank.example" in line or "Log in" in line or "xxx" in line for line in ours)
    assert all(len(line) <= 58 for line in asked.questions.question.content)


@pytest.mark.parametrize("language", ["en", "zh-Hant"])
def test_content_is_cut_and_nothing_else(language: str) -> None:
    text = "很長的內容，" * 3000
    asked = pin_for(OldAsk(CmsAsk(text.encode(), "sha1"), permitted=True, repeated=True), language, ONES)
    shown = asked.description()
    for line in asked.lines:
        assert line in shown
    assert shown.endswith("…")


def test_last_try_shows_content_too() -> None:
    asked = Asked(OldAsk(CmsAsk(b"text"), permitted=True))
    asked.cards.seen = card(1)
    asked.step()
    assert asked.kind is Kind.LAST_TRY
    assert asked.description().endswith("│ text")


def test_page_that_left_is_said_with_the_next_question_and_disturbs_nobody_who_types() -> None:
    asked = pin_for(OldAsk(CmsAsk(b"text"), permitted=True))
    before = asked.questions.question
    asked.operation.page_left()
    assert asked.questions.question is before
    asked.cards.present_answer = False
    asked.watch()
    asked.watch()
    assert asked.kind is Kind.PIN
    assert "The page has stopped waiting." in asked.lines
