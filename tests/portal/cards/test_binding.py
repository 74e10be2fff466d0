"""Linking cards to accounts: own card, one account, two cards at most, a proof that is fresh and for this purpose."""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.test import Client
from django.utils import timezone

from portal.accounts.models import IdKind, Person, User
from portal.audit.models import AuditEvent
from portal.cards.models import CardBinding, CardCertificate
from tests.portal.conftest import PASSWORD, browser
from tests.portal.helpers import ask_challenge, card_log_in, location, logged_in, plain
from tests.portal.pki import Card, Pki

CARDS = "/member/cards/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(db: None) -> User:
    """An active account of 王小明 without a card."""
    return User.objects.create_user("wang0002", "wang0002@portal.example", PASSWORD, name="王小明")


def enter(client: Client, name: str = "wang0002") -> None:
    """Log in by password."""
    client.post("/accounts/login/", {"login": name, "password": PASSWORD})


def bind(client: Client, card: Card, purpose: str = "bind") -> Any:
    """Bind a card as the page does; the page that follows."""
    challenge = ask_challenge(client, purpose)
    return client.post(f"{CARDS}bind/", {"challenge": challenge, "token": card.token(challenge)}, follow=True)


def code(answer: Any) -> str:
    """The code on the page, or what was done."""
    text = answer.content.decode()
    mark = 'data-done="' if 'data-done="' in text else 'data-code="'
    return str(text.split(mark, 1)[1].split('"', 1)[0])


def test_own_card_is_bound_and_opens_the_account(client: Client, owner: User, pki: Pki) -> None:
    enter(client)
    assert code(bind(client, pki.cards["citizen"])) == "bound"
    another = browser()
    card_log_in(another, pki.cards["citizen"])
    assert "wang0002" in plain(another.get("/member/"))
    assert AuditEvent.objects.filter(action="bind", code="ok", account=owner.pk).count() == 1


@pytest.mark.django_db(transaction=True)
def test_binding_is_told_by_mail(client: Client, owner: User, pki: Pki) -> None:
    enter(client)
    bind(client, pki.cards["citizen"])
    (sent,) = mail.outbox
    assert sent.to == ["wang0002@portal.example"]
    assert "5678" in sent.body
    assert "If this was not you" in sent.body


def test_binding_again_changes_nothing(client: Client, owner: User, pki: Pki) -> None:
    enter(client)
    for _ in range(2):
        assert code(bind(client, pki.cards["citizen"])) == "bound"
    assert CardBinding.objects.count() == 1


def test_signature_for_another_purpose_does_not_bind(client: Client, owner: User, pki: Pki) -> None:
    enter(client)
    assert code(bind(client, pki.cards["citizen"], "login")) == "challenge_purpose"
    assert not CardBinding.objects.exists()


def test_old_log_in_must_be_proved_again(client: Client, owner: User, pki: Pki) -> None:
    enter(client)
    with time_machine.travel(timezone.now() + timedelta(seconds=301)):
        page = client.get(CARDS).content.decode()
        assert 'id="prove-again"' in page
        assert 'id="card-login"' not in page
        challenge = ask_challenge(client, "bind")
        answer = client.post(f"{CARDS}bind/", {"challenge": challenge, "token": pki.cards["citizen"].token(challenge)})
        assert location(answer).startswith("/accounts/reauthenticate/")
        assert not CardBinding.objects.exists()
        assert location(client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": CARDS})) == CARDS
        assert 'id="card-login"' in client.get(CARDS).content.decode()


def test_another_persons_card_is_refused(client: Client, owner: User, pki: Pki) -> None:
    enter(client)
    assert code(bind(client, pki.cards["citizen2"])) == "card_name_differs"


def test_name_longer_than_a_form_takes_is_only_another_name(client: Client, owner: User, pki: Pki) -> None:
    User.objects.update(name="王" * 64)
    enter(client)
    assert code(bind(client, pki.cards["citizen"])) == "card_name_differs"


def test_card_with_other_last_four_is_refused(client: Client, owner: User, pki: Pki) -> None:
    person = Person(user=owner)
    person.set_id_number(IdKind.NATIONAL, "A100000001")
    person.save()
    enter(client)
    assert code(bind(client, pki.cards["citizen"])) == "card_id_differs"


def test_card_of_another_account_is_refused(client: Client, user: User, owner: User, pki: Pki) -> None:
    enter(client)
    assert code(bind(client, pki.cards["citizen"])) == "card_taken"
    assert CardBinding.objects.get().user == user


def test_third_card_is_refused(client: Client, owner: User, pki: Pki) -> None:
    for number in "12":
        CardBinding.objects.create(user=owner, binding_key=f"moica:{number}", family="moica", subject_serial=number)
    enter(client)
    assert "上限" in plain(client.get(CARDS))
    assert code(bind(client, pki.cards["citizen"])) == "too_many_cards"


@pytest.mark.django_db(transaction=True)
def test_two_cards_at_once_do_not_pass_the_limit(owner: User, pki: Pki) -> None:
    CardBinding.objects.create(user=owner, binding_key="moica:1", family="moica", subject_serial="1")
    clients = [browser(), browser()]
    proofs = []
    for client, name in zip(clients, ("citizen", "namesake"), strict=True):
        enter(client)
        challenge = ask_challenge(client, "bind")
        proofs.append((client, {"challenge": challenge, "token": pki.cards[name].token(challenge)}))

    def send(proof: tuple[Client, dict[str, str]]) -> None:
        try:
            proof[0].post(f"{CARDS}bind/", proof[1])
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(send, proofs))
    assert owner.cards.count() == 2


