"""Orders that end without a token: each failure has its code and remedy, none loses a PIN try, the next order works."""

import json
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import psutil
import pytest

from tests.card.conftest import Desk
from tests.stand.asking import ORIGIN, Answer, Asker, authenticate, connect, new_challenge, wait_until
from tests.stand.parts import PIN, Agent, Reader, free_port
from tests.stand.screen import Screen

Order = Future[Answer]


def close_window(desk: Desk, order: Order) -> Answer:
    """The answer when the person closes the window."""
    desk.screen.key("Escape")
    return order.result()


def check_refusal(answer: Answer, code: str, tries_left: int | None = None) -> None:
    """The problem document is whole: code, status, meaning and remedy in both languages, tries left."""
    assert answer.code == code
    assert answer.status == answer.body["status"] >= 400
    assert answer.headers["content-type"].startswith("application/problem+json")
    parts = [answer.body[name][language] for name in ("meaning", "remedy") for language in ("zh-Hant", "en")]
    assert all(isinstance(part, str) and part for part in parts)
    assert answer.body.get("tries_left") == tries_left


def tries_and_checks(desk: Desk) -> tuple[int, int]:
    """PIN tries left on the card, and how often it has been asked to check one."""
    status = desk.card("status")
    return status["tries"], status["verifies"]


def next_order_works(desk: Desk) -> None:
    """A failure has no after-effect: the same agent signs at once."""
    order = desk.ask()
    desk.type_pin()
    assert order.result().status == 200


def wait_changed(desk: Desk, before: tuple[int, int]) -> None:
    """Returns when the window has another size: it has changed between a card and a problem."""
    wait_until(lambda: desk.screen.size(desk.window()) != before)


def wait_counted(desk: Desk, tries: int) -> None:
    """Returns when the card has counted a wrong PIN and the window can be answered again."""
    wait_until(lambda: tries_and_checks(desk)[0] == tries)
    desk.window()


def test_no_card_waits_and_goes_on_when_the_card_comes(desk: Desk) -> None:
    desk.card("remove")
    order = desk.ask()
    size = desk.screen.size(desk.window())
    desk.card("insert")
    wait_changed(desk, size)
    desk.type_pin()
    assert order.result().status == 200


def test_no_card(desk: Desk) -> None:
    desk.card("remove")
    order = desk.ask()
    desk.window()
    check_refusal(close_window(desk, order), "no_card")


@pytest.mark.parametrize(
    ("card", "code"),
    [
        ("empty", "no_certificate"),
        ("encryption-only", "certificate_encryption_only"),
        ("expired", "certificate_expired"),
    ],
)
def test_card_without_a_certificate_that_can_log_in(desk: Desk, card: str, code: str) -> None:
    desk.use(card)
    order = desk.ask()
    desk.window()
    check_refusal(close_window(desk, order), code)


def test_wrong_pin_costs_one_try_and_says_how_many_are_left(desk: Desk) -> None:
    order = desk.ask()
    desk.type_pin("999999")
    wait_counted(desk, 2)
    check_refusal(close_window(desk, order), "pin_wrong", tries_left=2)
    next_order_works(desk)


def test_wrong_pin_then_right_one_in_the_same_window(desk: Desk) -> None:
    order = desk.ask()
    desk.type_pin("999999")
    wait_counted(desk, 2)
    desk.type_pin()
    assert order.result().status == 200
    assert tries_and_checks(desk)[0] == 3


@pytest.mark.parametrize("typed", ["12345", "1", "", "abcdef", "12ab3"])
def test_malformed_pin_never_reaches_the_card(desk: Desk, typed: str) -> None:
    order = desk.ask()
    before = tries_and_checks(desk)
    assert before[0] == 3
    desk.type_pin(typed)
    # Keys come one after the other: what Return has sent to the card would be counted before this ends.
    check_refusal(close_window(desk, order), "user_cancelled")
    assert tries_and_checks(desk) == before


def test_window_takes_at_most_eight_digits(desk: Desk) -> None:
    order = desk.ask()
    desk.type_pin("123456789")
    wait_counted(desk, 2)
    # Eight digits were taken: a well-formed, wrong PIN.
    check_refusal(close_window(desk, order), "pin_wrong", tries_left=2)


def test_last_try_is_not_spent_without_confirmation(desk: Desk) -> None:
    desk.card("tries", "1")
    before = tries_and_checks(desk)
    order = desk.ask()
    desk.type_pin()
    desk.screen.key("Return")
    check_refusal(close_window(desk, order), "user_cancelled")
    assert tries_and_checks(desk) == before
    order = desk.ask()
    desk.type_pin()
    # The box has the keyboard now: tick it, go on.
    desk.screen.key("space")
    desk.screen.key("Return")
    assert order.result().status == 200


