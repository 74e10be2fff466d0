"""The jobs of the night: what is over goes, what is not stays, and one that fails stops no other."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.usersessions.models import UserSession
from captcha.models import CaptchaStore
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from portal.accounts import lockout
from portal.accounts.codes import CodePurpose, find_link, issue
from portal.accounts.models import IdKind, IssuedCode, PasswordTries, Person, User
from portal.audit.models import AuditEvent
from tests.portal.helpers import card_log_in
from tests.portal.pki import Pki

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def nightly() -> str:
    out = StringIO()
    call_command("nightly", stdout=out)
    return out.getvalue()


def test_every_job_is_done_and_does_nothing_to_what_is_live(client: Client, user: User, pki: Pki) -> None:
    card_log_in(client, pki.cards["citizen"])
    lockout.begin("somebody")
    CaptchaStore.generate_key()
    issue(user, CodePurpose.CONFIRM_MAIL, IssuedCode.Channel.MAIL, user.email, DAY)
    kinds = (Session, UserSession, PasswordTries, CaptchaStore, IssuedCode, User)
    before = [kind.objects.count() for kind in kinds]
    assert 0 not in before
    said = nightly()
    for job in ("forget_unconfirmed", "clearsessions", "ended sessions", "old codes", "old captchas", "old counts"):
        assert f"done {job}" in said
    assert [kind.objects.count() for kind in kinds] == before
    assert client.get("/member/").status_code == 200


def test_what_is_over_goes(client: Client, user: User, pki: Pki) -> None:
    card_log_in(client, pki.cards["citizen"])
    Session.objects.update(expire_date=timezone.now() - DAY)
    lockout.begin("somebody")
    PasswordTries.objects.update(last_wrong=timezone.now() - 31 * DAY)
    CaptchaStore.generate_key()
    CaptchaStore.objects.update(expiration=timezone.now() - DAY)
    issue(user, CodePurpose.CONFIRM_MAIL, IssuedCode.Channel.MAIL, user.email, DAY)
    IssuedCode.objects.update(expires=timezone.now() - 31 * DAY)
    waiting = User.objects.create_user("never0001", "never@portal.example", "x", is_active=False)
    User.objects.filter(pk=waiting.pk).update(date_joined=timezone.now() - 20 * DAY)
    nightly()
    for kind in (Session, UserSession, PasswordTries, CaptchaStore, IssuedCode):
        assert kind.objects.count() == 0, kind
    assert list(User.objects.values_list("username", flat=True)) == [user.username]


def test_link_that_ended_lately_is_still_known_as_old(user: User) -> None:
    issued = issue(user, CodePurpose.CONFIRM_MAIL, IssuedCode.Channel.MAIL, user.email, DAY)
    IssuedCode.objects.update(expires=timezone.now() - 29 * DAY)
    nightly()
    assert find_link(CodePurpose.CONFIRM_MAIL, issued.link) is not None


def test_job_that_fails_is_named_and_stops_no_other(monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    def fail() -> int:
        raise RuntimeError("broken")

    monkeypatch.setattr(lockout, "forget_old", fail)
    CaptchaStore.generate_key()
    CaptchaStore.objects.update(expiration=timezone.now() - DAY)
    with pytest.raises(CommandError, match="failed: old counts of wrong passwords"):
        nightly()
    assert CaptchaStore.objects.count() == 0
    assert "RuntimeError" in caplog.text  # its words stay out of the log


def test_accounts_are_deleted_where_the_portal_can() -> None:
    from django.core.management import get_commands

    assert ("delete_accounts" in get_commands()) == ("done delete_accounts" in nightly())


def person_with_number(user: User) -> Person:
    person = Person(user=user)
    person.set_id_number(IdKind.NATIONAL, "A123456789")
    person.save()
    return person


def test_new_sealing_key_takes_every_number_over(user: User, settings: Any) -> None:
    person_with_number(user)
    old = settings.CARDLOGIN_SEAL_KEYS
    settings.CARDLOGIN_SEAL_KEYS = ("another-test-only-seal-0123456789", *old)
    assert Person.with_id_number("A123456789") is None
    call_command("reseal", stdout=StringIO())
    settings.CARDLOGIN_SEAL_KEYS = settings.CARDLOGIN_SEAL_KEYS[:1]
    found = Person.with_id_number("A123456789")
    assert found is not None
    assert found.id_number == "A123456789"
    for action in ("reseal_begun", "reseal"):
        assert AuditEvent.objects.filter(action=action).get().facts == {"count": 1, "by": "operator"}


def test_new_sealing_key_leaves_held_and_typed_numbers_what_they_are(user: User, settings: Any) -> None:
    held = person_with_number(user)
    Person.objects.filter(pk=held.pk).update(id_proven=True)
    typed = Person(user=User.objects.create_user("lin00002", "lin@portal.example", "x", name="林美玲"))
    typed.note_id_number(IdKind.NATIONAL, "A123456789")
    typed.save()
    settings.CARDLOGIN_SEAL_KEYS = ("another-test-only-seal-0123456789", *settings.CARDLOGIN_SEAL_KEYS)
    call_command("reseal", stdout=StringIO())
    settings.CARDLOGIN_SEAL_KEYS = settings.CARDLOGIN_SEAL_KEYS[:1]
    assert Person.with_id_number("A123456789") == held
    held.refresh_from_db()
    typed.refresh_from_db()
    assert (held.id_proven, typed.id_index, typed.id_number) == (True, None, "A123456789")


def test_new_sealing_key_takes_every_second_factor_over(user: User, settings: Any) -> None:
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    codes = RecoveryCodes.activate(user).get_unused_codes()
    settings.CARDLOGIN_SEAL_KEYS = ("another-test-only-seal-0123456789", *settings.CARDLOGIN_SEAL_KEYS)
    call_command("reseal", stdout=StringIO())
    settings.CARDLOGIN_SEAL_KEYS = settings.CARDLOGIN_SEAL_KEYS[:1]
    totp, recovery = (Authenticator.objects.get(user=user, type=kind) for kind in ("totp", "recovery_codes"))
    assert get_adapter().decrypt(totp.data["secret"]) == secret
    assert recovery.wrap().get_unused_codes() == codes


def test_number_that_no_key_opens_is_named_and_kept(user: User, settings: Any) -> None:
    person = person_with_number(user)
    sealed = bytes(person.id_sealed or b"")
    settings.CARDLOGIN_SEAL_KEYS = ("another-test-only-seal-0123456789",)
    with pytest.raises(CommandError, match=f"person {person.pk}"):
        call_command("reseal", stdout=StringIO())
    person.refresh_from_db()
    assert bytes(person.id_sealed or b"") == sealed
