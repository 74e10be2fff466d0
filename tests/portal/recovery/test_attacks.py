"""What strangers try: another's card, a namesake's card, old proofs, codes of other purposes, guessing, listening."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from portal.accounts import lockout
from portal.accounts.codes import CodePurpose, issue
from portal.accounts.models import IssuedCode, User
from portal.audit.models import AuditEvent
from portal.cards.models import CardBinding
from tests.portal.conftest import PASSWORD, browser
from tests.portal.helpers import ask_challenge, location
from tests.portal.pki import Pki
from tests.portal.recovery.people import (
    ANSWER,
    BASE,
    NEW,
    WAYS,
    asks_for_password,
    by_card,
    code,
    mailed_code,
    name_account,
    neutral,
    set_password,
    show_card,
    start,
)

pytestmark = pytest.mark.django_db
CARD_ERRORS = {"revoked": "certificate_revoked", "expired": "certificate_expired", "untrusted": "certificate_untrusted"}
PURPOSES = ("login", "bind", "activate", "unlock", "reset", "unbind", "test")
COOKIE = "__Host-session"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("card", ["citizen2", "namesake"])
def test_another_card_opens_nothing(client: Client, owner: User, pki: Pki, profile: str, way: str, card: str) -> None:
    """The namesake's card has the same name and the same last four characters of the ID number."""
    User.objects.filter(pk=owner.pk).update(is_active=way != "activate")
    lockout.begin(owner.username)
    assert code(by_card(client, way, pki.cards[card])) == "recovery_refused"
    assert code(set_password(client)) == "proof_ended"
    owner.refresh_from_db()
    assert owner.is_active is (way != "activate")
    assert owner.check_password(PASSWORD)
    assert lockout.standing(owner.username).wrong == 1
    assert AuditEvent.objects.filter(action=way, code="recovery_refused", account=owner.pk).count() == 1


@pytest.mark.parametrize("way", WAYS)
def test_unknown_foreign_and_unbound_look_alike(client: Client, owner: User, pki: Pki, profile: str, way: str) -> None:
    User.objects.create_user("chen0003", "chen@portal.example", PASSWORD, name="陳大文")
    closed = User.objects.create_user("lin00004", "lin@portal.example", PASSWORD, name="林美玲", is_active=False)
    CardBinding.objects.create(user=closed, binding_key="moica:x", family="moica", subject_serial="x")
    pages, steps = set(), set()
    for account in ("nobody01", "wang0001", "chen0003", "lin00004"):
        steps.add(neutral(client.get(location(name_account(client, way, account)))).replace(account, "name"))
        answer = show_card(client, way, pki.cards["citizen2"])
        assert (answer.status_code, answer.redirect_chain) == (200, [])
        pages.add(neutral(answer).replace(account, "name"))
    assert (len(steps), len(pages)) == (1, 1)


@pytest.mark.parametrize(("way", "purpose"), [(way, other) for way in WAYS for other in PURPOSES if other != way])
def test_signature_for_another_purpose_is_refused(
    client: Client, owner: User, pki: Pki, way: str, purpose: str
) -> None:
    name_account(client, way)
    assert code(show_card(client, way, pki.cards["citizen"], purpose)) == "challenge_purpose"
    assert code(set_password(client)) == "proof_ended"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("card", "expected"), CARD_ERRORS.items())
def test_bad_certificate_is_refused_with_the_true_reason(
    client: Client, owner: User, pki: Pki, way: str, card: str, expected: str
) -> None:
    assert code(by_card(client, way, pki.cards[card])) == expected
    assert AuditEvent.objects.filter(action=way, code=expected).exists()


@pytest.mark.parametrize("way", WAYS)
def test_token_serves_once(client: Client, owner: User, pki: Pki, way: str) -> None:
    name_account(client, way)
    challenge = ask_challenge(client, way)
    fields = {"challenge": challenge, "token": pki.cards["citizen"].token(challenge)}
    client.post(f"{BASE}{way}-card/proof/", fields)
    name_account(client, way)
    assert code(client.post(f"{BASE}{way}-card/proof/", fields)) == "challenge_used"


