"""After log-in a browser is sent within this site only."""

import pytest
from django.test import Client

from portal.accounts.models import User
from tests.portal.conftest import PASSWORD
from tests.portal.helpers import card_log_in, shown_code
from tests.portal.pki import Pki

FOREIGN = [
    "https://evil.example/",
    "//evil.example/",
    "https:evil.example",
    "http://portal.test/member/",
    "https://portal.test.evil.example/",
    "https://portal.test@evil.example/",
    "https://portal.test:8443/",
    "\\\\evil.example",
    "/\\evil.example",
    "javascript:alert(1)",
    " //evil.example",
    "/" * 2_001,
]


@pytest.mark.parametrize("target", FOREIGN)
def test_foreign_target_is_dropped(client: Client, user: User, pki: Pki, target: str) -> None:
    assert card_log_in(client, pki.cards["citizen"], next=target).url == "/member/"
    assert client.post("/accounts/logout/", {"next": target})["Location"] == "/"
    answer = client.post("/accounts/login/", {"login": "wang0001", "password": PASSWORD, "next": target})
    assert answer["Location"] == "/member/"


@pytest.mark.parametrize("target", ["/?from=course", "https://portal.test/?from=course"])
def test_own_target_is_followed(client: Client, user: User, pki: Pki, target: str) -> None:
    assert card_log_in(client, pki.cards["citizen"], next=target).url == target


def test_target_survives_a_refusal(client: Client, user: User, pki: Pki) -> None:
    answer = card_log_in(client, pki.cards["revoked"], next="/member/?a=1")
    assert answer.url == "/accounts/login/?next=%2Fmember%2F%3Fa%3D1"
    assert '<input type="hidden" name="next" value="/member/?a=1">' in client.get(answer.url).content.decode()
    assert shown_code(client, card_log_in(client, pki.cards["revoked"])) == "certificate_revoked"


def test_member_page_asks_for_log_in_first(client: Client, user: User) -> None:
    assert client.get("/member/")["Location"] == "/accounts/login/?next=/member/"
