"""No step is taken by a browser that has not come to it, whatever it is in the middle of (ASVS 2.3.1)."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.urls import reverse
from pytest_django import Settings

from portal.accounts.models import Person, User
from portal.cards.models import CardBinding
from tests.portal.helpers import ask_challenge, logged_in
from tests.portal.pki import Pki
from tests.portal.recovery.people import NEW
from tests.portal.security.test_opening_pages import PROFILE
from tests.portal.security.visitors import VISITORS, Visitor, World

pytestmark = pytest.mark.django_db
# Each step with those who have come to it; everybody else gets nowhere by it.
STEPS: dict[str, set[str]] = {
    "certificate_only": {"holder of an unbound card"},
    "card_renewal": {"holder of a renewed card"},
    "mfa_authenticate": {"at the second factor"},
    "register_card": {"before the signature of a registration"},
    "activate_card_proof": {"before the card: activate"},
    "unlock_card_proof": {"before the card: unlock"},
    "reset_card_proof": {"before the card: reset"},
    "reset_text_code": {"before the code: text"},
    "reset_question_answer": {"before the code: question"},
    "reset_question_code": {"after the answer"},
    "reset_saved_code_code": {"before the code: saved-code"},
    "reset_saved_code_saved_code": {"before the saved code"},
    "reset_password": {"before the new password"},
    "recover_done": {"who has unlocked"},
}
PURPOSE = {"register_card": "bind", "activate_card_proof": "activate", "unlock_card_proof": "unlock",
           "reset_card_proof": "reset"}  # fmt: skip
KEPT = (User, Person, CardBinding, EmailAddress, Authenticator)


@pytest.fixture
def world(owner: User, pki: Pki, sends: Any) -> World:
    return World(owner, pki, sends)


def kept() -> list[Any]:
    return [list(model._default_manager.order_by("pk").values()) for model in KEPT]


def send(visitor: Visitor, step: str, pki: Pki) -> Any:
    """Everything that any of the steps could ask for, a good signature among it."""
    client = visitor.client
    challenge = ask_challenge(client, PURPOSE.get(step, "login"))
    fields = {
        "challenge": challenge, "token": pki.cards["citizen"].token(challenge), "password": NEW, "again": NEW,
        "code": "123456", "answer": "x", "saved_code": "AAAA-BBBB-CCCC-DDDD", "account": "wang0001",
    }  # fmt: skip
    return client.post(reverse(step), fields)


@pytest.mark.parametrize(
    ("step", "name"), [(step, name) for step, own in STEPS.items() for name in VISITORS if name not in own]
)
def test_step_of_somebody_else(world: World, settings: Settings, step: str, name: str) -> None:
    settings.CARDLOGIN_PROFILE = PROFILE.get(name, "modern")
    visitor = VISITORS[name](world)
    inside, before = logged_in(visitor.client), kept()
    answer = send(visitor, step, world.pki)
    assert answer.status_code in (302, 405)
    assert kept() == before
    assert logged_in(visitor.client) is inside
