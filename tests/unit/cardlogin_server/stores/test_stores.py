"""Stores that processes share: Redis and SQL, each against the real thing, by threads and by processes."""

import contextlib
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from cardlogin_server import ChallengeRecord, Challenges, ChallengeStore, Purpose
from cardlogin_server import failures as f
from cardlogin_server.stores.redis import RedisChallengeStore
from cardlogin_server.stores.sql import TABLE, SqlChallengeStore
from tests.stand.waiting import LIMIT, wait_until
from tests.unit.cardlogin_server.pki import NOW
from tests.unit.cardlogin_server.site import Time
from tests.unit.cardlogin_server.stores.store_worker import keys

ROOT = Path(__file__).parents[4]
RECORD = ChallengeRecord("a" * 64, Purpose.RESET, NOW.replace(microsecond=123456))
KEY = "5" * 64


def redis_store(socket: str) -> RedisChallengeStore:
    """A store of the server at that socket."""
    return RedisChallengeStore(redis.Redis(unix_socket_path=socket))


def sql_store(path: str) -> SqlChallengeStore:
    """A store of the SQLite file at that path."""
    return SqlChallengeStore(lambda: closing(sqlite3.connect(path, timeout=LIMIT)))


@pytest.fixture(scope="module")
def redis_socket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A redis-server of our own that listens on a socket in a folder and nowhere else."""
    folder = tmp_path_factory.mktemp("redis")
    socket = str(folder / "r.sock")
    command = ["redis-server", "--port", "0", "--unixsocket", socket, "--save", "", "--dir", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        _wait_until_answering(socket)
        yield socket
        server.terminate()


def _wait_until_answering(socket: str) -> None:
    def answers() -> bool:
        with redis.Redis(unix_socket_path=socket) as client, contextlib.suppress(redis.exceptions.ConnectionError):
            return bool(client.ping())
        return False

    wait_until(answers)


@dataclass
class Shared:
    """A store, and how another process makes the same one."""

    store: ChallengeStore
    factory: str
    argument: str


@pytest.fixture(params=["redis", "sql"])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shared]:
    """Each kind of store in turn, empty."""
    if request.param == "sql":
        path = str(tmp_path / "challenges.sqlite3")
        store = sql_store(path)
        store.create_table()
        yield Shared(store, f"{__name__}.sql_store", path)
        return
    socket: str = request.getfixturevalue("redis_socket")
    with redis.Redis(unix_socket_path=socket) as client:
        client.flushall()
        yield Shared(RedisChallengeStore(client), f"{__name__}.redis_store", socket)


def test_record_comes_back_as_it_was(shared: Shared) -> None:
    assert shared.store.get(KEY) is None
    shared.store.put(KEY, RECORD, 60)
    assert shared.store.get(KEY) == RECORD


def test_claim_is_given_once_and_the_record_stays(shared: Shared) -> None:
    assert not shared.store.claim(KEY, 60)
    shared.store.put(KEY, RECORD, 60)
    assert shared.store.claim(KEY, 60)
    assert not shared.store.claim(KEY, 60)
    assert shared.store.get(KEY) == RECORD


def test_key_is_put_once(shared: Shared) -> None:
    shared.store.put(KEY, RECORD, 60)
    with pytest.raises((ValueError, sqlite3.IntegrityError)):
        shared.store.put(KEY, RECORD, 60)


def test_challenges_over_the_store(shared: Shared) -> None:
    time = Time()
    challenges = Challenges(shared.store, time)
    text = challenges.issue("s", Purpose.LOGIN)
    with pytest.raises(f.ChallengeSessionWrong):
        challenges.take(text, "other", Purpose.LOGIN)
    challenges.take(text, "s", Purpose.LOGIN)
    with pytest.raises(f.ChallengeUsed):
        challenges.take(text, "s", Purpose.LOGIN)
    late = challenges.issue("s", Purpose.LOGIN)
    time.pass_by(300)
    with pytest.raises(f.ChallengeExpired):
        challenges.take(late, "s", Purpose.LOGIN)


def together(work: Callable[[], object], count: int = 12) -> list[object]:
    start = threading.Barrier(count)

    def one(_: int) -> object:
        start.wait(LIMIT)
        return work()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def test_claim_is_given_to_one_thread(shared: Shared) -> None:
    for number in range(10):
        key = f"{number:064x}"
        shared.store.put(key, RECORD, 60)
        assert together(lambda key=key: shared.store.claim(key, 60)).count(True) == 1  # type: ignore[misc]


def test_one_challenge_is_taken_by_one_thread(shared: Shared) -> None:
    challenges = Challenges(shared.store)
    text = challenges.issue("s", Purpose.LOGIN)

    def take() -> object:
        try:
            challenges.take(text, "s", Purpose.LOGIN)
        except f.ChallengeUsed as error:
            return error.code
        return "taken"

    assert sorted(map(str, together(take))) == ["challenge_used"] * 11 + ["taken"]


def test_claim_is_given_to_one_process(shared: Shared) -> None:
    for key in keys():
        shared.store.put(key, RECORD, 60)
    command = [sys.executable, "-m", "tests.unit.cardlogin_server.stores.store_worker", shared.factory, shared.argument]
    workers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) for _ in range(3)
    ]
    for worker in workers:
        assert worker.stdout
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        assert worker.stdin
        worker.stdin.write("go\n")
        worker.stdin.flush()
    wins = [worker.communicate(timeout=LIMIT)[0].strip() for worker in workers]
    assert [sum(map(int, column)) for column in zip(*wins, strict=True)] == [1] * 40


# What is special about Redis


def test_lost_entry_of_redis_allows_no_second_use(redis_socket: str) -> None:
    with redis.Redis(unix_socket_path=redis_socket) as client:
        client.flushall()
        store = RedisChallengeStore(client)
        challenges = Challenges(store)
        text = challenges.issue("s", Purpose.LOGIN)
        challenges.take(text, "s", Purpose.LOGIN)
        client.delete(*client.keys("*:used"))
        with pytest.raises(f.ChallengeUnknown):
            challenges.take(text, "s", Purpose.LOGIN)


def test_redis_forgets_by_itself(redis_socket: str) -> None:
    with redis.Redis(unix_socket_path=redis_socket, decode_responses=True) as client:
        client.flushall()
        store = RedisChallengeStore(client, prefix="other")
        store.put(KEY, RECORD, 60)
        assert store.get(KEY) == RECORD
        assert store.claim(KEY, 90)
        (name,) = client.keys("*")
        assert name == f"other:{{{KEY}}}:used"
        assert 0 < client.ttl(name) <= 90


def test_unreachable_redis_is_an_error_and_not_a_yes() -> None:
    store = RedisChallengeStore(redis.Redis(unix_socket_path="/nonexistent/socket", retry=Retry(NoBackoff(), 0)))
    for step in (lambda: store.claim(KEY, 1), lambda: store.get(KEY), lambda: store.put(KEY, RECORD, 1)):
        with pytest.raises(redis.exceptions.ConnectionError):
            step()


# What is special about SQL


def test_sql_forgets_after_its_time(tmp_path: Path) -> None:
    path, time = tmp_path / "c.sqlite3", Time()
    store = SqlChallengeStore(lambda: closing(sqlite3.connect(path)), clock=time)
    store.create_table()
    store.put(KEY, RECORD, 10)
    time.pass_by(10)
    assert store.get(KEY) is None
    assert not store.claim(KEY, 10)
    store.put("0" * 64, RECORD, 10)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute(f"SELECT challenge_key FROM {TABLE}").fetchall() == [("0" * 64,)]  # noqa: S608


def test_table_may_be_there_already(tmp_path: Path) -> None:
    store = sql_store(str(tmp_path / "c.sqlite3"))
    store.create_table()
    store.put(KEY, RECORD, 60)
    store.create_table()
    assert store.get(KEY) == RECORD


class Recording:
    """A connection of a driver with another mark for parameters; writes down what it is asked."""

    rowcount = 1

    def __init__(self, fails: bool = False) -> None:
        self.said: list[str] = []
        self._fails = fails

    def cursor(self) -> "Recording":
        return self

    def execute(self, statement: str, parameters: object = ()) -> None:
        self.said.append(statement)
        if self._fails:
            raise RuntimeError("the driver's own")

    def fetchone(self) -> None:
        return None

    def commit(self) -> None:
        self.said.append("commit")

    def rollback(self) -> None:
        self.said.append("rollback")

    def close(self) -> None:
        self.said.append("close")

    def __enter__(self) -> "Recording":
        return self

    def __exit__(self, *_: object) -> None:
        self.said.append("given back")


def test_parameters_are_marked_as_the_driver_wants() -> None:
    connection = Recording()
    assert SqlChallengeStore(lambda: connection, "format").claim(KEY, 60)
    assert connection.said[0].count("%s") == 2
    assert connection.said[1:] == ["commit", "close", "given back"]


def test_error_of_the_driver_rolls_back() -> None:
    connection = Recording(fails=True)
    with pytest.raises(RuntimeError, match="own"):
        SqlChallengeStore(lambda: connection).claim(KEY, 60)
    assert connection.said[1:] == ["rollback", "close", "given back"]


def test_unknown_paramstyle() -> None:
    with pytest.raises(ValueError, match="paramstyle"):
        SqlChallengeStore(Recording, "named")
