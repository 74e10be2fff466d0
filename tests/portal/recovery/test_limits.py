"""Rate limits: per network address, and per account for what is sent; a card's holder is not kept out."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from portal.accounts.models import IssuedCode, User
from portal.settings import base
from tests.portal.conftest import browser
from tests.portal.pki import Pki
from tests.portal.recovery.people import BASE, asks_for_password, by_card, code, neutral, solved, start

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _limits(settings: Settings) -> Iterator[None]:
    settings.ACCOUNT_RATE_LIMITS = {"recovery": "6/m/ip", "recovery_send": "2/h/key"}
    yield
    cache.clear()


def test_both_limits_are_set_in_every_installation() -> None:
    assert isinstance(base.ACCOUNT_RATE_LIMITS, dict)
    assert {"recovery", "recovery_known", "recovery_send", "recovery_send_here"} <= base.ACCOUNT_RATE_LIMITS.keys()


@pytest.mark.parametrize("account", ["wang0001", "nobody01"])
def test_codes_for_one_name_are_limited_whether_it_exists_or_not(client: Client, owner: User, account: str) -> None:
    for _ in range(2):
        assert code(start(client, "text", account)) == ""
    assert code(start(client, "text", account)) == "rate_limited"
    assert IssuedCode.objects.count() == (2 if account == "wang0001" else 0)


def test_limit_of_a_name_does_not_care_for_case_or_address(client: Client, owner: User) -> None:
    for name in ("wang0001", "WANG0001"):
        start(client, "text", name)
    another = browser()
    path = f"{BASE}text/"
    fields = {"account": "Wang0001", **solved(another, path)}
    assert code(another.post(path, fields, REMOTE_ADDR="192.0.2.7")) == "rate_limited"


def test_strangers_do_not_use_up_the_cards_way(client: Client, owner: User, pki: Pki) -> None:
    for _ in range(3):
        start(client, "text")
    assert asks_for_password(by_card(client, "reset", pki.cards["citizen"]))


def test_mails_to_one_address_are_limited(client: Client, owner: User, sends: Any) -> None:
    path = f"{BASE}account/"
    with sends():
        pages = [client.post(path, {"email": owner.email, **solved(client, path)}) for _ in range(3)]
    assert code(pages[-1]) == "rate_limited"
    assert len(mail.outbox) == 2


@pytest.mark.parametrize("account", ["wang0001", "nobody01"])
def test_one_address_is_limited_on_every_page(client: Client, owner: User, account: str) -> None:
    start(client, "text", account)
    pages = [client.post(f"{BASE}text/code/", {"code": "000000"}) for _ in range(6)]
    assert [code(page) for page in pages] == ["code_wrong"] * 5 + ["rate_limited"]
    # A card's way is not limited by them (K10).
    assert "rate_limited" not in neutral(client.post(f"{BASE}account/card/", {"challenge": "x", "token": "x"}))
    path = f"{BASE}account/"
    assert code(client.post(path, {"email": "a@portal.example", **solved(client, path)})) == "rate_limited"
