"""An ID number that was typed is worth less than one that was proven with a card."""

import pytest
from django.core import mail
from django.utils import timezone
from pytest_django import Settings

from cardlogin_server.identity.confirm import Confirmation
from portal.accounts.models import IdKind, Person, User
from portal.audit.models import AuditEvent
from portal.cards.models import CardBinding
from tests.portal.attacks import numbers
from tests.portal.attacks.numbers import (
    HOLDER,
    ID_TYPED,
    NUMBER,
    STRANGER,
    claims,
    confirm,
    holder,
    inside,
    mails_to,
    member,
    register_typing,
    register_with,
    type_number,
)  # fmt: skip
from tests.portal.cards.test_binding import bind, code
from tests.portal.conftest import browser
from tests.portal.helpers import card_log_in, plain
from tests.portal.pki import Pki
from tests.portal.registration.conftest import profile
from tests.portal.test_races import THREADS, together

__all__ = ["profile"]
WHO = "a stranger who types your ID number"
FULL_WIDTH = {"id_type": "number", "id_number": "Ａ１２３４５６７８９"}
TYPED = [pytest.param(ID_TYPED["number"], id="number"), pytest.param(ID_TYPED["passport"], id="passport"),
         pytest.param(FULL_WIDTH, id="full-width")]  # fmt: skip


@pytest.mark.parametrize("typed", TYPED)
@pytest.mark.parametrize("confirmed", [pytest.param(True, id="confirmed"), pytest.param(False, id="never confirmed")])
@pytest.mark.parametrize("asked", [pytest.param(True, id="confirmer"), pytest.param(False, id="no confirmer")])
def test_registration_in_the_way(
    pki: Pki, settings: Settings, typed: dict[str, str], confirmed: bool, asked: bool
) -> None:
    """Your number in a registration, so that yours with your card leads to no binding and no activation."""
    settings.CARDLOGIN_CONFIRMER = f"{numbers.__name__}.Confirmer" if asked else None
    register_typing("stranger1", STRANGER, name="某甲乙", **typed)
    if confirmed:
        confirm(STRANGER)
    told_before = mails_to(STRANGER)
    register_with(pki.cards["citizen"], "holder001", HOLDER)
    assert mails_to(STRANGER) == told_before
    assert CardBinding.objects.get().user.username == "holder001"
    assert confirm(HOLDER).status_code == 302
    assert User.objects.get(username="holder001").is_active
    assert holder() == "holder001"
    assert card_log_in(browser(), pki.cards["citizen"]).url == "/member/"


def test_claim_is_lost_to_the_proof(pki: Pki) -> None:
    """Your number is kept after you have proven it; or you are named in the mail about it."""
    register_typing("stranger1", STRANGER, **ID_TYPED["number"])
    confirm(STRANGER)
    assert holder() == "stranger1"
    register_with(pki.cards["citizen"], "holder001", HOLDER)
    confirm(HOLDER)
    lost = Person.objects.get(user__username="stranger1")
    assert (lost.id_kind, lost.id_sealed, lost.id_index, lost.id_proven) == ("", None, None, False)
    (told,) = [one for one in mail.outbox if one.to == [STRANGER] and "證號" in str(one.subject)]
    assert not any(secret in told.body for secret in (NUMBER, NUMBER[-4:], "holder001", HOLDER))
    event = AuditEvent.objects.get(action="id_number_lost")
    assert (event.account, event.facts) == (lost.user_id, {"by": User.objects.get(username="holder001").pk})


@pytest.mark.parametrize("way", ["plain registration", "profile"])
def test_claimant_learns_nothing_of_a_claim(way: str) -> None:
    """Typing your number first, to be told by mail when you type it yourself."""
    claims(member("stranger1"))
    if way == "profile":
        member("holder001")
        assert code(type_number(inside("holder001"))) == "profile"
    else:
        register_typing("holder001", HOLDER, **ID_TYPED["number"])
        confirm(HOLDER)
    assert User.objects.get(username="holder001").is_active
    assert mails_to("stranger1@portal.example") == []
    assert holder() == "stranger1"


