"""Log-in with a card: the good way, and every way to be refused."""

import logging
from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from portal.accounts.models import User
from portal.cards.models import CardCertificate
from tests.portal.conftest import SERIAL, browser
from tests.portal.helpers import ask_challenge, card_log_in, logged_in, plain, send_token, shown_code
from tests.portal.pki import NOW, Pki


def test_bound_card_opens_the_account(client: Client, user: User, pki: Pki) -> None:
    answer = card_log_in(client, pki.cards["citizen"])
    assert (answer.status_code, answer.url) == (302, "/member/")
    page = client.get("/member/")
    assert 'id="how" data-method="card"' in page.content.decode()
    text = plain(page)
    assert "王小明（wang0001）" in text
    assert "•••• 5678" in text
    assert SERIAL not in text


def test_session_key_changes_and_the_use_is_noted(client: Client, user: User, pki: Pki) -> None:
    card = pki.cards["citizen"]
    challenge = ask_challenge(client)
    before = client.cookies["__Host-session"].value
    send_token(client, challenge, card.token(challenge))
    assert client.cookies["__Host-session"].value != before
    assert not Session.objects.filter(session_key=before).exists()
    noted = CardCertificate.objects.get()
    assert noted.not_after == card.certificate.not_valid_after_utc
    assert noted.first_used == noted.last_used


def test_second_use_moves_last_use_only(user: User, pki: Pki) -> None:
    card_log_in(browser(), pki.cards["citizen"])
    first = CardCertificate.objects.get()
    card_log_in(browser(), pki.cards["citizen"])
    second = CardCertificate.objects.get()
    assert (second.first_used, second.pk) == (first.first_used, first.pk)
    assert second.last_used > first.last_used


@pytest.mark.parametrize(
    ("card", "code"),
    [
        ("expired", "certificate_expired"),
        ("early", "certificate_not_yet_valid"),
        ("revoked", "certificate_revoked"),
        ("suspended", "certificate_suspended"),
        ("wrong-policy", "certificate_policy"),
        ("encryption-only", "certificate_unusable"),
        ("untrusted", "certificate_untrusted"),
        ("no-serial", "identity_malformed"),
        ("unreachable", "revocation_unknown"),
    ],
)
def test_refused_card_shows_its_code_and_nobody_is_logged_in(
    client: Client, user: User, pki: Pki, card: str, code: str
) -> None:
    answer = card_log_in(client, pki.cards[card])
    assert shown_code(client, answer) == code
    assert not logged_in(client)
    assert not CardCertificate.objects.exists()


def test_failure_is_shown_in_both_languages_and_only_once(client: Client, user: User, pki: Pki) -> None:
    answer = card_log_in(client, pki.cards["revoked"])
    text = plain(client.get(answer.url))
    assert "廢止" in text
    assert "revoked" in text
    assert 'data-code="certificate_revoked"' not in client.get("/accounts/login/").content.decode()


def test_inactive_account(client: Client, user: User, pki: Pki) -> None:
    User.objects.update(is_active=False)
    assert shown_code(client, card_log_in(client, pki.cards["citizen"])) == "account_inactive"
    assert not logged_in(client)


def test_replayed_token_is_refused(client: Client, user: User, pki: Pki) -> None:
    challenge = ask_challenge(client)
    token = pki.cards["citizen"].token(challenge)
    assert send_token(client, challenge, token).url == "/member/"
    client.post("/accounts/logout/")
    assert shown_code(client, send_token(client, challenge, token)) == "challenge_session"
    assert not logged_in(client)


def test_token_is_good_once_even_in_its_own_session(client: Client, user: User, pki: Pki) -> None:
    challenge = ask_challenge(client)
    refused = send_token(client, challenge, pki.cards["revoked"].token(challenge))
    assert shown_code(client, refused) == "certificate_revoked"
    again = send_token(client, challenge, pki.cards["citizen"].token(challenge))
    assert shown_code(client, again) == "challenge_used"
    assert not logged_in(client)


def test_token_of_another_session_is_refused(client: Client, user: User, pki: Pki) -> None:
    challenge = ask_challenge(browser())
    answer = send_token(client, challenge, pki.cards["citizen"].token(challenge))
    assert shown_code(client, answer) == "challenge_session"
    assert not logged_in(client)


def test_token_for_another_origin_is_refused(client: Client, user: User, pki: Pki) -> None:
    challenge = ask_challenge(client)
    answer = send_token(client, challenge, pki.cards["citizen"].token(challenge, "https://evil.example"))
    assert shown_code(client, answer) == "signature_invalid"
    assert not logged_in(client)


def test_challenge_expires_after_five_minutes(client: Client, user: User, pki: Pki) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        challenge = ask_challenge(client)
        clock.shift(timedelta(seconds=301))
        answer = send_token(client, challenge, pki.cards["citizen"].token(challenge))
        assert shown_code(client, answer) == "challenge_expired"


def test_invented_challenge_is_refused(client: Client, user: User, pki: Pki) -> None:
    challenge = "A" * 43 + "=.login"
    answer = send_token(client, challenge, pki.cards["citizen"].token(challenge))
    assert shown_code(client, answer) == "challenge_unknown"


@pytest.mark.parametrize(
    ("challenge", "token", "code"),
    [
        ("", "", "request_malformed"),
        ("A" * 43 + "=.login", "x" * 10_001, "request_malformed"),
        ("A" * 65, "{}", "request_malformed"),
        ("A" * 43 + "=.login", "{}", "token_malformed"),
        ("A" * 43 + "=.login", "[" * 9_000, "token_malformed"),
    ],
)
def test_malformed_form(client: Client, user: User, challenge: str, token: str, code: str) -> None:
    assert shown_code(client, send_token(client, challenge, token)) == code


def test_rate_limit(client: Client, user: User, pki: Pki, settings: Settings) -> None:
    cache.clear()
    settings.ACCOUNT_RATE_LIMITS = {"card_address": "2/m/ip"}  # the challenge is one
    send_token(client, "x", "x")
    assert shown_code(client, card_log_in(client, pki.cards["citizen"])) == "rate_limited"
    assert not logged_in(client)


def test_logged_in_person_is_not_logged_in_again(client: Client, user: User, pki: Pki) -> None:
    card_log_in(client, pki.cards["citizen"])
    assert send_token(client, "x", "x").url == "/member/"
    assert client.get("/accounts/login/")["Location"] == "/member/"


def test_two_people_at_once(user: User, pki: Pki) -> None:
    first, second = browser(), browser()
    challenges = ask_challenge(first), ask_challenge(second)
    for client, challenge in zip((second, first), reversed(challenges), strict=True):
        assert send_token(client, challenge, pki.cards["citizen"].token(challenge)).url == "/member/"
    assert logged_in(first)
    assert logged_in(second)


@pytest.mark.django_db(transaction=True)
def test_audit_has_every_outcome_and_no_secret(
    client: Client, user: User, pki: Pki, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="portal.audit")
    card_log_in(client, pki.cards["revoked"])
    card_log_in(client, pki.cards["citizen2"])
    challenge = ask_challenge(client)
    token = pki.cards["citizen"].token(challenge)
    send_token(client, challenge, token)
    lines = [record.getMessage() for record in caplog.records if record.name == "portal.audit"]
    assert lines == [
        "login method=card code=certificate_revoked account=-",
        "login method=card code=card_not_bound account=-",
        f"login method=card code=ok account={user.pk}",
    ]
    for secret in (challenge, token[:80], "王小明", SERIAL, "wang0001"):
        assert secret not in caplog.text
