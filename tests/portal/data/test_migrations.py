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


_STATE = """
from django.db import connection
from django.db.migrations.loader import MigrationLoader
loader = MigrationLoader(connection)
(before,) = [key for key in loader.graph.node_map[("accounts", "0007_held_numbers")].parents if key[0] == "accounts"]
"""
_BEFORE_HELD = """
from django.utils import timezone
from portal.sealing import index, seal
apps = loader.project_state([before.key]).apps
def account(name, kind, number, held=True, **state):
    user = apps.get_model("accounts", "User").objects.create(username=name, name="王小明", **state)
    sealed = seal(number, f"accounts.person.id_number {user.pk}") if name != "broken001" else b"x"
    found = index(number, "id number") if held else None
    apps.get_model("accounts", "Person").objects.create(user=user, id_kind=kind, id_sealed=sealed, id_index=found)
account("member001", "national", "A123456789")
account("passport1", "passport", "300006789")
account("passport2", "passport", "A123456789", held=False)
account("waiting01", "national", "A223456781", is_active=False)
account("waiting02", "passport", "300000001", is_active=False)
account("deleted01", "national", "F131495286", is_active=False, last_login=timezone.now())
account("broken001", "passport", "300000009")
"""
_HELD = """
from portal.accounts.models import *
from portal.sealing import index
from django.utils import timezone
def account(name, kind, number, purpose="id number", **state):
    user = User.objects.create_user(name, f"{name}@portal.example", "x", name="王小明", **state)
    person = Person(user=user)
    person.note_id_number(kind, number)
    seal = person.id_sealed
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_person (user_id, id_kind, id_sealed, id_index, gender, county, postcode, address,"
            " phone, extension, rescue_mobile, mobile_confirmed, question, answer_hash, recovery_code_hash)"
            " VALUES (%s, %s, %s, %s, '', '', '', '', '', '', '', %s, '', '', '')",
            [user.pk, kind, seal, index(number, purpose) if purpose else None, False],
        )
from django.db import connection
account("member001", "national", "A123456789")
account("passport1", "passport", "300006789")
account("passport2", "passport", "A123456789", None)
account("waiting01", "national", "A223456781", is_active=False)
account("waiting02", "passport", "300000001", is_active=False)
account("deleted01", "national", "F131495286", is_active=False, last_login=timezone.now())
broken = account("broken001", "passport", "300000009")
with connection.cursor() as cursor:
    cursor.execute("UPDATE accounts_person SET id_sealed = id_index WHERE user_id = %s", [User.objects.last().pk])
"""
_HELD = """
from portal.sealing import index
Person = loader.project_state([("accounts", "0007_held_numbers")]).apps.get_model("accounts", "Person")
held = dict(Person.objects.exclude(id_index=None).values_list("user__username", "id_index"))
told = {"member001": ("id", "A123456789"), "passport1": ("passport", "300006789"), "deleted01": ("id", "F131495286"),
        "passport2": ("passport", "A123456789"), "broken001": ("id", "300000009")}
print(held == {name: index(number, kind + " number") for name, (kind, number) in told.items()}, *sorted(held))
print(Person.objects.filter(id_proven=True).count())
"""
_BEFORE = """
from django.db import connection
from portal.sealing import index
with connection.cursor() as cursor:
    cursor.execute("SELECT username, id_index FROM accounts_person p JOIN accounts_user u ON u.id = p.user_id")
    held = {name: kept for name, kept in cursor.fetchall() if kept}
told = {"member001": "A123456789", "passport1": "300006789", "deleted01": "F131495286", "broken001": "300000009"}
print(held == {name: index(number, "id number") for name, number in told.items()})
"""


def test_numbers_are_held_by_confirmed_accounts_and_passports_stand_apart(tmp_path: Path, pki: Pki) -> None:
    environment = demo_environment(tmp_path, pki)

    def shell(code: str) -> str:
        done = run(environment, "shell", "--no-imports", "-c", code.strip())
        assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
        return done.stdout.strip()

    def migrate(*to: str) -> None:
        done = run(environment, "migrate", *to, "--verbosity", "0")
        assert (done.returncode, done.stderr) == (0, "")

    migrate()
    before = shell(_STATE + "print(before.key[1])")
    migrate("accounts", before)
    shell(_STATE + _BEFORE_HELD)
    migrate("accounts", "0007")
    assert shell(_STATE + _HELD).splitlines() == ["True broken001 deleted01 member001 passport1 passport2", "0"]
    migrate("accounts", before)
    assert shell(_BEFORE) == "True"
