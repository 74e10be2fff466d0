"""刪除帳號: asked for, kept after all, done."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.core import mail
from django.core.management import call_command
from django.test import Client

from portal.accounts.models import IdKind, IssuedCode, Person, User
from portal.audit.models import AuditEvent
from portal.cards.models import CardBinding, CardCertificate
from portal.member.deletion import delete_due, free_names
from tests.portal.conftest import browser
from tests.portal.helpers import card_log_in, location, logged_in, plain
from tests.portal.member.people import audited, later, log_in, told
from tests.portal.member.test_second_factor import switch_on
from tests.portal.pki import Pki
from tests.portal.recovery.people import NATIONAL_ID

PAGE = "/member/delete/"
pytestmark = pytest.mark.django_db


def ask(client: Client, sends: Any, name: str = "wang0001") -> Any:
    """Ask for the deletion; the page that follows."""
    with sends():
        return client.post(PAGE, {"account": name}, follow=True)


def link() -> str:
    """The link in the last mail."""
    return "/accounts/keep/" + str(mail.outbox[-1].body).split("/accounts/keep/")[1].split("\n")[0]


def test_asking_logs_out_everywhere_and_writes(inside: Client, owner: User, sends: Any) -> None:
    other = browser()
    log_in(other)
    page = ask(inside, sends)
    assert told(page) == "delete_asked"
    assert not logged_in(inside)
    assert not logged_in(other)
    assert mail.outbox[-1].to == ["wang0001@portal.example"]
    assert "24 小時" in str(mail.outbox[-1].body)
    owner.refresh_from_db()
    assert owner.is_active
    assert owner.delete_after is not None
    assert audited("delete_asked") == ["ok"]


def test_name_must_be_typed(inside: Client, owner: User, sends: Any) -> None:
    for name in ("", "wang0002", "x" * 40):
        assert 'class="field wrong"' in ask(inside, sends, name).content.decode()
    owner.refresh_from_db()
    assert owner.delete_after is None
    assert told(ask(inside, sends, " WANG0001 ")) == "delete_asked"


def test_fresh_proof_is_needed(inside: Client, owner: User) -> None:
    with later(seconds=301):
        answer = inside.post(PAGE, {"account": "wang0001"})
    assert location(answer).startswith("/accounts/reauthenticate/?next=")
    owner.refresh_from_db()
    assert owner.delete_after is None


def test_logging_in_keeps_the_account(inside: Client, owner: User, pki: Pki, sends: Any) -> None:
    ask(inside, sends)
    client = browser()
    with sends():
        card_log_in(client, pki.cards["citizen"])
    assert told(client.get("/member/")) == "delete_cancelled"
    assert mail.outbox[-1].subject.startswith("示範入口網：已取消刪除帳號")
    with later(hours=25):
        assert delete_due() == 0
        assert told(client.get(link_of(mail.outbox[-2]))) == "confirm_link_used"


def link_of(message: Any) -> str:
    """The link in a mail."""
    return "/accounts/keep/" + str(message.body).split("/accounts/keep/")[1].split("\n")[0]


def test_password_alone_keeps_nothing_where_a_code_is_asked_for(inside: Client, owner: User, sends: Any) -> None:
    switch_on(inside)
    ask(inside, sends)
    log_in(browser())
    owner.refresh_from_db()
    assert owner.delete_after is not None


def test_link_keeps_the_account_by_a_button(inside: Client, owner: User, sends: Any) -> None:
    ask(inside, sends)
    address = link()
    client = browser()
    assert 'id="keep-account"' in client.get(address).content.decode()
    assert User.objects.exclude(delete_after=None).exists()
    assert told(client.post(address, follow=True)) == "delete_cancelled"
    assert not logged_in(client)
    assert not User.objects.exclude(delete_after=None).exists()
    again = client.post(address)
    assert (again.status_code, told(again)) == (410, "confirm_link_used")


@pytest.mark.parametrize("address", ["/accounts/keep/nothing/", "/accounts/keep/x-_1/"])
def test_links_that_were_never_sent(client: Client, db: None, address: str) -> None:
    answer = client.post(address)
    assert (answer.status_code, told(answer)) == (410, "confirm_link_unknown")


def test_nothing_happens_within_the_grace_time(inside: Client, owner: User, sends: Any) -> None:
    ask(inside, sends)
    with later(hours=23, minutes=59):
        assert delete_due() == 0
    assert CardBinding.objects.exists()


def gone(sends: Any) -> None:
    """Run the job a day later."""
    with later(hours=24, seconds=1), sends():
        call_command("delete_accounts", verbosity=0)


def test_deleted_whole_with_the_name_kept(inside: Client, owner: User, pki: Pki, sends: Any, profile: str) -> None:
    card_log_in(browser(), pki.cards["citizen"])
    switch_on(inside)
    ask(inside, sends)
    number = owner.pk
    gone(sends)
    for rows in (Person, EmailAddress, CardBinding, CardCertificate, UserSession, IssuedCode):
        assert not rows.objects.exists(), rows
    left = User.objects.get()
    assert (left.username, left.name, left.email, left.is_active) == ("wang0001", "", "", False)
    assert not left.has_usable_password()
    assert mail.outbox[-1].subject.startswith("示範入口網：帳號已刪除")
    events = AuditEvent.objects.filter(account=number)
    assert events.filter(action="delete_account", code="ok").count() == 1
    assert all("王小明" not in str(event.facts) for event in events)


def test_certificate_and_number_are_free_again(inside: Client, owner: User, pki: Pki, sends: Any) -> None:
    ask(inside, sends)
    gone(sends)
    client = browser()
    assert card_log_in(client, pki.cards["citizen"]).url == "/accounts/card/choices/"
    another = User.objects.create_user("wang0002", "w2@portal.example", "x", name="王小明")
    person = Person(user=another)
    person.set_id_number(IdKind.NATIONAL, NATIONAL_ID)
    person.save()
    assert person.id_index


def test_deleted_account_is_like_none(inside: Client, owner: User, sends: Any) -> None:
    ask(inside, sends)
    gone(sends)
    client = browser()
    answer = log_in(client)
    assert told(answer) == "password_wrong"
    assert "已刪除" not in plain(answer)


def test_name_is_free_after_half_a_year(inside: Client, owner: User, sends: Any) -> None:
    ask(inside, sends)
    gone(sends)
    with later(days=180):
        assert free_names() == 0
    with later(days=182):
        assert free_names() == 1
    assert not User.objects.exists()


def test_job_leaves_everybody_else_alone(owner: User) -> None:
    User.objects.create_user("lin00002", "lin@portal.example", "x", name="林美玲", is_active=False)
    with later(days=400):
        assert (delete_due(), free_names()) == (0, 0)
    assert User.objects.count() == 2