def test_token_of_another_browser_is_refused(client: Client, owner: User, pki: Pki) -> None:
    challenge = ask_challenge(browser(), "reset")
    name_account(client, "reset")
    fields = {"challenge": challenge, "token": pki.cards["citizen"].token(challenge)}
    assert code(client.post(f"{BASE}reset-card/proof/", fields)) == "challenge_session"


@pytest.mark.parametrize("way", WAYS)
def test_account_cannot_be_slipped_in_beside_the_card(client: Client, owner: User, pki: Pki, way: str) -> None:
    User.objects.create_user("chen0003", "chen@portal.example", PASSWORD, name="王小明")
    name_account(client, way, "wang0001")
    challenge = ask_challenge(client, way)
    fields = {"challenge": challenge, "token": pki.cards["citizen2"].token(challenge), "account": "chen0003"}
    assert code(client.post(f"{BASE}{way}-card/proof/", fields)) == "recovery_refused"


def test_step_of_one_way_is_none_of_another(client: Client, owner: User, pki: Pki) -> None:
    name_account(client, "unlock")
    assert code(show_card(client, "reset", pki.cards["citizen"])) == "proof_ended"


def test_proof_serves_once(client: Client, owner: User, pki: Pki) -> None:
    assert asks_for_password(by_card(client, "reset", pki.cards["citizen"]))
    assert code(set_password(client)) == "reset"
    assert code(set_password(client, NEW[::-1])) == "proof_ended"
    owner.refresh_from_db()
    assert owner.check_password(NEW)


def test_copied_session_is_worth_nothing_after_use(client: Client, owner: User, pki: Pki) -> None:
    by_card(client, "reset", pki.cards["citizen"])
    row = Session.objects.get(pk=client.cookies[COOKIE].value)
    assert code(set_password(client)) == "reset"
    Session.objects.update_or_create(
        session_key="copy" * 8, defaults={"session_data": row.session_data, "expire_date": row.expire_date}
    )
    thief = browser()
    thief.cookies[COOKIE] = "copy" * 8
    assert code(set_password(thief, NEW[::-1])) == "proof_ended"


def test_planted_session_key_gets_no_proof(client: Client, owner: User, pki: Pki) -> None:
    name_account(client, "reset")
    planted = client.cookies[COOKIE].value
    assert asks_for_password(show_card(client, "reset", pki.cards["citizen"]))
    assert client.cookies[COOKIE].value != planted
    thief = browser()
    thief.cookies[COOKIE] = planted
    assert code(set_password(thief)) == "proof_ended"


@pytest.mark.parametrize(("seconds", "good"), [(595, True), (601, False)])
def test_proof_lives_ten_minutes(client: Client, owner: User, pki: Pki, seconds: int, good: bool) -> None:
    by_card(client, "reset", pki.cards["citizen"])
    with time_machine.travel(timezone.now() + timedelta(seconds=seconds)):
        assert code(set_password(client)) == ("reset" if good else "proof_ended")


def test_proof_ends_with_the_password_it_replaces_and_with_the_account(client: Client, owner: User, pki: Pki) -> None:
    by_card(client, "reset", pki.cards["citizen"])
    owner.set_password("changed by somebody else")
    owner.save()
    assert code(set_password(client)) == "proof_ended"
    by_card(client, "reset", pki.cards["citizen"])
    User.objects.update(is_active=False)
    assert code(set_password(client)) == "proof_ended"


def test_name_may_wait_half_an_hour_for_its_card(client: Client, owner: User, pki: Pki) -> None:
    name_account(client, "unlock")
    with time_machine.travel(timezone.now() + timedelta(minutes=31)):
        assert code(show_card(client, "unlock", pki.cards["citizen"])) == "proof_ended"


