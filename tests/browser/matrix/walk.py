"""Goes one path as a person does: one click, then the PIN window, and a look at everything that is left behind."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from tests.browser.matrix.paths import TOKEN, Agent, Page, Path, Permission, Person, Trust, Way
from tests.browser.matrix.scene import Scene
from tests.stand.asking import ORIGIN, Asker, signature_is_good, wait_until
from tests.stand.browser import Tab
from tests.stand.parts import PIN, free_port
from tests.stand.site import CHALLENGE, RETURN
from tests.stand.waiting import LIMIT

_FRAMES = {Page.FRAME: "", Page.FRAME_DELEGATED: "loopback-network"}
_ADDRESSES = {Page.COOP: "/coop", Page.COOP_STUCK: "/coop", Page.COOP_POPUPS: "/coop-allow-popups"}
# The long waits of the page end when the test says so, and not before: a busy computer is no other path.
_ALARMS = """((shortest) => {
  const { setTimeout: set, clearTimeout: clear } = window;
  const alarms = new Map();
  window.setTimeout = (job, ms, ...rest) => {
    if (ms < shortest) return set.call(window, job, ms, ...rest);
    const id = `alarm ${Math.random()}`;
    alarms.set(id, { job, ms });
    return id;
  };
  window.clearTimeout = (id) => alarms.delete(id) || clear.call(window, id);
  window.ring = (ms) => {
    const due = [...alarms].filter(([, alarm]) => alarm.ms <= ms).sort((a, b) => a[1].ms - b[1].ms);
    if (due.at(-1)?.[1].ms !== ms) return false;
    for (const [id, alarm] of due) if (alarms.delete(id)) alarm.job();
    return true;
  };
})"""
# The client has asked for the page's own headers.
_KNOWS_ITS_POLICY = "performance.getEntriesByType('resource').some((entry) => entry.initiatorType === 'fetch')"
# ms that the client waits for a port, for one that was silent, for an answer to the browser's question, for a log-in.
_PORT, _PORT_AGAIN, _QUESTION, _LOG_IN = 1500, 2500, 60_000, 600_000
_FETCH = """Promise.race([
  fetch("{url}").then(() => "answered", () => "refused"),
  new Promise((late) => setTimeout(late, {patience}, "pending")),
])"""


def walk(scene: Scene, path: Path) -> None:
    """Goes a path; raises AssertionError, TimeoutError or StandError where it is not as the table says."""
    scene.clear()
    walker = _Walker(scene, path)
    try:
        if path.page is Page.BARE:
            walker.fetch()
        else:
            walker.log_in()
    finally:
        scene.leave(walker.tab)


class _Walker:
    """The person, with the page before them."""

    def __init__(self, scene: Scene, path: Path) -> None:
        self._scene, self._path, self._screen, self._browser = scene, path, scene.screen, scene.browser
        self._outer = scene.sites[path.permission, path.person]
        self._site = scene.framed if path.page in _FRAMES else self._outer
        self.tab = self._browser.open(self._address())
        self._at = self.tab.address()
        self._hand = self.tab.frame() if path.page in _FRAMES else self.tab

    def fetch(self) -> None:
        """A fetch of the page itself, without the client."""
        # What nobody answers is looked at for three seconds.
        patience = 3 if self._path.permission is Permission.UNANSWERED else LIMIT
        url = f"{self._scene.stack.agent.url}/v1/hello"
        assert self.tab.evaluate(_FETCH.format(url=url, patience=1000 * patience)) == self._path.end

    def log_in(self) -> None:
        """A log-in, and what is left of it afterwards."""
        before = self._card()
        with self._other_page() if self._path.agent is Agent.BUSY else nullcontext():
            self._begin()
            self._end()
        self._screen.wait_no_window()
        wait_until(lambda: self._browser.others(self.tab) == [])
        assert len(self._site.said) == 1
        assert len(self._site.posts) == int(self._path.way is Way.NAVIGATION)
        tries, signatures = int(self._path.person is Person.WRONG_PIN), int(self._path.end == TOKEN)
        assert self._spent(before) == (tries, signatures)

    def _end(self) -> None:
        if self._path.dead_ends:
            self._move_on()
            if self._path.way is not Way.NONE:
                self._ours().click("#go-on")  # no click of the person's has led there
        # Who comes second gets no window.
        if self._path.way is not Way.NONE and self._path.agent is not Agent.BUSY:
            self._screen.wait_window()
            wait_until(lambda: self._way() == self._path.way)
        self._act()
        wait_until(lambda: self._site.said)
        self._check(self._site.said[0])

    @contextmanager
    def _other_page(self) -> Iterator[None]:
        """Another page has a PIN window open meanwhile."""
        # One whose windows are closed again and again is otherwise made to wait.
        self._scene.stack.agent.allow(ORIGIN)
        asker = Asker(self._scene.stack.agent)
        order = asker.ask()
        try:
            window = self._screen.wait_window()
            yield
            self._screen.focus(window)  # the browser has had a click since
            self._screen.key("Escape")
            assert order.result().code == "user_cancelled"
        finally:
            asker.stop()

    def _address(self) -> str:
        page, agent = self._path.page, self._scene.stack.agent
        ports, plain = [agent.port], self._scene.stack.http_port
        if self._path.agent is Agent.SECOND:
            ports = [free_port(), agent.port]
        elif self._path.agent is Agent.ABSENT:
            ports, plain = [free_port()], free_port()
        back = {"returnTo": RETURN} if page is Page.COOP else {}
        address = self._site.page(_ADDRESSES.get(page, "/page"), ports=ports, httpPort=plain, **back)
        if self._path.person is Person.NOTHING:
            return f"{address}#unasked"
        return self._outer.frame(address, _FRAMES[page]) if page in _FRAMES else address

    def _begin(self) -> None:
        """The one click."""
        # A look into the page counts as a click for some browsers.
        if self._path.person is not Person.NOTHING:
            # Where nobody is, the client finds that out by itself.
            shortest = _PORT if self._path.agent is not Agent.ABSENT else _QUESTION
            self._hand.evaluate(f"{_ALARMS}({shortest})")
            self._hand.evaluate("localStorage.clear()")  # it remembers the port of an earlier path
            if self._path.page in (Page.COOP, Page.COOP_STUCK) and self._path.permission is not Permission.GRANTED:
                wait_until(lambda: self._hand.evaluate(_KNOWS_ITS_POLICY))
            self._hand.click("#log-in")

    def _move_on(self) -> None:
        """The popup shows a page of the browser's own: it is time for the next address."""
        wait_until(lambda: not self._lives())
        self._ring(_PORT)
        if self._path.trust is Trust.NOT:  # the one port there is was silent, and is asked once more
            assert not self._lives()
            self._ring(_PORT_AGAIN)
        wait_until(lambda: self._lives())

    def _lives(self) -> bool:
        """Whether the popup is where one of our pages answers."""
        ours = (Way.POPUP, Way.PLAIN_POPUP)
        return all(self._way_of(window.address()) in ours for window in self._browser.others(self.tab))

    def _ring(self, patience: int) -> None:
        """The client has waited for so long."""
        wait_until(lambda: self._hand.evaluate(f"ring({patience})"))

    def _way(self) -> Way | None:
        """How the page reaches the agent, as the open windows tell; None while they change."""
        others = self._browser.others(self.tab)
        if others == [] and self.tab.address() == self._at:
            return Way.FETCH
        addresses = [window.address() for window in others] or [self.tab.address()]
        return self._way_of(addresses[0]) if len(addresses) == 1 else None

    def _way_of(self, address: str) -> Way | None:
        """The way that leads to a page of ours, which is under a name of its own."""
        own = self._scene.stack.agent.own
        plain = rf"http://[0-9a-f]{{32}}\.localhost:{self._scene.stack.http_port}/v1/popup#opened"
        if re.fullmatch(plain, address):
            return Way.PLAIN_POPUP
        return {f"{own}/v1/popup#opened": Way.POPUP, f"{own}/v1/go": Way.NAVIGATION}.get(address)

    def _act(self) -> None:
        deeds: dict[Person, Callable[[], None]] = {
            Person.PIN: lambda: self._type(PIN),
            Person.WRONG_PIN: self._mistype,
            Person.ESCAPE: lambda: self._screen.key("Escape"),
            Person.CANCEL: lambda: self._ours().click("#close"),
            Person.CLOSE: lambda: self._ours().close(),
            Person.GIVE_UP: lambda: self._hand.click("#give-up"),
            Person.BACK: self._go_back,
            Person.WAIT: lambda: self._ring(_QUESTION if self._path.way is Way.NONE else _LOG_IN),
        }
        if self._path.person in deeds:
            deeds[self._path.person]()

    def _ours(self) -> Tab:
        """The window of ours."""
        return next(iter(self._browser.others(self.tab)), self.tab)

    def _type(self, pin: str) -> None:
        self._screen.type(pin)
        self._screen.key("Return")

    def _go_back(self) -> None:
        """The browser says in its own words that nobody answers, or that it trusts nobody there."""
        wait_until(lambda: self.tab.address().startswith(("chrome-error:", "https://localhost:")))
        self.tab.back()

    def _mistype(self) -> None:
        """The PIN window can be answered again once the card has counted."""
        before = self._card()["tries"]
        self._type("999999")
        wait_until(lambda: self._card()["tries"] < before)
        self._screen.wait_window()
        self._screen.key("Escape")

    def _check(self, said: dict[str, Any]) -> None:
        if self._path.end == TOKEN:
            assert said.get("tlsTrusted") is (self._path.way is not Way.PLAIN_POPUP), said
            assert said["challenge"] == CHALLENGE
            assert signature_is_good(said["token"], self._site.origin, CHALLENGE)
            return
        assert said.get("code") == self._path.end, said
        assert said["name"] == "CardLoginError"
        assert said.get("triesLeft") == (2 if self._path.person is Person.WRONG_PIN else None)

    def _card(self) -> dict[str, Any]:
        return self._scene.stack.reader.control("status")

    def _spent(self, before: dict[str, Any]) -> tuple[int, int]:
        """Tries that are gone, and signatures that were made."""
        now = self._card()
        return before["tries"] - now["tries"], now["signatures"] - before["signatures"]
