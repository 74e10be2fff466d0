"""Registration with a card: name and last four fixed, the rest typed and checked, the card bound at the end."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from cardlogin_server.identity.confirm import Confirmation, ConfirmerUnavailable, Pair
from portal.accounts.models import Person, User
from portal.cards.models import CardBinding
from tests.portal.conftest import PASSWORD, browser
from tests.portal.helpers import card_log_in, location, plain
from tests.portal.pki import Pki
from tests.portal.registration.walk import (
    ACCOUNT,
    ADVANCED,
    BASIC,
    CONSENT,
    DONE,
    MAIL,
    REGISTER,
    RESCUE,
    SIGN,
    Walk,
    error_codes,
    link_in,
    mail_to,
    solved,
    step_of,
)  # fmt: skip

CITIZEN_BASIC = {name: value for name, value in BASIC.items() if name != "name"} | {"id_rest": "A12345"}


class Service:
    """A confirming service that answers what a test says."""

    outcome: Confirmation | None = Confirmation.CONFIRMED
    asked: list[Pair]

    def confirm(self, pairs: Sequence[Pair]) -> tuple[Confirmation, ...]:
        """Answer."""
        Service.asked = list(pairs)
        if Service.outcome is None:
            raise ConfirmerUnavailable("away")
        return (Service.outcome,) * len(pairs)


def begun(client: Client, pki: Pki, choice: str = "member", card: str = "citizen") -> Walk:
    """A card log-in that led to no account, and a choice on the registration page."""
    card_log_in(client, pki.cards[card])
    return Walk(client, choice)


def to_signature(walk: Walk) -> Walk:
    """All five steps."""
    for fields in (ACCOUNT, CITIZEN_BASIC, RESCUE):
        walk.send(fields)
    walk.send(solved())
    walk.send(CONSENT)
    return walk


def shown_code(page: Any) -> str:
    """The failure at the card's button."""
    text = page.content.decode().split('id="card-message"', 1)[1]
    return str(text.split('data-code="', 1)[1].split('"', 1)[0])


def test_choices_after_an_unbound_card_lead_here(client: Client, pki: Pki) -> None:
    page = client.get(location(card_log_in(client, pki.cards["citizen"])))
    assert f'id="choose-register" href="{REGISTER}"' in page.content.decode()
    assert "以憑證註冊：王小明" in plain(client.get(REGISTER))


def test_name_and_last_four_are_shown_and_not_asked_for(client: Client, pki: Pki) -> None:
    walk = begun(client, pki)
    source = walk.send(ACCOUNT).content.decode()
    assert 'id="card-name"><bdi>王小明<' in source
    assert 'id="card-last-four">6789<' in source
    assert 'name="name"' not in source
    assert "（前 6 碼）" in source


def test_card_is_bound_to_the_new_account_by_its_signature(client: Client, pki: Pki) -> None:
    walk = to_signature(begun(client, pki))
    assert walk.page.redirect_chain == [(SIGN, 302)]
    assert not User.objects.exists()
    assert 'data-purpose="bind"' in walk.page.content.decode()
    assert walk.sign(pki.cards["citizen"]).redirect_chain == [(DONE, 302)]
    user = User.objects.get()
    assert (user.name, user.is_active, user.person.id_number) == ("王小明", False, "A123456789")
    assert CardBinding.objects.get().user == user
    assert {"會員確認信件" in one.subject for one in mail.outbox} == {True, False}
    assert len(mail.outbox) == 2


def test_typed_name_is_ignored(client: Client, pki: Pki) -> None:
    walk = begun(client, pki)
    walk.send(ACCOUNT)
    walk.send({**CITIZEN_BASIC, "name": "林美玲"})
    assert walk.draft["basic"]["name"] == "王小明"


