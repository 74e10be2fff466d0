"""Many at once: one code, one proof, one saved code serve one of them; tries are counted one by one."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.db import connections
from django.test import Client

from portal.accounts import lockout
from portal.accounts.models import User
from portal.accounts.recovery_codes import new_code, use_code
from portal.audit.models import AuditEvent
from tests.portal.conftest import browser
from tests.portal.helpers import location
from tests.portal.pki import Pki
from tests.portal.recovery.people import BASE, NEW, by_card, name_account, start, texted_code
from tests.stand.waiting import LIMIT

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 4
COOKIE = "__Host-session"


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    yield
    cache.clear()


def together(work: Callable[[int], Any]) -> list[Any]:
    """Run `work` in several threads that start at once, each with a database connection of its own."""
    begin = Barrier(THREADS)

    def one(number: int) -> Any:
        try:
            begin.wait(LIMIT)
            return work(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(one, range(THREADS)))


def copies(client: Client) -> list[Client]:
    """Several browsers with one session."""
    made = [browser() for _ in range(THREADS)]
    for copy in made:
        copy.cookies[COOKIE] = client.cookies[COOKIE].value
    return made


def test_one_proof_sets_one_password(client: Client, owner: User, pki: Pki) -> None:
    by_card(client, "reset", pki.cards["citizen"])
    clients = copies(client)
    passwords = [f"{NEW}{number}" for number in range(THREADS)]

    def send(number: int) -> str:
        fields = {"password": passwords[number], "again": passwords[number], "end_others": "on"}
        return location(clients[number].post(f"{BASE}password/", fields))

    done = [answer == f"{BASE}done/" for answer in together(send)]
    assert done.count(True) == 1
    owner.refresh_from_db()
    assert owner.check_password(passwords[done.index(True)])
    assert AuditEvent.objects.filter(action="reset_password", code="ok").count() == 1


def test_one_text_code_gives_one_proof(client: Client, owner: User) -> None:
    start(client, "text")
    typed, clients = texted_code(), copies(client)
    answers = together(lambda number: clients[number].post(f"{BASE}text/code/", {"code": typed}))
    assert [answer.status_code for answer in answers].count(302) >= 1
    assert AuditEvent.objects.filter(action="reset_proof").count() == 1


def test_one_saved_code_is_used_once(owner: User) -> None:
    saved = new_code(owner)
    assert together(lambda _: use_code(owner, saved)).count(True) == 1


def test_tries_are_counted_one_by_one(owner: User) -> None:
    allowed = together(lambda _: [lockout.begin("wang0001", kind=lockout.Kind.ANSWER).may_try for _ in range(3)])
    assert sum(map(sum, allowed)) == 5


def test_account_is_activated_once(owner: User, pki: Pki) -> None:
    EmailAddress.objects.all().delete()
    User.objects.update(is_active=False)
    clients = [browser() for _ in range(THREADS)]

    def activate(number: int) -> None:
        by_card(clients[number], "activate", pki.cards["citizen"])

    together(activate)
    owner.refresh_from_db()
    assert owner.is_active
    events = AuditEvent.objects.filter(action="activate", code="ok").count()
    assert 1 <= events <= THREADS


def test_one_token_gives_one_proof(client: Client, owner: User, pki: Pki) -> None:
    challenge_for = name_account(client, "reset")
    assert challenge_for.status_code == 302
    asked = client.post("/accounts/card/challenge/", {"purpose": "reset"}, content_type="application/json")
    challenge = asked.json()["challenge"]
    fields = {"challenge": challenge, "token": pki.cards["citizen"].token(challenge)}
    clients = copies(client)
    together(lambda number: clients[number].post(f"{BASE}reset-card/proof/", fields))
    assert AuditEvent.objects.filter(action="reset_proof").count() == 1
