"""工商憑證 on their own route: never a citizen, one account for a company, 統一編號 shown."""

from typing import Any

import pytest
from django.test import Client

from portal.accounts.models import User
from portal.audit.models import AuditEvent
from portal.cards.models import CardBinding, CardCertificate
from tests.portal.cards.company_pki import NUMBER, OTHER_NUMBER, Companies
from tests.portal.cards.test_binding import bind, code
from tests.portal.conftest import PASSWORD, browser
from tests.portal.helpers import ask_challenge, card_log_in, location, logged_in, plain, shown_code
from tests.portal.pki import Card, Pki

PAGE, CHOICES, MAKE = "/accounts/company/", "/accounts/card/choices/", "/accounts/card/choices/certificate-only/"
pytestmark = pytest.mark.django_db


def enter(client: Client, card: Card, **fields: str) -> Any:
    """Log in on the companies' page; the answer to the form."""
    challenge = ask_challenge(client)
    return client.post(f"{PAGE}login/", {"challenge": challenge, "token": card.token(challenge), **fields})


def refused(client: Client, answer: Any) -> str:
    """The code shown on the companies' page."""
    assert location(answer) == PAGE
    return client.get(PAGE).content.decode().split('data-code="')[1].split('"')[0]


def test_first_log_in_shows_the_company_and_makes_its_account(client: Client, companies: Companies) -> None:
    assert location(enter(client, companies.card())) == CHOICES
    choice = plain(client.get(CHOICES))
    for shown in ("示範股份有限公司", NUMBER, "與任何個人帳號分開"):
        assert shown in choice
    assert "登入並綁定" not in choice
    assert not User.objects.exists()
    assert location(client.post(MAKE)) == "/member/"
    page = client.get("/member/")
    assert 'data-kind="company"' in page.content.decode()
    assert NUMBER in plain(page)
    assert CardBinding.objects.get().binding_key == f"moeaca:{NUMBER}"


def test_every_card_of_the_company_opens_the_same_account(client: Client, companies: Companies) -> None:
    enter(client, companies.card())
    client.post(MAKE)
    another = browser()
    assert location(enter(another, companies.card(role="secondary"))) == "/member/"
    assert User.objects.count() == 1
    assert CardCertificate.objects.count() == 2


def test_another_company_has_another_account(client: Client, companies: Companies) -> None:
    enter(client, companies.card())
    client.post(MAKE)
    another = browser()
    assert location(enter(another, companies.card(OTHER_NUMBER))) == CHOICES
    another.post(MAKE)
    assert User.objects.count() == 2


def test_company_card_is_no_citizen(client: Client, user: User, companies: Companies) -> None:
    card = companies.card(name="王小明")
    assert shown_code(client, card_log_in(client, card)) == "card_of_company"
    enter(client, card)
    client.post(MAKE)
    another = browser()
    assert shown_code(another, card_log_in(another, card)) == "card_of_company"
    assert not logged_in(another)
    assert AuditEvent.objects.filter(action="login", code="card_of_company").count() == 2


def test_citizen_card_is_no_company(client: Client, user: User, companies: Companies, pki: Pki) -> None:
    assert refused(client, enter(client, pki.cards["citizen"])) == "card_of_citizen"
    assert not logged_in(client)


def test_company_card_is_not_tied_to_a_person(client: Client, user: User, companies: Companies) -> None:
    client.post("/accounts/login/", {"login": "wang0001", "password": PASSWORD})
    assert code(bind(client, companies.card(name="王小明"))) == "card_kind_other"
    assert user.cards.count() == 1


def test_citizen_card_is_not_tied_to_a_company(client: Client, companies: Companies, pki: Pki) -> None:
    enter(client, companies.card(name="林美玲"))
    client.post(MAKE)
    page = client.get("/member/cards/")
    assert 'id="company-cards"' in page.content.decode()
    assert NUMBER in plain(page)
    assert 'id="card-login"' not in page.content.decode()
    challenge = ask_challenge(client, "bind")
    proof = {"challenge": challenge, "token": pki.cards["citizen2"].token(challenge)}
    client.post("/member/cards/bind/", proof)
    assert CardBinding.objects.count() == 1
    assert AuditEvent.objects.filter(action="bind", code="card_kind_other").exists()


@pytest.mark.parametrize("way", ["activate", "unlock", "reset"])
def test_company_card_brings_no_citizen_back(client: Client, user: User, companies: Companies, way: str) -> None:
    base = f"/accounts/recover/{way}-card/"
    client.post(base, {"account": "wang0001"})
    challenge = ask_challenge(client, way)
    proof = {"challenge": challenge, "token": companies.card(name="王小明").token(challenge)}
    assert code(client.post(f"{base}proof/", proof, follow=True)) == "recovery_refused"


def test_only_card_stays_and_expired_one_is_refused(client: Client, companies: Companies) -> None:
    assert refused(client, enter(client, companies.card(days=-1))) == "certificate_expired"
    enter(client, companies.card())
    client.post(MAKE)
    card = CardBinding.objects.get()
    assert code(client.post(f"/member/cards/{card.pk}/unbind/", follow=True)) == "last_way_in"


def test_profile_of_a_company_asks_nothing_personal(client: Client, companies: Companies) -> None:
    enter(client, companies.card())
    client.post(MAKE)
    source = client.get("/member/profile/").content.decode()
    for name in ("birthday_year", "id_number", "gender"):
        assert f'name="{name}"' not in source
    page = client.post("/member/profile/", {"phone": "0223165300", "id_number": "A123456789"}, follow=True)
    assert 'data-done="profile"' in page.content.decode()
    assert User.objects.get().person.id_sealed is None


def test_page_returns_to_where_it_was_called_from_by_the_allow_list(client: Client, companies: Companies) -> None:
    enter(client, companies.card())
    client.post(MAKE)
    for wanted, to in (("/member/cards/", "/member/cards/"), ("https://evil.example/", "/member/")):
        assert location(enter(browser(), companies.card(), next=wanted)) == to


def test_whoever_is_inside_needs_no_log_in(client: Client, user: User) -> None:
    client.post("/accounts/login/", {"login": "wang0001", "password": PASSWORD})
    assert location(client.get(PAGE)) == "/member/"
    assert location(client.post(f"{PAGE}login/")) == "/member/"


def test_log_in_page_shows_the_way(client: Client, db: None) -> None:
    assert f'href="{PAGE}"' in client.get("/accounts/login/").content.decode()
    called = client.get("/accounts/login/?next=/member/cards/").content.decode()
    assert f'href="{PAGE}?next=/member/cards/"' in called
    assert 'name="next" value="/member/cards/"' in client.get(f"{PAGE}?next=/member/cards/").content.decode()
    assert "evil" not in client.get(f"{PAGE}?next=https://evil.example/").content.decode()
    assert "切勿在任何網頁上輸入 PIN 碼" in plain(client.get(PAGE))