@pytest.mark.parametrize("last_failure", ["6983", "63C0"])
def test_last_wrong_try_locks_the_card_and_says_so(desk: Desk, pki: Path, tmp_path: Path, last_failure: str) -> None:
    image = json.loads((pki / "cards" / "citizen.json").read_text("utf-8"))
    changed = tmp_path / "card.json"
    changed.write_text(json.dumps({**image, "name": f"locks-{last_failure}", "last_failure": last_failure}))
    desk.card("swap", str(changed))
    desk.card("tries", "1")
    order = desk.ask()
    size = desk.screen.size(desk.window())
    desk.type_pin("999999")
    desk.screen.key("space")
    desk.screen.key("Return")
    wait_changed(desk, size)
    check_refusal(close_window(desk, order), "pin_locked", tries_left=0)


def test_locked_card_is_explained_and_no_pin_is_asked(desk: Desk) -> None:
    desk.card("tries", "0")
    before = tries_and_checks(desk)
    order = desk.ask()
    desk.type_pin()
    check_refusal(close_window(desk, order), "pin_locked", tries_left=0)
    # The empty VERIFY that asks for the tries is not a check of a PIN.
    assert tries_and_checks(desk) == before


def test_card_pulled_while_the_window_is_open(desk: Desk) -> None:
    order = desk.ask()
    size = desk.screen.size(desk.window())
    desk.screen.type("123")
    desk.card("remove")
    wait_changed(desk, size)
    check_refusal(close_window(desk, order), "card_removed")


def test_card_pulled_and_put_back_asks_for_the_pin_anew(desk: Desk) -> None:
    order = desk.ask()
    size = desk.screen.size(desk.window())
    desk.screen.type("123")
    desk.card("remove")
    wait_changed(desk, size)
    desk.card("insert")
    wait_until(lambda: desk.screen.size(desk.window()) == size)
    desk.type_pin()
    assert order.result().status == 200


def test_card_pulled_while_signing(desk: Desk) -> None:
    order = desk.ask()
    desk.window()
    _, checks = tries_and_checks(desk)
    desk.card("delay", "0.4")
    desk.type_pin()
    wait_until(lambda: tries_and_checks(desk)[1] > checks)
    desk.card("remove")
    desk.card("delay", "0")
    desk.window()
    check_refusal(close_window(desk, order), "card_removed")
    desk.card("insert")
    desk.noticed()
    next_order_works(desk)


def test_another_card_is_shown_before_it_can_sign(desk: Desk) -> None:
    order = desk.ask()
    size = desk.screen.size(desk.window())
    desk.screen.type("123")
    desk.use("citizen2")
    wait_changed(desk, size)
    wait_until(lambda: desk.screen.size(desk.window()) == size)
    desk.type_pin()
    answer = order.result()
    certificate = json.loads(desk.image("citizen2").read_text("utf-8"))["keys"]["9A"]["certificate"]
    assert answer.body["unverifiedCertificate"] == certificate


def test_window_closed(desk: Desk) -> None:
    order = desk.ask()
    desk.window()
    before = tries_and_checks(desk)
    check_refusal(close_window(desk, order), "user_cancelled")
    assert tries_and_checks(desk) == before
    next_order_works(desk)


def test_window_destroyed_from_outside(desk: Desk) -> None:
    order = desk.ask()
    desk.screen.destroy(desk.window())
    check_refusal(order.result(), "host_failed")
    next_order_works(desk)


def test_page_closed_takes_the_window_away_and_signs_nothing(desk: Desk) -> None:
    connection = connect(desk.agent)
    headers = {"Origin": "https://portal.test", "Content-Type": "application/json"}
    connection.request("POST", "/v1/authenticate", json.dumps({"challenge": new_challenge()}), headers)
    desk.window()
    before = desk.card("status")["signatures"]
    connection.close()
    desk.screen.wait_no_window()
    assert desk.card("status")["signatures"] == before
    assert "page_closed" in desk.agent.log.read_text("utf-8")
    next_order_works(desk)


def test_page_closed_while_signing_leaves_no_card_verified(desk: Desk) -> None:
    connection = connect(desk.agent)
    headers = {"Origin": "https://portal.test", "Content-Type": "application/json"}
    connection.request("POST", "/v1/authenticate", json.dumps({"challenge": new_challenge()}), headers)
    desk.window()
    _, checks = tries_and_checks(desk)
    desk.card("delay", "0.3")
    desk.type_pin()
    wait_until(lambda: tries_and_checks(desk)[1] > checks)
    connection.close()
    wait_until(lambda: not hosts(desk.agent))
    # If it had to be killed, pcscd resets the card.
    wait_until(lambda: desk.card("status")["verified"] is False)
    desk.card("delay", "0")
    next_order_works(desk)


