"""The trial: what it says of each card, that it changes nothing, and that it tells no more than the log-in."""

import hashlib
import json
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from portal.accounts.models import User
from portal.audit.models import AuditEvent
from portal.cards.models import CardBinding, CardCertificate
from portal.selftest import masks
from tests.portal.cards.company_pki import Companies
from tests.portal.conftest import browser
from tests.portal.helpers import ask_challenge, card_log_in, logged_in, shown_code
from tests.portal.member.people import log_in
from tests.portal.pki import Pki
from tests.portal.selftest.people import everything, post, try_out

pytestmark = pytest.mark.django_db
REFUSED = ("expired", "early", "revoked", "suspended", "wrong-policy", "untrusted", "unreachable", "renamed")


def test_bound_card_would_log_in(client: Client, user: User, pki: Pki) -> None:
    said = try_out(client, pki.cards["citizen"])
    assert (said["sign"], said["code"], said["steps"]) == ("ok", "", [])
    assert said["meaning"] == "這張憑證卡可以登入。"
    assert said["facts"] == [["持卡人", "王○明"], ["已綁定帳號", "是"], ["帳號", "wa****01"]]
    assert not logged_in(client)


def test_answer_is_in_the_language_of_the_page(client: Client, user: User, pki: Pki) -> None:
    client.post("/language/", {"language": "en"})
    assert try_out(client, pki.cards["citizen"])["meaning"] == "You would be logged in with this card."


def test_card_of_nobody(client: Client, db: None, pki: Pki) -> None:
    said = try_out(client, pki.cards["citizen2"])
    assert (said["sign"], said["code"]) == ("warn", "account_not_bound")
    assert said["facts"] == [["持卡人", "林○玲"], ["已綁定帳號", "否"]]
    assert said["meaning"] == "您的卡片沒有問題，但尚未綁定這個網站的帳號。"
    assert said["steps"]


def test_company_card(client: Client, db: None, companies: Companies) -> None:
    card = companies.card()
    assert try_out(client, card)["code"] == "account_not_bound"
    challenge = ask_challenge(client)
    fields = {"challenge": challenge, "token": card.token(challenge)}
    client.post("/accounts/company/login/", fields)
    client.post("/accounts/card/choices/certificate-only/")
    assert try_out(browser(), card)["meaning"] == "這張憑證卡可以登入公司帳號。"


@pytest.mark.parametrize("card", REFUSED)
def test_refusal_is_the_log_ins_own_with_steps_and_no_names(client: Client, user: User, pki: Pki, card: str) -> None:
    CardBinding.objects.update(holder_name="王小明", last_four="6789")
    said, visitor = try_out(client, pki.cards[card]), browser()
    assert said["sign"] == "fail"
    assert said["code"] == shown_code(visitor, card_log_in(visitor, pki.cards[card]))
    assert said["meaning"]
    assert said["steps"]
    assert said["facts"] == []


def test_closed_account_is_not_named(client: Client, user: User, pki: Pki) -> None:
    user.is_active = False
    user.save()
    said = try_out(client, pki.cards["citizen"])
    assert (said["sign"], said["code"], said["facts"]) == ("fail", "account_inactive", [])


def test_renewed_certificate_is_a_note_without_names(client: Client, user: User, pki: Pki) -> None:
    card_log_in(browser(), pki.cards["citizen"])
    said = try_out(client, pki.cards["renewed"])
    assert (said["sign"], said["code"], said["facts"]) == ("warn", "card_renewed", [])


CARDS = ("citizen", "renewed", "citizen2", "revoked", "renamed", "expired", "untrusted")


@pytest.mark.parametrize("card", CARDS)
def test_nothing_changes(user: User, pki: Pki, card: str) -> None:
    """Not a binding, a date, a note of revocation, an account, a mail or a session that is logged in."""
    user.delete_after = timezone.now() + timedelta(days=3)  # a log-in would end that
    user.save()
    binding = CardBinding.objects.get()
    for name in ("citizen", "revoked"):
        seen = pki.cards[name].certificate
        CardCertificate.objects.create(
            binding=binding, sha256=hashlib.sha256(pki.cards[name].der).hexdigest(),
            not_after=seen.not_valid_after_utc, first_used=timezone.now(), last_used=timezone.now(),
        )  # fmt: skip
    client = browser()
    ask_challenge(client)
    before, session = everything(), dict(client.session)
    try_out(client, pki.cards[card])
    assert everything() == before
    assert dict(client.session) == session
    assert not logged_in(client)


