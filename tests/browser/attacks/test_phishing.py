"""A stranger between the person and the portal, or on the person's own computer."""

import json
import socket
from contextlib import ExitStack

from agent.web.connections import MAX_CONNECTIONS
from tests.browser.attacks.stage import Stage
from tests.stand.asking import Asker, connect, new_challenge, signature_is_good, wait_until
from tests.stand.waiting import LIMIT

WHO = "a stranger between"

CHALLENGE = """async () => {
  const form = document.querySelector("#card-form");
  const headers = { "Content-Type": "application/json", "X-CSRFToken": form.elements.csrfmiddlewaretoken.value };
  const options = { method: "POST", headers, body: JSON.stringify({ purpose: "login" }) };
  const answer = await fetch(document.querySelector("#card-login").dataset.challengeUrl, options);
  return (await answer.json()).challenge;
}"""
SEND = """([challenge, token]) => {
  const form = document.querySelector("#card-form");
  form.elements.challenge.value = challenge;
  form.elements.token.value = token;
  form.submit();
}"""


def test_phishing_relay(stage: Stage) -> None:
    """The evil page passes the portal's challenge on, the person signs, and the portal refuses the token."""
    portal = stage.context.new_page()
    portal.goto(f"{stage.stack.portal.origin}/accounts/login/")
    challenge = portal.evaluate(CHALLENGE)
    page = stage.page(stage.evil)
    stage.popup(page)
    stage.order(page, challenge)
    stage.types_pin()
    wait_until(lambda: len(stage.heard(page)) == 1)
    token = stage.heard(page)[0]["data"]["token"]
    assert signature_is_good(token, stage.evil.origin, challenge), "it is a good token, for the evil page"
    portal.evaluate(SEND, [challenge, json.dumps(token)])
    portal.wait_for_selector("#card-message[data-code=signature_invalid]")
    portal.goto(f"{stage.stack.portal.origin}/member/")
    assert "/accounts/login/" in portal.url
    stage.still_serves()


def test_forged_origin_from_a_local_program(stage: Stage) -> None:
    """A program of the person's own account names the portal: a window shows it, and without a PIN that is all."""
    connection = connect(stage.stack.agent)
    headers = {"Origin": stage.stack.portal.origin, "Content-Type": "application/json", "Sec-Fetch-Site": "cross-site"}
    connection.request("POST", "/v1/authenticate", json.dumps({"challenge": new_challenge()}), headers)
    stage.screen.wait_window()
    stage.no_try_was_spent()
    connection.close()
    stage.screen.wait_no_window()
    stage.nothing_was_done()
    stage.still_serves()


def test_order_under_way_outlives_a_flood_of_connections(stage: Stage) -> None:
    """Idle connections give way to new ones; the one whose page waits for its answer does not."""
    asker, challenge = Asker(stage.stack.agent), new_challenge()
    answer = asker.ask(challenge, stage.good.origin)
    stage.screen.wait_window()
    with ExitStack() as stack:
        for _ in range(MAX_CONNECTIONS + 300):
            stack.enter_context(socket.create_connection(("127.0.0.1", stage.stack.agent.port), timeout=LIMIT))
        stage.types_pin()
        assert answer.result().status == 200
    assert signature_is_good(answer.result().body, stage.good.origin, challenge)
    asker.stop()
    stage.still_serves()
