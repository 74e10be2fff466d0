"""Orders that end with a token or with SignedData."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import IO

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from agent.card.answers.cms import MAX_CONTENT
from agent.card.frames import HEADER, TAKEN, HostAnswer, HostOrder, HostSetup, body_length, decode, encode
from agent.card.old_asks import CmsAsk, OldAsk
from agent.child import child_command
from cardlogin_server import Purpose
from cardlogin_server.answers.signature import require_fitting_key, verify_signature
from cardlogin_server.answers.token import parse_token
from cardlogin_server.certificates.leaf import read_leaf
from tests.card.conftest import Desk
from tests.stand.asking import ORIGIN, Asker, new_challenge, signature_is_good
from tests.stand.parts import Agent, free_port
from tests.stand.screen import Screen
from tests.stand.softhsm import Key, make_token
from tests.unit.agent.cms_oracles import openssl_finds, ours_finds, pyhanko_finds
from tests.unit.cardlogin_server import pki


def test_right_pin_gives_a_token_for_origin_and_challenge(desk: Desk) -> None:
    challenge = new_challenge()
    order = desk.ask(challenge)
    desk.type_pin()
    answer = order.result()
    assert answer.status == 200
    assert set(answer.body) == {"unverifiedCertificate", "algorithm", "signature", "format", "appVersion"}
    assert answer.body["algorithm"] == "RS256"
    assert answer.body["format"] == "web-eid:1.0"
    assert signature_is_good(answer.body, ORIGIN, challenge)


def test_card_is_not_left_verified_for_other_programs(desk: Desk) -> None:
    order = desk.ask()
    desk.type_pin()
    assert order.result().status == 200
    # The next order begins only when the host has reset the card.
    second = desk.ask()
    desk.window()
    assert desk.card("status")["verified"] is False
    desk.screen.key("Escape")
    assert second.result().code == "user_cancelled"


@pytest.mark.parametrize(("card", "algorithm"), [("ec", "ES256"), ("company", "RS256")])
def test_cards_of_other_kinds_sign_too(desk: Desk, card: str, algorithm: str) -> None:
    desk.use(card)
    challenge = new_challenge()
    order = desk.ask(challenge)
    desk.type_pin()
    answer = order.result()
    assert answer.body.get("algorithm") == algorithm
    assert signature_is_good(answer.body, ORIGIN, challenge)


@pytest.mark.parametrize("purpose", list(Purpose))
def test_agent_knows_every_purpose_a_portal_may_ask_for(desk: Desk, purpose: Purpose) -> None:
    challenge = new_challenge(purpose.value)
    order = desk.ask(challenge)
    desk.type_pin()
    assert signature_is_good(order.result().body, ORIGIN, challenge)


def test_plain_web_eid_challenge_without_purpose_is_signed(desk: Desk) -> None:
    challenge = new_challenge().split(".")[0]
    order = desk.ask(challenge)
    desk.type_pin()
    assert signature_is_good(order.result().body, ORIGIN, challenge)


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
        assert signature_is_good(order.result().body, ORIGIN, challenge)
        asker.stop()
    finally:
        agent.stop()


SYSTEM = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
Sign = Callable[[HostOrder], HostAnswer]


def host_answer(environment: dict[str, str], screen: Screen, driver: str, order: HostOrder) -> HostAnswer:
    """What a real card host answers to an order that the daemon does not send yet; the person types the PIN."""
    with subprocess.Popen(
        child_command("agent.card.host"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**SYSTEM, **environment}
    ) as host:
        assert host.stdin is not None
        assert host.stdout is not None
        host.stdin.write(encode(HostSetup((driver,), prompt="window")) + encode(order))
        host.stdin.flush()
        screen.wait_window()
        screen.type("123456")
        screen.key("Return")
        return _frame(host.stdout)


def _frame(stream: IO[bytes]) -> HostAnswer:
    assert stream.read(len(TAKEN)) == TAKEN
    return decode(stream.read(body_length(stream.read(HEADER.size))), HostAnswer)


@pytest.fixture
def with_card(desk: Desk) -> Sign:
    """The host with the virtual card."""
    environment = {**desk.reader.env, "DISPLAY": desk.screen.display}
    return lambda order: host_answer(environment, desk.screen, "opensc", order)


SOFT_KEYS: dict[str, Callable[[], Key]] = {
    "RSA 2048": lambda: pki.rsa_key("soft"),
    "RSA 3072": lambda: pki.rsa_key("soft", 3072),
    "RSA 4096": lambda: pki.rsa_key("soft", 4096),
    "P-256": lambda: pki.ec_key(ec.SECP256R1),
    "P-384": lambda: pki.ec_key(ec.SECP384R1),
}


@pytest.fixture(params=SOFT_KEYS)
def with_token(request: pytest.FixtureRequest, tmp_path: Path, screen: Screen) -> Sign:
    """The host with a software token, for each kind of key."""
    environment = {**make_token(tmp_path / "token", SOFT_KEYS[request.param]()), "DISPLAY": screen.display}
    return lambda order: host_answer(environment, screen, "softhsm2", order)


def check_token(answer: HostAnswer, challenge: str, algorithms: tuple[str, ...]) -> None:
    """Returns when our server would find the token's signature right, under one of the algorithms."""
    token = parse_token(msgspec.json.encode(answer.token).decode())
    assert token.algorithm in algorithms
    key = require_fitting_key(token.algorithm, read_leaf(token.unverified_certificate).key)
    verify_signature(token.algorithm, key, token.signature, ORIGIN, challenge)


