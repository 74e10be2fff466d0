"""Migrations go back to nothing and forth again, with data in the tables, on the database the tests run on."""

from pathlib import Path

from tests.portal.pki import Pki
from tests.portal.test_configuration import demo_environment, run

_FILL = """
from portal.accounts.models import *
from portal.audit.log import record
user = User.objects.create_user("wang0001", "wang0001@portal.example", "x", name="王小明")
person = Person(user=user)
person.set_id_number(IdKind.NATIONAL, "A123456789")
person.save()
record("test", account=user.pk)
"""
_BACK = """
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
for app in sorted(MigrationLoader(connection).migrated_apps):
    call_command("migrate", app, "zero", verbosity=0)
print(*sorted(connection.introspection.table_names()))
"""
_COUNT = """
from portal.accounts.models import *
from portal.audit.models import AuditEvent
print(User.objects.count(), Person.objects.count(), AuditEvent.objects.count())
"""


def test_every_migration_can_be_taken_back(tmp_path: Path, pki: Pki) -> None:
    environment = demo_environment(tmp_path, pki)

    def shell(code: str) -> str:
        done = run(environment, "shell", "--no-imports", "-c", code)
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout.strip()

    def migrate() -> None:
        done = run(environment, "migrate", "--verbosity", "0")
        assert (done.returncode, done.stderr) == (0, "")

    migrate()
    shell(_FILL.strip())
    assert shell(_COUNT.strip()) == "1 1 1"
    left = shell(_BACK.strip()).split()
    assert set(left) <= {"django_migrations", "portal_cache", "sqlite_sequence"}
    migrate()
    assert shell(_COUNT.strip()) == "0 0 0"
