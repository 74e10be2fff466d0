"""For the role that owns the tables: old events go, and that they went is an event."""

from argparse import ArgumentParser
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import CommandError
from django.db import ProgrammingError, connection, transaction
from django.utils import timezone
from typing_extensions import override

from portal.audit.log import record
from portal.audit.origin import Job

_LEAST_DAYS = 184  # six months, the least that docs/operating.md names


class Command(Job):
    """`python -m portal forget_audit --days 730`: the workers' role cannot do this."""

    help = "Delete audit events older than so many days, with the rights of the role that owns the table."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the age."""
        parser.add_argument("--days", type=int, required=True, help=f"age of the oldest event kept ({_LEAST_DAYS} …)")

    @override
    def handle(self, *args: Any, days: int, **options: Any) -> None:
        """Delete, write down how many, and say so; raise CommandError for fewer days."""
        if days < _LEAST_DAYS:
            raise CommandError(f"--days is less than {_LEAST_DAYS}")
        try:
            count = _forget(timezone.now() - timedelta(days=days))
        except ProgrammingError as error:
            raise CommandError("only the role that owns the tables may do this") from error
        self.stdout.write(f"forgotten {count}")


def _forget(before: datetime) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        restore = _allow(cursor)
        cursor.execute("DELETE FROM audit_auditevent WHERE at < %s", [before])
        count: int = cursor.rowcount
        cursor.execute(restore)
        record("audit_forgotten", count=count)
    return count


def _allow(cursor: Any) -> str:
    """Let events be deleted until the transaction ends; returns the statement that forbids it again."""
    if connection.vendor == "postgresql":
        cursor.execute("ALTER TABLE audit_auditevent DISABLE TRIGGER audit_no_delete")
        return "ALTER TABLE audit_auditevent ENABLE ALWAYS TRIGGER audit_no_delete"
    cursor.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = 'audit_no_delete'")
    created = str(cursor.fetchone()[0])
    cursor.execute("DROP TRIGGER audit_no_delete")
    return created
