"""Somebody who can speak SQL as the portal does wants an audit event gone, changed, or of another time."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from portal.audit.log import record
from portal.audit.models import AuditEvent
from tests.portal.conftest import drop_audit_triggers

pytestmark = pytest.mark.django_db
WHO = "whoever speaks SQL"
_ALL = ("audit_no_update", "audit_no_delete", "audit_no_truncate", "audit_no_replace", "audit_clock")
_NEW = "(id, at, action, code, address, facts) VALUES ({id}, {at}, 'login', 'ok', '', '{{}}')"
_POSTGRESQL = connection.vendor == "postgresql"


def _insert(how: str = "INSERT", *, number: str = "{pk}", at: str = "CURRENT_TIMESTAMP", then: str = "") -> str:
    return f"{how} INTO audit_auditevent {_NEW.format(id=number, at=at)} {then}"


BOTH = {
    "update": "UPDATE audit_auditevent SET code = 'ok'",
    "update of the number": "UPDATE audit_auditevent SET id = id + 1",
    "delete": "DELETE FROM audit_auditevent",
    "upsert": _insert(then="ON CONFLICT (id) DO UPDATE SET code = 'ok'"),
    "same number": _insert(),
}
ONLY_SQLITE = {
    "insert or replace": _insert("INSERT OR REPLACE"),
    "replace": _insert("REPLACE"),
    "insert or ignore": _insert("INSERT OR IGNORE"),
    "update or replace": "UPDATE OR REPLACE audit_auditevent SET id = 1",
    "a number before the others": _insert(number="-1"),
    "a number left out": _insert(number="{pk} - 1"),
    "yesterday": _insert(number="NULL", at="datetime('now', '-1 day')"),
    "tomorrow": _insert(number="NULL", at="datetime('now', '+1 day')"),
    "no time": _insert(number="NULL", at="'x'"),
}
ONLY_POSTGRESQL = {
    "truncate": "TRUNCATE audit_auditevent",
    "truncate with others": "TRUNCATE accounts_user, audit_auditevent CASCADE",
    "triggers of a replica": "SET LOCAL session_replication_role = replica; DELETE FROM audit_auditevent",
    "merge": "MERGE INTO audit_auditevent USING (SELECT 1) AS one ON true WHEN MATCHED THEN DELETE",
}
STATEMENTS = BOTH | (ONLY_POSTGRESQL if _POSTGRESQL else ONLY_SQLITE)


@pytest.fixture
def triggers(db: None) -> Iterator[None]:
    """Everything that the migrations put there, as in a real installation."""
    drop_audit_triggers(*_ALL)
    loader = MigrationLoader(connection)
    with connection.cursor() as cursor:
        if _POSTGRESQL:
            cursor.execute("DROP FUNCTION audit_refuse(); DROP FUNCTION audit_now()")
        # In the place of Django's schema editor, which SQLite allows outside of transactions only.
        editor = SimpleNamespace(connection=connection, execute=cursor.execute)
        for name in ("0002_append_only", "0003_kept"):
            loader.get_migration("audit", name).operations[0].code(apps, editor)  # type: ignore[attr-defined]
    yield
    drop_audit_triggers("audit_no_delete", "audit_no_truncate", "audit_clock")


@pytest.mark.usefixtures("triggers")
@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS.keys())
def test_change(statement: str) -> None:
    """An audit event is changed, replaced, taken away or written for another time."""
    record("login", "password_wrong")
    record("login", "password_wrong")
    before = list(AuditEvent.objects.order_by("pk").values())
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.replace("{pk}", str(before[-1]["id"])))
    assert list(AuditEvent.objects.order_by("pk").values()) == before


@pytest.mark.usefixtures("triggers")
def test_other_time() -> None:
    """The program writes an event for yesterday: SQLite refuses it, with PostgreSQL the database's own clock counts."""
    before = timezone.now()
    with suppress(DatabaseError), transaction.atomic():
        AuditEvent.objects.create(action="login", code="ok", at=before - timedelta(days=1))
    assert AuditEvent.objects.count() == (1 if _POSTGRESQL else 0)
    assert not AuditEvent.objects.filter(at__lt=before - timedelta(minutes=1)).exists()


@pytest.mark.usefixtures("triggers")
def test_program() -> None:
    """The program's own objects are asked to change or delete."""
    record("login")
    event = AuditEvent.objects.get()
    events = AuditEvent.objects.all()
    for act in (event.save, event.delete):
        with pytest.raises(TypeError):
            act()
    for change in (events.delete, lambda: events.update(code="ok"), lambda: events.bulk_update([event], ["code"])):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    with pytest.raises(DatabaseError), transaction.atomic():
        AuditEvent.objects.create(pk=event.pk, action="login", code="other")
    assert AuditEvent.objects.get().code == "ok"
