"""Somebody speaks SQL with the rights of a worker of the portal, on a PostgreSQL of its own."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import psycopg
import pytest

from tests.portal.data.worker_role import OWNER, WORKER, Roles, two_roles
from tests.portal.pki import Pki

WHO = "a worker's database role"
_NEW = b"INSERT INTO audit_auditevent (at, action, code, address, facts) VALUES (now(), 'login', 'ok', '', '{}')"
_REFUSED = psycopg.errors.InsufficientPrivilege
STATEMENTS = {
    "update": "UPDATE audit_auditevent SET code = 'ok'",
    "delete": "DELETE FROM audit_auditevent",
    "delete nothing": "DELETE FROM audit_auditevent WHERE false",
    "truncate": "TRUNCATE audit_auditevent",
    "truncate with others": "TRUNCATE accounts_user, audit_auditevent CASCADE",
    "upsert": "INSERT INTO audit_auditevent (id, at, action, code, address, facts) "
    "VALUES (1, now(), 'login', 'ok', '', '{}') "
    "ON CONFLICT (id) DO UPDATE SET code = 'ok'",
    "own number": "INSERT INTO audit_auditevent (id, at, action, code, address, facts) "
    "VALUES (999, now(), 'login', 'ok', '', '{}')",
    "numbers left out": "SELECT setval(pg_get_serial_sequence('audit_auditevent', 'id'), 1000)",
    "triggers off": "ALTER TABLE audit_auditevent DISABLE TRIGGER ALL",
    "trigger dropped": "DROP TRIGGER audit_no_delete ON audit_auditevent",
    "trigger of one's own": "CREATE TRIGGER mine BEFORE INSERT ON audit_auditevent "
    "FOR EACH ROW EXECUTE FUNCTION audit_refuse()",
    "rule": "CREATE RULE mine AS ON INSERT TO audit_auditevent DO INSTEAD NOTHING",
    "function replaced": "CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RETURN OLD; END $$",
    "function dropped": "DROP FUNCTION audit_refuse() CASCADE",
    "replica": "SET session_replication_role = replica",
    "table dropped": "DROP TABLE audit_auditevent",
    "table renamed": "ALTER TABLE audit_auditevent RENAME TO gone",
    "table moved": "ALTER TABLE audit_auditevent SET SCHEMA pg_catalog",
    "table taken": f'ALTER TABLE audit_auditevent OWNER TO "{WORKER}"',
    "table locked": "BEGIN; LOCK TABLE audit_auditevent IN ACCESS EXCLUSIVE MODE; COMMIT",
    "shadow": "CREATE TEMPORARY TABLE audit_auditevent (id int)",
    "table of one's own": "CREATE TABLE mine (id int)",
    "schema of one's own": "CREATE SCHEMA mine",
    "owner's role": f"SET ROLE {OWNER}",
    "membership": f'GRANT {OWNER} TO "{WORKER}"',
    "migrations": "DELETE FROM django_migrations",
}


@pytest.fixture(scope="module")
def roles(tmp_path_factory: pytest.TempPathFactory, pki: Pki) -> Iterator[Roles]:
    """Both roles, and two events in the log."""
    with two_roles(tmp_path_factory.mktemp("roles"), pki) as roles:
        with psycopg.connect(roles.workers_database) as worker:
            for _ in range(2):
                worker.execute(_NEW)
        yield roles


def _state(roles: Roles) -> list[list[Any]]:
    """Rows, triggers with their functions, rights, owner and numbers, as the owner sees them."""
    queries = (
        "SELECT * FROM audit_auditevent ORDER BY id",
        "SELECT tgname, tgenabled, prosrc FROM pg_trigger JOIN pg_proc p ON p.oid = tgfoid "
        "WHERE tgrelid = 'audit_auditevent'::regclass ORDER BY 1",
        "SELECT relname, relowner, relacl::text, relhasrules, nspname FROM pg_class "
        "JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname !~ '^pg_' ORDER BY 1",
        "SELECT last_value FROM pg_sequences WHERE sequencename = 'audit_auditevent_id_seq'",
        "SELECT count(*) FROM django_migrations",
        "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_(temp|toast_temp)' ORDER BY 1",
    )
    with psycopg.connect(roles.owners_database) as owner:
        return [owner.execute(query.encode()).fetchall() for query in queries]


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS.keys())
def test_statement(roles: Roles, statement: str) -> None:
    """The log is changed, emptied, locked, taken over or its triggers are."""
    before = _state(roles)
    with psycopg.connect(roles.workers_database, autocommit=True) as worker, pytest.raises(_REFUSED):
        worker.execute(statement.encode())
    assert _state(roles) == before


def test_rights(roles: Roles) -> None:
    """The worker's role gives itself the rights that it has not: PostgreSQL warns and does nothing."""
    before = _state(roles)
    with psycopg.connect(roles.workers_database, autocommit=True) as worker:
        worker.execute(f'GRANT ALL ON audit_auditevent TO "{WORKER}"'.encode())
    assert _state(roles) == before


def test_other_time(roles: Roles) -> None:
    """An event is written for last year: the database's clock counts."""
    with psycopg.connect(roles.workers_database) as worker:
        worker.execute(_NEW.replace(b"now()", b"now() - interval '1 year'"))
        row = worker.execute("SELECT max(now() - at) < interval '1 hour' FROM audit_auditevent").fetchone()
    assert row == (True,)


@pytest.mark.parametrize(
    "statement", ["DELETE FROM audit_auditevent", "TRUNCATE audit_auditevent", "UPDATE audit_auditevent SET code = 'x'"]
)
def test_owner_by_mistake(roles: Roles, statement: str) -> None:
    """The same as the owner, who could, but not by one statement."""
    before = _state(roles)
    with psycopg.connect(roles.owners_database, autocommit=True) as owner, suppress(psycopg.errors.RaiseException):
        owner.execute(statement.encode())
    assert _state(roles) == before