def test_two_at_once_the_second_is_told_that_we_are_busy(desk: Desk) -> None:
    first = desk.ask()
    desk.window()
    check_refusal(authenticate(desk.agent, new_challenge()), "busy")
    assert not first.done()
    desk.type_pin()
    assert first.result().status == 200


def test_malformed_request_opens_no_window(desk: Desk) -> None:
    check_refusal(authenticate(desk.agent, "AAAA.login"), "request_malformed")
    check_refusal(authenticate(desk.agent, new_challenge("takeover")), "request_malformed")
    assert not desk.screen.windows()


def test_foreign_origin_opens_no_window(desk: Desk) -> None:
    answer = authenticate(desk.agent, new_challenge(), origin="http://portal.test")
    check_refusal(answer, "origin_refused")
    assert "access-control-allow-origin" not in answer.headers
    assert not desk.screen.windows()


def hosts(agent: Agent) -> list[psutil.Process]:
    """The card hosts of an agent."""
    return psutil.Process(agent.program.pid).children()


def test_crashed_host_costs_one_order(desk: Desk) -> None:
    order = desk.ask()
    desk.window()
    for host in hosts(desk.agent):
        host.kill()
    check_refusal(order.result(), "host_failed")
    next_order_works(desk)


def test_host_killed_after_the_pin_leaves_no_card_verified_for_long(desk: Desk) -> None:
    order = desk.ask()
    desk.window()
    _, checks = tries_and_checks(desk)
    desk.card("delay", "0.3")
    desk.type_pin()
    wait_until(lambda: tries_and_checks(desk)[1] > checks)
    for host in hosts(desk.agent):
        host.kill()
    check_refusal(order.result(), "host_failed")
    desk.card("delay", "0")
    # pcscd resets a card whose last program is gone, or powers it down.
    wait_until(lambda: desk.card("status")["verified"] is False)
    next_order_works(desk)


def test_silent_reader_is_named_and_costs_one_order(desk: Desk) -> None:
    desk.card("hang")
    order = desk.ask()
    desk.window()
    check_refusal(close_window(desk, order), "reader_hung")
    desk.card("unhang")
    wait_until(lambda: not hosts(desk.agent))
    next_order_works(desk)


@pytest.fixture
def own_agent(reader: Reader, screen: Screen, tmp_path: Path, logs: Path) -> Iterator[Agent]:
    """A second agent, to be killed."""
    agent = Agent(tmp_path, logs, {**reader.env, "DISPLAY": screen.display}, ports=[free_port()])
    yield agent
    agent.stop()


def test_killed_daemon_leaves_no_window(desk: Desk, own_agent: Agent) -> None:
    asker = Asker(own_agent)
    order = asker.ask()
    desk.window()
    psutil.Process(own_agent.program.pid).kill()
    desk.screen.wait_no_window()
    assert isinstance(order.exception(), OSError)
    asker.stop()


def test_no_reader(tmp_path: Path, logs: Path, screen: Screen) -> None:
    reader = Reader(tmp_path / "reader", logs, empty=True)
    agent = Agent(tmp_path / "agent", logs, {**reader.env, "DISPLAY": screen.display}, ports=[free_port()])
    agent.allow(ORIGIN)
    asker = Asker(agent)
    try:
        order = asker.ask()
        screen.wait_window()
        screen.key("Escape")
        check_refusal(order.result(), "no_reader")
    finally:
        asker.stop()
        agent.stop()
        reader.stop()


def test_no_driver(tmp_path: Path, logs: Path, screen: Screen) -> None:
    agent = Agent(tmp_path, logs, {"DISPLAY": screen.display}, ports=[free_port()], drivers=["unheard-of"])
    agent.allow(ORIGIN)
    try:
        asker = Asker(agent)
        order = asker.ask()
        screen.wait_window()
        screen.key("Escape")
        check_refusal(order.result(), "no_driver")
        asker.stop()
    finally:
        agent.stop()


def test_pin_is_in_no_log_and_no_command_line(desk: Desk, logs: Path) -> None:
    order = desk.ask()
    desk.window()
    lines = [" ".join(host.cmdline()) for host in hosts(desk.agent)]
    desk.type_pin()
    assert order.result().status == 200
    assert lines
    assert not [line for line in lines if PIN in line]
    texts = [path.read_bytes() for path in logs.glob("agent*.log")]
    assert texts
    assert not [text for text in texts if PIN.encode() in text]
