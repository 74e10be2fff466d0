"""Where a person wanted to go is kept on every way on from a card that is not linked yet."""

import re
from html import unescape

import pytest
from django.test import Client

from portal.accounts.models import User
from tests.portal.cards.company_pki import Companies
from tests.portal.cards.test_company import MAKE
from tests.portal.cards.test_company import enter as enter_company
from tests.portal.cards.test_unbound import CHOICES, ONLY, RENEWAL
from tests.portal.conftest import PASSWORD, browser
from tests.portal.helpers import ask_challenge, card_log_in, location
from tests.portal.member.people import later
from tests.portal.pki import Pki
from tests.portal.registration.walk import REGISTER, Walk

WANTED = "/member/profile/?from=course&lesson=3"
EVIL = "https://evil.example/"
pytestmark = pytest.mark.django_db


def target(page: str, mark: str) -> str:
    """The address of the link with that id."""
    found = re.search(rf'id="{mark}" href="([^"]+)"', page)
    assert found
    return unescape(found[1])


def hidden(page: str) -> str:
    """What the page's own form, below that of the languages, sends as `next`."""
    found = re.search(r'name="next" value="([^"]+)"', page.split("<main", 1)[1])
    assert found
    return unescape(found[1])


def choices(client: Client, pki: Pki, wanted: str = WANTED) -> str:
    """The page of the choices, for a card log-in that was to lead to `wanted`."""
    answer = card_log_in(client, pki.cards["citizen2"], next=wanted)
    return str(client.get(location(answer)).content.decode())


def test_link_the_card(client: Client, pki: Pki) -> None:
    User.objects.create_user("lin00002", "lin@portal.example", PASSWORD, name="林美玲")
    login = target(choices(client, pki), "choose-bind")
    onward = hidden(client.get(login).content.decode())
    answer = client.post(login, {"login": "lin00002", "password": PASSWORD, "next": onward})
    cards = location(answer)
    assert cards.startswith("/member/cards/?next=")
    with later(minutes=6):
        # Somebody who is slow proves again who he is, and comes back with it.
        again = target(client.get(cards).content.decode(), "prove-again")
        wanted = hidden(client.get(again).content.decode())
        assert location(client.post(again, {"password": PASSWORD, "next": wanted})) == cards
        page = client.get(cards).content.decode()
        challenge = ask_challenge(client, "bind")
        wrong = {"challenge": challenge, "token": pki.cards["citizen"].token(challenge), "next": hidden(page)}
        assert location(client.post("/member/cards/bind/", wrong)) == cards
        challenge = ask_challenge(client, "bind")
        proof = {"challenge": challenge, "token": pki.cards["citizen2"].token(challenge), "next": hidden(page)}
        assert location(client.post("/member/cards/bind/", proof)) == WANTED


def test_register_with_the_card(client: Client, pki: Pki) -> None:
    register = target(choices(client, pki), "choose-register")
    assert hidden(client.get(register).content.decode()) == WANTED
    Walk(client, next=WANTED)
    assert client.session["registration"]["next"] == WANTED


def test_registration_page_that_lost_it(client: Client, pki: Pki) -> None:
    choices(client, pki)
    assert hidden(client.get(REGISTER).content.decode()) == WANTED
    assert Walk(client).draft["next"] == WANTED


@pytest.mark.parametrize("told", [True, False], ids=["by the form", "by the session"])
def test_go_on_with_the_card_only(client: Client, pki: Pki, told: bool) -> None:
    wanted = hidden(choices(client, pki))
    assert location(client.post(ONLY, {"next": wanted} if told else {})) == WANTED


def test_company(client: Client, companies: Companies) -> None:
    page = client.get(location(enter_company(client, companies.card(), next=WANTED))).content.decode()
    assert location(client.post(MAKE, {"next": hidden(page)})) == WANTED
    another = browser()
    enter_company(another, companies.card("10458575"), next=WANTED)
    assert location(another.post(MAKE)) == WANTED


def test_renewed_certificate(client: Client, user: User, pki: Pki) -> None:
    card_log_in(browser(), pki.cards["citizen"])
    card_log_in(client, pki.cards["renewed"], next=WANTED)
    assert location(client.post(RENEWAL, {"password": PASSWORD})) == WANTED


def test_another_site(client: Client, user: User, pki: Pki) -> None:
    assert "evil" not in choices(client, pki, EVIL)
    assert "evil" not in client.get(f"{CHOICES}?next={EVIL}").content.decode()
    assert location(client.post(ONLY, {"next": EVIL})) == "/member/"
    holder = browser()
    holder.post("/accounts/login/", {"login": "wang0001", "password": PASSWORD})
    assert "evil" not in holder.get(f"/member/cards/?next={EVIL}").content.decode()
    challenge = ask_challenge(holder, "bind")
    proof = {"challenge": challenge, "token": pki.cards["citizen"].token(challenge), "next": EVIL}
    assert location(holder.post("/member/cards/bind/", proof)) == "/member/cards/"


def test_one_primary_button_and_the_one_without_return_last(client: Client, pki: Pki) -> None:
    page = choices(client, pki)
    main = page.split("<main", 1)[1].split("</main>", 1)[0]
    assert main.count('class="button') == 1
    assert main.index("choose-bind") < main.index("choose-register") < main.index("choose-only")
    assert 'class="button wide" id="choose-bind"' in main