@pytest.mark.parametrize("first", ["card", "number"])
@pytest.mark.parametrize("asked", [pytest.param(True, id="confirmer"), pytest.param(False, id="no confirmer")])
def test_claim_in_a_members_way(pki: Pki, settings: Settings, first: str, asked: bool) -> None:
    """Your number in a confirmed account, so that you cannot prove it in yours."""
    settings.CARDLOGIN_CONFIRMER = f"{numbers.__name__}.Confirmer" if asked else None
    claims(member("stranger1"))
    member("holder001")
    client = inside("holder001")
    if first == "card":
        assert code(bind(client, pki.cards["citizen"])) == "bound"
        assert code(type_number(client)) == "profile"
    else:
        assert code(type_number(client)) == "profile"
        assert code(bind(client, pki.cards["citizen"])) == "bound"
    assert holder() == "holder001"
    assert len(mails_to("stranger1@portal.example")) == 1


def test_account_that_is_to_be_deleted_keeps_no_claim(pki: Pki) -> None:
    """Your number in an account that is to be deleted, so that it stays taken meanwhile."""
    stranger = member("stranger1")
    claims(stranger)
    User.objects.filter(pk=stranger.pk).update(delete_after=timezone.now())
    register_with(pki.cards["citizen"], "holder001", HOLDER)
    confirm(HOLDER)
    assert holder() == "holder001"


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        pytest.param("A100000001", "number", id="another number"),
        pytest.param("F131495286", "number", id="a number of others"),
        pytest.param(NUMBER, "passport", id="as a passport"),
    ],
)
def test_other_number_after_the_card(pki: Pki, number: str, kind: str) -> None:
    """Card first, somebody else's number typed later in the profile."""
    member("holder001")
    client = inside("holder001")
    bind(client, pki.cards["citizen"])
    page = type_number(client, number, kind)
    assert 'id="id_id_number_error"' in page.content.decode()
    assert not Person.objects.exclude(id_sealed=None).exists()


@pytest.mark.parametrize("kind", [IdKind.NATIONAL, IdKind.PASSPORT])
def test_card_after_another_number(pki: Pki, kind: IdKind) -> None:
    """Somebody else's number typed first, your own card later."""
    person = Person(user=member("holder001"))
    person.set_id_number(kind, "A100000001" if kind == IdKind.NATIONAL else "300006789")
    person.save()
    assert code(bind(inside("holder001"), pki.cards["citizen"])) == "card_id_differs"
    assert not CardBinding.objects.exists()


def test_second_card_with_other_last_four(pki: Pki) -> None:
    """A namesake's card beside your own, in an account without a number."""
    member("holder001")
    client = inside("holder001")
    assert code(bind(client, pki.cards["citizen"])) == "bound"
    assert code(bind(client, pki.cards["second"])) == "card_id_differs"
    assert CardBinding.objects.count() == 1


@pytest.mark.parametrize("way", ["registration", "card", "profile"])
def test_two_proofs(pki: Pki, way: str) -> None:
    """Proving a number that another account has proven."""
    member("holder001")
    first = inside("holder001")
    bind(first, pki.cards["citizen"])
    type_number(first)
    assert Person.objects.get(user__username="holder001").id_proven
    if way == "registration":
        page = register_with(pki.cards["namesake"], "another01", HOLDER)
        assert not User.objects.filter(username="another01").exists()
    else:
        member("another01")
        second = inside("another01")
        if way == "card":
            type_number(second)
            page = bind(second, pki.cards["namesake"])
            assert not CardBinding.objects.filter(user__username="another01").exists()
        else:
            bind(second, pki.cards["namesake"])
            page = type_number(second)
            assert not Person.objects.filter(user__username="another01").exists()
    assert "已有另一個帳號" in plain(page)
    assert holder() == "holder001"


