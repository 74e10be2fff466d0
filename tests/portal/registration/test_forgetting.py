"""Accounts that were never confirmed are forgotten in the end; all others stay."""

from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from portal.accounts.models import User
from portal.audit.models import AuditEvent
from portal.cards.models import CardBinding
from portal.policy import policy
from tests.portal.conftest import browser
from tests.portal.helpers import location
from tests.portal.pki import Pki
from tests.portal.registration.test_card import begun, to_signature
from tests.portal.registration.test_confirm import resend
from tests.portal.registration.walk import ACCOUNT, MAIL, Walk, link_in, mail_to

HOUR = timedelta(hours=1)


def forget(*arguments: str) -> str:
    """Run the command."""
    said = StringIO()
    call_command("forget_unconfirmed", *arguments, stdout=said)
    return said.getvalue().strip()


def test_name_number_and_card_are_free_again(client: Client, pki: Pki) -> None:
    to_signature(begun(client, pki)).sign(pki.cards["citizen"])
    assert CardBinding.objects.count() == 1
    with time_machine.travel(timezone.now() + policy().confirm_within + timedelta(days=7) + HOUR):
        number = User.objects.get(username=ACCOUNT["account"]).pk
        assert forget() == "forgotten 1"
        assert not CardBinding.objects.exists()
        event = AuditEvent.objects.get(action="forget_unconfirmed")
        assert (event.account, event.facts) == (number, {"by": "operator"})
    to_signature(begun(again := browser(), pki)).sign(pki.cards["citizen"])
    assert location(again.post(link_in(mail_to(MAIL)))) == "/accounts/login/"


@pytest.mark.parametrize("days", [0, 3, 7])
def test_grace_is_kept_to_the_hour(client: Client, days: int) -> None:
    Walk(client).plain()
    end = timezone.now() + policy().confirm_within + timedelta(days=days)
    with time_machine.travel(end - HOUR):
        assert forget("--days", str(days)) == "forgotten 0"
    with time_machine.travel(end + HOUR):
        assert forget("--days", str(days)) == "forgotten 1"


def test_mail_sent_again_begins_the_time_anew(client: Client) -> None:
    Walk(client).plain()
    late = timezone.now() + policy().confirm_within + timedelta(days=6)
    with time_machine.travel(late):
        resend(client, "clairesu1234")
    with time_machine.travel(late + timedelta(days=2)):
        assert forget() == "forgotten 0"
        assert User.objects.exists()


def test_account_that_can_never_be_confirmed_is_forgotten_too(client: Client) -> None:
    Walk(client).advanced("holder001", {"email": "h@portal.example", "email_again": "h@portal.example"})
    client.post(link_in(mail_to("h@portal.example")))
    Walk(client).advanced()
    with time_machine.travel(timezone.now() + policy().confirm_within + timedelta(days=7) + HOUR):
        assert forget() == "forgotten 1"
    assert User.objects.get().username == "holder001"


@pytest.mark.parametrize(
    "state",
    [
        {"is_active": True},
        {"last_login": timezone.now()},
        {"certificate_only": True},
        {"delete_after": timezone.now()},
    ],
)
def test_accounts_in_use_or_closed_for_another_reason_stay(client: Client, state: dict[str, object]) -> None:
    Walk(client).plain()
    User.objects.update(**state)
    with time_machine.travel(timezone.now() + timedelta(days=400)):
        assert forget() == "forgotten 0"
    assert User.objects.exists()


def test_nothing_to_forget_leaves_no_line(client: Client) -> None:
    assert forget() == "forgotten 0"
    assert not AuditEvent.objects.exists()


def test_negative_days_are_refused() -> None:
    with pytest.raises(CommandError):
        forget("--days", "-1")
