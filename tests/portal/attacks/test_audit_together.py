"""Somebody has the log broken, or the deed, and wants one without the other."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.core.management import call_command
from django.test import Client

from portal.accounts.codes import CodePurpose, asker_of, issue
from portal.accounts.models import IssuedCode, User
from portal.audit.models import AuditEvent
from portal.cards.models import CardBinding
from portal.messages.models import QueuedMessage
from portal.policy import policy
from tests.portal.conftest import PASSWORD, browser
from tests.portal.helpers import card_log_in
from tests.portal.member.people import NEW, later, log_in, totp
from tests.portal.member.test_second_factor import secret_on
from tests.portal.pki import Pki
from tests.portal.recovery.conftest import owner
from tests.portal.recovery.people import by_card, set_password, start
from tests.portal.registration.walk import CONSENT, Walk

__all__ = ["owner"]
WHO = "whoever breaks it half-way"
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("owner")]
# Written by a page as such, and what is no deed.
_LEFT_OUT = {"audit.auditevent", "sessions.session", "captcha.captchastore", "accounts.passwordtries"}
Deed = Callable[[], Any]


def _sent(client: Client, path: str, **fields: str) -> Deed:
    return lambda: client.post(path, fields)


def _user() -> User:
    return User.objects.get(username="wang0001")


def _code(purpose: CodePurpose, channel: IssuedCode.Channel, to: str) -> Any:
    return issue(_user(), purpose, channel, to, policy().text_code_life)


def _inside(path: str, **fields: str) -> Callable[[Client, Pki], Deed]:
    def prepare(client: Client, pki: Pki) -> Deed:
        log_in(client)
        return _sent(client, path, **fields)

    return prepare


def _log_in(client: Client, pki: Pki) -> Deed:
    return lambda: log_in(client)


def _card(client: Client, pki: Pki) -> Deed:
    return lambda: card_log_in(client, pki.cards["citizen"])


def _certificate_only(client: Client, pki: Pki) -> Deed:
    card_log_in(client, pki.cards["citizen2"])
    return _sent(client, "/accounts/card/choices/certificate-only/")


def _unbind(client: Client, pki: Pki) -> Deed:
    log_in(client)
    return _sent(client, f"/member/cards/{CardBinding.objects.get().pk}/unbind/")


def _rename(client: Client, pki: Pki) -> Deed:
    log_in(client)
    return _sent(client, f"/member/cards/{CardBinding.objects.get().pk}/rename/", nickname="x")


def _mobile(client: Client, pki: Pki) -> Deed:
    log_in(client)
    session = client.session
    asker = asker_of(session)
    session.save()
    life = policy().text_code_life
    issued = issue(_user(), CodePurpose.CONFIRM_MOBILE, IssuedCode.Channel.TEXT, "0922333444", life, asker)
    return _sent(client, "/member/mobile/code/", code=issued.code)


def _end_one(client: Client, pki: Pki) -> Deed:
    log_in(browser())
    log_in(client)
    return _sent(client, f"/member/sessions/{UserSession.objects.earliest('pk').pk}/end/")


def _end_others(client: Client, pki: Pki) -> Deed:
    log_in(browser())
    log_in(client)
    return _sent(client, "/member/sessions/end-others/")


def _switch_on(client: Client, pki: Pki) -> Deed:
    log_in(client)
    secret = secret_on(client.get("/member/second-factor/"))
    return _sent(client, "/member/second-factor/on/", code=totp(secret))


def _switch_off(client: Client, pki: Pki) -> Deed:
    _switch_on(client, pki)()
    return _sent(client, "/member/second-factor/off/", password=PASSWORD)


def _new_codes(client: Client, pki: Pki) -> Deed:
    _switch_on(client, pki)()
    return _sent(client, "/member/second-factor/codes/")


def _ask_mail(client: Client, pki: Pki) -> Deed:
    log_in(client)
    return _sent(client, "/accounts/mail/", email="new@portal.example", email_again="new@portal.example")


def _cancel_mail(client: Client, pki: Pki) -> Deed:
    _ask_mail(client, pki)()
    return _sent(client, "/accounts/mail/cancel/")


def _waiting_mail() -> Any:
    EmailAddress.objects.create(user=_user(), email="new@portal.example")
    return _code(CodePurpose.CHANGE_MAIL, IssuedCode.Channel.MAIL, "new@portal.example")


def _mail_code(client: Client, pki: Pki) -> Deed:
    log_in(client)
    return _sent(client, "/accounts/mail/code/", code=_waiting_mail().code)


def _mail_link(client: Client, pki: Pki) -> Deed:
    return _sent(client, f"/accounts/mail/confirm/{_waiting_mail().link}/")


def _keep(client: Client, pki: Pki) -> Deed:
    User.objects.update(delete_after="2099-01-01T00:00:00Z")
    issued = _code(CodePurpose.KEEP_ACCOUNT, IssuedCode.Channel.MAIL, _user().email)
    return _sent(client, f"/accounts/keep/{issued.link}/")


def _new_account(client: Client) -> Any:
    Walk(client).plain()
    return issue(*_of_new_account())


def _of_new_account() -> tuple[Any, ...]:
    new = User.objects.get(username="clairesu1234")
    return new, CodePurpose.CONFIRM_MAIL, IssuedCode.Channel.MAIL, new.email, policy().confirm_within


def _register(client: Client, pki: Pki) -> Deed:
    walk = Walk(client).to_consent()
    return lambda: walk.send(CONSENT)


def _confirm_link(client: Client, pki: Pki) -> Deed:
    return _sent(client, f"/accounts/confirm/{_new_account(client).link}/")


def _confirm_code(client: Client, pki: Pki) -> Deed:
    return _sent(client, "/accounts/confirm/", account="clairesu1234", code=_new_account(client).code)


def _forget(client: Client, pki: Pki) -> Deed:
    _new_account(client)

    def later_on() -> None:
        with later(days=60):
            call_command("forget_unconfirmed")

    return later_on


def _delete(client: Client, pki: Pki) -> Deed:
    User.objects.update(delete_after="2020-01-01T00:00:00Z")
    return lambda: call_command("delete_accounts")


def _end_all(client: Client, pki: Pki) -> Deed:
    log_in(client)
    return lambda: call_command("end_sessions", "--all")


def _activate(client: Client, pki: Pki) -> Deed:
    User.objects.update(is_active=False)
    EmailAddress.objects.update(verified=False)
    return lambda: by_card(client, "activate", pki.cards["citizen"])


def _reset(client: Client, pki: Pki) -> Deed:
    by_card(client, "reset", pki.cards["citizen"])
    log_in(browser())
    return lambda: set_password(client)


DEEDS: dict[str, Callable[[Client, Pki], Deed]] = {
    "password log-in": _log_in, "card log-in": _card, "certificate-only account": _certificate_only,
    "card unlinked": _unbind, "card named": _rename,
    "password": _inside("/member/password/", current=PASSWORD, password=NEW, again=NEW),
    "profile": _inside("/member/profile/", nickname="another"),
    "recovery code": _inside("/member/recovery-code/"),
    "mobile asked": _inside("/member/mobile/", mobile="0922333444"), "mobile": _mobile,
    "mobile removed": _inside("/member/mobile/remove/"),
    "session ended": _end_one, "other sessions ended": _end_others,
    "second factor on": _switch_on, "second factor codes": _new_codes,
    "second factor off": _switch_off, "code sent": lambda client, pki: lambda: start(client, "text"),
    "mail asked": _ask_mail, "mail given up": _cancel_mail, "mail by code": _mail_code, "mail by link": _mail_link,
    "deletion asked": _inside("/member/delete/", account="wang0001"), "account kept": _keep,
    "registration": _register, "confirmed by link": _confirm_link, "confirmed by code": _confirm_code,
    "unconfirmed forgotten": _forget, "account deleted": _delete, "all sessions ended": _end_all,
    "activated by card": _activate, "password reset": _reset,
}  # fmt: skip
# These write to somebody within their transaction.
TELLING = [
    "card unlinked", "password", "recovery code", "mobile asked", "mobile", "mobile removed", "second factor on",
    "second factor codes", "second factor off", "mail asked", "mail by code", "mail by link", "deletion asked",
    "account kept", "activated by card", "password reset", "account deleted",
]  # fmt: skip


def _state() -> dict[str, list[dict[str, Any]]]:
    models = [model for model in apps.get_models() if model._meta.label_lower not in _LEFT_OUT]
    return {model._meta.label: list(model._default_manager.order_by("pk").values()) for model in models}


def _broken(*args: Any, **kwargs: Any) -> None:
    raise OSError("broken")


def _try(deed: Deed, client: Client) -> None:
    client.raise_request_exception = False
    with suppress(OSError):  # a command has no page for it
        deed()


@pytest.mark.parametrize("prepare", DEEDS.values(), ids=DEEDS.keys())
def test_without_log(client: Client, pki: Pki, monkeypatch: pytest.MonkeyPatch, prepare: Any) -> None:
    """The log cannot be written: the deed is not done."""
    deed = prepare(client, pki)
    before, events = _state(), AuditEvent.objects.count()
    with monkeypatch.context() as broken:
        broken.setattr(AuditEvent, "save", _broken)
        _try(deed, client)
    # What the sender was to do is not done, and waits to be tried again.
    QueuedMessage.objects.filter(channel=QueuedMessage.Channel.JOB, state=QueuedMessage.State.WAITING).delete()
    assert _state() == before
    assert AuditEvent.objects.count() == events


@pytest.mark.parametrize("name", TELLING)
def test_without_deed(client: Client, pki: Pki, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """The deed breaks at its end: the log does not say that it was done."""
    deed = DEEDS[name](client, pki)
    before, events = _state(), AuditEvent.objects.count()
    with monkeypatch.context() as broken:
        broken.setattr("portal.messages.sending.render_to_string", _broken)
        _try(deed, client)
    assert _state() == before
    assert AuditEvent.objects.count() == events


@pytest.mark.parametrize("prepare", DEEDS.values(), ids=DEEDS.keys())
def test_nothing_said(client: Client, pki: Pki, prepare: Any) -> None:
    """The deed is done, and the log is to have no row of it."""
    deed = prepare(client, pki)
    before, events = _state(), AuditEvent.objects.count()
    deed()
    assert _state() != before
    assert AuditEvent.objects.count() > events
