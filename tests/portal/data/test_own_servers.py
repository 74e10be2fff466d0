"""PostgreSQL and Redis of `./dev test portal --postgres`: private, and gone afterwards, however that comes."""

import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from tests.stand import databases
from tests.stand.databases import CACHE_URL, DATABASE_URL, own_servers, own_stores
from tests.stand.processes import StandError
from tests.stand.waiting import LIMIT, wait_until

ROOT = Path(__file__).parents[3]
_HOLD = (
    "import time; from tests.stand.databases import own_servers\n"
    "with own_servers() as servers:\n print(servers['CARDLOGIN_TEST_DATABASE_URL'], flush=True)\n time.sleep(600)"
)


def test_servers_are_private_and_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with own_servers() as servers:
        folder = Path(servers[DATABASE_URL].split("host=")[1])
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        for process in psutil.process_iter(["cmdline"]):
            if str(folder) in " ".join(process.info["cmdline"] or ()):
                assert not [one for one in process.net_connections(kind="inet") if one.status == psutil.CONN_LISTEN]
                assert "postgres" not in process.name() or process.uids().real != 0
        for name, address in servers.items():
            monkeypatch.setenv(name, address)
        stores = [own_stores(tmp_path / name) for name in ("one", "two", "one")]
        assert stores[0] == stores[2] != stores[1]
        for number, one in enumerate(stores[:2]):
            with psycopg.connect(one["CARDLOGIN_DATABASE_URL"]) as connection:
                connection.execute("CREATE TABLE mine ()")
            with redis.Redis.from_url(one["CARDLOGIN_CACHE_URL"]) as client:
                assert client.dbsize() == 0
                client.set("mine", number)
    assert not folder.exists()
    assert not _servers_of(folder)


def test_without_servers_there_are_no_stores(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(DATABASE_URL, raising=False)
    monkeypatch.delenv(CACHE_URL, raising=False)
    assert own_stores(tmp_path) == {}


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_when_the_run_is_ended(how: signal.Signals) -> None:
    command = [sys.executable, "-c", _HOLD]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        folder = Path(process.stdout.readline().strip().split("host=")[1])
        assert len(_servers_of(folder)) >= 2
        process.send_signal(how)
        process.wait(LIMIT)
    wait_until(lambda: not _servers_of(folder))
    assert how is not signal.SIGINT or not folder.exists()
    shutil.rmtree(folder, ignore_errors=True)


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(databases, "_VERSIONS", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StandError, match="missing Debian packages: postgresql redis-server util-linux"), own_servers():
        pass


def _servers_of(folder: Path) -> list[int]:
    return [
        process.pid
        for process in psutil.process_iter(["cmdline"])
        if str(folder) in " ".join(process.info["cmdline"] or ())
    ]
