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
from portal.accounts import lockout
lockout.begin("wang0001")
KnownDevice.objects.create(user=user, token="x")
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

_LOCKED_BEFORE = """
from django.core.management import call_command
from django.db import connection
from portal.accounts.models import User
from portal.sealing import index
User.objects.create_user("wang0001", "wang0001@portal.example", "x", name="王小明")
call_command("migrate", "accounts", "0005", verbosity=0)
with connection.cursor() as cursor:
    for name in ("wang0001", "nobody01"):
        row = [index(name, "account name"), 5, "2026-01-01 00:00:00+00:00", True]
        cursor.execute(
            "INSERT INTO accounts_passwordtries (subject, wrong, last_wrong, locked) VALUES (%s, %s, %s, %s)", row
        )
call_command("migrate", verbosity=0)
"""
_LOCKED_AFTER = """
from portal.accounts import lockout
from django.test import override_settings
with override_settings(CARDLOGIN_PROFILE="egov-compat"):
    before = [lockout.standing(name).locked for name in ("wang0001", "nobody01")]
    lockout.forget_old()
    print(before, [lockout.standing(name).locked for name in ("wang0001", "nobody01")])
"""


def test_lock_of_an_account_outlives_the_change_of_its_table(tmp_path: Path, pki: Pki) -> None:
    environment = demo_environment(tmp_path, pki)
    assert run(environment, "migrate", "--verbosity", "0").returncode == 0
    shells = [run(environment, "shell", "--no-imports", "-c", code.strip()) for code in (_LOCKED_BEFORE, _LOCKED_AFTER)]
    assert [done.returncode for done in shells] == [0, 0], shells
    assert shells[-1].stdout.strip() == "[True, True] [True, False]"


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
