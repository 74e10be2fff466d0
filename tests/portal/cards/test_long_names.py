"""Whatever a certificate may hold finds room: names of 64 characters, also such as grow when they are normalised."""

import pytest
from django.test import Client

from portal.accounts.models import User
from portal.cards.models import CardBinding
from tests.portal.cards.company_pki import Companies
from tests.portal.cards.test_binding import bind, code
from tests.portal.cards.test_company import MAKE
from tests.portal.cards.test_company import enter as enter_company
from tests.portal.cards.test_unbound import ONLY
from tests.portal.conftest import PASSWORD, browser
from tests.portal.helpers import card_log_in, logged_in, plain
from tests.portal.pki import Card, Pki
from tests.portal.registration.test_card import to_signature
from tests.portal.registration.walk import DONE, Walk

# One character that NFKC makes four of; wide ones; a space that NFKC narrows.
NAMES = ["A" * 64, "王" * 51, "王" * 64, "㍿" * 64, "Ａ　" * 31 + "Ａ", "𠮷" * 64]
IDS = ["ASCII", "51", "64", "growing", "wide", "beyond the basic plane"]
# The library that makes and reads certificates counts bytes of UTF-8, and warns; RFC 5280 counts characters.
pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:Attribute's length")]


def named(pki: Pki, name: str) -> Card:
    """A citizen's card with that name."""
    return pki._card(name=name, serial="0000000144444444")


@pytest.mark.parametrize("name", NAMES, ids=IDS)
def test_registration_by_card(client: Client, pki: Pki, name: str) -> None:
    card = named(pki, name)
    card_log_in(client, card)
    walk = to_signature(Walk(client))
    assert walk.sign(card).redirect_chain[-1][0] == DONE
    assert User.objects.get().name == name
    assert CardBinding.objects.count() == 1


@pytest.mark.parametrize("name", NAMES, ids=IDS)
def test_card_alone_then_bound(client: Client, pki: Pki, name: str) -> None:
    card = named(pki, name)
    card_log_in(client, card)
    client.post(ONLY)
    assert logged_in(client)
    assert name in plain(client.get("/member/"))
    owner = User.objects.create_user("wang0002", "wang0002@portal.example", PASSWORD, name=name)
    another = browser()
    another.post("/accounts/login/", {"login": "wang0002", "password": PASSWORD})
    assert code(bind(another, card)) == "bound"
    assert CardBinding.objects.get().user == owner


@pytest.mark.parametrize("name", NAMES, ids=IDS)
def test_company(client: Client, companies: Companies, name: str) -> None:
    enter_company(client, companies.card(name=name))
    client.post(MAKE)
    assert name in plain(client.get("/member/"))