def test_two_registrations_with_proof(pki: Pki) -> None:
    """Two registrations prove one number; the second one is confirmed after the first."""
    register_with(pki.cards["citizen"], "holder001", HOLDER)
    register_with(pki.cards["namesake"], "another01", STRANGER)
    assert confirm(HOLDER).status_code == 302
    assert confirm(STRANGER).status_code == 410
    assert not User.objects.get(username="another01").is_active
    assert holder() == "holder001"


def test_number_that_the_confirmer_denies(pki: Pki, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another one's number with a card of the same last four characters, although the confirmer says no."""
    settings.CARDLOGIN_CONFIRMER = f"{numbers.__name__}.Confirmer"
    monkeypatch.setattr(numbers.Confirmer, "confirm", lambda self, pairs: (Confirmation.NO_SUCH_PAIR,))
    member("another01")
    client = inside("another01")
    bind(client, pki.cards["namesake"])
    type_number(client)
    assert not Person.objects.exists()
    claims(member("another02"))
    assert code(bind(inside("another02"), pki.cards["citizen"])) == "card_id_differs"


@pytest.mark.parametrize("proven", [pytest.param(True, id="proven"), pytest.param(False, id="claimed")])
def test_answers_tell_whether_a_number_is_registered(pki: Pki, proven: bool) -> None:
    """Reading from pages and mails whether a number is somebody's already."""
    Person.objects.filter(pk=claims(member("holder001")).pk).update(id_proven=proven)
    pages, mails = [], []
    for account, number in (("stranger1", NUMBER), ("stranger2", "A100000001")):
        address = f"{account}@portal.example"
        register_typing(account, address, id_number=number)
        confirm(address)
        client = browser()
        client.post("/accounts/login/", {"login": account, "password": "kq8-vlom2-Zu77x"})
        page = plain(client.get("/member/profile/"))
        masked = f"{number[:3]}******{number[-1]}"
        assert masked in page
        pages.append(page.replace(account, "…").replace(masked, "…"))
        mails.append(mails_to(address))
    assert pages[0] == pages[1]
    assert mails[0] == mails[1]


def test_several_claims_at_once() -> None:
    """The same number typed into several accounts at the same moment."""
    clients = []
    for number in range(THREADS):
        member(f"stranger{number}")
        clients.append(inside(f"stranger{number}"))
    answers = together(lambda number: code(type_number(clients[number])))
    assert answers == ["profile"] * THREADS
    assert Person.objects.exclude(id_index=None).count() == 1


def test_several_proofs_at_once(pki: Pki) -> None:
    """One number proven by two accounts at the same moment, while a third one claims it."""
    claims(member("stranger1"))
    clients = []
    for number, card in enumerate(("citizen", "namesake")):
        member(f"holder00{number}")
        clients.append(inside(f"holder00{number}"))
        assert code(bind(clients[-1], pki.cards[card])) == "bound"
    together(lambda number: type_number(clients[number % 2]))
    (held,) = Person.objects.exclude(id_index=None)
    assert held.id_proven
    assert held.user.username in ("holder000", "holder001")
    assert Person.objects.filter(id_proven=True).count() == 1
    assert Person.objects.exclude(pk=held.pk).exclude(id_sealed=None).count() == 0
    assert len(mails_to("stranger1@portal.example")) == 1
    assert AuditEvent.objects.filter(action="id_number_lost").count() == 1


def test_card_and_other_number_at_once(pki: Pki) -> None:
    """A card and somebody else's number, sent to one account at the same moment."""
    member("holder001")
    clients = [inside("holder001") for _ in range(THREADS)]

    def send(number: int) -> str:
        client = clients[number]
        return code(bind(client, pki.cards["citizen"]) if number % 2 else type_number(client, "A100000001"))

    together(send)
    assert CardBinding.objects.count() + Person.objects.exclude(id_sealed=None).count() == 1
