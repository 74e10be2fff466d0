"""Another implementer's client, made from the published protocol alone, against the real agent, window and card."""

import ast
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jsonschema_rs
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.x509 import KeyUsage

from tests.card import protocol_client
from tests.card.conftest import Desk
from tests.card.protocol_client import Client, NotFoundError, RefusedError, verify
from tests.dev.protocol_pages import FOLDER
from tests.stand.asking import new_challenge
from tests.stand.parts import free_port

ORIGIN = "https://other-portal.example"
RETURN = f"{ORIGIN}/.well-known/cardlogin-return"


@pytest.fixture
def client(desk: Desk) -> Client:
    """The client, once it has found the agent behind a port where nobody is."""
    return Client.discover(ORIGIN, desk.agent.root, [free_port(), desk.agent.port])


def check(name: str, value: object) -> None:
    """Holds a value against a published schema."""
    schema = json.loads((FOLDER / "schemas" / f"{name}.json").read_text("utf-8"))
    jsonschema_rs.validator_for(schema).validate(value)


def test_client_knows_nothing_of_this_house() -> None:
    tree = ast.parse(Path(protocol_client.__file__).read_text("utf-8"))
    names = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not {name.partition(".")[0] for name in names} & {"agent", "tests", "cardlogin_server", "certs", "portal"}


def test_token_by_fetch(desk: Desk, client: Client) -> None:
    challenge = new_challenge()
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(client.by_fetch, challenge=challenge, language="en")
        desk.type_pin()
        token = asked.result()
    check("token", token)
    assert verify(token, ORIGIN, challenge).extensions.get_extension_for_class(KeyUsage).value.digital_signature
    for origin, text in ((f"{ORIGIN}.evil.example", challenge), (ORIGIN, new_challenge())):
        with pytest.raises(InvalidSignature):
            verify(token, origin, text)


def test_token_by_popup_with_pss(desk: Desk, client: Client) -> None:
    challenge = new_challenge("bind")
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(client.by_popup, challenge=challenge, pss=True)
        desk.type_pin()
        token = asked.result()
    check("token", token)
    assert token["algorithm"] == "PS256"
    verify(token, ORIGIN, challenge)


def test_token_by_navigation(desk: Desk, client: Client) -> None:
    challenge = new_challenge("unlock")
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(client.by_navigation, RETURN, challenge=challenge)
        desk.type_pin()
        fields = asked.result()
    check("go-return", {**fields, "state": ""})
    verify(json.loads(fields["token"]), ORIGIN, challenge)


def test_token_of_an_elliptic_curve_card(desk: Desk, client: Client) -> None:
    desk.use("ec")
    challenge = new_challenge()
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(client.by_fetch, challenge=challenge)
        desk.type_pin()
        token = asked.result()
    check("token", token)
    assert token["algorithm"].startswith("ES")
    verify(token, ORIGIN, challenge)


def test_refusals_are_problem_documents(desk: Desk, client: Client) -> None:
    challenge = new_challenge()
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(client.by_fetch, challenge=challenge)
        desk.window()
        with pytest.raises(RefusedError) as busy:
            client.by_fetch(challenge=challenge)
        desk.screen.key("Escape")
        with pytest.raises(RefusedError) as cancelled:
            asked.result()
    assert [error.value.problem["code"] for error in (busy, cancelled)] == ["busy", "user_cancelled"]
    with pytest.raises(RefusedError) as malformed:
        client.by_fetch(challenge="AAAA.login")
    for error in (busy, cancelled, malformed):
        check("problem", error.value.problem)
        assert error.value.status == error.value.problem["status"]


def test_failure_of_a_navigation_goes_back_as_a_field(desk: Desk, client: Client) -> None:
    fields = client.by_navigation(RETURN, challenge="AAAA.login")
    check("problem", json.loads(fields["failure"]))
    assert json.loads(fields["failure"])["code"] == "request_malformed"


def test_nobody_is_found_where_nobody_is(desk: Desk) -> None:
    with pytest.raises(NotFoundError):
        Client.discover(ORIGIN, desk.agent.root, [free_port()])
