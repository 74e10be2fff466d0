"""Card actions at the same moment: a button pressed again and again, and several people with one card."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client

from portal.accounts.models import User
from portal.audit.models import AuditEvent
from portal.cards.models import CardBinding, VerifiedCard
from tests.portal.attacks.test_cards_renewed import RENEWAL
from tests.portal.conftest import PASSWORD, browser
from tests.portal.helpers import ask_challenge, card_log_in, location, logged_in
from tests.portal.pki import Card, Pki
from tests.portal.registration.test_card import CITIZEN_BASIC, begun, shown_code, to_signature
from tests.portal.registration.walk import ACCOUNT, CONSENT, DONE, REGISTER, RESCUE, SIGN, solved
from tests.portal.test_races import THREADS, together

WHO = "whoever presses at the same moment"
ONLY, CARDS = "/accounts/card/choices/certificate-only/", "/member/cards/"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    yield
    cache.clear()


def same(client: Client) -> Client:
    """The same browser once more, for another thread."""
    another = browser()
    another.cookies["__Host-session"] = client.cookies["__Host-session"].value
    return another


def pressed(client: Client, path: str, fields: dict[str, str] | None = None) -> list[Any]:
    """One button of one page pressed several times at once; the answers."""
    return together(lambda _: same(client).post(path, fields or {}))


def ok(action: str) -> int:
    """How often the audit log says that something was done."""
    return AuditEvent.objects.filter(action=action, code="ok").count()


def accounts(pki: Pki) -> list[Client]:
    """The browsers of several namesakes who are logged in."""
    clients = []
    for number in range(THREADS):
        name = f"wang001{number}"
        User.objects.create_user(name, f"{name}@portal.example", PASSWORD, name="王小明")
        clients.append(browser())
        clients[-1].post("/accounts/login/", {"login": name, "password": PASSWORD})
    return clients


def bound_at_once(clients: list[Client], card: Card) -> list[str]:
    """Every browser links the card at the same moment; what each page says."""
    proofs = []
    for client in clients:
        challenge = ask_challenge(client, "bind")
        proofs.append({"challenge": challenge, "token": card.token(challenge)})
    together(lambda number: clients[number].post(f"{CARDS}bind/", proofs[number]))
    pages = [client.get(CARDS).content.decode() for client in clients]
    return [page.split('data-done="' if 'data-done="' in page else 'data-code="')[1].split('"')[0] for page in pages]


def test_alone_pressed_again(client: Client, pki: Pki) -> None:
    """One verified card makes several accounts, or an error page."""
    card_log_in(client, pki.cards["citizen2"])
    answers = pressed(client, ONLY)
    assert {answer.status_code for answer in answers} == {302}
    assert [location(answer) for answer in answers] == ["/member/"] * THREADS
    assert User.objects.count() == CardBinding.objects.count() == ok("register") == 1
    entered = [answer for answer in answers if answer.cookies.get("__Host-session")]
    assert len(entered) == 1
    assert not VerifiedCard.objects.exists()


def test_alone_in_several_browsers(pki: Pki) -> None:
    """One card goes on alone in several browsers, each into an account of its own."""
    clients = [browser() for _ in range(THREADS)]
    for client in clients:
        card_log_in(client, pki.cards["citizen2"])
    answers: list[Any] = together(lambda number: clients[number].post(ONLY))
    assert {answer.status_code for answer in answers} == {302}
    assert User.objects.count() == CardBinding.objects.count() == 1
    assert [logged_in(client) for client in clients].count(True) == 1


@pytest.mark.parametrize("owned", [False, True], ids=["free card", "card-only account"])
def test_one_card_to_several_accounts(pki: Pki, owned: bool) -> None:
    """Several accounts link one card, and more than one is told that it has it."""
    if owned:
        holder = browser()
        card_log_in(holder, pki.cards["citizen"])
        holder.post(ONLY)
    clients = accounts(pki)
    mail.outbox.clear()
    assert sorted(bound_at_once(clients, pki.cards["citizen"])) == ["bound", *["card_taken"] * (THREADS - 1)]
    assert ok("bind") == len(mail.outbox) == 1
    assert ok("account_merged") == int(owned)
    winner = CardBinding.objects.get().user
    assert mail.outbox[0].to == [winner.email]
    assert AuditEvent.objects.get(action="bind", code="ok").account == winner.pk


def test_bind_pressed_again(user: User, pki: Pki) -> None:
    """One account links one card several times at once."""
    CardBinding.objects.all().delete()
    clients = [browser() for _ in range(THREADS)]
    for client in clients:
        client.post("/accounts/login/", {"login": "wang0001", "password": PASSWORD})
    mail.outbox.clear()
    assert bound_at_once(clients, pki.cards["citizen"]) == ["bound"] * THREADS
    assert ok("bind") == len(mail.outbox) == CardBinding.objects.count() == 1


def test_unbind_pressed_again(client: Client, user: User) -> None:
    """One card is unlinked several times at once, each with a mail of its own."""
    client.post("/accounts/login/", {"login": "wang0001", "password": PASSWORD})
    mail.outbox.clear()
    answers = pressed(client, f"{CARDS}{user.cards.get().pk}/unbind/")
    assert {answer.status_code for answer in answers} <= {302, 404}
    assert ok("unbind") == len(mail.outbox) == 1


def test_named_used_and_unlinked_at_once(client: Client, user: User, pki: Pki) -> None:
    """A card is renamed and logs in while it is unlinked."""
    client.post("/accounts/login/", {"login": "wang0001", "password": PASSWORD})
    card = user.cards.get().pk
    paths = (f"{CARDS}{card}/unbind/", f"{CARDS}{card}/rename/")
    visitors = {number: browser() for number in range(2, THREADS)}
    proofs = {}
    for number, visitor in visitors.items():
        challenge = ask_challenge(visitor)
        proofs[number] = {"challenge": challenge, "token": pki.cards["citizen"].token(challenge)}

    def press(number: int) -> Any:
        if number in visitors:
            return visitors[number].post("/accounts/card/login/", proofs[number])
        return same(client).post(paths[number], {"nickname": "我的卡"})

    answers: list[Any] = together(press)
    assert {answer.status_code for answer in answers} <= {302, 404}
    assert not CardBinding.objects.exists()


def test_last_two_cards_unlinked_at_once(client: Client, user: User, pki: Pki) -> None:
    """Both cards of an account without a password are unlinked at the same moment."""
    CardBinding.objects.create(user=user, binding_key="moica:2", family="moica", subject_serial="2")
    user.set_unusable_password()
    user.save()
    card_log_in(client, pki.cards["citizen"])
    numbers = list(user.cards.values_list("pk", flat=True)) * (THREADS // 2)
    together(lambda number: same(client).post(f"{CARDS}{numbers[number]}/unbind/"))
    assert user.cards.count() == 1


def test_renewal_confirmed_again(client: Client, user: User, pki: Pki) -> None:
    """One waiting certificate is confirmed several times at once."""
    card_log_in(browser(), pki.cards["citizen"])
    assert location(card_log_in(client, pki.cards["renewed"])) == RENEWAL
    answers = pressed(client, RENEWAL, {"password": PASSWORD})
    assert {answer.status_code for answer in answers} <= {200, 302}  # 200: so many at once are asked to wait
    assert ok("card_renewed") == 1
    assert len([answer for answer in answers if answer.cookies.get("__Host-session")]) == 1


def test_registration_begun_again(client: Client, pki: Pki) -> None:
    """A registration with a card is begun several times at once, and once without it."""
    card_log_in(client, pki.cards["citizen"])
    answers = pressed(client, REGISTER, {"choice": "member"})
    assert {location(answer) for answer in answers} == {f"{REGISTER}1/"}
    assert client.session["registration"]["card"] is not None


def test_registration_signed_again(client: Client, pki: Pki) -> None:
    """The last signature of a registration is sent several times at once."""
    to_signature(begun(client, pki))
    challenge = ask_challenge(client, "bind")
    proof = {"challenge": challenge, "token": pki.cards["citizen"].token(challenge)}
    answers = pressed(client, SIGN, proof)
    assert {answer.status_code for answer in answers} <= {200, 302}
    assert User.objects.count() == CardBinding.objects.count() == ok("register") == ok("bind") == 1
    assert client.post(SIGN, proof, follow=True).redirect_chain[-1][0] == DONE


def test_several_registrations_with_one_card(pki: Pki) -> None:
    """Several registrations are signed with one card at the same moment."""
    walks = []
    for number in range(THREADS):
        walk = begun(browser(), pki)
        for fields in _answers(number):
            walk.send(fields)
        walks.append(walk)
    assert {walk.draft["step"] for walk in walks} == {6}
    pages: list[Any] = together(lambda number: walks[number].sign(pki.cards["citizen"]))
    done = [page for page in pages if page.redirect_chain and page.redirect_chain[-1][0] == DONE]
    assert {shown_code(page) for page in pages if page not in done} <= {"card_taken"}
    assert done
    assert CardBinding.objects.count() == ok("bind") == 1
    assert len([one for one in mail.outbox if "綁定" in one.subject]) == 1


def _answers(number: int) -> Iterator[dict[str, str]]:
    address = f"clairesu{number}@portal.example"
    yield {**ACCOUNT, "account": f"clairesu{number}"}
    yield {**CITIZEN_BASIC, "email": address, "email_again": address}
    yield RESCUE
    yield solved()
    yield CONSENT
