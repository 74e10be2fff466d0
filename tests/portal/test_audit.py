"""The audit log: UTC, no secrets, only ever added to."""

import logging
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.test import RequestFactory
from django.utils import timezone

from portal.audit.log import record
from portal.audit.models import AuditEvent
from tests.portal.conftest import drop_delete_trigger

pytestmark = pytest.mark.django_db


@pytest.fixture
def triggers(db: None) -> Iterator[None]:
    """Both triggers of the migration, as in a real installation."""
    drop_update = f"DROP TRIGGER audit_no_update{' ON audit_auditevent' if connection.vendor == 'postgresql' else ''}"
    migration = MigrationLoader(connection).get_migration("audit", "0002_append_only")
    with connection.cursor() as cursor:
        cursor.execute(drop_update)
        if connection.vendor == "postgresql":
            cursor.execute("DROP FUNCTION audit_refuse()")
        # In the place of Django's schema editor, which SQLite allows outside of transactions only.
        editor = SimpleNamespace(connection=connection, execute=cursor.execute)
        migration.operations[0].code(apps, editor)  # type: ignore[attr-defined]
    yield
    drop_delete_trigger()


def test_event_has_time_action_code_and_account() -> None:
    record("bind", account=7, family="moica")
    event = AuditEvent.objects.get()
    assert (event.action, event.code, event.account, event.facts) == ("bind", "ok", 7, {"family": "moica"})
    assert event.at.utcoffset() == timezone.now().astimezone(event.at.tzinfo).utcoffset()
    assert abs((timezone.now() - event.at).total_seconds()) < 60


def test_address_is_kept_as_a_keyed_hash() -> None:
    record("login", "password_wrong", request=RequestFactory(REMOTE_ADDR="192.0.2.7").get("/"))
    event = AuditEvent.objects.get()
    assert len(event.address) == 64
    assert "192.0.2.7" not in event.address


@pytest.mark.parametrize("name", ["password", "name", "mail", "token", "id_number"])
def test_other_facts_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="facts"):
        record("login", **{name: "x"})  # type: ignore[arg-type]
    assert not AuditEvent.objects.exists()


def test_long_fact_is_cut() -> None:
    record("login", method="x" * 1000)
    assert AuditEvent.objects.get().facts == {"method": "x" * 80}


def test_line_of_the_log_says_the_same(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "portal.audit"):
        record("login", account=3, method="card")
    assert caplog.messages == ["login method=card code=ok account=3"]


def test_program_cannot_change_or_delete() -> None:
    record("login")
    event = AuditEvent.objects.get()
    for act in (event.save, event.delete):
        with pytest.raises(TypeError):
            act()


@pytest.mark.parametrize("statement", ["UPDATE audit_auditevent SET code = 'ok'", "DELETE FROM audit_auditevent"])
def test_database_itself_refuses(triggers: None, statement: str) -> None:
    record("login", "password_wrong")
    with pytest.raises(DatabaseError, match="never"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert AuditEvent.objects.get().code == "password_wrong"
