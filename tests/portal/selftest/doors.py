"""Every address that takes a card's signature, with a browser that stands before it; none can be forgotten.

`test_purposes.py` compares the list with the code.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.test import Client

from tests.portal.conftest import browser
from tests.portal.member.people import log_in
from tests.portal.pki import Pki
from tests.portal.recovery.people import BASE, name_account
from tests.portal.registration.test_card import begun, to_signature
from tests.portal.registration.walk import SIGN

Stand = Callable[[Pki], Client]


@dataclass(frozen=True)
class Door:
    """Where a signature of `purpose` is posted, by whom, and the field it is posted in."""

    name: str
    path: str
    purpose: str
    stand: Stand
    field: str = "token"

    def knock(self, client: Client, challenge: str, token: str) -> Any:
        """Post it; the page that follows."""
        return client.post(self.path, {"challenge": challenge, self.field: token}, follow=True)


def _stranger(pki: Pki) -> Client:
    return browser()


def _member(pki: Pki) -> Client:
    log_in(client := browser())
    return client


def _names(way: str) -> Stand:
    def stand(pki: Pki) -> Client:
        name_account(client := browser(), way)
        return client

    return stand


def _registers(pki: Pki) -> Client:
    client = browser()
    to_signature(begun(client, pki, card="citizen2"))
    return client


DOORS = (
    Door("card_login", "/accounts/card/login/", "login", _stranger),
    Door("company_login", "/accounts/company/login/", "login", _stranger),
    Door("old_way_login", "/login/card/old/answer/", "login", _stranger, "answer"),
    Door("reauthenticate_card", "/accounts/reauthenticate/card/", "login", _member),
    Door("card_bind", "/member/cards/bind/", "bind", _member),
    Door("register_card", SIGN, "bind", _registers),
    Door("forgot_account_card", f"{BASE}account/card/", "login", _stranger),
    *(
        Door(f"{way}_card_proof", f"{BASE}{way}-card/proof/", way, _names(way))
        for way in ("activate", "unlock", "reset")
    ),
)