def test_advanced_data_do_not_ask_for_the_number_again(client: Client, pki: Pki) -> None:
    walk = begun(client, pki, "official")
    walk.send(ACCOUNT)
    walk.send(CITIZEN_BASIC)
    source = walk.page.content.decode()
    assert 'name="id_number"' not in source
    assert "A12******9" in source
    data = {name: value for name, value in ADVANCED.items() if not name.startswith("id_")}
    walk.send({**data, "id_number": "A100000001", "gender": ""})
    assert walk.draft["details"]["gender"] == "male"
    walk.send(RESCUE)
    walk.send({**solved(), **CONSENT})
    walk.sign(pki.cards["citizen"])
    assert Person.objects.get().id_number == "A123456789"


@pytest.mark.parametrize("typed", ["A12345", "a12345", "A1-2345", "Ａ１２３４５", "A123456789"])
def test_rest_of_the_number_is_read_as_typed(client: Client, pki: Pki, typed: str) -> None:
    walk = begun(client, pki)
    walk.send(ACCOUNT)
    assert step_of(walk.send({**CITIZEN_BASIC, "id_rest": typed})) == 3


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("A12346", "id_number"),
        ("", "required"),
        ("A223456781", "last_four"),
        ("A1234", "id_number"),
        ("6789", "id_number"),
    ],
)
def test_wrong_rest_is_refused(client: Client, pki: Pki, typed: str, code: str) -> None:
    walk = begun(client, pki)
    walk.send(ACCOUNT)
    assert error_codes(walk.send({**CITIZEN_BASIC, "id_rest": typed}), "id_rest") == [code]


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (Confirmation.CONFIRMED, None),
        (Confirmation.NO_SUCH_PAIR, "id_not_the_cards"),
        (Confirmation.NOT_ACTIVATED, "card_not_activated"),
        (Confirmation.ASK_AGAIN, "confirmer_unavailable"),
        (None, "confirmer_unavailable"),
    ],
)
def test_service_has_the_last_word(
    client: Client, pki: Pki, settings: Settings, outcome: Confirmation | None, code: str | None
) -> None:
    settings.CARDLOGIN_CONFIRMER = f"{__name__}.Service"
    Service.outcome = outcome
    walk = begun(client, pki)
    walk.send(ACCOUNT)
    page = walk.send(CITIZEN_BASIC)
    assert Service.asked == [Pair("0000000112345678", "A123456789")]
    assert error_codes(page, "id_rest") == ([code] if code else [])


def test_service_is_asked_ten_times_a_minute_at_most(client: Client, pki: Pki, settings: Settings) -> None:
    settings.CARDLOGIN_CONFIRMER = f"{__name__}.Service"
    settings.ACCOUNT_RATE_LIMITS = {"id_check": "2/m/ip"}
    Service.outcome = Confirmation.NO_SUCH_PAIR
    walk = begun(client, pki)
    walk.send(ACCOUNT)
    assert [walk.send(CITIZEN_BASIC).status_code for _ in range(3)] == [200, 200, 429]


@pytest.mark.parametrize("card", ["citizen2", "namesake"])
def test_another_card_does_not_end_the_registration(client: Client, pki: Pki, card: str) -> None:
    walk = to_signature(begun(client, pki))
    assert shown_code(walk.sign(pki.cards[card])) == "card_changed"
    assert not User.objects.exists()
    assert walk.sign(pki.cards["citizen"]).redirect_chain == [(DONE, 302)]


@pytest.mark.parametrize("purpose", ["login", "activate", "reset"])
def test_signature_for_another_purpose_is_refused(client: Client, pki: Pki, purpose: str) -> None:
    walk = to_signature(begun(client, pki))
    assert shown_code(walk.sign(pki.cards["citizen"], purpose)) == "challenge_purpose"
    assert not User.objects.exists()


def test_signature_page_is_not_reached_before_the_five_steps(client: Client, pki: Pki) -> None:
    walk = begun(client, pki)
    walk.send(ACCOUNT)
    assert location(client.get(SIGN)) == f"{REGISTER}2/"
    assert step_of(walk.sign(pki.cards["citizen"])) == 2
    assert not User.objects.exists()


