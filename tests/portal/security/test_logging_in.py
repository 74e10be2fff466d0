"""Passwords and sessions: how they are kept, and that a stranger learns nothing from the work that is done."""

import base64
import secrets
from datetime import timedelta

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.conf import settings as configured
from django.contrib.auth import hashers
from django.contrib.auth.hashers import Argon2PasswordHasher, MD5PasswordHasher
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from portal.accounts import lockout
from portal.accounts.codes import CodePurpose, issue
from portal.accounts.models import IssuedCode, User
from portal.accounts.passwords import CONTEXT_WORDS, is_common, normal_password, refusals
from portal.settings import base
from tests.portal.conftest import PASSWORD, browser
from tests.portal.helpers import logged_in, plain

pytestmark = pytest.mark.django_db


def test_argon2id_is_as_costly_as_owasp_asks(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = base.PASSWORD_HASHERS
    algorithm, kind, _, costs, *_ = hashers.make_password("whatever").split("$")
    assert (algorithm, kind) == ("argon2", "argon2id")
    memory, turns, _ = (int(part.split("=")[1]) for part in costs.split(","))
    # 19 MiB with two turns is the least; ours is about 100 MiB.
    assert memory >= 19 * 1024
    assert turns >= 2
    assert Argon2PasswordHasher().memory_cost == memory


def test_salts_differ(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = base.PASSWORD_HASHERS
    assert hashers.make_password("whatever") != hashers.make_password("whatever")


def test_same_hashing_is_done_for_every_name(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    User.objects.create_user("asleep001", "asleep@portal.example", PASSWORD, is_active=False)
    User.objects.create(username="cardonly1", email="card@portal.example", name="卡", password="!unusable")
    done: list[str] = []
    encode = MD5PasswordHasher.encode

    def counted(self: MD5PasswordHasher, password: str, salt: str) -> str:
        done.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    work = {}
    for name in ("wang0001", "nobody001", "asleep001", "cardonly1"):
        done.clear()
        browser().post("/accounts/login/", {"login": name, "password": "wrong-password-1"})
        work[name] = len(done)
    assert set(work.values()) == {1}, work


def test_answers_of_known_and_unknown_accounts_are_the_same_to_the_byte(user: User, client: Client) -> None:
    def page(name: str) -> str:
        answer = browser().post("/accounts/login/", {"login": name, "password": "wrong-password-1"})
        return f"{answer.status_code} {plain(answer)}".replace(name, "")

    assert page("wang0001") == page("nobody01")


def test_session_key_is_made_of_the_system_s_random_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []
    choice = secrets.choice

    def counted(characters: str) -> str:
        drawn.append(len(characters))
        return choice(characters)

    monkeypatch.setattr(secrets, "choice", counted)
    session = SessionStore()
    session.create()
    assert len(session.session_key or "") == 32
    # 32 draws of one out of 36: 165 bits.
    assert drawn[-32:] == [36] * 32


def test_session_keys_are_long_and_fresh() -> None:
    keys = set()
    for _ in range(5):
        visitor = browser()
        visitor.post("/accounts/card/challenge/", {"purpose": "login"}, content_type="application/json")
        keys.add(visitor.cookies["__Host-session"].value)
    assert len(keys) == 5
    # 32 of 36 characters: 165 bits from the system's random numbers.
    assert all(len(key) == 32 and key.isalnum() for key in keys)


def test_key_chosen_by_a_stranger_is_not_taken(user: User) -> None:
    visitor = browser()
    visitor.cookies["__Host-session"] = "a" * 32
    visitor.post("/accounts/login/", {"login": "wang0001", "password": PASSWORD})
    assert visitor.cookies["__Host-session"].value != "a" * 32
    assert visitor.get("/member/").status_code == 200


def test_log_in_and_log_out_change_the_key_and_the_old_one_is_dead(user: User) -> None:
    visitor = browser()
    visitor.post("/accounts/card/challenge/", {"purpose": "login"}, content_type="application/json")
    keys = [visitor.cookies["__Host-session"].value]
    visitor.post("/accounts/login/", {"login": "wang0001", "password": PASSWORD})
    keys.append(visitor.cookies["__Host-session"].value)
    visitor.post("/accounts/logout/")
    assert keys[0] != keys[1]
    for key in keys:
        thief = browser()
        thief.cookies["__Host-session"] = key
        assert thief.get("/member/").status_code == 302


def test_fresh_proof_changes_the_key_too_and_the_session_goes_on(user: User) -> None:
    visitor = browser()
    visitor.post("/accounts/login/", {"login": "wang0001", "password": PASSWORD})
    before = visitor.cookies["__Host-session"].value
    visitor.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert visitor.cookies["__Host-session"].value != before
    assert visitor.get("/member/").status_code == 200
    assert UserSession.objects.filter(user=user).count() == 1
    thief = browser()
    thief.cookies["__Host-session"] = before
    assert thief.get("/member/").status_code == 302


def test_old_password_stays_good_and_nobody_is_asked_to_change_it(user: User) -> None:
    user.password_policy = "a-policy-of-long-ago"
    user.save()
    with time_machine.travel(timezone.now() + timedelta(days=3650)):
        visitor = browser()
        page = visitor.post("/accounts/login/", {"login": "wang0001", "password": PASSWORD}, follow=True)
        assert page.redirect_chain == [("/member/", 302)]


def test_sixty_four_characters_and_twice_as_many_are_a_password(user: User) -> None:
    for length in (64, 128):
        word = ("Tainan fish soup, 虱目魚 at six! " * 5)[:length]
        assert refusals(word, "wang0001") == []
        user.set_password(normal_password(word))
        user.save()
        for typed, welcome in ((word[:-1] + "x", False), (word.lower(), False), (word, True)):
            visitor = browser()
            visitor.post("/accounts/login/", {"login": "wang0001", "password": typed})
            assert logged_in(visitor) is welcome
        lockout.right("wang0001")


def test_codes_that_are_sent_are_random_enough(user: User) -> None:
    issued = [issue(user, CodePurpose.CONFIRM_MAIL, IssuedCode.Channel.MAIL, user.email, timedelta(hours=1))
              for _ in range(50)]  # fmt: skip
    assert all(len(one.code) == 6 and one.code.isdecimal() for one in issued)
    assert all(len(one.link) == 43 for one in issued)
    assert len({one.link for one in issued}) == 50
    assert len({one.code for one in issued}) > 45


def test_changed_password_ends_every_session(user: User) -> None:
    visitor = browser()
    visitor.post("/accounts/login/", {"login": "wang0001", "password": PASSWORD})
    user.set_password("another long password 7")
    user.save()
    assert visitor.get("/member/").status_code == 302


def test_closed_account_s_sessions_are_dead(user: User) -> None:
    visitor = browser()
    visitor.post("/accounts/login/", {"login": "wang0001", "password": PASSWORD})
    User.objects.update(is_active=False)
    assert visitor.get("/member/").status_code == 302


def test_list_of_common_passwords_is_long_and_offline() -> None:
    known = CommonPasswordValidator().passwords
    assert len(known) > 19_000
    assert all(is_common(password) for password in known)


@pytest.mark.parametrize(
    "password",
    [
        "passwordpassword",
        "iloveyouiloveyou1",
        "qwertyqwertyqwerty",
        "abcabcabcabcabcabc",
        "111111111111111",
        "manchesterunited",
        "password123456789",
        "PassWordPassWord",
        "ｐａｓｓｗｏｒｄｐａｓｓｗｏｒｄ",
        "dragondragondrago",
    ],
)
def test_common_ones_put_together_are_common(password: str) -> None:
    assert is_common(password)
    assert refusals(password, "wang0001")


@pytest.mark.parametrize(
    "password", ["correct horse 9 battery", "kq8-vlom2-Zu77x", "我家門前有小河後面有山坡", "Tainan-fish-soup-at-six"]
)
def test_good_ones_are_not(password: str) -> None:
    assert not is_common(password)


@pytest.mark.parametrize("word", CONTEXT_WORDS)
def test_word_of_this_site_with_a_few_signs_is_common(word: str) -> None:
    assert is_common(f"{word}-2026!")


def test_no_account_is_there_from_the_beginning() -> None:
    assert User.objects.count() == 0
    assert "django.contrib.admin" not in configured.INSTALLED_APPS


def test_password_fields_are_masked_and_take_password_managers(client: Client) -> None:
    source = client.get("/accounts/login/").content.decode()
    field = (
        source.split('id="id_password"')[0].rsplit("<input", 1)[1] + source.split('id="id_password"')[1].split(">")[0]
    )
    assert 'type="password"' in field
    assert 'autocomplete="current-password"' in field
    assert "paste" not in source


def test_sealing_keys_make_keys_of_256_bits(settings: Settings) -> None:
    from portal.sealing import _keys

    for purpose in ("seal", "index address"):
        assert [len(key) for key in _keys(purpose)] == [32] * len(settings.CARDLOGIN_SEAL_KEYS)
    assert _keys("seal") != _keys("index address")
    assert base64.b64encode(_keys("seal")[0]).decode() not in settings.CARDLOGIN_SEAL_KEYS
