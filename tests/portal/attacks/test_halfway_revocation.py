"""What somebody began before the account's holder acted is worth nothing afterwards."""

from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.management import call_command
from django.http import HttpRequest
from django.test import Client

from portal.accounts import fresh
from portal.accounts.models import Person, User
from portal.accounts.recovery_codes import new_code
from tests.portal.conftest import PASSWORD, browser
from tests.portal.helpers import card_log_in, location, logged_in
from tests.portal.member.people import log_in, told, totp
from tests.portal.member.test_second_factor import STEP, secret_on, switch_on
from tests.portal.pki import Pki
from tests.portal.recovery.conftest import compat, owner, sends
from tests.portal.recovery.people import (
    ANSWER,
    BASE,
    MOBILE,
    asks_for_password,
    by_card,
    code,
    mailed_code,
    set_password,
    start,
    texted_code,
)

__all__ = ["compat", "owner", "sends"]
WHO = "a stranger with a half-way state"
NEW = "kq8#vlom2Xyz9Ab"
HOLDER: dict[str, Callable[[Client, Pki], object]] = {
    "reset by card": lambda _, pki: (by_card(fresh := browser(), "reset", pki.cards["citizen"]), set_password(fresh)),
    "reset by card, others kept": lambda _, pki: (
        by_card(fresh := browser(), "reset", pki.cards["citizen"]), set_password(fresh, end_others=""),
    ),
    "end_sessions of the account": lambda *_: call_command("end_sessions", account="wang0001"),
    "end_sessions of all": lambda *_: call_command("end_sessions", all=True),
    "password changed": lambda holder, _: holder.post(
        "/member/password/", {"current": PASSWORD, "password": NEW, "again": NEW}
    ),
    "logged out everywhere": lambda holder, _: holder.post("/member/sessions/end-others/"),
    "deletion asked for": lambda holder, _: holder.post("/member/delete/", {"account": "wang0001"}),
}  # fmt: skip
pytestmark = pytest.mark.django_db


@pytest.fixture(params=HOLDER, ids=[name.replace(" ", "-") for name in HOLDER])
def revoke(request: pytest.FixtureRequest, owner: User, pki: Pki) -> Callable[[], object]:
    """The holder, inside by card since before the attack, who then acts."""
    holder = browser()
    card_log_in(holder, pki.cards["citizen"])
    return lambda: HOLDER[request.param](holder, pki)


@pytest.fixture
def secret(owner: User) -> str:
    """The second factor's secret, switched on by the holder."""
    here = browser()
    log_in(here)
    return switch_on(here)


def test_waits_at_the_second_factor(revoke: Callable[[], object], secret: str) -> None:
    """The password was given before; the second factor's code comes after the holder has acted."""
    stranger = browser()
    assert location(log_in(stranger)) == STEP
    revoke()
    stranger.post(STEP, {"code": totp(secret, 1)})
    assert not logged_in(stranger)


def test_proof_for_a_reset(revoke: Callable[[], object], owner: User, pki: Pki) -> None:
    """The proof for a new password was earned before; the new password is sent after."""
    stranger = browser()
    assert asks_for_password(by_card(stranger, "reset", pki.cards["citizen"]))
    revoke()
    assert code(set_password(stranger, "another kq8#vlom2Xyz")) == "proof_ended"


def test_proof_for_a_reset_by_text(revoke: Callable[[], object], owner: User, sends: object) -> None:
    """A code sent to the mobile before the holder acted is typed after."""
    stranger = browser()
    with sends():  # type: ignore[operator]
        start(stranger, "text")
    typed = texted_code()
    revoke()
    answer = stranger.post(f"{BASE}text/code/", {"code": typed}, follow=True)
    assert not asks_for_password(answer)


def test_answer_proven(revoke: Callable[[], object], owner: User, compat: None, sends: object) -> None:
    """The question was answered before; the code of the mail is typed after."""
    stranger = browser()
    start(stranger, "question")
    with sends():  # type: ignore[operator]
        stranger.post(f"{BASE}question/answer/", {"answer": ANSWER})
    typed = mailed_code()
    revoke()
    assert not asks_for_password(stranger.post(f"{BASE}question/code/", {"code": typed}, follow=True))


def test_code_proven(revoke: Callable[[], object], owner: User, sends: object) -> None:
    """The code of the mail was typed before; the saved recovery code is typed after."""
    saved, stranger = new_code(owner), browser()
    Person.objects.filter(user=owner).update(code_since=None)
    with sends():  # type: ignore[operator]
        start(stranger, "saved-code")
    stranger.post(f"{BASE}saved-code/code/", {"code": mailed_code()})
    revoke()
    answer = stranger.post(f"{BASE}saved-code/saved-code/", {"saved_code": saved}, follow=True)
    assert not asks_for_password(answer)


def test_session_inside(revoke: Callable[[], object], owner: User, request: pytest.FixtureRequest) -> None:
    """A session opened before with the password does what needs a fresh proof after."""
    stranger = browser()
    log_in(stranger)
    revoke()
    assert stranger.get("/member/second-factor/").status_code == 302
    if "kept" not in request.node.callspec.id:
        assert not logged_in(stranger)


