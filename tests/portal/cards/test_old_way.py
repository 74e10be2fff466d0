"""The old log-in page: strict about what it takes, and good for nothing but a log-in."""

import logging
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from portal.accounts.models import KnownDevice, User
from portal.audit.models import AuditEvent
from portal.cards.models import CardBinding, CardCertificate
from tests.portal.cards.company_pki import Companies
from tests.portal.conftest import PASSWORD, browser
from tests.portal.helpers import ask_challenge, card_log_in, location, logged_in, plain
from tests.portal.member.people import later, log_in, totp
from tests.portal.member.test_second_factor import STEP, switch_on
from tests.portal.old_answers import FORM, PAGE, log_in_old, old_answer, refused, send
from tests.portal.pki import NOW, Pki

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _open(settings: Settings) -> None:
    settings.CARDLOGIN_PROFILE = "egov-compat"
    settings.CARDLOGIN_OLD_WAY = True


def events() -> list[tuple[str, str]]:
    """Ways and codes of all log-ins, in order."""
    rows = AuditEvent.objects.filter(action="login").order_by("pk")
    return [(str(row.facts["method"]), row.code) for row in rows]


def test_right_answer_logs_in_and_is_audited_as_the_old_way(client: Client, user: User, pki: Pki) -> None:
    assert location(log_in_old(client, pki.cards["citizen"])) == "/member/"
    assert events() == [("card_old", "ok")]
    page = plain(client.get("/member/"))
    assert page.count("憑證卡（舊方式）") == 2  # how this session began, and in the list of log-ins
    assert CardCertificate.objects.get().binding.user == user


def test_page_shows_both_ways(client: Client, db: None) -> None:
    answer = client.get(f"{PAGE}?next=/member/cards/")
    source = answer.content.decode()
    pin = 'id="old-pin" minlength="6" maxlength="8"'
    for part in (pin, 'id="card-login"', "portal/old_way.js", "portal/login.js"):
        assert part in source
    assert source.count('name="next" value="/member/cards/"') == 2
    assert 'name="pin"' not in source  # the PIN is never part of a form that is sent
    assert "示範系統，非政府網站" in plain(answer)
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin-allow-popups"
    assert "61161" not in answer.headers["Content-Security-Policy"]  # a popup needs no permission to connect


@pytest.mark.parametrize(("profile", "switch"), [("modern", True), ("egov-compat", False), ("modern", False)])
def test_closed_elsewhere(client: Client, user: User, pki: Pki, settings: Settings, profile: str, switch: bool) -> None:
    settings.CARDLOGIN_PROFILE, settings.CARDLOGIN_OLD_WAY = profile, switch
    assert client.get(PAGE).status_code == 404
    assert log_in_old(client, pki.cards["citizen"]).status_code == 404
    assert not logged_in(client)


def test_goes_on_by_the_allow_list(user: User, pki: Pki) -> None:
    for wanted, to in (("/member/cards/", "/member/cards/"), ("https://evil.example/", "/member/")):
        client = browser()
        challenge = ask_challenge(client)
        answer = old_answer(pki.cards["citizen"], challenge).text
        assert location(send(client, challenge, answer, next=wanted)) == to


def test_refusal_keeps_where_to_go(client: Client, user: User) -> None:
    assert location(send(client, "x", "x", next="/member/cards/")) == f"{PAGE}?next=%2Fmember%2Fcards%2F"


def test_whoever_is_inside_needs_no_log_in(client: Client, user: User, pki: Pki) -> None:
    log_in_old(client, pki.cards["citizen"])
    assert location(client.get(PAGE)) == "/member/"
    assert location(send(client, "x", "x")) == "/member/"


@pytest.mark.parametrize(
    ("card", "code"),
    [
        ("revoked", "certificate_revoked"), ("suspended", "certificate_suspended"), ("expired", "certificate_expired"),
        ("early", "certificate_not_yet_valid"), ("untrusted", "certificate_untrusted"),
        ("citizen2", "card_not_bound"), ("renamed", "card_name_differs"),
    ],
)  # fmt: skip
def test_cards_that_are_refused(client: Client, user: User, pki: Pki, card: str, code: str) -> None:
    CardBinding.objects.update(holder_name="王小明", last_four="6789")
    assert refused(client, log_in_old(client, pki.cards[card])) == code
    assert events() == [("card_old", code)]
    assert not logged_in(client)


def test_challenge_expires_after_five_minutes(client: Client, user: User, pki: Pki) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        challenge = ask_challenge(client)
        answer = old_answer(pki.cards["citizen"], challenge).text
        clock.shift(timedelta(seconds=301))
        assert refused(client, send(client, challenge, answer)) == "challenge_expired"


