"""Accounts from before the kind was stored: companies are known, and keep nothing but their cards."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from portal.accounts.models import User
from portal.cards.models import CardBinding

pytestmark = pytest.mark.django_db(transaction=True)
OTHERS = [("cards", "0001_initial"), ("audit", "0001_initial")]
BEFORE, AFTER = ("accounts", "0005_language"), ("accounts", "0006_kind")


def migrate(to: tuple[str, str]) -> Any:
    """Go to a migration; the models as they are there, those of cards as they were in the beginning."""
    executor = MigrationExecutor(connection)
    executor.migrate([to, OTHERS[0]] if to == BEFORE else [to])
    state: Any = MigrationExecutor(connection).loader.project_state([to, *OTHERS])
    return state.apps


@pytest.fixture
def before() -> Iterator[Any]:
    """The models before; afterwards everything is there again."""
    yield migrate(BEFORE)
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def account(apps: Any, name: str, family: str = "", **fields: Any) -> int:
    """An account, and a card of it."""
    made = apps.get_model("accounts", "User").objects.create(username=name, name="x", **fields)
    if family:
        binding = apps.get_model("cards", "CardBinding")
        binding.objects.create(user=made, binding_key=f"{family}:{name}", family=family, subject_serial=name)
    return int(made.pk)


def test_companies_are_known_and_keep_only_their_cards(before: Any) -> None:
    usable, unusable = {"password": "argon2$x"}, {"password": "!x", "certificate_only": True}
    holder = account(before, "holder", "moeaca", **usable, certificate_only=True)
    former = account(before, "former", "moica", **usable)
    citizen = account(before, "citizen", "moica", **usable)
    alone = account(before, "alone", "moica", **unusable)
    event = before.get_model("audit", "AuditEvent")
    for number, family in ((former, "moeaca"), (alone, "moica"), (999_999, "moeaca")):
        facts = {"method": "card", "family": family}
        event.objects.create(action="register", code="ok", account=number, facts=facts)
    person = before.get_model("accounts", "Person")
    for number in (holder, citizen):
        person.objects.create(user_id=number, rescue_mobile="0911123456", mobile_confirmed=True, question="school")

    migrate(AFTER)
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())
    found = {user.pk: user for user in User.objects.all()}
    assert {number: user.kind for number, user in found.items()} == {
        holder: "company", former: "company", citizen: "person", alone: "person"
    }  # fmt: skip
    for number in (holder, former):
        assert not found[number].has_usable_password()
        assert found[number].certificate_only
    assert found[citizen].password == "argon2$x"
    assert found[holder].person.rescue_mobile == found[holder].person.question == ""
    assert found[citizen].person.rescue_mobile == "0911123456"
    assert set(CardBinding.objects.values_list("user", flat=True)) == {holder, citizen, alone}