def test_mobile_waiting_for_its_code(revoke: Callable[[], object], owner: User, sends: object) -> None:
    """A mobile of the stranger's own was asked for before; its code is typed after."""
    stranger = browser()
    log_in(stranger)
    with sends():  # type: ignore[operator]
        stranger.post("/member/mobile/", {"mobile": "0922222222"})
    typed = texted_code()
    revoke()
    log_in(stranger)
    stranger.post("/member/mobile/code/", {"code": typed})
    assert Person.objects.get(user=owner).rescue_mobile != "0922222222"


def test_address_waiting_to_be_confirmed(revoke: Callable[[], object], owner: User, sends: object) -> None:
    """The link to the stranger's own mailbox, asked for before, is followed after."""
    stranger = browser()
    log_in(stranger)
    with sends():  # type: ignore[operator]
        address = "evil@portal.example"
        stranger.post("/accounts/mail/", {"email": address, "email_again": address})
    (body,) = [str(one.body) for one in mail.outbox if one.to == [address]]
    link = body.split("https://portal.test", 1)[1].split()[0]
    revoke()
    assert stranger.post(link).status_code == 410
    assert not EmailAddress.objects.filter(email=address).exists()


def test_secret_offered_before(revoke: Callable[[], object], owner: User) -> None:
    """The secret for an app that was shown before the holder acted is switched on after."""
    stranger = browser()
    log_in(stranger)
    seen = secret_on(stranger.get("/member/second-factor/"))
    revoke()
    log_in(stranger)
    log_in(stranger, NEW)
    stranger.post("/member/second-factor/on/", {"code": totp(seen)})
    assert not Authenticator.objects.filter(user=owner).exists()


def test_saved_code_not_yet_seen(revoke: Callable[[], object], owner: User) -> None:
    """A recovery code made before and not looked at yet is shown after."""
    stranger = browser()
    log_in(stranger)
    stranger.post("/member/recovery-code/")
    revoke()
    log_in(stranger)
    log_in(stranger, NEW)
    assert 'class="saved-code"' not in stranger.get("/member/recovery-code/").content.decode()


@pytest.mark.parametrize("way_in", ["password", "card"])
def test_logging_in_drops_what_was_left(owner: User, pki: Pki, way_in: str) -> None:
    """What an earlier person left in the browser goes on after the next one has logged in."""
    here = browser()
    here.post("/accounts/register/", {"choice": "member"})
    by_card(here, "reset", pki.cards["citizen"])
    (card_log_in(here, pki.cards["citizen"]) if way_in == "card" else log_in(here))
    assert logged_in(here)
    assert set(here.session.keys()) == {
        "_auth_user_id", "_auth_user_backend", "_auth_user_hash", "account_authentication_methods",
        "account_authentication_methods_user", "session_began", "session_seen", "session_number", "previous_login",
        "proof",
        *({"card_session", "_session_expiry"} & set(here.session.keys())),
    }  # fmt: skip
    assert told(here.get(f"{BASE}password/", follow=True)) == "proof_ended"


@pytest.mark.parametrize("inside", [True, False], ids=["logged-in", "half-way"])
def test_logging_out_drops_what_was_left(owner: User, pki: Pki, inside: bool) -> None:
    """What somebody left half done goes on after the log-out button was pressed."""
    here = browser()
    if inside:
        log_in(here)
    by_card(here, "reset", pki.cards["citizen"])
    here.post("/accounts/logout/")
    assert not asks_for_password(here.get(f"{BASE}password/", follow=True))
    assert not {"reset_proof", "account_login"} & set(here.session.keys())


CHANGES = {
    "mobile": ("/member/mobile/", {"mobile": "0922222222"}),
    "mail": ("/accounts/mail/", {"email": "e@portal.example", "email_again": "e@portal.example"}),
    "recovery code": ("/member/recovery-code/", {}),
    "mobile removed": ("/member/mobile/remove/", {}),
    "way in removed": ("/member/ways-in/mobile/0/remove/", {}),
    "deletion": ("/member/delete/", {"account": "wang0001"}),
}


@pytest.mark.parametrize("change", CHANGES, ids=[name.replace(" ", "-") for name in CHANGES])
def test_request_under_way(owner: User, monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    """A form that was sent just before the holder ended all sessions does its work just after."""
    path, fields = CHANGES[change]
    log_in(stranger := browser())
    read = fresh.is_fresh

    def read_then_ended(request: HttpRequest) -> bool:
        answer = read(request)
        call_command("end_sessions", account="wang0001")
        return answer

    monkeypatch.setattr(fresh, "is_fresh", read_then_ended)
    assert stranger.post(path, fields).status_code == 400
    person = Person.objects.get(user=owner)
    assert (person.rescue_mobile, person.recovery_code_hash) == (MOBILE, "")
    assert not EmailAddress.objects.filter(email="e@portal.example").exists()
    assert User.objects.get(pk=owner.pk).delete_after is None
