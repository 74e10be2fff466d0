"""What a page hides is not told by its time: the same statements, and the same distribution, for known and unknown."""

import re
import secrets
import time
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings
from typing_extensions import override

from portal.accounts.answers import answer_hash
from portal.accounts.models import IdKind, Person, User
from portal.audit import flood
from portal.messages import sender
from tests.portal.conftest import PASSWORD
from tests.portal.helpers import ask_challenge
from tests.portal.member.test_profile import FIELDS
from tests.portal.pki import Pki
from tests.portal.recovery.people import ANSWER, BASE, MOBILE, QUESTION_KEY, WAYS, name_account, solved
from tests.portal.registration.walk import ADVANCED, CONSENT, RESCUE, Walk
from tests.portal.registration.walk import solved as newest_solved

WHO = "a stranger"
pytestmark = pytest.mark.django_db
PAIRS = 25
# Chance of one being slower than the other: a half when they are alike, 1 when there is more to do for one of them.
# Of 25 and 25 that are alike it lies beyond 0.9 once in a million runs, however busy the machine is.
TELLING = 0.9
KNOWN_MAIL, KNOWN_NUMBER = "hold0000@portal.example", "A123456789"
UNKNOWN_NUMBERS = ("A100000001", "A200000003", "F131495286", "B287654326", "W100000001", "Z100000002", "I100000003")
Click = Callable[[], Any]
Page = Callable[[bool], Click]
_numbers = count(1)
# Texts, bytes, numbers, nothing, and names of savepoints.
_VALUE = re.compile(r"X?'(?:[^']|'')*'|\bNULL\b|\b\w*[0-9][\w.]*")


class Stranger(Client):
    """A browser without the sender, which is a process of its own."""

    @override
    def request(self, **request: Any) -> Any:
        """Send as https on the usual port."""
        return super().request(**{**request, "wsgi.url_scheme": "https", "SERVER_PORT": "443"})


def stranger() -> Client:
    """A fresh browser on https://portal.test."""
    return Stranger(SERVER_NAME="portal.test")


@pytest.fixture(autouse=True)
def holder(db: None) -> User:
    """Somebody whose name, address and number a stranger would like to know to be here."""
    user = User.objects.create_user("hold0000", KNOWN_MAIL, PASSWORD, name="王小明")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    person = Person(
        user=user, rescue_mobile=MOBILE, mobile_confirmed=True, question=QUESTION_KEY, answer_hash=answer_hash(ANSWER)
    )  # fmt: skip
    person.set_id_number(IdKind.NATIONAL, KNOWN_NUMBER)
    person.save()
    waiting = User.objects.create_user("wait0000", "wait@portal.example", PASSWORD, name="王小明", is_active=False)
    EmailAddress.objects.create(user=waiting, email=waiting.email, primary=True)
    return user


def _new() -> str:
    return f"new{next(_numbers):05}"


def _form(path: str, **fields: str) -> Click:
    client = stranger()
    told = {**fields, **solved(client, path)}
    return lambda: client.post(path, told)


def forgotten_account(known: bool) -> Click:
    """Mail address typed at 忘記帳號."""
    return _form(f"{BASE}account/", email=KNOWN_MAIL if known else f"{_new()}@portal.example")


def code_by_text(known: bool) -> Click:
    """Account name typed for a text message."""
    return _form(f"{BASE}text/", account="hold0000" if known else _new())


def code_by_mail(known: bool) -> Click:
    """Account name typed for a saved code, or a question."""
    compat = stranger().get(f"{BASE}saved-code/").status_code == 302
    return _form(f"{BASE}{'question' if compat else 'saved-code'}/", account="hold0000" if known else _new())


def wrong_code(known: bool) -> Click:
    """A wrong code typed after that."""
    client, path = stranger(), f"{BASE}text/"
    client.post(path, {"account": "hold0000" if known else _new(), **solved(client, path)})
    sender.send_all()
    return lambda: client.post(f"{path}code/", {"code": "000000"})


def sent_again(known: bool) -> Click:
    """Account name typed at 重寄確認信."""
    return _form("/accounts/resend/", account="wait0000" if known else _new())


def wrong_confirmation_code(known: bool) -> Click:
    """A wrong code typed for an account that waits for its confirmation."""
    if known:
        _form("/accounts/resend/", account="wait0000")()
        sender.send_all()
    client, account = stranger(), "wait0000" if known else _new()
    return lambda: client.post("/accounts/confirm/", {"account": account, "code": "000000"})


def registered_address(known: bool) -> Click:
    """Somebody's address given at a registration."""
    address = KNOWN_MAIL if known else f"{_new()}@portal.example"
    walk = Walk(stranger()).to_consent(_new(), email=address, email_again=address)
    return _last(walk, CONSENT)


def registered_number(known: bool) -> Click:
    """Somebody's ID number given at a registration."""
    address = f"{_new()}@portal.example"
    walk = Walk(stranger()).to_advanced(_new(), email=address, email_again=address)
    walk.send({**ADVANCED, **_number(known)})
    walk.send(RESCUE)
    return _last(walk, {**newest_solved(), **CONSENT})


