"""What watches the order of locks hears what it is there for."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.accounts.holding import hold_rows
from portal.accounts.models import IssuedCode, User
from portal.cards.models import CardBinding
from tests.portal import lock_order
from tests.portal.lock_order import LocksTaken, table_locked

USER, CARD, CODE, TRIES, COUNT = (
    "accounts_user", "cards_cardbinding", "accounts_issuedcode", "accounts_passwordtries", "messages_recipientcount",
)  # fmt: skip


@pytest.mark.parametrize(
    "tables",
    [(), (USER, CARD, CODE), (CARD,), (USER, TRIES, CARD, COUNT), (TRIES, COUNT), (USER, CARD, USER), (TRIES, TRIES)],
    ids=" ".join,
)
def test_in_order(tables: tuple[str, ...]) -> None:
    locks = LocksTaken()
    assert [locks.take(table) for table in tables] == [""] * len(tables)


@pytest.mark.parametrize(
    "tables",
    [(CARD, USER), (CARD, CODE), (CODE, CODE), (CARD, TRIES), (TRIES, CARD), (TRIES, USER), (USER, COUNT, TRIES)],
    ids=" ".join,
)
def test_out_of_order(tables: tuple[str, ...]) -> None:
    locks = LocksTaken()
    *first, last = (locks.take(table) for table in tables)
    assert first == [""] * len(first)
    assert last.startswith(f"{tables[-1]} after ")


@pytest.mark.django_db
def test_real_statements(user: User) -> None:
    """The statements of the database in use say which table they lock."""
    with transaction.atomic(), CaptureQueriesContext(connection) as queries:
        hold_rows(user.pk)
        list(CardBinding.objects.select_for_update(of=("self",)).select_related("user"))
        CardBinding.objects.filter(user=user).update(nickname="")
        IssuedCode.objects.filter(user=user).update(used=timezone.now())
        CardBinding.objects.filter(user=user).exists()
        user.cards.all().delete()
    locked = [table_locked(query["sql"]) for query in queries]
    assert [table for table in locked if table] == [USER, CARD, CARD, CODE, "cards_cardcertificate", CARD]


@transaction.atomic
def _rename(user: User, *, held: bool) -> None:
    if held:
        hold_rows(user.pk)
    with transaction.atomic():
        CardBinding.objects.filter(user=user).update(nickname="")
    IssuedCode.objects.filter(user=user).update(used=timezone.now())


@pytest.mark.django_db
def test_each_call_is_a_transaction_of_its_own(
    user: User, locks_watched: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What one call of a decorated function holds, the next one does not; and a block within ends nothing."""
    monkeypatch.setattr(lock_order, "_portal_code", lambda: "portal")
    _rename(user, held=True)
    assert locks_watched == []
    _rename(user, held=False)
    assert locks_watched == [f"{CODE} after {CARD}, without the account: portal"]
    _rename(user, held=True)
    assert len(locks_watched) == 1
    locks_watched.clear()


@pytest.mark.django_db(transaction=True)
def test_a_wrong_order_is_heard(user: User, locks_watched: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Deleting an account as the portal would, without holding it first."""
    monkeypatch.setattr(lock_order, "_portal_code", lambda: "portal")
    user.delete()
    assert f"{USER} after " in "".join(locks_watched)
    locks_watched.clear()
