"""For the role that owns the tables (PostgreSQL): the workers' role may use them, and only add to the audit log."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.db import connection, transaction
from typing_extensions import override

from portal.audit.origin import Job

_LOG = "audit_auditevent"
# Without `id`: nobody chooses the number of an event.
_COLUMNS = "at, action, code, account, address, facts"
# What is granted by default reaches the tables of later versions; the last lines take back what is too much.
_STATEMENTS = (
    "REVOKE CREATE, TEMPORARY ON DATABASE {database} FROM PUBLIC",
    "REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC",
    "REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM PUBLIC, {role}",
    "GRANT USAGE ON SCHEMA {schema} TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {role}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT USAGE, SELECT ON SEQUENCES TO {role}",
    "REVOKE ALL ON django_migrations, {log} FROM {role}",
    "GRANT SELECT ON django_migrations TO {role}",
    "GRANT SELECT, INSERT ({columns}) ON {log} TO {role}",
)
_OWNS = "SELECT pg_has_role(current_user, relowner, 'MEMBER') FROM pg_class WHERE oid = to_regclass(%s)"
_TOO_MUCH = "SELECT rolsuper OR pg_has_role(oid, current_user, 'MEMBER') FROM pg_roles WHERE rolname = %s"


class Command(Job):
    """`python -m portal grant --role NAME`: after the first `migrate`; again does no harm."""

    help = "Give the workers' database role its rights: all tables, but only reading and adding in the audit log."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the role."""
        parser.add_argument("--role", required=True, help="the role in the workers' CARDLOGIN_DATABASE_URL")

    @override
    def handle(self, *args: Any, role: str, **options: Any) -> None:
        """Give the rights, all or none; raise CommandError where they would keep nobody out."""
        if connection.vendor != "postgresql":
            raise CommandError("SQLite has no roles: whoever has the file has the log")
        _grant(role)
        self.stdout.write(f"granted {role}")


@transaction.atomic
def _grant(role: str) -> None:
    with connection.cursor() as cursor:
        if problem := _problem(cursor, role):
            raise CommandError(problem)
        cursor.execute("SELECT current_database(), current_schema()")
        database, schema = map(connection.ops.quote_name, cursor.fetchone())
        names = {"database": database, "schema": schema, "role": connection.ops.quote_name(role)}
        for statement in _STATEMENTS:
            cursor.execute(statement.format(**names, log=_LOG, columns=_COLUMNS))


def _problem(cursor: Any, role: str) -> str:
    cursor.execute(_OWNS, [_LOG])
    owns = cursor.fetchone()
    if owns is None or not owns[0]:
        return "only the role that owns the tables may do this, after `migrate`"
    cursor.execute(_TOO_MUCH, [role])
    found = cursor.fetchone()
    if found is None:
        return "there is no such role: CREATE ROLE … LOGIN"
    return "this role owns the tables, or may do everything: make another one" if found[0] else ""
