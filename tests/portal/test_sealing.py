"""ID numbers at rest."""

import pytest
from django.db import IntegrityError
from pytest_django import Settings

from portal.accounts.models import IdKind, Person, User
from portal.sealing import SealBroken, index, seal, unseal

NUMBER = "A123456789"


def test_sealed_text_opens_in_its_place_only() -> None:
    sealed = seal(NUMBER, "here")
    assert unseal(sealed, "here") == NUMBER
    with pytest.raises(SealBroken):
        unseal(sealed, "there")


def test_equal_texts_look_different() -> None:
    assert seal(NUMBER, "here") != seal(NUMBER, "here")
    assert NUMBER.encode() not in seal(NUMBER, "here")


@pytest.mark.parametrize("position", [0, 1, 5, 13, 20, -1])
def test_changed_byte_is_noticed(position: int) -> None:
    sealed = bytearray(seal(NUMBER, "here"))
    sealed[position] ^= 1
    with pytest.raises(SealBroken):
        unseal(bytes(sealed), "here")


@pytest.mark.parametrize("garbage", [b"", b"\x01", b"\x01" * 28, b"\x02" * 40])
def test_garbage_is_refused(garbage: bytes) -> None:
    with pytest.raises(SealBroken):
        unseal(garbage, "here")


def test_old_key_still_opens_and_a_forgotten_one_does_not(settings: Settings) -> None:
    sealed = seal(NUMBER, "here")
    old = settings.CARDLOGIN_SEAL_KEYS[0]
    settings.CARDLOGIN_SEAL_KEYS = ("another secret of good length", old)
    assert unseal(sealed, "here") == NUMBER
    settings.CARDLOGIN_SEAL_KEYS = ("another secret of good length",)
    with pytest.raises(SealBroken):
        unseal(sealed, "here")


def test_index_depends_on_purpose_and_key(settings: Settings) -> None:
    first = index(NUMBER, "id number")
    assert first == index(NUMBER, "id number")
    assert first != index(NUMBER, "another")
    settings.CARDLOGIN_SEAL_KEYS = ("another secret of good length",)
    assert first != index(NUMBER, "id number")


@pytest.mark.django_db
class TestPerson:
    """The ID number of an account."""

    def person(self, name: str = "wang0001") -> Person:
        """A person whose row knows its user."""
        return Person(user=User.objects.create_user(name, f"{name}@portal.example", name="王小明"))

    def test_number_is_found_and_read_but_not_stored(self) -> None:
        person = self.person()
        person.set_id_number(IdKind.NATIONAL, NUMBER)
        person.save()
        found = Person.with_id_number(NUMBER)
        assert found is not None
        assert (found.user.username, found.id_number, found.last_four) == ("wang0001", NUMBER, "6789")
        stored = Person.objects.values_list().get()
        assert not any(NUMBER in str(value) or NUMBER.encode() in bytes(str(value), "utf-8") for value in stored)

    def test_number_belongs_to_one_account(self) -> None:
        first, second = self.person(), self.person("wang0002")
        for person in (first, second):
            person.set_id_number(IdKind.NATIONAL, NUMBER)
        first.save()
        with pytest.raises(IntegrityError):
            second.save()

    def test_passport_is_not_a_national_id(self) -> None:
        national, passport = self.person(), self.person("lin00002")
        national.set_id_number(IdKind.NATIONAL, NUMBER)
        passport.set_id_number(IdKind.PASSPORT, NUMBER)
        national.save()
        passport.save()
        assert Person.with_id_number(NUMBER) == national
        assert Person.with_id_number(NUMBER, IdKind.PASSPORT) == passport

    def test_number_that_was_only_typed_is_held_by_nobody(self) -> None:
        first, second = self.person(), self.person("lin00002")
        for person in (first, second):
            person.note_id_number(IdKind.RESIDENT, "A800000005")
            person.save()
        assert Person.with_id_number("A800000005") is None
        assert first.id_number == second.id_number

    def test_row_copied_to_another_person_does_not_open(self) -> None:
        first, second = self.person(), self.person("wang0002")
        first.set_id_number(IdKind.NATIONAL, NUMBER)
        second.id_sealed = first.id_sealed
        with pytest.raises(SealBroken):
            _ = second.id_number

    def test_nobody_has_a_number_that_was_never_given(self) -> None:
        self.person().save()
        assert Person.with_id_number(NUMBER) is None
