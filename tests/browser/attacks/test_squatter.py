"""Whoever held one of our ports before us, or holds another one now: no order comes of it, and no popup goes there."""

import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from subprocess import Popen

import pytest

from tests.browser.attacks.computer import Computer
from tests.browser.attacks.squatter import Plant, Squatter
from tests.stand.asking import new_challenge, signature_is_good, wait_until
from tests.stand.browser import Chromium, Tab
from tests.stand.site import CHALLENGE

WHO = "whoever holds a port of ours, before us or now"
# A caller in the body is malformed; that of the header is the origin itself.
REFUSED = ("origin_refused", "request_malformed")
WAYS = ("fetched", "guessed", "framed", "opened", "direct")


class Place(StrEnum):
    """Where the squatter was before the agent came."""

    PLAIN = "plain port"
    DOOR = "HTTPS port, plain HTTP"
    TRUSTED = "HTTPS port, certificate of a root that is trusted"


@pytest.mark.parametrize("plant", Plant)
@pytest.mark.parametrize("place", Place)
def test_origin_that_was_held_before(computer: Computer, place: Place, plant: Plant, own_root: Path) -> None:
    """What was left in the browser asks in the portal's name, from an origin that is ours by now."""
    origin, port = origin_of(computer, place)
    opening = f"window.popup = open('{origin}/v1/popup')"
    certificate = own_root if place is Place.TRUSTED else None
    with Squatter(port, computer.site.origin, new_challenge(), certificate):
        tab = computer.evil_page()
        computer.act(tab, f"open('{origin}/')" if plant is Plant.WORKER else opening)
        computer.heard(tab, "worker" if plant is Plant.WORKER else "done")
    agent = computer.start_agent(computer.ports[:1])
    tab = computer.evil_page()
    computer.act(tab, opening)
    assert computer.heard(tab, "done")["value"] == origin, "the planted page must run for this to show anything"
    for way in WAYS:
        value = computer.heard(tab, way)["value"]
        assert value.get("code") in REFUSED if isinstance(value, dict) else "Error" in value, (way, value)
    computer.nothing_was_done()
    assert agent.log.read_text("utf-8").count("origin_refused") >= 1


@pytest.mark.parametrize("place", [Place.PLAIN, Place.DOOR])
def test_planted_worker_is_removed(computer: Computer, place: Place) -> None:
    """A worker that was left behind shows its own page again and again"""
    origin, port = origin_of(computer, place)
    with Squatter(port, computer.site.origin, new_challenge()):
        tab = computer.evil_page()
        computer.act(tab, f"open('{origin}/')")
        computer.heard(tab, "worker")
    agent = computer.start_agent(computer.ports[:1])

    def first_word() -> str:
        tab = computer.evil_page()
        computer.act(tab, f"window.popup = open('{origin}/v1/popup')")
        word: str = wait_until(lambda: tab.evaluate("heard.map(({ data }) => data.planted ?? data.type)[0]"))
        return word

    assert first_word() == "fetched", "the worker must answer in our place for this to show anything"

    def is_over() -> bool:
        word = first_word()
        if isinstance(computer.browser, Chromium):
            return word == "cardlogin:ready"
        return "/worker.js: a service worker is removed" in agent.log.read_text("utf-8")  # once it is closed

    wait_until(is_over, between=3)  # browsers look for a new script once the old one has been left alone for a second


def test_first_port_and_plain_port_are_held(computer: Computer) -> None:
    """A squatter on the first HTTPS port and one on the plain port, the agent on the second HTTPS port"""
    with Squatter(computer.ports[0]) as first, Squatter(computer.http_port) as plain:
        computer.start_agent(computer.ports[1:])
        logs_in_at_the_second_port(computer)
    assert plain.asked == []
    assert [path for path in first.asked if path.startswith("/v1/popup")] == []


def test_first_port_is_held_with_a_trusted_certificate(computer: Computer, own_root: Path) -> None:
    """A squatter whose certificate for localhost the browser trusts answers the popup as it likes"""
    with Squatter(computer.ports[0], computer.site.origin, CHALLENGE, own_root), Squatter(computer.http_port) as plain:
        computer.start_agent(computer.ports[1:])
        logs_in_at_the_second_port(computer)
    assert plain.asked == []


def test_agent_is_slow(computer: Computer) -> None:
    """The trusted agent does not answer at first, and a squatter waits at the plain port"""
    with Squatter(computer.http_port) as plain:
        agent = computer.start_agent(computer.ports[:1])
        agent.program.process.send_signal(signal.SIGSTOP)
        # It answers again when the browser has lost patience with it, and asks for the next port.
        with asked_at(computer.ports[1], agent.program.process, signal.SIGCONT):
            tab = computer.visit()
            tab.click("#log-in")
            logs_in_after_a_click(computer, tab, agent.port)
    assert plain.asked == []


def test_agent_is_absent(computer: Computer) -> None:
    """No agent runs, and a squatter waits at the plain port"""
    with Squatter(computer.http_port) as plain:
        tab = computer.visit()
        tab.click("#log-in")
        wait_until(lambda: computer.site.said)
    assert computer.site.said[0]["code"] == "agent_not_found"
    assert plain.asked == []


def test_trust_was_seen_before(computer: Computer) -> None:
    """In a browser that has trusted the agent before, plain HTTP at the HTTPS port is somebody else's"""
    with Squatter(computer.ports[0]) as first:
        tab = computer.visit()
        tab.evaluate(f"localStorage.setItem('cardlogin:trusted', '{computer.ports[1]}')")
        tab.click("#log-in")
        wait_until(lambda: computer.site.said)
    assert computer.site.said[0]["code"] == "agent_not_found"
    assert first.asked == []


@contextmanager
def asked_at(port: int, process: Popen[bytes], sent: signal.Signals) -> Iterator[None]:
    """Sends a signal to a process whenever somebody comes to a port where nobody answers."""

    def refuse() -> None:
        with suppress(OSError):  # the end of it
            while True:
                caller, _ = door.accept()
                process.send_signal(sent)
                caller.close()

    with socket.create_server(("127.0.0.1", port)) as door:
        waiting = threading.Thread(target=refuse)
        waiting.start()
        try:
            yield
        finally:
            door.shutdown(socket.SHUT_RDWR)
            waiting.join()


def origin_of(computer: Computer, place: Place) -> tuple[str, int]:
    """The fixed origin of a place, and its port."""
    port = computer.http_port if place is Place.PLAIN else computer.ports[0]
    return f"{'https' if place is Place.TRUSTED else 'http'}://localhost:{port}", port


def logs_in_at_the_second_port(computer: Computer) -> None:
    """The log-in works."""
    tab = computer.visit()
    tab.click("#log-in")
    logs_in_after_a_click(computer, tab, computer.ports[1])


def logs_in_after_a_click(computer: Computer, tab: Tab, port: int) -> None:
    """No click has led to that port, so the popup there asks for one."""
    wait_until(lambda: any(f".localhost:{port}/v1/popup" in popup.address() for popup in computer.browser.others(tab)))
    computer.browser.others(tab)[0].click("#go-on")
    computer.type_pin()
    token_came(computer)


def token_came(computer: Computer) -> None:
    """The portal's page has a token, over TLS."""
    wait_until(lambda: computer.site.said)
    said = computer.site.said[0]
    assert said.get("tlsTrusted") is True, said
    assert signature_is_good(said["token"], computer.site.origin, CHALLENGE)
