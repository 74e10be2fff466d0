"""One number or address gets only so much, from however many accounts and pages; what warns its holder comes."""

from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core import mail
from django.utils import timezone
from pytest_django import Settings

from portal.accounts.models import Person, User
from portal.messages import limits, sender
from portal.messages.models import OutboxMessage, QueuedMessage, RecipientCount
from portal.messages.sending import send_mail, send_text
from tests.portal.conftest import PASSWORD, browser
from tests.portal.member.people import log_in, told
from tests.portal.recovery.people import BASE, solved, start
from tests.portal.test_races import together

WHO = "a stranger"
VICTIM, THEIR_MAIL = "0955666777", "victim@portal.example"
TEXT, MAIL = QueuedMessage.Channel.TEXT, QueuedMessage.Channel.MAIL
STRANGERS = limits.ASKED[TEXT, "recovery_code"]
MEMBERS = limits.ASKED[TEXT, "member_mobile_code"]
ACCOUNTS = [f"many{number:04}" for number in range(6)]


@pytest.fixture(params=["modern", "egov-compat"])
def profile(request: pytest.FixtureRequest, settings: Settings) -> None:
    """Both profiles."""
    settings.CARDLOGIN_PROFILE = request.param


@pytest.fixture
def accounts(db: None) -> list[User]:
    """Six accounts with the victim's number."""
    made = [User.objects.create_user(name, f"{name}@portal.example", PASSWORD, name="王小明") for name in ACCOUNTS]
    for user in made:
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        Person.objects.create(user=user, rescue_mobile=VICTIM, mobile_confirmed=True)
    return made


def texts() -> int:
    """How many came to the victim."""
    return OutboxMessage.objects.filter(recipient=VICTIM).count()


def mails(subject: str = "") -> int:
    """How many mails came to the victim."""
    return sum(one.to == [THEIR_MAIL] and subject in one.subject for one in mail.outbox)


def owner_of_mail() -> User:
    """The victim as a member."""
    user = User.objects.create_user("victim01", THEIR_MAIL, PASSWORD, name="陳大文")
    EmailAddress.objects.create(user=user, email=THEIR_MAIL, verified=True, primary=True)
    return user


@pytest.mark.usefixtures("accounts", "profile")
def test_codes_for_six_accounts_to_one_number() -> None:
    """Codes for a new password asked for six accounts with one number, for a whole day."""
    begun = timezone.now()
    for hour in range(0, 24, 2):
        with time_machine.travel(begun + timedelta(hours=hour), tick=False):
            before = texts()
            for account in ACCOUNTS:
                start(browser(), "text", account)
            assert texts() - before <= STRANGERS.hour
    assert texts() == STRANGERS.day


@pytest.mark.usefixtures("accounts", "profile")
def test_codes_to_one_number_from_inside_and_outside_count_together() -> None:
    """Six members ask for a code to one number, after strangers did; each member is told."""
    for account in ACCOUNTS:
        start(browser(), "text", account)
    assert texts() == STRANGERS.hour
    answers = []
    for account in ACCOUNTS:
        client = browser()
        log_in(client, account=account)
        answers.append(told(client.post("/member/mobile/", {"mobile": VICTIM}, follow=True)))
    allowed = MEMBERS.hour - STRANGERS.hour
    assert answers == ["mobile_code"] * allowed + ["number_had_enough"] * (len(ACCOUNTS) - allowed)
    assert texts() == MEMBERS.hour


@pytest.mark.usefixtures("accounts")
def test_notices_to_a_number_that_nobody_confirmed() -> None:
    """A number that was only typed is taken away again and again, which tells it each time."""
    for _ in range(3):
        Person.objects.update(rescue_mobile=VICTIM, mobile_confirmed=False)
        for account in ACCOUNTS:
            client = browser()
            log_in(client, account=account)
            assert told(client.post("/member/mobile/remove/", follow=True)) == "mobile_removed"
    assert texts() == limits.EACH_NOTICE.hour


@pytest.mark.django_db
@pytest.mark.usefixtures("profile")
def test_mails_to_one_address_from_many_registrations() -> None:
    """Thirty registrations with one address, each of which asks for its mail again."""
    for number in range(30):
        name = f"many{number:04}"
        user = User.objects.create_user(name, THEIR_MAIL, PASSWORD, name="王小明", is_active=False)
        EmailAddress.objects.create(user=user, email=THEIR_MAIL, primary=True)
        path = "/accounts/resend/"
        client = browser()
        assert client.post(path, {"account": name, **solved(client, path)}).status_code == 302
    assert mails() == limits.ASKED[MAIL, "confirm"].hour


@pytest.mark.django_db
def test_mails_to_one_address_from_every_page() -> None:
    """Every page that can write to an address somebody typed, in turns."""
    owner_of_mail()
    for number in range(12):
        client = browser()
        client.post(f"{BASE}account/", {"email": THEIR_MAIL, **solved(client, f"{BASE}account/")})
        start(browser(), "saved-code", "victim01")
        name = f"many{number:04}"
        User.objects.create_user(name, f"{name}@portal.example", PASSWORD, name="王小明")
        log_in(client, account=name)
        client.post("/accounts/mail/", {"email": THEIR_MAIL, "email_again": THEIR_MAIL})
    assert mails("有人想使用這個電子信箱") == limits.EACH_WARNING.hour
    assert 0 < mails() <= limits.ASKED[MAIL, "recovery_code"].hour + limits.EACH_WARNING.hour


@pytest.mark.django_db
def test_flood_does_not_hold_back_what_warns_the_holder() -> None:
    """A stranger uses up what may go to an address, so that its holder is not told of a change."""
    holder = owner_of_mail()
    for _ in range(30):
        limits.spend(MAIL, "recovery_account", THEIR_MAIL, proved=True)
        limits.spend(MAIL, "mail_changed", THEIR_MAIL, proved=False)
        limits.spend(MAIL, "mail_change_asked", THEIR_MAIL, proved=False)
    client = browser()
    log_in(client, account="victim01")
    thief = "thief@portal.example"
    client.post("/accounts/mail/", {"email": thief, "email_again": thief})
    link = next(one.body for one in mail.outbox if one.to == [thief]).split("https://portal.test")[1].split()[0]
    assert client.post(link).status_code == 302
    holder.refresh_from_db()
    assert holder.email == thief
    sent_to_holder = [one.subject for one in mail.outbox if one.to == [THEIR_MAIL]]
    assert len(sent_to_holder) == 2


@pytest.mark.django_db(transaction=True)
def test_many_at_once_pass_no_limit_together() -> None:
    """Many requests at the same moment for one number."""
    sent = together(lambda _: sum(send_text(VICTIM, "en", "recovery_code", code="1", minutes=1) for _ in range(5)))
    assert sum(map(int, map(str, sent))) == STRANGERS.hour
    sender.send_all()
    assert texts() == STRANGERS.hour


@pytest.mark.django_db
def test_recipients_are_not_kept() -> None:
    """Whoever reads the tables looks for the number or the address."""
    send_text(VICTIM, "en", "recovery_code", code="1", minutes=1)
    send_mail(THEIR_MAIL, "en", "member_password", name="陳大文")
    kept = str([list(model.objects.values_list()) for model in (QueuedMessage, RecipientCount)])
    assert VICTIM not in kept
    assert "victim" not in kept
