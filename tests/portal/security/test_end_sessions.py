"""An operator ends sessions: of one account, or all (ASVS 7.4.5)."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from portal.accounts.models import User
from portal.audit.models import AuditEvent
from tests.portal.conftest import PASSWORD, browser
from tests.portal.helpers import logged_in

pytestmark = pytest.mark.django_db


def end(*arguments: str) -> str:
    out = StringIO()
    call_command("end_sessions", *arguments, stdout=out)
    return out.getvalue().strip()


def test_all_of_one_account_and_nobody_else(user: User) -> None:
    User.objects.create_user("lin00002", "lin@portal.example", PASSWORD)
    visitors = [browser() for _ in range(3)]
    for visitor, name in zip(visitors, ("wang0001", "wang0001", "lin00002"), strict=True):
        visitor.post("/accounts/login/", {"login": name, "password": PASSWORD})
    assert [logged_in(visitor) for visitor in visitors] == [True] * 3
    assert end("--account", "Wang0001") == "ended 2"
    assert [logged_in(visitor) for visitor in visitors] == [False, False, True]
    event = AuditEvent.objects.get(action="sessions_ended")
    assert (event.account, event.facts) == (user.pk, {"count": 2, "by": "operator"})


def test_everybody(user: User) -> None:
    visitor = browser()
    visitor.post("/accounts/login/", {"login": "wang0001", "password": PASSWORD})
    assert end("--all") == "ended 1"
    assert not logged_in(visitor)


@pytest.mark.parametrize("arguments", [(), ("--account", "nobody01"), ("--account", "wang0001", "--all")])
def test_wrong_use_ends_nothing(arguments: tuple[str, ...], user: User) -> None:
    visitor = browser()
    visitor.post("/accounts/login/", {"login": "wang0001", "password": PASSWORD})
    with pytest.raises(CommandError):
        end(*arguments)
    assert logged_in(visitor)