@pytest.mark.parametrize("card", ["citizen", "ec"])
def test_pss_on_request(desk: Desk, with_card: Sign, card: str) -> None:
    desk.use(card)
    challenge = new_challenge()
    answer = with_card(HostOrder(ORIGIN, challenge, "zh-Hant", pss=True))
    check_token(answer, challenge, ("PS256",) if card == "citizen" else ("ES256",))


@pytest.mark.parametrize("pss", [False, True])
def test_every_kind_of_key_makes_a_token(with_token: Sign, pss: bool) -> None:
    challenge = new_challenge()
    answer = with_token(HostOrder(ORIGIN, challenge, "zh-Hant", pss=pss))
    check_token(answer, challenge, ("PS256" if pss else "RS256", "ES256", "ES384"))


def check_signed_data(answer: HostAnswer, content: bytes, folder: Path) -> None:
    """Returns when all three find that content signed, and the claims are there."""
    assert answer.signed is not None
    assert openssl_finds(folder, answer.signed.value) == pyhanko_finds(answer.signed.value) == content
    found = ours_finds(answer.signed.value)
    assert (found.content, found.nonce) == (content, "nonce 1")
    assert found.card_number


@pytest.mark.parametrize("hash_name", ["sha256", "sha384", "sha512"])
@pytest.mark.parametrize("card", ["citizen", "ec"])
def test_card_makes_signed_data(desk: Desk, with_card: Sign, card: str, hash_name: str, tmp_path: Path) -> None:
    desk.use(card)
    ask = msgspec.convert({"content": b"TBS", "hash": hash_name, "nonce": "nonce 1", "card_number": True}, CmsAsk)
    order = HostOrder(ORIGIN, new_challenge(), "zh-Hant", old=OldAsk(ask, permitted=True))
    check_signed_data(with_card(order), b"TBS", tmp_path)


def test_every_kind_of_key_makes_signed_data(with_token: Sign, tmp_path: Path) -> None:
    content = bytes(range(256)) * 64
    ask = CmsAsk(content, "sha512", "nonce 1", card_number=True)
    answer = with_token(HostOrder(ORIGIN, new_challenge(), "zh-Hant", old=OldAsk(ask, permitted=True)))
    assert answer.signed is not None
    assert openssl_finds(tmp_path, answer.signed.value) == pyhanko_finds(answer.signed.value) == content


def test_signed_data_that_cannot_be_made_costs_no_try(desk: Desk, with_card: Sign) -> None:
    ask = OldAsk(CmsAsk(bytes(MAX_CONTENT + 1)), permitted=True)
    answer = with_card(HostOrder(ORIGIN, new_challenge(), "zh-Hant", old=ask, tells=True))
    assert (answer.code, answer.signed, answer.token) == ("request_malformed", None, None)
    assert desk.card("status")["tries"] == 3
    assert desk.card("status")["verified"] is False