@pytest.mark.parametrize("purpose", [purpose for purpose in CodePurpose if purpose is not CodePurpose.RESET_PASSWORD])
def test_code_of_another_purpose_is_no_text_code(client: Client, owner: User, purpose: CodePurpose) -> None:
    start(client, "text")
    issued = issue(owner, purpose, IssuedCode.Channel.MAIL, owner.email, timedelta(hours=1))
    assert code(client.post(f"{BASE}text/code/", {"code": issued.code}, follow=True)) == "code_wrong"


def test_text_code_is_no_second_proof(client: Client, owner: User) -> None:
    start(client, "saved-code")
    issued = issue(owner, CodePurpose.RESET_PASSWORD, IssuedCode.Channel.TEXT, "0911123456", timedelta(minutes=10))
    assert code(client.post(f"{BASE}saved-code/code/", {"code": issued.code}, follow=True)) == "code_wrong"


@pytest.mark.parametrize("stage", ["text/code", "saved-code/code", "saved-code/saved-code", "password"])
def test_no_stage_without_the_one_before(client: Client, owner: User, stage: str) -> None:
    assert code(client.get(f"{BASE}{stage}/", follow=True)) == "proof_ended"
    fields = {"code": "123456", "saved_code": "x", "password": NEW, "again": NEW}
    assert code(client.post(f"{BASE}{stage}/", fields, follow=True)) == "proof_ended"


@pytest.mark.usefixtures("compat")
def test_no_code_before_the_answer(client: Client, owner: User) -> None:
    start(client, "question")
    assert code(client.post(f"{BASE}question/code/", {"code": "123456"}, follow=True)) == "proof_ended"


@pytest.mark.usefixtures("compat")
def test_answer_alone_is_not_enough(client: Client, owner: User) -> None:
    start(client, "question")
    client.post(f"{BASE}question/answer/", {"answer": ANSWER})
    assert code(set_password(client)) == "proof_ended"


def test_right_code_for_one_account_is_none_for_another(client: Client, owner: User, sends: object) -> None:
    User.objects.create_user("chen0003", "chen@portal.example", PASSWORD, name="陳大文")
    with sends():  # type: ignore[operator]
        start(browser(), "saved-code")
    start(client, "saved-code", "chen0003")
    assert code(client.post(f"{BASE}saved-code/code/", {"code": mailed_code()}, follow=True)) == "code_wrong"


@pytest.mark.parametrize("path", ["recover", "activate-card/proof", "password", "text", "account", "account/card"])
def test_forms_need_the_anti_forgery_token(owner: User, path: str) -> None:
    path = BASE if path == "recover" else f"{BASE}{path}/"
    expected = 405 if path == BASE else 403
    assert browser(enforce_csrf_checks=path != BASE).post(path, {"account": "wang0001"}).status_code == expected


@pytest.mark.parametrize("garbage", ["", "\0", "x" * 5_000, "１２３４５６", "王小明", "' OR 1=1 --", "a" * 16, "1abcd"])
@pytest.mark.parametrize("path", ["reset-card", "text", "saved-code", "account"])
def test_garbage_is_a_form_error(client: Client, owner: User, path: str, garbage: str) -> None:
    answer = client.post(f"{BASE}{path}/", {"account": garbage, "email": garbage, "captcha": garbage})
    assert answer.status_code == 200
    errors = answer.content.decode().split('class="errors"')[1:]
    assert errors
    assert all(any("\u4e00" <= character <= "\u9fff" for character in error.split("</ul>")[0]) for error in errors)


@pytest.mark.parametrize("garbage", ["", "\0", "x" * 5_000, "<script>"])
def test_garbage_in_later_stages(client: Client, owner: User, garbage: str) -> None:
    start(client, "text")
    assert client.post(f"{BASE}text/code/", {"code": garbage}).status_code == 200
    name_account(client, "reset")
    answer = client.post(f"{BASE}reset-card/proof/", {"challenge": garbage, "token": garbage})
    assert code(answer) in {"request_malformed", "token_malformed"}
