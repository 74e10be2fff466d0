"""What somebody who was inside for a while has planted opens nothing after the holder's reset."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.test import Client

from portal.accounts.models import Person, User
from portal.accounts.recovery_codes import new_code
from portal.messages.models import OutboxMessage
from tests.portal.conftest import browser
from tests.portal.helpers import location, logged_in
from tests.portal.member.people import NEW, later, log_in, told
from tests.portal.member.test_second_factor import switch_on
from tests.portal.pki import Pki
from tests.portal.recovery.conftest import compat, owner, profile, sends
from tests.portal.recovery.people import (
    BASE,
    MOBILE,
    asks_for_password,
    by_card,
    mailed_code,
    set_password,
    start,
    texted_code,
)

__all__ = ["compat", "owner", "profile", "sends"]
WHO = "somebody who was inside with the password"
PLANTED = "0922222222"
LIST = f"{BASE}ways-in/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def planted(owner: User, sends: Any) -> Client:
    """The browser of somebody inside who has made another mobile the rescue mobile."""
    stranger = browser()
    log_in(stranger)
    with sends():
        stranger.post("/member/mobile/", {"mobile": PLANTED})
    assert told(stranger.post("/member/mobile/code/", {"code": texted_code()}, follow=True)) == "mobile"
    return stranger


@pytest.fixture
def reset(owner: User, pki: Pki) -> Client:
    """The holder's browser, which has just set a new password by card."""
    here = browser()
    by_card(here, "reset", pki.cards["citizen"])
    set_password(here)
    return here


def by_text(sends: Any) -> bool:
    """Whether a code for a new password goes to the planted mobile."""
    OutboxMessage.objects.all().delete()
    with sends():
        start(browser(), "text")
    return OutboxMessage.objects.filter(recipient=PLANTED).exists()


def test_planted_mobile_at_once(planted: Client, profile: str, sends: Any) -> None:
    """The planted rescue mobile is used for a reset the same day."""
    assert not by_text(sends)


def test_planted_mobile_after_the_reset(planted: Client, pki: Pki, profile: str, sends: Any) -> None:
    """The planted rescue mobile is used after the holder has reset the password, and has waited long enough."""
    by_card(here := browser(), "reset", pki.cards["citizen"])
    assert "為安全起見" in set_password(here).content.decode()
    with later(hours=80):
        assert not by_text(sends)


def test_planted_question(owner: User, pki: Pki, compat: None) -> None:
    """A planted question and answer are used, at once and after the holder's reset."""
    log_in(stranger := browser())
    stranger.post("/member/question/", {"question": "book", "answer": "mine"})
    for _ in range(2):
        start(other := browser(), "question")
        assert told(other.post(f"{BASE}question/answer/", {"answer": "mine"}, follow=True)) == "answer_wrong"
        by_card(here := browser(), "reset", pki.cards["citizen"])
        set_password(here)
    assert Person.objects.get(user=owner).answer_hash == ""


def test_planted_saved_code(owner: User, pki: Pki, sends: Any) -> None:
    """A recovery code made by somebody inside is used after the holder's reset."""
    saved = new_code(owner)
    by_card(here := browser(), "reset", pki.cards["citizen"])
    set_password(here)
    with sends():
        start(other := browser(), "saved-code")
    other.post(f"{BASE}saved-code/code/", {"code": mailed_code()})
    assert not asks_for_password(other.post(f"{BASE}saved-code/saved-code/", {"saved_code": saved}, follow=True))


def test_second_factor_planted(owner: User, pki: Pki) -> None:
    """A second factor that somebody inside switched on keeps the holder out after the reset by card."""
    log_in(stranger := browser())
    switch_on(stranger)
    by_card(here := browser(), "reset", pki.cards["citizen"])
    assert 'data-way="second_factor"' in set_password(here).content.decode()
    assert told(here.post(f"{LIST}second_factor/0/remove/", follow=True)) == "way_removed"
    assert not Authenticator.objects.exists()
    assert location(log_in(browser(), NEW)) == "/member/"


@pytest.mark.parametrize("kind", ["mobile", "question", "mail", "waiting_mail"])
def test_removed_way(owner: User, reset: Client, kind: str, sends: Any) -> None:
    """A way that the holder removed at the end of the reset is used again; so is a proof that was earned by it."""
    EmailAddress.objects.create(user=owner, email="evil@portal.example")
    with sends():
        start(stranger := browser(), "text")
    typed = texted_code()
    assert told(reset.post(f"{LIST}{kind}/0/remove/", follow=True)) == "way_removed"
    assert not asks_for_password(stranger.post(f"{BASE}text/code/", {"code": typed}, follow=True))
    assert f'data-way="{kind}"' not in reset.get(LIST).content.decode()


@pytest.mark.parametrize("kind", ["card", "second_factor", "mail"])
def test_strong_way_removed_by_a_text_message(owner: User, kind: str, sends: Any) -> None:
    """Whoever has only the holder's telephone takes the card, the second factor or the mail address away."""
    log_in(here := browser())
    switch_on(here)
    with sends():
        start(stranger := browser(), "text")
    stranger.post(f"{BASE}text/code/", {"code": texted_code()})
    set_password(stranger)
    card = owner.cards.get().pk
    number = card if kind == "card" else 0
    assert told(stranger.post(f"{LIST}{kind}/{number}/remove/", follow=True)) == "needs_card"
    owner.refresh_from_db()
    assert (owner.cards.count(), Authenticator.objects.count(), owner.email != "") == (1, 2, True)


def test_list_of_a_reset_in_another_browser(owner: User, reset: Client) -> None:
    """The list of the ways in is opened in another browser, or later than ten minutes after the reset."""
    assert told(browser().get(LIST, follow=True)) == "proof_ended"
    assert reset.get(LIST).status_code == 200
    with later(minutes=11):
        assert told(reset.post(f"{LIST}mobile/0/remove/", follow=True)) == "proof_ended"
    assert Person.objects.get(user=owner).rescue_mobile == MOBILE


def test_list_of_a_reset_after_another_one(owner: User, reset: Client, pki: Pki) -> None:
    """Somebody whose reset was undone by the holder's own removes the holder's ways in."""
    by_card(here := browser(), "reset", pki.cards["citizen"])
    set_password(here, "another kq8#vlom2Xyz")
    assert told(reset.post(f"{LIST}mobile/0/remove/", follow=True)) == "proof_ended"


def test_list_of_a_reset_sets_no_password(reset: Client, owner: User) -> None:
    """What is left of the proof after the reset is used for another new password."""
    assert not asks_for_password(reset.get(f"{BASE}password/", follow=True))
    assert not logged_in(reset)


def test_way_of_another_account(reset: Client, owner: User) -> None:
    """The number of somebody else's card or session is sent to the list."""
    lin = User.objects.create_user("lin00002", "lin@portal.example", NEW, name="林美玲")
    card = lin.cards.create(binding_key="moica:1", family="moica", subject_serial="1")
    log_in(other := browser(), NEW, "lin00002")
    reset.post(f"{LIST}card/{card.pk}/remove/")
    for number in range(1, 6):
        reset.post(f"{LIST}session/{number}/remove/")
    assert lin.cards.count() == 1
    assert logged_in(other)


def test_only_card_removed(owner: User, reset: Client) -> None:
    """The last way into an account without a password is removed."""
    owner.set_unusable_password()
    owner.save()
    log_in_page = reset.post(f"{LIST}card/{owner.cards.get().pk}/remove/", follow=True)
    assert told(log_in_page) == "proof_ended"  # the stamp knows the password
    assert owner.cards.count() == 1
