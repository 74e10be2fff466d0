"""Ten codes in any hour for one account, right or wrong, also when many come at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client

from portal.accounts.models import User
from portal.support import tries
from tests.portal.conftest import PASSWORD
from tests.portal.member.people import audited, later, told, totp
from tests.portal.support.people import CODE, CODE_PAGE, DESK, look_up, refusal, sent

pytestmark = pytest.mark.django_db


def test_ten_an_hour_right_ones_too(desk: Client, user: User) -> None:
    sent()
    for number in range(10):
        look_up(desk, CODE if number % 2 else "WRXNG234")
    page = look_up(desk)
    assert refusal(page) == "report_tries"
    assert 'data-left="0"' in page.content.decode()
    assert audited("report_opened")[-1] == "report_tries"


def test_any_hour_not_only_a_full_one(user: User) -> None:
    with later(minutes=1):
        assert [tries.spend(user) for _ in range(5)] == [True] * 5
    with later(minutes=50):
        assert [tries.spend(user) for _ in range(6)] == [True] * 5 + [False]
    with later(minutes=62):
        assert tries.left(user) == 5
        assert [tries.spend(user) for _ in range(6)] == [True] * 5 + [False]


def test_accounts_are_counted_apart(user: User) -> None:
    other = User.objects.create_user("lin00001", "lin@portal.example", PASSWORD, name="林小美")
    for _ in range(10):
        tries.spend(user)
    assert not tries.spend(user)
    assert tries.left(other) == 10
    assert tries.spend(other)


@pytest.mark.django_db(transaction=True)
def test_many_at_once_get_ten(user: User) -> None:
    def one(_: int) -> bool:
        try:
            return tries.spend(user)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(one, range(24))) == 10


def test_codes_of_the_app_are_limited_as_at_the_log_in(desk: Client) -> None:
    with later(minutes=16):
        for _ in range(5):
            assert 'data-code="second_factor_wrong"' in desk.post(CODE_PAGE, {"code": "000000"}).content.decode()
        assert told(desk.post(CODE_PAGE, {"code": totp("A" * 32)})) == "second_factor_out_of_use"
        assert desk.get(DESK).status_code == 302
