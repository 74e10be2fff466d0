"""Card driver, readers, agent on the real port and portals; and one browser at a time before them."""

import dataclasses
import http.client
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from tempfile import mkdtemp

from cardsim.hicos.contents import card_contents
from cardsim.hicos.driver import HicosCard, HicosDriver
from tests.hipki.portals import Kind, Portal
from tests.hipki.rows import Brand, Cards
from tests.stand.browser import Browser, Tab, chromium_of, make_home
from tests.stand.firefox import make_profile
from tests.stand.firefox_tabs import firefox_of
from tests.stand.hicos import start_hicos
from tests.stand.parts import HOST, Agent, Reader, free_port
from tests.stand.screen import Screen
from tests.stand.tls import make_portal_certificate
from tests.stand.waiting import LIMIT, wait_until

PORT = 61161
_LOCKABLE = 4
STRANGE_PIN = "1+2%3&4"
_IN_READERS = {
    Cards.ONE: ("citizen",),
    Cards.MANY: ("citizen", "company", "strange"),
    Cards.EXPIRED: ("expired",),
    Cards.STRANGE_PIN: ("strange",),
}


class Stage:
    """Everything but the browser; a context manager."""

    def __init__(self, folder: Path, pki: Path, screen: Screen) -> None:
        self.folder, self.screen = folder, screen
        self.portals: Mapping[Kind, Portal] = {}
        self.hicos: HicosDriver
        self.agent: Agent
        self._pki, self._cards = pki, Cards.ONE
        self._reader: Reader
        self._make_agent: Callable[[], Agent]
        self._lockable: Iterator[HicosCard]
        self._closing = ExitStack()
        self.certificate, self.root = folder / "tls" / "portal.pem", folder / "tls" / "portal-root.pem"

    def __enter__(self) -> "Stage":
        """Starts all of it."""
        try:
            self._start()
        except BaseException:
            self._closing.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Ends it, last first."""
        self._closing.close()

    def set(self, cards: Cards) -> None:
        """Cards and readers as they are at the beginning of a row."""
        self.hicos.reset()
        if cards is Cards.NONE:
            self.hicos.unplug(1)
        elif cards is Cards.EMPTY:
            self.hicos.remove(1)
        elif cards is Cards.LOCKABLE:
            self.hicos.insert(next(self._lockable))
        else:
            for slot, name in enumerate(_IN_READERS[cards], 1):
                self.hicos.insert(self.hicos.cards[name], slot)
        if cards is not self._cards:
            self._cards = cards
            self._move_card(stays=_has_card(cards))
        for portal in self.portals.values():
            portal.said.clear()

    def restart_agent(self) -> None:
        """An agent that has opened no window yet.

        It makes sites wait after a few windows that nobody wanted, and rows come in any order.
        """
        self.agent.stop()
        self.agent = self._make_agent()
        wait_until(lambda: self._card_is_in() is _has_card(self._cards), between=0.1)

    def browser(self, brand: Brand) -> AbstractContextManager[Browser]:
        """A browser whose person has granted one portal access to this computer, and refused it to the others."""
        home = Path(mkdtemp(dir=self.folder))
        ports = [portal.port for kind, portal in self.portals.items() if kind.public]
        granted = [self.portals[Kind.GRANTED].origin]
        denied = [self.portals[Kind.PUBLIC].origin]
        roots = [("portal", self.root)]
        if brand is Brand.FIREFOX:
            make_profile(home, roots)
            return firefox_of(home, public_ports=ports, granted=granted, denied=denied)
        make_home(home, roots)
        return chromium_of(home, "profile", public_ports=ports, granted=granted, denied=denied)

    def _move_card(self, *, stays: bool) -> None:
        """The agent keeps what it knows until PC/SC reports something, and our driver's readers are none of its own.

        Where PC/SC has a card that no driver shows, the agent believes PC/SC: so none stays beside empty readers.
        """
        present = self._card_is_in()
        for inserted in (not present, stays) if present is stays else (stays,):
            self._reader.control("insert" if inserted else "remove")
            wait_until(lambda inserted=inserted: self._card_is_in() is inserted, between=0.1)

    def _card_is_in(self) -> bool:
        """What the agent tells everybody."""
        connection = http.client.HTTPConnection("localhost", PORT, timeout=LIMIT)
        try:
            fetched = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
            connection.request("GET", "/pkcs11info", headers=fetched)
            answer = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        return any(slot["token"] for slot in answer.get("slots", []))

    def _start(self) -> None:
        logs = self.folder / "logs"
        logs.mkdir()
        make_portal_certificate(self.folder / "tls", HOST, "localhost")
        self.hicos = start_hicos(
            self.folder / "hicos", *(self._pki / "cards" / f"{name}.json" for name in ("citizen", "company", "expired"))
        )
        contents = dataclasses.replace(card_contents(self._pki / "cards" / "citizen.json"), pin=STRANGE_PIN)
        self.hicos.add("strange", contents)
        # One for each row that locks it: the driver's cards keep their tries as real ones do.
        own = card_contents(self._pki / "cards" / "citizen.json")
        self._lockable = iter([self.hicos.add(f"lockable-{number}", own) for number in range(_LOCKABLE)])
        self.portals = {kind: self._closing.enter_context(Portal(kind, self.certificate)) for kind in Kind}
        self._reader = reader = Reader(self.folder / "reader", logs)
        self._closing.callback(reader.stop)
        reader.insert(self._pki / "cards" / "citizen.json")
        environment = {**reader.env, **self.hicos.environment, "DISPLAY": self.screen.display}
        self._make_agent = lambda: Agent(
            self.folder / "agent", logs, environment, ports=[free_port()], drivers=("hca",),
            modules=(str(self.hicos.module),), hipki_port=PORT, hipki_http=(self.portals[Kind.PLAIN].origin,),
        )  # fmt: skip
        self.agent = self._make_agent()
        self._closing.callback(lambda: self.agent.stop())


def _has_card(cards: Cards) -> bool:
    return cards not in (Cards.NONE, Cards.EMPTY)


class Theatre:
    """Opens browsers on a stage, one at a time: each runs until another one is asked for."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self._closing = ExitStack()
        self._now: tuple[Brand, Browser] | None = None

    def browser(self, brand: Brand) -> Browser:
        """The running browser."""
        if self._now is None or self._now[0] is not brand:
            self.close()
            self._now = brand, self._closing.enter_context(self.stage.browser(brand))
        return self._now[1]

    def leave(self, brand: Brand, tab: Tab) -> None:
        """Closes everything that a row has left open."""
        for window in (*self.browser(brand).others(tab), tab):
            if not window.closed():
                window.close()

    def close(self) -> None:
        """Ends the browser that runs."""
        self._now = None
        self._closing.close()
