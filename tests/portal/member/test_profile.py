"""個人資料維護."""

from typing import Any

import pytest
from django.core import mail
from django.test import Client

from portal.accounts.models import IdKind, Person, User
from tests.portal.conftest import PASSWORD
from tests.portal.helpers import location, plain
from tests.portal.member.people import audited, later, log_in, told
from tests.portal.recovery.people import NATIONAL_ID

PAGE = "/member/profile/"
FIELDS = {
    "nickname": "小明", "birthday_year": "60", "birthday_month": "1", "birthday_day": "1", "gender": "male",
    "county": "臺北市", "address": "寶慶路3號", "postcode": "10020", "phone": "0223165300", "extension": "12345",
}  # fmt: skip
pytestmark = pytest.mark.django_db


def save(client: Client, **other: str) -> Any:
    """Fill in the form; the page that follows."""
    return client.post(PAGE, {**FIELDS, **other}, follow=True)


def test_data_are_changed_and_shown(inside: Client, owner: User) -> None:
    page = save(inside)
    assert told(page) == "profile"
    assert "民國 60 年 1 月 1 日" in plain(page)
    owner.refresh_from_db()
    person = Person.objects.get(user=owner)
    assert (owner.nickname, person.county, person.phone, person.extension) == ("小明", "臺北市", "0223165300", "12345")
    assert person.id_number == NATIONAL_ID
    assert audited("change_profile") == ["ok"]
    form = inside.get(PAGE).content.decode()
    for shown in ('value="小明"', 'value="60"', 'value="寶慶路3號"'):
        assert shown in form


def test_wrong_fields_change_nothing_and_keep_what_was_typed(inside: Client, owner: User) -> None:
    page = save(inside, birthday_month="13", postcode="1002")
    assert 'id="form-errors"' in page.content.decode()
    assert 'value="寶慶路3號"' in page.content.decode()
    assert Person.objects.get(user=owner).county == ""
    assert audited("change_profile") == []


def test_what_is_unusual_is_asked_about_once(inside: Client, owner: User) -> None:
    page = save(inside, gender="female", phone="0212345678")
    assert 'data-doubt="gender_differs"' in page.content.decode()
    assert Person.objects.get(user=owner).gender == ""
    assert told(save(inside, gender="female", phone="0212345678", seen="gender_differs,phone_plan")) == "profile"
    assert Person.objects.get(user=owner).gender == "female"


def test_name_account_and_number_stay_and_it_is_said_why(inside: Client, owner: User) -> None:
    page = inside.get(PAGE)
    for words in ("帳號名稱不能變更", "須與憑證相符", "證號填寫後不能自行變更", "A12******9"):
        assert words in plain(page)
    assert 'name="id_number"' not in page.content.decode()
    save(inside, id_number="A223456781", id_type="number", name="林美玲", username="other001")
    owner.refresh_from_db()
    assert (owner.name, owner.username, owner.person.id_number) == ("王小明", "wang0001", NATIONAL_ID)


@pytest.fixture
def plain_member(client: Client, user: User) -> Client:
    """A member without an ID number, just logged in."""
    log_in(client)
    return client


def test_number_is_given_once(plain_member: Client, user: User) -> None:
    assert told(save(plain_member, id_number="A123456789", id_type="number")) == "profile"
    assert Person.objects.get(user=user).id_number == NATIONAL_ID
    assert 'name="id_number"' not in plain_member.get(PAGE).content.decode()


def test_data_need_a_fresh_proof_and_nothing_typed_is_lost(plain_member: Client, user: User) -> None:
    """Address, telephone and birthday too (ASVS 14.2.4): what operating.md says of personal data."""
    with later(seconds=301):
        assert location(plain_member.get(PAGE)).startswith("/accounts/reauthenticate/?next=")
        page = save(plain_member, id_number="A123456789", id_type="number")
        assert 'id="needs-proof"' in page.content.decode()
        assert 'value="寶慶路3號"' in page.content.decode()
        assert not Person.objects.filter(user=user).exists()
        user.refresh_from_db()
        assert user.nickname == ""
        plain_member.post("/accounts/reauthenticate/", {"password": PASSWORD})
        assert told(save(plain_member)) == "profile"
    assert Person.objects.get(user=user).address == "寶慶路3號"


def test_number_of_somebody_else_is_kept_apart_and_its_holder_told(
    plain_member: Client, user: User, sends: Any
) -> None:
    other = User.objects.create_user("lin00002", "lin@portal.example", "x", name="林美玲")
    held = Person(user=other)
    held.set_id_number(IdKind.NATIONAL, NATIONAL_ID)
    held.id_proven = True
    held.save()
    with sends():
        page = save(plain_member, id_number=NATIONAL_ID, id_type="number")
    assert told(page) == "profile"
    assert Person.objects.get(user=user).id_index is None
    assert [sent.to for sent in mail.outbox] == [["lin@portal.example"]]


def test_wrong_number_is_refused(plain_member: Client, user: User) -> None:
    page = save(plain_member, id_number="A123456788", id_type="number")
    assert "號碼不正確" in plain(page)
    assert not Person.objects.filter(user=user).exists()
