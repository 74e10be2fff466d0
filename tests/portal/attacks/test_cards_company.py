"""A company's account is opened by its cards and by nothing else, by whatever door."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.account.utils import perform_login
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.backends.db import SessionStore
from django.db import IntegrityError, transaction
from django.test import Client, RequestFactory

from portal.accounts.answers import answer_hash
from portal.accounts.models import Kind, Person, User
from portal.accounts.recovery_codes import hash_of
from portal.audit.models import AuditEvent
from portal.cards.models import CardBinding
from tests.portal.cards.company_pki import NUMBER, Companies
from tests.portal.cards.test_company import MAKE, enter
from tests.portal.conftest import PASSWORD, browser
from tests.portal.helpers import ask_challenge, logged_in
from tests.portal.member.people import told
from tests.portal.pki import Pki
from tests.portal.recovery.people import ANSWER, MOBILE, NEW, QUESTION_KEY, WAYS, by_card, code, solved, start

WHO = "somebody who once held the company's card"
PAGES = ("password/", "mobile/", "question/", "recovery-code/", "second-factor/")
ACTIONS = ("mobile/code/", "mobile/remove/", "second-factor/on/", "second-factor/off/", "second-factor/codes/")
FIELDS = {
    "password": NEW, "again": NEW, "mobile": MOBILE, "question": QUESTION_KEY, "answer": ANSWER, "code": "123456",
}  # fmt: skip
pytestmark = pytest.mark.django_db


@pytest.fixture
def company(client: Client, companies: Companies) -> User:
    """A company's account, inside in this browser."""
    enter(client, companies.card())
    client.post(MAKE)
    return User.objects.get()


@pytest.mark.parametrize("page", [*PAGES, *ACTIONS])
def test_own_area(client: Client, company: User, profile: str, page: str) -> None:
    """Whoever is inside by the card sets up another way in."""
    answers: list[Any] = [client.get(f"/member/{page}", follow=True)] if page in PAGES else []
    if page != "second-factor/":
        answers.append(client.post(f"/member/{page}", FIELDS, follow=True))
    for answer in answers:
        assert answer.redirect_chain[-1][0] == "/member/"
        assert told(answer) == "company_cards_only"
    company.refresh_from_db()
    assert not company.has_usable_password()
    assert not Person.objects.exclude(rescue_mobile="", answer_hash="", recovery_code_hash="").exists()
    assert AuditEvent.objects.filter(code="company_cards_only", account=company.pk).exclude(address="").exists()


def test_offered(client: Client, company: User, profile: str) -> None:
    """The company's area offers a way in that it must not have."""
    shown = client.get("/member/").content.decode()
    assert not [page for page in PAGES if f'href="/member/{page}"' in shown]


@pytest.mark.parametrize("way", WAYS)
def test_recovery_by_its_card(client: Client, company: User, companies: Companies, profile: str, way: str) -> None:
    """The company's own card sets a password for the company."""
    assert code(by_card(browser(), way, companies.card(), company.username)) == "company_cards_only"
    company.refresh_from_db()
    assert not company.has_usable_password()


@pytest.mark.parametrize(("way", "name"), [("text", "modern"), ("saved-code", "modern"), ("question", "egov-compat")])
def test_recovery_by_what_was_planted(company: User, settings: Any, sends: Any, way: str, name: str) -> None:
    """Mobile, question or code that stand in the company's row all the same lead to a new password."""
    settings.CARDLOGIN_PROFILE = name
    Person.objects.update_or_create(user=company, defaults={
        "rescue_mobile": MOBILE, "mobile_confirmed": True, "question": QUESTION_KEY,
        "answer_hash": answer_hash(ANSWER), "recovery_code_hash": hash_of("AAAA-BBBB-CCCC-DDDD"),
    })  # fmt: skip
    User.objects.update(email="company@portal.example")
    EmailAddress.objects.create(user=company, email="company@portal.example", verified=True, primary=True)
    thief = browser()
    with sends():
        start(thief, way, company.username)
        if way == "question":
            page = thief.post("/accounts/recover/question/answer/", {"answer": ANSWER}, follow=True)
            assert code(page) == "answer_wrong"
    assert not company.codes.exists()


