"""Ways by which an ID number comes into an account: typed at a registration, with a card, or later."""

from collections.abc import Sequence
from typing import Any

from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client

from cardlogin_server.identity.confirm import Confirmation, Pair
from portal.accounts.models import IdKind, Person, User
from tests.portal.conftest import PASSWORD, browser
from tests.portal.helpers import card_log_in
from tests.portal.pki import Card
from tests.portal.registration.walk import ACCOUNT, BASIC, CONSENT, RESCUE, Walk, link_in, mail_to, solved

NUMBER = "A123456789"
STRANGER, HOLDER = "stranger@portal.example", "holder@portal.example"
ID_TYPED = {kind: {"id_type": kind, "id_number": NUMBER} for kind in ("number", "passport")}


# Only the browser that registered confirms with the link alone.
_REGISTERED: dict[str, Client] = {}


class Confirmer:
    """A confirming service that says yes to everything."""

    def confirm(self, pairs: Sequence[Pair]) -> tuple[Confirmation, ...]:
        """Answer."""
        return (Confirmation.CONFIRMED,) * len(pairs)


def register_typing(account: str, address: str, *, name: str = "王小明", **number: str) -> Any:
    """A plain registration with an ID number; the last page."""
    basic = {"name": name, "email": address, "email_again": address}
    _REGISTERED[address] = client = browser()
    return Walk(client).advanced(account, basic, **number)


def register_with(card: Card, account: str, address: str, rest: str = NUMBER[:6]) -> Any:
    """A registration with a card, up to the page after its signature."""
    client = browser()
    card_log_in(client, card)
    return fill_in(Walk(client), account, address, rest).sign(card)


def fill_in(walk: Walk, account: str, address: str, rest: str = NUMBER[:6]) -> Walk:
    """All steps of a registration that began with a card, up to the signature."""
    _REGISTERED[address] = walk.client
    basic = {**BASIC, "email": address, "email_again": address, "id_rest": rest}
    basic.pop("name")
    walk.send({**ACCOUNT, "account": account})
    walk.send(basic)
    walk.send(RESCUE)
    walk.send(solved())
    walk.send(CONSENT)
    return walk


def confirm(address: str) -> Any:
    """Press the button behind the link of the last mail to an address, in the browser that registered it last."""
    return _REGISTERED[address].post(link_in(mail_to(address)))


def mails_to(address: str) -> list[str]:
    """The subjects of the mails to an address."""
    return [str(one.subject) for one in mail.outbox if one.to == [address]]


def member(account: str, name: str = "王小明") -> User:
    """A confirmed account with a password, without a number."""
    made = User.objects.create_user(account, f"{account}@portal.example", PASSWORD, name=name)
    EmailAddress.objects.create(user=made, email=made.email, verified=True, primary=True)
    return made


def inside(account: str) -> Client:
    """The browser of somebody who has just logged in by password."""
    client = browser()
    client.post("/accounts/login/", {"login": account, "password": PASSWORD})
    return client


def type_number(client: Client, number: str = NUMBER, kind: str = "number") -> Any:
    """Give an ID number in the profile; the page that follows."""
    return client.post("/member/profile/", {"id_type": kind, "id_number": number}, follow=True)


def claims(user: User, number: str = NUMBER) -> Person:
    """Let an account hold a number that it only typed."""
    person = Person(user=user)
    person.set_id_number(IdKind.NATIONAL, number)
    person.save()
    return person


def holder(kind: str = IdKind.NATIONAL) -> str:
    """The name of the account that holds the number, or an empty text."""
    found = Person.with_id_number(NUMBER, kind)
    return found.user.username if found is not None else ""
