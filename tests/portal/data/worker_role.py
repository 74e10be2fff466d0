"""A PostgreSQL as docs/operating.md wants it: one role owns the tables, the workers' role has been given its rights."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg

from tests.portal.pki import Pki
from tests.portal.test_configuration import demo_environment, run
from tests.stand.databases import CACHE_URL, DATABASE_URL, own_servers

OWNER, WORKER = "office_owner", "office-worker"


@dataclass(frozen=True)
class Roles:
    """The portal's environment as each of the two roles; the tables are there, and the rights."""

    owner: dict[str, str]
    worker: dict[str, str]

    @property
    def owners_database(self) -> str:
        """The database, as the owner."""
        return self.owner["CARDLOGIN_DATABASE_URL"]

    @property
    def workers_database(self) -> str:
        """The same, as the workers."""
        return self.worker["CARDLOGIN_DATABASE_URL"]


@contextmanager
def two_roles(state: Path, pki: Pki) -> Iterator[Roles]:
    """Own servers with both roles, for as long as the context lasts; neither role is a superuser."""
    with own_servers() as servers:
        with psycopg.connect(servers[DATABASE_URL], autocommit=True) as connection:
            connection.execute(f'CREATE ROLE {OWNER} LOGIN; CREATE ROLE "{WORKER}" LOGIN'.encode())
            connection.execute(f"CREATE DATABASE office OWNER {OWNER}".encode())
        folder = servers[DATABASE_URL].split("host=")[1]
        common = demo_environment(state, pki) | {"CARDLOGIN_CACHE_URL": servers[CACHE_URL]}
        owner, worker = (
            common | {"CARDLOGIN_DATABASE_URL": f"postgresql://{quote(role)}@/office?host={folder}"}
            for role in (OWNER, WORKER)
        )
        for order in (["migrate", "--verbosity", "0"], ["grant", "--role", WORKER]):
            done = run(owner, *order)
            assert done.returncode == 0, done.stderr
        yield Roles(owner, worker)
