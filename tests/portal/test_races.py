"""Several log-ins at the same moment: one challenge is good for one of them, whatever the number of processes."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from subprocess import PIPE, Popen

import pytest
from django.core.cache import cache
from django.db import connections
from django.test import Client

from cardlogin_server import ChallengeRecord, Purpose
from cardlogin_server.contrib.django.store import CacheChallengeStore
from portal.accounts.models import User
from tests.portal.conftest import browser
from tests.portal.helpers import ask_challenge, logged_in, send_token
from tests.portal.pki import Pki
from tests.portal.test_configuration import demo_environment, run
from tests.stand.waiting import LIMIT

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 4
RECORD = ChallengeRecord("0" * 64, Purpose.LOGIN, datetime(2100, 1, 1, tzinfo=UTC))


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    yield
    cache.clear()


def together(work: Callable[[int], object]) -> list[object]:
    """Run `work` in several threads that start at once, each with a database connection of its own."""
    start = threading.Barrier(THREADS)

    def one(number: int) -> object:
        try:
            start.wait(LIMIT)
            return work(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(one, range(THREADS)))


def test_one_token_sent_several_times_at_once_logs_in_once(user: User, pki: Pki) -> None:
    first = browser()
    challenge = ask_challenge(first)
    token = pki.cards["citizen"].token(challenge)
    clients = [browser() for _ in range(THREADS)]
    for client in clients:
        client.cookies["__Host-session"] = first.cookies["__Host-session"].value

    answers = together(lambda number: send_token(clients[number], challenge, token))
    went_in = [getattr(answer, "headers", {}).get("Location") == "/member/" for answer in answers]
    assert went_in.count(True) == 1
    assert [logged_in(client) for client in clients] == went_in


def test_several_people_at_once_all_get_in(user: User, pki: Pki) -> None:
    clients: list[Client] = [browser() for _ in range(THREADS)]

    def enter(number: int) -> object:
        challenge = ask_challenge(clients[number])
        return send_token(clients[number], challenge, pki.cards["citizen"].token(challenge)).url

    assert together(enter) == ["/member/"] * THREADS


def test_claim_is_given_to_one_thread(transactional_db: None) -> None:
    store = CacheChallengeStore()
    for key in ("a" * 64, "b" * 64):
        store.put(key, RECORD, 60)
        assert together(lambda _, key=key: store.claim(key, 60)).count(True) == 1  # type: ignore[misc]


def test_claim_is_given_to_one_process(tmp_path: Path, pki: Pki) -> None:
    environment = demo_environment(tmp_path, pki)
    assert run(environment, "migrate", "--verbosity", "0").returncode == 0
    code = (
        "import sys; from cardlogin_server.contrib.django.store import CacheChallengeStore;"
        "store = CacheChallengeStore();"
        "print('ready', flush=True); sys.stdin.readline();"
        "print(''.join('01'[store.claim(f'{n:064x}', 60)] for n in range(40)))"
    )
    put = (
        "from tests.portal.test_races import RECORD, CacheChallengeStore;"
        "[CacheChallengeStore().put(f'{n:064x}', RECORD, 60) for n in range(40)]"
    )
    assert run(environment, "shell", "--no-imports", "-c", put).returncode == 0
    command = [run.__globals__["sys"].executable, "-m", "portal", "shell", "--no-imports", "-c", code]
    options = {"env": environment, "cwd": Path(__file__).parents[2], "stdin": PIPE, "stdout": PIPE, "text": True}
    with Popen(command, **options) as first, Popen(command, **options) as second:  # type: ignore[call-overload]
        for process in (first, second):
            assert process.stdout.readline() == "ready\n"
        for process in (first, second):
            process.stdin.write("go\n")
            process.stdin.flush()
        wins = [process.stdout.readline().strip() for process in (first, second)]
    assert [int(a) + int(b) for a, b in zip(*wins, strict=True)] == [1] * 40
