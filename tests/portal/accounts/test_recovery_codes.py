"""The saved recovery code: 80 bits, shown once, used once; and the old question's answers."""

import base64
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.hashers import identify_hasher
from django.db import connection
from django.utils.translation import override

from portal.accounts.answers import QUESTIONS, answer_fits, answer_hash, normal_answer
from portal.accounts.models import Person, User
from portal.accounts.recovery_codes import fresh_text, new_code, use_code
from portal.audit.models import AuditEvent

pytestmark = pytest.mark.django_db


def test_code_has_eighty_bits() -> None:
    codes = {fresh_text() for _ in range(100)}
    assert len(codes) == 100
    for code in codes:
        assert len(base64.b32decode(code.replace("-", ""))) == 10
        assert [len(group) for group in code.split("-")] == [4, 4, 4, 4]


def test_code_works_once(user: User) -> None:
    code = new_code(user)
    assert use_code(user, code)
    assert not use_code(user, code)


def test_code_is_read_as_people_write_it(user: User) -> None:
    code = new_code(user)
    written = f"  {code.lower().replace('-', ' ').replace('o', '0').replace('i', '1').replace('b', '8')} "
    assert use_code(user, written)


def test_newer_code_ends_the_older(user: User) -> None:
    older, newer = new_code(user), new_code(user)
    assert not use_code(user, older)
    assert use_code(user, newer)


def test_only_a_hash_is_kept(user: User) -> None:
    code = new_code(user)
    kept = Person.objects.get().recovery_code_hash
    identify_hasher(kept)
    assert code not in kept
    assert code not in str(AuditEvent.objects.get(action="recovery_code_issued").facts)


@pytest.mark.parametrize("typed", ["", "AAAA-AAAA-AAAA-AAAA", "x" * 100_000, "\0", "蘇小明"])
def test_other_texts_are_wrong_and_use_nothing_up(user: User, typed: str) -> None:
    code = new_code(user)
    assert not use_code(user, typed)
    assert use_code(user, code)


@pytest.mark.parametrize("typed", ["", "AAAA-AAAA-AAAA-AAAA"])
def test_account_without_a_code_accepts_none_and_takes_as_long(
    user: User, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    hashed: list[str] = []
    monkeypatch.setattr("portal.accounts.recovery_codes.make_password", hashed.append)
    assert not use_code(user, typed)
    Person.objects.create(user=user)
    assert not use_code(user, typed)
    assert len(hashed) == 2


def test_code_of_another_account_is_wrong(user: User) -> None:
    other = User.objects.create_user("lin00002", "lin@portal.example", name="林美玲")
    new_code(user)
    assert not use_code(user, new_code(other))


@pytest.mark.django_db(transaction=True)
def test_code_used_many_times_at_once_works_once(user: User) -> None:
    code = new_code(user)

    def use(_: int) -> bool:
        try:
            return use_code(user, code)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(use, range(6))) == 1


def test_new_code_keeps_the_rest_of_the_person(user: User) -> None:
    Person.objects.create(user=user, rescue_mobile="0911123456")
    new_code(user)
    assert Person.objects.get().rescue_mobile == "0911123456"


@pytest.mark.parametrize("typed", ["示範國小", "示範 國小", "示範國小。", "「示範國小」"])
def test_answers_are_compared_without_blanks_and_punctuation(typed: str) -> None:
    assert answer_fits(typed, answer_hash("示範國小"))


def test_answers_are_compared_without_case_and_width() -> None:
    assert normal_answer("Ｔａｉｐｅｉ City!") == normal_answer("taipei CITY")


@pytest.mark.parametrize("typed", ["", "示範", "示範國中"])
def test_other_answers_are_wrong(typed: str) -> None:
    assert not answer_fits(typed, answer_hash("示範國小"))


def test_no_answer_kept_fits_nothing_and_costs_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[str] = []
    monkeypatch.setattr("portal.accounts.answers.make_password", hashed.append)
    assert not answer_fits("", "")
    assert not answer_fits("示範國小", "")
    assert len(hashed) == 2


def test_every_question_is_asked_in_the_readers_language() -> None:
    for key, text in QUESTIONS:
        assert key.isascii()
        assert str(text).endswith("？")
        with override("en"):
            assert str(text).isascii()
