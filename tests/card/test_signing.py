"""Orders that end with a token."""

from pathlib import Path

import pytest

from relying_party import Purpose
from tests.card.conftest import Desk
from tests.stand.asking import ORIGIN, Asker, new_challenge, signature_is_good
from tests.stand.parts import Agent, free_port
from tests.stand.screen import Screen
from tests.stand.softhsm import Key, make_token


def test_right_pin_gives_a_token_for_origin_and_challenge(desk: Desk) -> None:
    challenge = new_challenge()
    order = desk.ask(challenge)
    desk.type_pin()
    answer = order.result(20)
    assert answer.status == 200
    assert set(answer.body) == {"unverifiedCertificate", "algorithm", "signature", "format", "appVersion"}
    assert answer.body["algorithm"] == "RS256"
    assert answer.body["format"] == "web-eid:1.0"
    assert signature_is_good(answer.body, ORIGIN, challenge)


def test_card_is_not_left_verified_for_other_programs(desk: Desk) -> None:
    order = desk.ask()
    desk.type_pin()
    assert order.result(20).status == 200
    # The next order begins only when the host has reset the card.
    second = desk.ask()
    desk.window()
    assert desk.card("status")["verified"] is False
    desk.screen.key("Escape")
    assert second.result(20).code == "user_cancelled"


@pytest.mark.parametrize(("card", "algorithm"), [("ec", "ES256"), ("company", "RS256"), ("expired", "RS256")])
def test_cards_of_other_kinds_sign_too(desk: Desk, card: str, algorithm: str) -> None:
    desk.use(card)
    challenge = new_challenge()
    order = desk.ask(challenge)
    desk.type_pin()
    answer = order.result(20)
    assert answer.body.get("algorithm") == algorithm
    assert signature_is_good(answer.body, ORIGIN, challenge)


@pytest.mark.parametrize("purpose", list(Purpose))
def test_agent_knows_every_purpose_a_portal_may_ask_for(desk: Desk, purpose: Purpose) -> None:
    challenge = new_challenge(purpose.value)
    order = desk.ask(challenge)
    desk.type_pin()
    assert signature_is_good(order.result(20).body, ORIGIN, challenge)


def test_plain_web_eid_challenge_without_purpose_is_signed(desk: Desk) -> None:
    challenge = new_challenge().split(".")[0]
    order = desk.ask(challenge)
    desk.type_pin()
    assert signature_is_good(order.result(20).body, ORIGIN, challenge)


def test_software_token_signs(tmp_path: Path, logs: Path, screen: Screen, rsa_key: Key) -> None:
    environment = {**make_token(tmp_path / "token", rsa_key), "DISPLAY": screen.display}
    agent = Agent(tmp_path / "agent", logs, environment, ports=[free_port()], drivers=["softhsm2"])
    try:
        asker = Asker(agent)
        challenge = new_challenge()
        order = asker.ask(challenge)
        screen.wait_window()
        screen.type("123456")
        screen.key("Return")
        assert signature_is_good(order.result(20).body, ORIGIN, challenge)
        asker.stop()
    finally:
        agent.stop()
