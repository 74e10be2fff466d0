"""The two profiles, and what they say of passwords."""

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from portal.accounts import passwords
from portal.accounts.models import User
from portal.policy import EGOV_COMPAT, MODERN, PROFILES, policy


@pytest.fixture
def compat(settings: Settings) -> None:
    """The manuals' numbers."""
    settings.CARDLOGIN_PROFILE = "egov-compat"


def test_fresh_installation_is_modern() -> None:
    assert policy() is MODERN


def test_profile_is_chosen_by_one_setting(compat: None) -> None:
    assert policy() is EGOV_COMPAT
    assert set(PROFILES) == {"modern", "egov-compat"}


def test_unknown_profile_stops_everything(settings: Settings) -> None:
    settings.CARDLOGIN_PROFILE = "lenient"
    with pytest.raises(KeyError):
        policy()


@pytest.mark.parametrize("password", ["abcd1234", "Abcd1234!@#$%^&"])
def test_manuals_passwords_are_good_where_the_manuals_rule(compat: None, password: str) -> None:
    assert passwords.refusals(password, "clairesu1234") == []


@pytest.mark.parametrize(
    "password",
    ["abcd123", "abcdefgh", "12345678", "Abcd1234!@#$%^&*", "abcd 1234", "ａbcd1234", "clairesu1234", "CLAIRESU1234"],
)
def test_manuals_refuse(compat: None, password: str) -> None:
    assert passwords.refusals(password, "clairesu1234")


def test_common_password_is_only_warned_of_where_the_manuals_rule(compat: None) -> None:
    assert passwords.warnings("abcd1234")
    assert passwords.warnings("kq8#vlom2") == []


@pytest.mark.parametrize("password", ["correct horse battery", "一二三四五六七八九十一二三四五", "fifteen chars!!"])
def test_modern_takes_any_characters(password: str) -> None:
    assert passwords.refusals(password, "clairesu1234") == []
    assert passwords.warnings(password) == []


@pytest.mark.parametrize(
    "password", ["fourteen chars", "x" * 129, "abcd1234", "CardLoginCardLogin", "portalportal2026", ""]
)
def test_modern_refuses(password: str) -> None:
    assert passwords.refusals(password, "clairesu1234")


def test_shorter_password_is_enough_beside_a_second_factor() -> None:
    assert passwords.refusals("kq8#vlom2", "clairesu1234")
    assert passwords.refusals("kq8#vlom2", "clairesu1234", second_factor=True) == []


@given(st.text(max_size=140))
def test_every_text_gets_an_answer_in_the_readers_language(password: str) -> None:
    for reason in passwords.refusals(password, "clairesu1234"):
        assert any("\u4e00" <= c <= "\u9fff" for c in reason)
    with override("en"):
        assert all(reason.isascii() for reason in passwords.refusals(password, "clairesu1234"))


def test_one_password_in_two_unicode_forms_is_one() -> None:
    user = User(username="wang0001")
    passwords.set_password(user, "Ｆｉｆｔｅｅｎ characters é")
    assert user.check_password(passwords.normal_password("Fifteen characters e\u0301"))
    assert user.password_policy == MODERN.version


def test_rule_text_names_the_profiles_numbers(settings: Settings) -> None:
    assert "15" in passwords.rule_text()
    settings.CARDLOGIN_PROFILE = "egov-compat"
    assert "8 至 15" in passwords.rule_text()
