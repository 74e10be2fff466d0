"""忘記密碼救援選項 by profile; captcha and consent."""

import pytest
from django.contrib.auth.hashers import identify_hasher
from django.test import Client

from portal.accounts.answers import answer_fits
from portal.accounts.models import User
from tests.portal.helpers import plain
from tests.portal.registration.walk import CONSENT, RESCUE, Walk, error_codes, solved, step_of

NOTHING = {"question": "", "answer": "", "rescue_mobile": ""}


def test_page_says_what_the_manuals_say(client: Client, profile: str) -> None:
    text = plain(Walk(client).to_rescue().page)
    for words in (
        "須〔重設密碼〕時將會用到此部分資料",
        "救援手機門號",
        "行動電話:0911123456(此欄位只能輸入數字)",
        "這是什麼？",
    ):
        assert words in text
    assert ("您的回答" in text) is (profile == "egov-compat")
    assert ("救援碼" in text) is (profile == "modern")


def test_question_is_asked_in_one_profile_only(client: Client, profile: str) -> None:
    walk = Walk(client).to_rescue()
    assert ('name="question"' in walk.page.content.decode()) is (profile == "egov-compat")
    walk.send(RESCUE)
    kept = walk.draft["rescue"]
    if profile == "modern":
        assert kept == {"question": "", "answer_hash": "", "rescue_mobile": "0911123456"}
        return
    identify_hasher(kept["answer_hash"])
    assert answer_fits("示範國小！", kept["answer_hash"])


def test_nothing_at_all_is_asked_about_once_where_nothing_else_helps(client: Client, profile: str) -> None:
    walk = Walk(client).to_rescue()
    answer = walk.send(NOTHING)
    if profile == "modern":
        assert step_of(answer) == 4
        return
    assert [doubt.code for doubt in answer.context["doubts"]] == ["rescue_empty"]
    assert step_of(walk.send({**NOTHING, "seen": "rescue_empty,"})) == 4


@pytest.mark.parametrize(
    "mobile",
    [
        "0911123456 #1",
        "911123456",
        "09111234567",
        "0811123456",
        "0911 123 45",
        "x",
        "07010101234",
        "02-2192-7111",
        "+1 911 123 4567",
        "0911123456\u200b",
    ],
)
def test_bad_mobiles(client: Client, mobile: str) -> None:
    answer = Walk(client).to_rescue().send({**RESCUE, "rescue_mobile": mobile})
    assert error_codes(answer, "rescue_mobile") == ["mobile"]


@pytest.mark.parametrize("typed", ["０９１１１２３４５６", "0911-123-456", "+886-911-123-456", "886 911 123 456"])
def test_mobile_as_people_write_it(client: Client, typed: str) -> None:
    walk = Walk(client).to_rescue()
    walk.send({**RESCUE, "rescue_mobile": typed})
    assert walk.draft["rescue"]["rescue_mobile"] == "0911123456"


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"answer": ""}, "answer"), ({"answer": " ！"}, "answer"), ({"question": ""}, "question")],
)
def test_question_and_answer_come_together(client: Client, profile: str, changed: dict[str, str], field: str) -> None:
    answer = Walk(client).to_rescue().send({**RESCUE, **changed})
    if profile == "egov-compat":
        assert error_codes(answer, field) == ["missing"]
    else:
        assert step_of(answer) == 4


def test_answer_given_before_stays_for_the_same_question_only(client: Client, profile: str) -> None:
    walk = Walk(client).to_rescue()
    walk.send(RESCUE)
    before = walk.draft["rescue"]["answer_hash"]
    walk.send({"back": "1"})
    assert "國小" not in walk.page.content.decode()
    if profile == "modern":
        return
    assert error_codes(walk.send({**RESCUE, "question": "book", "answer": ""}), "answer") == ["missing"]
    walk.send({**RESCUE, "answer": ""})
    assert walk.draft["rescue"]["answer_hash"] == before


def test_unknown_question_is_refused(client: Client, profile: str) -> None:
    answer = Walk(client).to_rescue().send({**RESCUE, "question": "pets"})
    assert bool(step_of(answer) == 3) is (profile == "egov-compat")


def test_captcha_page_says_what_the_manuals_say_and_sums_up(client: Client) -> None:
    walk = Walk(client).to_rescue()
    text = plain(walk.send(RESCUE))
    for words in (
        "驗證碼皆為英文字母或數字，不分大小寫",
        "clairesu1234",
        "蘇小明",
        "clairesu@portal.example",
        "0911123456",
    ):
        assert words in text


def test_wrong_captcha_stays_on_its_step(client: Client) -> None:
    walk = Walk(client).to_rescue()
    walk.send(RESCUE)
    page = walk.send({**solved(), "captcha": "wrong"})
    assert (step_of(page), error_codes(page, "captcha")) == (4, ["captcha_wrong"])


def test_captcha_answer_serves_once(client: Client) -> None:
    walk = Walk(client).to_rescue()
    walk.send(RESCUE)
    answer = solved()
    walk.send(answer)
    walk.send({"back": "1"})
    assert error_codes(walk.send(answer), "captcha") == ["captcha_wrong"]


def test_another_question_keeps_the_tick_and_takes_nothing(client: Client) -> None:
    walk = Walk(client)
    walk.to_advanced().send({})
    walk.send({**RESCUE})
    page = walk.send({**solved(), **CONSENT, "captcha_new": "words"})
    assert step_of(page) == 5
    assert "等於多少" in plain(page)
    assert "checked" in page.content.decode().split('name="consent"')[1].split(">")[0]
    assert not User.objects.exists()


def test_consent_must_be_given(client: Client) -> None:
    walk = Walk(client).to_consent()
    text = plain(walk.page)
    assert "我已經詳細閱讀並同意 服務條款 和 隱私權保護政策" in " ".join(text.split())
    assert "建立我的帳戶" in text
    for link in ("/accounts/terms/", "/accounts/privacy/"):
        assert f'href="{link}"' in walk.page.content.decode()
    page = walk.send({})
    assert (step_of(page), error_codes(page, "consent")) == (5, ["required"])
    assert not User.objects.exists()