def test_forgotten_account(company: User, companies: Companies, sends: Any, mailoutbox: list[Any]) -> None:
    """The name of the company's account is mailed, or shown to a card, for a log-in by name."""
    User.objects.update(email="company@portal.example")
    thief = browser()
    with sends():
        page = "/accounts/recover/account/"
        thief.post(page, {"email": "company@portal.example", **solved(thief, page)})
    assert not mailoutbox
    challenge = ask_challenge(thief)
    proof = {"challenge": challenge, "token": companies.card().token(challenge)}
    shown = thief.post("/accounts/recover/account/card/", proof)
    assert 'data-code="company_cards_only"' in shown.content.decode()


@pytest.mark.parametrize("method", ["password", "socialaccount", "mfa", "mail"])
def test_any_other_log_in(company: User, method: str) -> None:
    """A log-in that is not by card, of whatever kind, is carried through for the company's account."""
    from allauth.account.internal.flows.login import record_authentication

    request = RequestFactory().post("/accounts/login/", secure=True, SERVER_NAME="portal.test")
    request.session = SessionStore()
    request.user = User()
    for earlier in ("card", method):
        record_authentication(request, company, method=earlier)
    answer = perform_login(request, company)
    assert answer["Location"].startswith("/accounts/login/")
    assert "_auth_user_id" not in request.session


@pytest.mark.parametrize(
    "change",
    [{"password": make_password(PASSWORD)}, {"password": ""}, {"certificate_only": False}, {"kind": "agency"}],
    ids=["password", "empty password", "not by card only", "unknown kind"],
)
def test_database(company: User, change: dict[str, object]) -> None:
    """A statement of the program makes the company's account one that a password opens."""
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=company.pk).update(**change)


def test_kind_changes(company: User, user: User) -> None:
    """An account is saved as one of another kind."""
    for account, kind in ((company, Kind.PERSON), (user, Kind.COMPANY)):
        account.kind = kind
        with pytest.raises(TypeError):
            account.save()


def test_card_of_another_kind(company: User, user: User) -> None:
    """A person's card is tied to the company's account, and a company's to a person's."""
    for account, family in ((company, "moica"), (user, "moeaca"), (user, "gca")):
        with pytest.raises(ValueError, match="another kind"):
            CardBinding.objects.create(user=account, binding_key=f"{family}:9", family=family, subject_serial="9")


def test_untied_and_counted_as_a_person(client: Client, company: User, companies: Companies, pki: Pki) -> None:
    """The company's card is gone, and the account goes on as a person's, with a password or a person's card."""
    CardBinding.objects.all().delete()
    assert told(client.post("/member/password/", FIELDS, follow=True)) == "company_cards_only"
    User.objects.update(name="王小明")
    challenge = ask_challenge(client, "bind")
    client.post("/member/cards/bind/", {"challenge": challenge, "token": pki.cards["citizen"].token(challenge)})
    assert not CardBinding.objects.exists()
    assert AuditEvent.objects.filter(action="bind", code="card_kind_other").exists()
    thief = browser()
    thief.post("/accounts/login/", {"login": company.username, "password": NEW})
    assert not logged_in(thief)
    enter(thief, companies.card())
    assert User.objects.filter(kind=Kind.COMPANY).count() == 1


def test_profile_and_official_account(client: Client, company: User) -> None:
    """The company's account takes a person's ID number or applies as a public servant."""
    client.post("/member/profile/", {"id_number": "A123456789", "id_type": "number"})
    assert not Person.objects.exclude(id_sealed=None).exists()
    assert NUMBER in client.get("/member/").content.decode()
    assert "id-number" not in client.get("/member/official/").content.decode()
