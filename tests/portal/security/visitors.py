"""Visitors in every state that the portal knows, each with the addresses that only they reach."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.core import mail
from django.test import Client

from portal.accounts.models import User
from portal.captcha.forms import new_question
from portal.captcha.questions import Kind
from tests.portal.conftest import browser
from tests.portal.helpers import ask_challenge, card_log_in, location
from tests.portal.member.people import log_in
from tests.portal.member.test_second_factor import switch_on
from tests.portal.pki import Pki
from tests.portal.recovery.people import ANSWER, by_card, mailed_code, name_account, set_password, start
from tests.portal.registration.walk import (
    ACCOUNT,
    BASIC,
    CONSENT,
    RESCUE,
    Walk,
    link_in,
    mail_to,
    solved,
)  # fmt: skip
from tests.portal.selftest.samples import send
from tests.portal.support.people import at_the_desk, look_up, sent


@dataclass
class Visitor:
    """A browser, and paths with real values that lead somewhere for it."""

    client: Client
    paths: list[str] = field(default_factory=list)


@dataclass
class World:
    """What the visitors come from: an account that has everything, its cards, and what sends mails."""

    owner: User
    pki: Pki
    sends: Any


def stranger(world: World) -> Visitor:
    return Visitor(browser(), [new_question(Kind.PICTURE).address, new_question(Kind.SOUND).address])


def member(world: World) -> Visitor:
    client = browser()
    log_in(client)
    return Visitor(client)


def member_with_second_factor(world: World) -> Visitor:
    client = browser()
    log_in(client)
    switch_on(client)
    return Visitor(client)


def at_the_second_factor(world: World) -> Visitor:
    member_with_second_factor(world)
    client = browser()
    log_in(client)
    return Visitor(client)


def who_changes_the_address(world: World) -> Visitor:
    client = browser()
    log_in(client)
    with world.sends():
        client.post("/accounts/mail/", {"email": "new@portal.example", "email_again": "new@portal.example"})
    return Visitor(client, [link_in(mail_to("new@portal.example"))])


def who_has_asked_for_deletion(world: World) -> Visitor:
    client = browser()
    log_in(client)
    with world.sends():
        client.post("/member/delete/", {"account": "wang0001", "confirm": "on"})
    bodies = [str(one.body) for one in mail.outbox if "/accounts/keep/" in str(one.body)]
    return Visitor(client, [link_in(bodies[-1])])


def holder_of_an_unbound_card(world: World) -> Visitor:
    client = browser()
    card_log_in(client, world.pki.cards["citizen2"])
    return Visitor(client)


def holder_of_a_renewed_card(world: World) -> Visitor:
    card_log_in(browser(), world.pki.cards["citizen"])
    client = browser()
    card_log_in(client, world.pki.cards["renewed"])
    return Visitor(client)


def who_registers(step: int) -> Callable[[World], Visitor]:
    def begun(world: World) -> Visitor:
        client = browser()
        walk = Walk(client)
        for fields in (ACCOUNT, BASIC, RESCUE)[: step - 1]:
            walk.send(fields)
        if step == 5:
            walk.send(solved())
        return Visitor(client)

    return begun


def who_has_registered(world: World) -> Visitor:
    client = browser()
    with world.sends():
        Walk(client).plain()
    return Visitor(client, [link_in(mail_to("clairesu@portal.example"))])


def before_the_card(way: str) -> Callable[[World], Visitor]:
    def named(world: World) -> Visitor:
        client = browser()
        name_account(client, way)
        return Visitor(client)

    return named


def who_has_unlocked(world: World) -> Visitor:
    card_log_in(browser(), world.pki.cards["citizen"])
    client = browser()
    name_account(client, "unlock")
    challenge = ask_challenge(client, "unlock")
    token = world.pki.cards["citizen"].token(challenge)
    client.post("/accounts/recover/unlock-card/proof/", {"challenge": challenge, "token": token})
    return Visitor(client)


def before_the_code(way: str) -> Callable[[World], Visitor]:
    def started(world: World) -> Visitor:
        client = browser()
        start(client, way)
        return Visitor(client)

    return started


def after_the_answer(world: World) -> Visitor:
    visitor = before_the_code("question")(world)
    with world.sends():
        visitor.client.post("/accounts/recover/question/answer/", {"answer": ANSWER})
    return visitor


def before_the_saved_code(world: World) -> Visitor:
    client = browser()
    with world.sends():
        start(client, "saved-code")
    client.post("/accounts/recover/saved-code/code/", {"code": mailed_code()})
    return Visitor(client)


def before_the_signature_of_a_registration(world: World) -> Visitor:
    client = browser()
    card_log_in(client, world.pki.cards["citizen2"])
    walk = Walk(client)
    for fields in (ACCOUNT, {**BASIC, "id_rest": "A12345"}, RESCUE):
        walk.send(fields)
    walk.send(solved())
    walk.send(CONSENT)
    return Visitor(client)


def before_the_new_password(world: World) -> Visitor:
    card_log_in(browser(), world.pki.cards["citizen"])
    client = browser()
    by_card(client, "reset", world.pki.cards["citizen"])
    return Visitor(client)


def who_has_set_a_new_password(world: World) -> Visitor:
    visitor = before_the_new_password(world)
    set_password(visitor.client)
    return visitor


def at_the_desk_with_a_report(world: World) -> Visitor:
    client = at_the_desk(world.owner)
    report = sent()
    look_up(client)
    return Visitor(client, [f"/support/reports/{report.pk}/"])


def who_has_sent_a_report(world: World) -> Visitor:
    client = browser()
    return Visitor(client, [location(send(client))])


def of_the_staff_without_a_code(world: World) -> Visitor:
    at_the_desk(world.owner)
    client = browser()
    card_log_in(client, world.pki.cards["citizen"])
    return Visitor(client)


VISITORS: dict[str, Callable[[World], Visitor]] = {
    "stranger": stranger,
    "stranger in the manuals' profile": stranger,
    "member": member,
    "member in the manuals' profile": member,
    "member with a second factor": member_with_second_factor,
    "at the second factor": at_the_second_factor,
    "who changes the address": who_changes_the_address,
    "who has asked for deletion": who_has_asked_for_deletion,
    "holder of an unbound card": holder_of_an_unbound_card,
    "holder of a renewed card": holder_of_a_renewed_card,
    **{f"at step {step} of the registration": who_registers(step) for step in range(1, 6)},
    "who has registered": who_has_registered,
    **{f"before the card: {way}": before_the_card(way) for way in ("activate", "unlock", "reset")},
    **{f"before the code: {way}": before_the_code(way) for way in ("text", "saved-code", "question")},
    "who has unlocked": who_has_unlocked,
    "after the answer": after_the_answer,
    "before the saved code": before_the_saved_code,
    "before the signature of a registration": before_the_signature_of_a_registration,
    "before the new password": before_the_new_password,
    "who has set a new password": who_has_set_a_new_password,
    "at the desk with a report": at_the_desk_with_a_report,
    "who has sent a report": who_has_sent_a_report,
    "of the staff without a code": of_the_staff_without_a_code,
}
