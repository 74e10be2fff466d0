"""申請公務帳號: what the account lacks is named, and nothing is changed."""

import re

import pytest
from django.test import Client

from portal.accounts.models import Person, User
from portal.audit.models import AuditEvent
from tests.portal.cards.company_pki import Companies
from tests.portal.cards.test_company import enter
from tests.portal.conftest import browser
from tests.portal.member.people import log_in
from tests.portal.member.test_profile import save

PAGE = "/member/official/"
ALL = {"mail", "birthday", "id-number", "address", "phone"}
pytestmark = pytest.mark.django_db


def lacking(client: Client) -> set[str]:
    """The names of the things that the page says are missing."""
    told = dict(re.findall(r'id="need-([a-z-]+)" data-met="(yes|no)"', client.get(PAGE).content.decode()))
    assert set(told) == ALL
    return {name for name, met in told.items() if met == "no"}


def test_who_has_told_nothing_lacks_everything(client: Client, user: User) -> None:
    log_in(client)
    assert lacking(client) == ALL
    page = client.get(PAGE).content.decode()
    assert 'id="official-lacking"' in page
    assert page.count('href="/member/profile/"') == 4
    assert 'href="/accounts/mail/"' in page


def test_advanced_member_lacks_nothing(inside: Client, owner: User) -> None:
    assert lacking(inside) == {"birthday", "address", "phone"}
    save(inside)
    assert lacking(inside) == set()
    assert 'id="official-ready"' in inside.get(PAGE).content.decode()


@pytest.mark.parametrize("field", ["county", "address", "postcode"])
def test_address_counts_as_a_whole(inside: Client, owner: User, field: str) -> None:
    save(inside)
    Person.objects.filter(user=owner).update(**{field: ""})
    assert lacking(inside) == {"address"}


def test_looking_changes_nothing_and_nothing_can_be_sent(inside: Client, owner: User) -> None:
    before = AuditEvent.objects.count(), Person.objects.filter(user=owner).values().get()
    inside.get(PAGE)
    assert inside.post(PAGE).status_code == 405
    assert (AuditEvent.objects.count(), Person.objects.filter(user=owner).values().get()) == before


def test_company_is_told_why_it_cannot(companies: Companies) -> None:
    client = browser()
    enter(client, companies.card())
    client.post("/accounts/card/choices/certificate-only/")
    page = client.get(PAGE).content.decode()
    assert 'id="official-company"' in page
    assert 'id="needs"' not in page
    assert f'href="{PAGE}"' not in client.get("/member/").content.decode()
