"""What still passed the triggers: TRUNCATE (PostgreSQL), REPLACE and upserts (SQLite), and times that were made up."""

from typing import ClassVar

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

_POSTGRESQL = ("audit_no_update", "audit_no_delete", "audit_no_truncate", "audit_clock")
_CREATE = {
    "sqlite": [
        # REPLACE deletes without the trigger that refuses to delete; this one comes before it.
        "CREATE TRIGGER audit_no_replace BEFORE INSERT ON audit_auditevent "
        "WHEN EXISTS (SELECT 1 FROM audit_auditevent WHERE id = NEW.id) "
        "BEGIN SELECT RAISE(ABORT, 'audit events are never changed'); END",
        # 0.01 of a day is a quarter of an hour: the process and its file are on one machine.
        "CREATE TRIGGER audit_clock AFTER INSERT ON audit_auditevent "
        "WHEN NEW.id < 1 OR NEW.id <> (SELECT max(id) FROM audit_auditevent) "
        "OR coalesce(abs(julianday(NEW.at) - julianday('now')) > 0.01, 1) "
        "BEGIN SELECT RAISE(ABORT, 'audit events are never written for another time'); END",
    ],
    "postgresql": [
        "CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit_auditevent "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()",
        # The database's own clock: several machines write, and nobody chooses the time of an event.
        "CREATE FUNCTION audit_now() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN NEW.at := clock_timestamp(); RETURN NEW; END $$",
        "CREATE TRIGGER audit_clock BEFORE INSERT ON audit_auditevent FOR EACH ROW EXECUTE FUNCTION audit_now()",
        # Also under session_replication_role = replica.
        *(f"ALTER TABLE audit_auditevent ENABLE ALWAYS TRIGGER {name}" for name in _POSTGRESQL),
    ],
}
_DROP = {
    "sqlite": ["DROP TRIGGER audit_no_replace", "DROP TRIGGER audit_clock"],
    "postgresql": [
        "DROP TRIGGER audit_no_truncate ON audit_auditevent",
        "DROP TRIGGER audit_clock ON audit_auditevent",
        "DROP FUNCTION audit_now()",
        *(f"ALTER TABLE audit_auditevent ENABLE TRIGGER {name}" for name in _POSTGRESQL[:2]),
    ],
}


def _forwards(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    for statement in _CREATE[editor.connection.vendor]:
        editor.execute(statement)


def _backwards(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    for statement in _DROP[editor.connection.vendor]:
        editor.execute(statement)


class Migration(migrations.Migration):
    """Further triggers for both databases."""

    dependencies: ClassVar = [("audit", "0002_append_only")]
    operations: ClassVar = [migrations.RunPython(_forwards, _backwards)]
