"""PostgreSQL and Redis of our own, for a while: in a folder that goes away, reachable by a socket in it only."""

import contextlib
import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg
import redis

from tests.stand.processes import Program, StandError
from tests.stand.waiting import LIMIT, wait_until

DATABASE_URL, CACHE_URL = "CARDLOGIN_TEST_DATABASE_URL", "CARDLOGIN_TEST_CACHE_URL"
_VERSIONS = Path("/usr/lib/postgresql")
_USER = "portal"
_REDIS_NUMBERS = 4096
# What these servers hold is thrown away, so nothing waits for the disk; a benchmark wants it as in earnest.
_HASTY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


@contextlib.contextmanager
def own_servers(*, durable: bool = False) -> Iterator[dict[str, str]]:
    """Both servers, running; gives the variables that tell test settings where they are.

    Raises StandError with the Debian packages to install where a program is missing.
    """
    programs = _programs()
    with tempfile.TemporaryDirectory(prefix="cardlogin-db-") as name, contextlib.ExitStack() as stops:
        folder = Path(name)
        user = _unprivileged(folder)
        cluster = _start_postgresql(folder, programs, user, durable=durable)
        stops.callback(cluster.stop)
        cache = _start_redis(folder, programs["redis-server"])
        stops.callback(cache.stop)
        yield {
            DATABASE_URL: f"postgresql://{_USER}@/portal?host={quote(name)}",
            CACHE_URL: f"unix://{quote(name)}/redis.sock?db=0",
        }


def own_stores(state: Path) -> dict[str, str]:
    """Variables for the portal of one state folder: a database and a Redis number of its own, where servers run.

    Nothing, and so SQLite, where none do.
    """
    if DATABASE_URL not in os.environ:
        return {}
    digest = hashlib.sha256(str(state).encode()).hexdigest()
    name = f"portal_{digest[:16]}"
    _make_database(os.environ[DATABASE_URL], name)
    return {
        "CARDLOGIN_DATABASE_URL": os.environ[DATABASE_URL].replace("/portal?", f"/{name}?"),
        "CARDLOGIN_CACHE_URL": os.environ[CACHE_URL].replace(
            "db=0", f"db={int(digest, 16) % (_REDIS_NUMBERS - 1) + 1}"
        ),
    }


def _make_database(address: str, name: str) -> None:
    with (
        psycopg.connect(address, autocommit=True) as connection,
        contextlib.suppress(psycopg.errors.DuplicateDatabase),
    ):
        connection.execute(f"CREATE DATABASE {name}".encode())


def _programs() -> dict[str, str]:
    folders = sorted(_VERSIONS.glob("*/bin"), key=lambda folder: float(folder.parent.name))
    path = os.pathsep.join([str(folder) for folder in folders[-1:]] + [os.environ["PATH"]])
    packages = {
        "initdb": "postgresql",
        "postgres": "postgresql",
        "redis-server": "redis-server",
        "setpriv": "util-linux",
    }
    found = {name: shutil.which(name, path=path) for name in packages}
    if missing := sorted({packages[name] for name, place in found.items() if place is None}):
        raise StandError(f"missing Debian packages: {' '.join(missing)}")
    return {name: place for name, place in found.items() if place is not None}


def _unprivileged(folder: Path) -> list[str]:
    """What must stand before PostgreSQL's programs, which refuse to be run by root; gives the folder to that user."""
    if os.geteuid() != 0:
        return []
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            account = pwd.getpwnam(name)
            os.chown(folder, account.pw_uid, account.pw_gid)
            return [f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]
    raise StandError("PostgreSQL needs a user other than root: postgres or nobody")


def _start_postgresql(folder: Path, programs: dict[str, str], user: list[str], *, durable: bool) -> Program:
    become = [programs["setpriv"], "--pdeathsig=INT", *user]
    data = folder / "data"
    order = [*become, programs["initdb"], "-D", str(data), "-U", _USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8",
             "--no-sync"]  # fmt: skip
    made = subprocess.run(order, cwd="/", capture_output=True, text=True, check=False, timeout=LIMIT)
    if made.returncode != 0:
        raise StandError(f"initdb: {made.stdout[-500:]}{made.stderr[-500:]}")
    settings = ["listen_addresses=", "max_connections=100", "timezone=UTC", *(() if durable else _HASTY)]
    command = [*become, programs["postgres"], "-D", str(data), "-k", str(folder)]
    for setting in settings:
        command += ["-c", setting]
    program = Program.start("postgresql", command, logs=folder / "logs", cwd=Path("/"), ready=False)
    _wait(program, lambda: _create(folder))
    return program


def _create(folder: Path) -> None:
    try:
        _make_database(f"postgresql://{_USER}@/postgres?host={quote(str(folder))}", "portal")
    except psycopg.OperationalError as error:
        raise ConnectionError from error


def _start_redis(folder: Path, server: str) -> Program:
    socket = folder / "redis.sock"
    command = ["setpriv", "--pdeathsig=TERM", server, "--port", "0", "--unixsocket", str(socket), "--unixsocketperm",
               "700", "--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction",
               "--databases", str(_REDIS_NUMBERS), "--dir", str(folder)]  # fmt: skip
    program = Program.start("redis", command, logs=folder / "logs", cwd=Path("/"), ready=False)

    def ping() -> None:
        with contextlib.closing(redis.Redis(unix_socket_path=str(socket))) as client:
            try:
                client.ping()
            except redis.ConnectionError as error:
                raise ConnectionError from error

    _wait(program, ping)
    return program


def _wait(program: Program, once: Callable[[], None]) -> None:
    def answers() -> bool:
        try:
            once()
        except ConnectionError:
            if program.process.poll() is not None:
                raise TimeoutError from None
            return False
        return True

    try:
        wait_until(answers, between=0.05)
    except TimeoutError:
        said = program.tail()
        program.stop()
        raise StandError(f"{program.name} does not answer: {said}") from None
