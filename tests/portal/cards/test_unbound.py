"""A card that belongs to no account: three ways on; and a renewed certificate."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from portal.accounts.models import User
from portal.audit.models import AuditEvent
from portal.cards.models import CardBinding, CardCertificate
from tests.portal.cards.test_binding import CARDS, bind, code, enter
from tests.portal.conftest import PASSWORD, browser
from tests.portal.helpers import card_log_in, location, logged_in, plain, shown_code
from tests.portal.pki import Pki

CHOICES = "/accounts/card/choices/"
ONLY = f"{CHOICES}certificate-only/"
RENEWAL = "/accounts/card/renewal/"
pytestmark = pytest.mark.django_db


def test_unbound_card_leads_to_three_choices(client: Client, user: User, pki: Pki) -> None:
    answer = card_log_in(client, pki.cards["citizen2"])
    assert location(answer) == CHOICES
    text = plain(client.get(CHOICES))
    for part in ("林美玲", "登入並綁定", "以憑證註冊", "將視為另一個帳號"):
        assert part in text
    assert not logged_in(client)


def test_first_choice_log_in_by_password_then_bind(client: Client, pki: Pki) -> None:
    User.objects.create_user("lin00002", "lin@portal.example", PASSWORD, name="林美玲")
    card_log_in(client, pki.cards["citizen2"])
    answer = client.post(f"/accounts/login/?next={CARDS}", {"login": "lin00002", "password": PASSWORD, "next": CARDS})
    assert location(answer) == CARDS
    assert "剛才驗證的憑證：林美玲" in plain(client.get(CARDS))
    assert code(bind(client, pki.cards["citizen2"])) == "bound"
    assert "剛才驗證的憑證" not in plain(client.get(CARDS))


def test_third_choice_makes_an_account_of_its_own_once(client: Client, pki: Pki) -> None:
    card_log_in(client, pki.cards["citizen2"])
    assert location(client.post(ONLY)) == "/member/"
    assert logged_in(client)
    made = User.objects.get()
    assert (made.name, made.certificate_only, made.has_usable_password()) == ("林美玲", True, False)
    again = browser()
    assert card_log_in(again, pki.cards["citizen2"]).url == "/member/"
    assert User.objects.count() == 1


def test_certificate_only_account_comes_over_when_its_card_is_bound(client: Client, pki: Pki) -> None:
    card_log_in(client, pki.cards["citizen2"])
    client.post(ONLY)
    former = User.objects.get()
    owner = User.objects.create_user("lin00002", "lin@portal.example", PASSWORD, name="林美玲")
    another = browser()
    enter(another, "lin00002")
    assert code(bind(another, pki.cards["citizen2"])) == "bound"
    former.refresh_from_db()
    assert not former.is_active
    assert CardBinding.objects.get().user == owner
    assert not logged_in(client)


@pytest.mark.parametrize(("path", "method"), [(CHOICES, "get"), (ONLY, "post"), (RENEWAL, "get")])
def test_without_a_verified_card_there_is_nothing_to_choose(client: Client, db: None, path: str, method: str) -> None:
    assert shown_code(client, getattr(client, method)(path)) == "page_outdated"
    assert not User.objects.exists()


def test_verified_card_is_kept_for_ten_minutes_only(client: Client, pki: Pki, db: None) -> None:
    card_log_in(client, pki.cards["citizen2"])
    with time_machine.travel(timezone.now() + timedelta(seconds=601)):
        assert shown_code(client, client.post(ONLY)) == "page_outdated"


def test_another_browser_has_nothing_of_it(client: Client, pki: Pki, db: None) -> None:
    card_log_in(client, pki.cards["citizen2"])
    another = browser()
    assert shown_code(another, another.post(ONLY)) == "page_outdated"


def renew(client: Client, pki: Pki) -> Any:
    """Use the bound card once, then its renewed certificate."""
    card_log_in(browser(), pki.cards["citizen"])
    return card_log_in(client, pki.cards["renewed"])


def test_renewed_certificate_is_confirmed_by_password_once(client: Client, user: User, pki: Pki) -> None:
    assert renew(client, pki).url == RENEWAL
    assert not logged_in(client)
    wrong = client.post(RENEWAL, {"password": "wrong"})
    assert 'data-code="password_wrong"' in wrong.content.decode()
    assert CardCertificate.objects.count() == 1
    assert location(client.post(RENEWAL, {"password": PASSWORD})) == "/member/"
    assert CardCertificate.objects.filter(binding__user=user).count() == 2
    assert card_log_in(browser(), pki.cards["renewed"]).url == "/member/"


def test_account_without_a_password_takes_the_renewed_certificate(client: Client, user: User, pki: Pki) -> None:
    user.set_unusable_password()
    user.save()
    assert renew(client, pki).url == "/member/"


def test_renewal_of_an_account_closed_meanwhile(client: Client, user: User, pki: Pki) -> None:
    renew(client, pki)
    User.objects.update(is_active=False)
    assert shown_code(client, client.post(RENEWAL, {"password": PASSWORD})) == "page_outdated"


def test_what_a_card_does_is_in_the_audit_log(client: Client, user: User, pki: Pki) -> None:
    renew(client, pki)
    client.post(RENEWAL, {"password": PASSWORD})
    card = user.cards.get()
    client.post(f"/member/cards/{card.pk}/rename/", {"nickname": "新卡"})
    other = browser()
    card_log_in(other, pki.cards["citizen2"])
    other.post(ONLY)
    for action in ("card_renewed", "card_renamed", "register"):
        assert AuditEvent.objects.filter(action=action, code="ok").count() == 1, action