def test_revoked_certificate_is_marked(client: Client, user: User, pki: Pki) -> None:
    card = pki.cards["revoked"]
    log_in_old(client, pki.cards["citizen"])
    seen = CardCertificate.objects.get()
    CardCertificate.objects.filter(pk=seen.pk).update(sha256=sha256(card.der).hexdigest())
    another = browser()
    assert refused(another, log_in_old(another, card)) == "certificate_revoked"
    assert CardCertificate.objects.get().revoked is not None


def test_locked_account_is_not_opened(client: Client, user: User, pki: Pki) -> None:
    User.objects.update(is_active=False)
    assert refused(client, log_in_old(client, pki.cards["citizen"])) == "account_inactive"


def test_wrong_passwords_never_lock_a_card_out(client: Client, user: User, pki: Pki) -> None:
    for _ in range(6):
        log_in(browser(), "wrong")
    assert location(log_in_old(client, pki.cards["citizen"])) == "/member/"


def test_company_card_does_not_open_anything(client: Client, user: User, companies: Companies) -> None:
    assert refused(client, log_in_old(client, companies.card(name="王小明"))) == "card_of_company"


def test_official_account_opens_as_by_the_new_way(client: Client, user: User, pki: Pki) -> None:
    User.objects.update(official_wanted=True)
    new = browser()
    assert location(log_in_old(client, pki.cards["citizen"])) == "/member/official/"
    User.objects.update(last_login=None)
    assert location(card_log_in(new, pki.cards["citizen"])) == "/member/official/"


def test_renewed_certificate_is_confirmed_the_new_way(client: Client, user: User, pki: Pki) -> None:
    card_log_in(browser(), pki.cards["citizen"])
    assert refused(client, log_in_old(client, pki.cards["renewed"])) == "card_renewed"
    assert CardCertificate.objects.count() == 1
    assert not logged_in(client)


def test_second_factor_is_asked_for(client: Client, user: User, pki: Pki) -> None:
    card_log_in(holder := browser(), pki.cards["citizen"])
    secret = switch_on(holder)
    assert location(log_in_old(client, pki.cards["citizen"])) == STEP
    assert not logged_in(client)
    with later(seconds=30):
        client.post(STEP, {"code": totp(secret)})
        assert logged_in(client)
    assert events()[-1] == ("card_old+second_factor", "ok")


def test_browser_does_not_become_known(client: Client, user: User, pki: Pki) -> None:
    log_in_old(client, pki.cards["citizen"])
    assert not KnownDevice.objects.exists()
    card_log_in(browser(), pki.cards["citizen"])
    assert KnownDevice.objects.count() == 1


def test_limits_of_cards_hold(client: Client, user: User, pki: Pki, settings: Settings) -> None:
    cache.clear()
    settings.ACCOUNT_RATE_LIMITS = {"card_address": "2/m/ip"}
    send(client, "x", "x")
    assert refused(client, log_in_old(client, pki.cards["citizen"])) == "rate_limited"
    cache.clear()


def test_form_needs_its_token(user: User) -> None:
    assert browser(enforce_csrf_checks=True).post(FORM, {"challenge": "x", "answer": "x"}).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_logs_hold_nothing_of_the_answer(
    client: Client, user: User, pki: Pki, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    sent: list[str] = []
    for card in ("revoked", "citizen2", "citizen"):
        challenge = ask_challenge(client)
        sent += [challenge, old_answer(pki.cards[card], challenge).text[:80]]
        send(client, challenge, old_answer(pki.cards[card], challenge).text)
    lines = [record.getMessage() for record in caplog.records if record.name == "portal.audit"]
    assert lines == [
        "login method=card_old code=certificate_revoked account=-",
        "login method=card_old code=card_not_bound account=-",
        f"login method=card_old code=ok account={user.pk}",
    ]
    for secret in (*sent, "王小明", "wang0001", "TP00000000000001", PASSWORD):
        assert secret not in caplog.text


def asks_again(answer: Any) -> bool:
    """Whether a page leads to the question for a fresh proof."""
    return answer.status_code == 302 and location(answer).startswith("/accounts/reauthenticate/")


def test_nothing_important_is_changed_after_it_without_a_new_proof(client: Client, user: User, pki: Pki) -> None:
    log_in_old(client, pki.cards["citizen"])
    assert asks_again(client.get("/member/delete/"))
    assert asks_again(client.get("/member/second-factor/"))
    card_log_in(other := browser(), pki.cards["citizen"])
    assert not asks_again(other.get("/member/delete/"))