def test_trial_of_a_member_leaves_the_session_as_it_is(client: Client, user: User, pki: Pki) -> None:
    log_in(client)
    before = dict(client.session)
    assert try_out(client, pki.cards["citizen"])["sign"] == "ok"
    assert {**dict(client.session), "card_session": ""} == {**before, "card_session": ""}
    assert logged_in(client)


def test_one_line_of_the_audit_log(client: Client, user: User, pki: Pki) -> None:
    for card in ("citizen", "citizen2", "revoked"):
        try_out(client, pki.cards[card])
    lines = AuditEvent.objects.order_by("pk").values_list("action", "code", "account", "facts")
    method = {"method": "card"}
    assert list(lines) == [
        ("trial", "ok", user.pk, method), ("trial", "account_not_bound", None, method),
        ("trial", "certificate_revoked", None, method),
    ]  # fmt: skip


def test_trials_are_no_log_ins_in_the_members_list(client: Client, user: User, pki: Pki) -> None:
    try_out(client, pki.cards["citizen"])
    log_in(client)
    assert client.get("/member/").content.decode().count("<time") < 6


def test_signature_is_good_once_and_in_its_session_only(client: Client, user: User, pki: Pki) -> None:
    challenge = ask_challenge(client, "test")
    token = pki.cards["citizen"].token(challenge)
    assert post(browser(), challenge, token).json()["code"] == "challenge_session"
    assert post(client, challenge, token).json()["code"] == ""
    assert post(client, challenge, token).json()["code"] == "challenge_used"


@pytest.mark.parametrize(("challenge", "token"), [("", ""), ("x" * 65, "{}"), ("x", "y" * 10_001)])
def test_malformed(client: Client, db: None, challenge: str, token: str) -> None:
    answer = post(client, challenge, token)
    assert (answer.status_code, answer.json()["code"]) == (400, "request_malformed")


def test_signature_for_another_site(client: Client, user: User, pki: Pki) -> None:
    challenge = ask_challenge(client, "test")
    token = pki.cards["citizen"].token(challenge, "https://evil.example")
    assert post(client, challenge, token).json()["code"] == "signature_invalid"


def test_same_limits_as_the_log_in(client: Client, user: User, pki: Pki, settings: Settings) -> None:
    cache.clear()
    settings.ACCOUNT_RATE_LIMITS = {"card_address": "3/m/ip"}
    assert try_out(client, pki.cards["citizen"])["sign"] == "ok"
    challenge = ask_challenge(client, "test")
    answer = post(client, challenge, pki.cards["citizen"].token(challenge))
    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")


def test_needs_its_form_and_a_post(user: User) -> None:
    strict = browser(enforce_csrf_checks=True)
    answer = post(strict, "x", "y")
    assert (answer.status_code, answer.json()["code"]) == (403, "page_outdated")
    assert strict.get("/selftest/trial/").status_code == 405


def test_no_name_leaves_in_full(client: Client, user: User, pki: Pki) -> None:
    said = json.dumps(try_out(client, pki.cards["citizen"]), ensure_ascii=False)
    for secret in (user.username, user.name, "wang0001@portal.example", "0000000112345678", "6789"):
        assert secret not in said


@pytest.mark.parametrize(
    ("name", "shown"),
    [("王小明", "王○明"), ("王明", "王○"), ("王", "王○"), ("司馬中原", "司○○原"), ("Mary Lin", "M*** L***"), ("", "")],
)
def test_masked_names(name: str, shown: str) -> None:
    assert masks.holder(name) == shown


@pytest.mark.parametrize(("name", "shown"), [("wang0001", "wa****01"), ("abcdef", "ab****ef"), ("abcde", "****")])
def test_masked_accounts(name: str, shown: str) -> None:
    assert masks.account(name) == shown
