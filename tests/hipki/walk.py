"""Goes one row as a person does: a click on the page, then what our window asks for."""

import json
from collections.abc import Mapping
from typing import Any

from agent.permissions import Decision
from tests.hipki.portals import Kind
from tests.hipki.rows import Brand, Click, Row
from tests.hipki.stage import Theatre
from tests.stand.browser import Tab
from tests.stand.processes import StandError
from tests.stand.waiting import wait_until

_BUSY = 0x76100005
KEYS = {"yes": "alt+y", "no": "Return", "escape": "Escape"}
"""What a person presses instead of typing a PIN."""


def walk(theatre: Theatre, row: Row) -> None:
    """Goes a row; raises AssertionError, TimeoutError or StandError where it ends in another way."""
    stage, style = theatre.stage, row.style
    stage.set(style.cards)
    if style.decision is None:
        stage.restart_agent()
    portal = stage.portals[row.kind]
    stage.agent.decide(portal.origin, style.decision)
    before = stage.hicos.calls().count("C_Sign")
    client = {**style.client, **(style.prepare(stage.hicos) if style.prepare else {})}
    tab = theatre.browser(row.brand).open(portal.page(client, style.policy))
    try:
        for number, click in enumerate(row.clicks, 1):
            tab.click(click.button)
            if style.beside is not None:
                _ask_beside(theatre, row.brand, style.beside, client)
            _act(theatre, click)
            _wait_said(theatre, row, tab, number)
            _check(theatre, click, portal.said[number - 1])
        assert len(portal.said) == len(row.clicks), portal.said
        stage.screen.wait_no_window()
        assert row.signatures in (None, stage.hicos.calls().count("C_Sign") - before)
    finally:
        theatre.leave(row.brand, tab)
        for _ in stage.screen.windows():
            stage.screen.key("Escape")
        stage.screen.wait_no_window()
        stage.agent.decide(portal.origin, None)


def _wait_said(theatre: Theatre, row: Row, tab: Tab, number: int) -> None:
    """Returns when the page has told its person so often how it ended; else raises StandError with what is seen."""
    said = theatre.stage.portals[row.kind].said
    try:
        wait_until(lambda: len(said) >= number)
    except TimeoutError:
        popups = [window.address() for window in theatre.browser(row.brand).others(tab)]
        seen = f"clicks: {tab.evaluate('clicks')}, popups: {popups}, our windows: {theatre.stage.screen.windows()}"
        raise StandError(f"the page says nothing; {seen}") from None


def _ask_beside(theatre: Theatre, brand: Brand, kind: Kind, client: Mapping[str, object]) -> None:
    """Another portal's page asks while our window is open for the first one's; it is told that the card is in use."""
    stage = theatre.stage
    portal = stage.portals[kind]
    window = stage.screen.wait_window()
    stage.agent.decide(portal.origin, Decision.ALLOW)
    tab = theatre.browser(brand).open(portal.page(client))
    tab.click("#go")
    wait_until(lambda: portal.said)
    _check(theatre, Click(code=_BUSY), portal.said[0])
    stage.agent.decide(portal.origin, None)
    tab.close()
    stage.screen.focus(window)


def _act(theatre: Theatre, click: Click) -> None:
    """The person answers our window, each time when it has taken what came before."""
    screen, hicos = theatre.stage.screen, theatre.stage.hicos
    for what in click.keys:
        if what in KEYS:
            screen.answer(KEYS[what])
        else:
            screen.wait_window()
            logins = hicos.calls().count("C_Login")
            screen.type(what)
            screen.key("Return")
            wait_until(lambda logins=logins: hicos.calls().count("C_Login") > logins)


def _check(theatre: Theatre, click: Click, said: dict[str, Any]) -> None:
    assert said["verdict"] == click.verdict, said
    if "text" in said:
        answer = json.loads(said["text"])
        assert (answer["ret_code"], answer.get("last_error", 0)) == (click.code, click.last), answer
        if answer["ret_code"] == 0:
            click.proof(answer, theatre.stage.hicos)