def test_card_is_named_and_untied_by_its_holder_only(client: Client, user: User, owner: User, pki: Pki) -> None:
    card = user.cards.get()
    enter(client)
    assert client.post(f"{CARDS}{card.pk}/rename/", {"nickname": "x"}).status_code == 404
    assert client.post(f"{CARDS}{card.pk}/unbind/").status_code == 404
    holder = browser()
    enter(holder, "wang0001")
    assert "我的卡" in plain(holder.post(f"{CARDS}{card.pk}/rename/", {"nickname": "我的卡"}, follow=True))
    assert code(holder.post(f"{CARDS}{card.pk}/unbind/", follow=True)) == "unbound"
    assert not CardBinding.objects.exists()


def test_only_way_in_stays(client: Client, user: User, pki: Pki) -> None:
    user.set_unusable_password()
    user.save()
    card_log_in(client, pki.cards["citizen"])
    assert code(client.post(f"{CARDS}{user.cards.get().pk}/unbind/", follow=True)) == "last_way_in"


@pytest.mark.parametrize("path", ["", "bind/", "1/unbind/", "1/rename/"])
def test_strangers_are_sent_to_log_in(client: Client, db: None, path: str) -> None:
    answer = client.post(f"{CARDS}{path}") if path else client.get(CARDS)
    assert location(answer).startswith("/accounts/login/")


def test_reauthentication_by_own_card_only(client: Client, user: User, pki: Pki) -> None:
    enter(client, "wang0001")
    for name, good in (("citizen2", False), ("citizen", True)):
        challenge = ask_challenge(client)
        answer = client.post(
            "/accounts/reauthenticate/card/",
            {"challenge": challenge, "token": pki.cards[name].token(challenge), "next": CARDS},
        )
        assert (answer.status_code == 302) is good
        assert good or 'data-code="card_not_yours"' in answer.content.decode()
    assert logged_in(client)


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "x" * 3000])
def test_reauthentication_leads_nowhere_else(client: Client, owner: User, target: str) -> None:
    enter(client)
    assert location(client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": target})) == "/member/"


def test_wrong_password_again_counts_like_any_other(client: Client, owner: User) -> None:
    enter(client)
    answer = client.post("/accounts/reauthenticate/", {"password": "wrong"})
    assert 'data-code="password_wrong"' in answer.content.decode()
    assert AuditEvent.objects.filter(action="reauthenticate", code="password_wrong").exists()


def test_expired_and_revoked_certificates_are_marked(client: Client, user: User, pki: Pki) -> None:
    card_log_in(client, pki.cards["citizen"])
    seen = CardCertificate.objects.get()
    CardCertificate.objects.create(
        binding=seen.binding, sha256=hashlib.sha256(pki.cards["revoked"].der).hexdigest(), not_after=seen.not_after,
        first_used=seen.first_used, last_used=seen.last_used,
    )  # fmt: skip
    card_log_in(browser(), pki.cards["revoked"])
    CardCertificate.objects.filter(pk=seen.pk).update(not_after=timezone.now() - timedelta(days=1))
    page = plain(client.get(CARDS))
    assert page.count("已廢止") == page.count("已過期") == 1
    card_log_in(browser(), pki.cards["revoked"])
    assert CardCertificate.objects.exclude(revoked=None).count() == 1


def test_revoked_certificate_that_was_never_seen_marks_nothing(client: Client, user: User, pki: Pki) -> None:
    card_log_in(client, pki.cards["revoked"])
    assert not CardCertificate.objects.exists()


def test_revoked_certificate_without_its_key_marks_nothing(client: Client, user: User, pki: Pki) -> None:
    card_log_in(client, pki.cards["citizen"])
    CardCertificate.objects.update(sha256=hashlib.sha256(pki.cards["revoked"].der).hexdigest())
    challenge = ask_challenge(another := browser())
    token = json.loads(pki.cards["revoked"].token("another challenge"))
    another.post("/accounts/card/login/", {"challenge": challenge, "token": json.dumps(token)})
    assert not CardCertificate.objects.exclude(revoked=None).exists()