def test_signature_page_leads_back_to_the_last_step(client: Client, pki: Pki) -> None:
    to_signature(begun(client, pki))
    assert location(client.get(f"{REGISTER}5/")) == SIGN
    assert step_of(client.post(SIGN, {"back": "1"}, follow=True)) == 5


def test_plain_registration_has_no_signature_page(client: Client) -> None:
    Walk(client).to_consent()
    assert location(client.get(SIGN)) == f"{REGISTER}5/"


def test_card_that_was_bound_meanwhile_leaves_nothing(client: Client, pki: Pki) -> None:
    walk = to_signature(begun(client, pki))
    owner = User.objects.create_user("wang0002", "w@portal.example", PASSWORD, name="王小明")
    CardBinding.objects.create(
        user=owner, binding_key="moica:0000000112345678", family="moica", subject_serial="0000000112345678"
    )
    assert shown_code(walk.sign(pki.cards["citizen"])) == "card_taken"
    assert User.objects.count() == 1
    assert mail.outbox == []


def test_bound_card_with_a_renewed_certificate_does_not_register(client: Client, user: User, pki: Pki) -> None:
    card_log_in(browser(), pki.cards["citizen"])
    card_log_in(client, pki.cards["renewed"])
    assert 'id="with-card"' not in client.get(REGISTER).content.decode()
    assert Walk(client).draft["card"] is None


def test_card_of_a_certificate_only_account_comes_over_on_confirmation(client: Client, pki: Pki) -> None:
    card_log_in(client, pki.cards["citizen"])
    another = browser()
    card_log_in(another, pki.cards["citizen"])
    another.post("/accounts/card/choices/certificate-only/")
    to_signature(Walk(client)).sign(pki.cards["citizen"])
    assert CardBinding.objects.get().user.certificate_only
    client.post(link_in(mail_to(MAIL)))
    assert CardBinding.objects.get().user.username == "clairesu1234"
    assert not User.objects.get(certificate_only=True).is_active


def test_registration_goes_on_when_the_verified_card_is_forgotten(client: Client, pki: Pki) -> None:
    walk = begun(client, pki)
    with time_machine.travel(timezone.now() + timedelta(seconds=700)):
        walk = to_signature(walk)
        assert walk.sign(pki.cards["citizen"]).redirect_chain == [(DONE, 302)]


def test_person_may_register_without_the_card(client: Client, pki: Pki) -> None:
    card_log_in(client, pki.cards["citizen"])
    page = client.post(REGISTER, {"choice": "without-card"}, follow=True)
    assert 'id="with-card"' not in page.content.decode()
    assert Walk(client).draft["card"] is None


def test_verified_card_is_not_shown_to_the_next_person_at_this_browser(client: Client, pki: Pki) -> None:
    to_signature(begun(client, pki)).sign(pki.cards["citizen"])
    assert 'id="with-card"' not in client.get(REGISTER).content.decode()


def test_card_stays_free_when_the_account_can_never_be_confirmed(client: Client, pki: Pki) -> None:
    owner = User.objects.create_user("owner0001", "owner@portal.example", PASSWORD, name="王小明")
    EmailAddress.objects.create(user=owner, email=MAIL, verified=True, primary=True)
    walk = to_signature(begun(client, pki))
    assert walk.sign(pki.cards["citizen"]).redirect_chain == [(DONE, 302)]
    assert not CardBinding.objects.exists()
    assert location(card_log_in(browser(), pki.cards["citizen"])) == "/accounts/card/choices/"


def test_last_signature_sent_twice_makes_one_account(client: Client, pki: Pki) -> None:
    walk = to_signature(begun(client, pki))
    walk.sign(pki.cards["citizen"])
    assert walk.sign(pki.cards["citizen"]).redirect_chain == [(DONE, 302)]
    assert User.objects.count() == 1