def number_in_profile(known: bool) -> Click:
    """Somebody's ID number given in the member area."""
    client = _member()
    fields = {**FIELDS, "id_type": "number", **_number(known)}
    return lambda: client.post("/member/profile/", fields)


def address_in_member_area(known: bool) -> Click:
    """Somebody's address given for a change of one's own."""
    client, address = _member(), KNOWN_MAIL if known else f"{_new()}@portal.example"
    return lambda: client.post("/accounts/mail/", {"email": address, "email_again": address})


PAGES = (
    forgotten_account, code_by_text, code_by_mail, wrong_code, sent_again, wrong_confirmation_code, registered_address,
    registered_number, number_in_profile, address_in_member_area,
)  # fmt: skip


def _last(walk: Walk, fields: dict[str, str]) -> Click:
    told = {**walk.stamp(), **fields}
    path = f"/accounts/register/{walk.draft['step']}/"
    return lambda: walk.client.post(path, told)


def _number(known: bool) -> dict[str, str]:
    """The holder's number, or one that nobody has given yet."""
    free = next(one for one in UNKNOWN_NUMBERS if Person.with_id_number(one) is None)
    number = KNOWN_NUMBER if known else free
    return {"id_number": number, "gender": "female" if number[1] == "2" else "male"}


def _member() -> Client:
    name, client = _new(), stranger()
    user = User.objects.create_user(name, f"{name}@portal.example", PASSWORD, name="王小明")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    client.post("/accounts/login/", {"login": name, "password": PASSWORD})
    return client


@pytest.fixture(params=["modern", "egov-compat"])
def profile(request: pytest.FixtureRequest, settings: Settings) -> None:
    """Both profiles."""
    settings.CARDLOGIN_PROFILE = request.param


def statements(click: Click) -> list[str]:
    """What a request asks the database, without the values."""
    with CaptureQueriesContext(connection) as asked:
        assert click().status_code in (200, 302)
    return [_VALUE.sub("?", one["sql"]) for one in asked.captured_queries]


def counted_anew(before: Click, click: Click) -> list[str]:
    """The statements of a name's first refusal from an address that has had others refused in this hour."""
    flood._PREFIX = f"audit-{secrets.token_hex(8)}"  # the fixture of all tests puts its own back
    before()
    return statements(click)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.__name__.replace("_", " "))
@pytest.mark.usefixtures("profile")
def test_statements_tell(page: Page) -> None:
    """Number and kind of database statements tell who is known."""
    for known in (True, False):
        page(known)()  # what only the first of its kind has to do
    assert counted_anew(page(False), page(True)) == counted_anew(page(False), page(False))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.__name__.replace("_", " "))
def test_time_tells(page: Page) -> None:
    """Many requests in turns, known and unknown, tell by their time who is known."""
    times: dict[bool, list[int]] = {True: [], False: []}
    for known in (True, False):
        page(known)()
    for number in range(2 * PAIRS):
        known = number % 4 in (0, 3)  # each first as often as second
        click = page(known)
        begun = time.thread_time_ns()
        click()
        times[known].append(time.thread_time_ns() - begun)
        _forget_numbers()
    assert 1 - TELLING < slower(times[True], times[False]) < TELLING


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.usefixtures("profile")
def test_card_for_an_account_tells(pki: Pki, way: str) -> None:
    """A stranger shows a card of their own for somebody's account name, and for a name that nobody has."""

    def shown(account: str) -> Click:
        client = stranger()
        name_account(client, way, account)
        challenge = ask_challenge(client, way)
        fields = {"challenge": challenge, "token": pki.cards["citizen2"].token(challenge)}
        return lambda: client.post(f"{BASE}{way}-card/proof/", fields)

    shown(_new())()  # the list of revoked cards is fetched once
    assert counted_anew(shown(_new()), shown("hold0000")) == counted_anew(shown(_new()), shown(_new()))


def test_wrong_answer_tells(settings: Settings) -> None:
    """A wrong answer is given for somebody's account name, and for a name that nobody has."""
    settings.CARDLOGIN_PROFILE = "egov-compat"

    def answered(account: str) -> Click:
        client, path = stranger(), f"{BASE}question/"
        client.post(path, {"account": account, **solved(client, path)})
        return lambda: client.post(f"{path}answer/", {"answer": "wrong"})

    assert counted_anew(answered(_new()), answered("hold0000")) == counted_anew(answered(_new()), answered(_new()))


def slower(some: list[int], others: list[int]) -> float:
    """How likely one of the first is slower than one of the others (Mann and Whitney's U over all pairs)."""
    return sum((one > other) + (one == other) / 2 for one in some for other in others) / (len(some) * len(others))


def _forget_numbers() -> None:
    """The next unknown number is unknown again."""
    Person.objects.exclude(user__username="hold0000").update(id_index=None)
