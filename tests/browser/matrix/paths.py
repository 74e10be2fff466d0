"""The paths as data: what the browser allows, what the page is like, which way the log-in then goes, how it ends."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise


class Brand(StrEnum):
    """The browsers."""

    CHROMIUM = "Chromium"
    FIREFOX = "Firefox ESR"


class Permission(StrEnum):
    """What the person has said to the question whether the site may reach programs on this computer."""

    GRANTED = "granted"
    UNANSWERED = "unanswered"
    DENIED = "denied"


class Trust(StrEnum):
    """Whether the browser trusts the agent's certificate."""

    TRUSTED = "trusted"
    NOT = "not trusted"


class Page(StrEnum):
    """The page whose button is clicked."""

    PLAIN = "plain"
    COOP = "COOP same-origin"
    COOP_STUCK = "COOP same-origin, no address to return to"
    COOP_POPUPS = "COOP same-origin-allow-popups"
    FRAME = "frame"
    FRAME_DELEGATED = "frame with the permission delegated"
    BARE = "plain, without the client: one fetch"


class Agent(StrEnum):
    """Where the agent is, as the page sees it."""

    FIRST = "first port"
    SECOND = "second port"
    ABSENT = "not running"
    BUSY = "busy with another page"


class Person(StrEnum):
    """What the person does. The first answers the PIN window, whatever else is on the screen."""

    PIN = "types the PIN"
    WRONG_PIN = "types a wrong PIN, then closes the PIN window"
    ESCAPE = "closes the PIN window"
    CANCEL = "cancels on our page"
    CLOSE = "closes the popup"
    GIVE_UP = "gives up on the site's page"
    WAIT = "waits until it is too late"
    BACK = "goes back from the browser's own error page"
    NOTHING = "has not clicked"
    LOOK = "–"


class Way(StrEnum):
    """How the page reaches the agent while the PIN window is open."""

    FETCH = "fetch"
    POPUP = "popup"
    NAVIGATION = "navigation"
    PLAIN_POPUP = "popup, plain HTTP"
    NONE = "–"


TOKEN = "token"
# The page was left for an address that does not answer: no browser lets a page find that out before.
LEFT = "navigation_unfinished"


@dataclass(frozen=True)
class Path:
    """One path. `end` is the word `token`, the code of the failure; of a bare fetch: what becomes of it."""

    permission: Permission
    trust: Trust
    page: Page
    way: Way
    end: str = TOKEN
    person: Person = Person.PIN
    agent: Agent = Agent.FIRST
    brand: Brand = Brand.CHROMIUM

    @property
    def name(self) -> str:
        """A name for test reports."""
        return ", ".join(self.cells())

    @property
    def dead_ends(self) -> bool:
        """Whether the popup tries an address where nobody answers; a fetch finds that out by itself."""
        fetches = self.permission is Permission.GRANTED and self.page is not Page.FRAME
        if fetches or self.page in (Page.COOP, Page.COOP_STUCK) or self.person is Person.NOTHING:
            return False
        if self.agent is Agent.ABSENT:  # found out by the clock
            return False
        return self.trust is Trust.NOT or self.agent is Agent.SECOND

    def cells(self) -> tuple[str, ...]:
        """What tells it apart, in the order of the table's columns."""
        return (self.brand, self.permission, self.trust, self.page, self.agent, self.person, self.way, self.end)


GRANTED, UNANSWERED, DENIED = Permission
TRUSTED, NOT = Trust
_P_HTTP = Way.PLAIN_POPUP
_PAGES = (Page.PLAIN, Page.COOP, Page.COOP_STUCK, Page.COOP_POPUPS, Page.FRAME, Page.FRAME_DELEGATED)

# Each page in each state: the way to a token, or the end where there is none.
_STATES: dict[tuple[Permission, Trust], tuple[Way | str, ...]] = {
    (GRANTED, TRUSTED): (Way.FETCH, Way.FETCH, Way.FETCH, Way.FETCH, Way.POPUP, Way.FETCH),
    (UNANSWERED, TRUSTED): (Way.POPUP, Way.NAVIGATION, "permission_denied", Way.POPUP, Way.POPUP, Way.POPUP),
    (DENIED, TRUSTED): (Way.POPUP, Way.NAVIGATION, "permission_denied", Way.POPUP, Way.POPUP, Way.POPUP),
    (GRANTED, NOT): (_P_HTTP, "tls_not_trusted", "tls_not_trusted", _P_HTTP, _P_HTTP, _P_HTTP),
    (UNANSWERED, NOT): (_P_HTTP, LEFT, "permission_denied", _P_HTTP, _P_HTTP, _P_HTTP),
    (DENIED, NOT): (_P_HTTP, LEFT, "permission_denied", _P_HTTP, _P_HTTP, _P_HTTP),
}


def _state(permission: Permission, trust: Trust, page: Page, cell: Way | str) -> Path:
    if isinstance(cell, Way):
        return Path(permission, trust, page, cell)
    # The browser's question about a fetch is on the screen until the client has waited long enough.
    waits = (permission, cell) == (UNANSWERED, "permission_denied")
    person = Person.BACK if cell == LEFT else Person.WAIT if waits else Person.LOOK
    return Path(permission, trust, page, Way.NONE, cell, person)


_PLAIN, _COOP, _STUCK = Page.PLAIN, Page.COOP, Page.COOP_STUCK
_OTHERS = (
    # Local Network Access is in force, and so is the certificate: otherwise nothing of this would show anything.
    Path(GRANTED, TRUSTED, Page.BARE, Way.FETCH, "answered", Person.LOOK),
    Path(UNANSWERED, TRUSTED, Page.BARE, Way.FETCH, "pending", Person.LOOK),
    Path(DENIED, TRUSTED, Page.BARE, Way.FETCH, "refused", Person.LOOK),
    Path(GRANTED, NOT, Page.BARE, Way.FETCH, "refused", Person.LOOK),
    # The person says no, on every way.
    Path(GRANTED, TRUSTED, _PLAIN, Way.FETCH, "user_cancelled", Person.ESCAPE),
    Path(UNANSWERED, TRUSTED, _PLAIN, Way.POPUP, "user_cancelled", Person.ESCAPE),
    Path(UNANSWERED, TRUSTED, _COOP, Way.NAVIGATION, "user_cancelled", Person.ESCAPE),
    Path(UNANSWERED, NOT, _PLAIN, _P_HTTP, "user_cancelled", Person.ESCAPE),
    Path(UNANSWERED, TRUSTED, _COOP, Way.NAVIGATION, "user_cancelled", Person.CANCEL),
    Path(DENIED, TRUSTED, _PLAIN, Way.POPUP, "page_closed", Person.CLOSE),
    Path(GRANTED, NOT, _PLAIN, _P_HTTP, "page_closed", Person.CLOSE),
    Path(GRANTED, TRUSTED, _PLAIN, Way.FETCH, "page_closed", Person.GIVE_UP),
    Path(DENIED, TRUSTED, Page.FRAME, Way.POPUP, "page_closed", Person.GIVE_UP),
    Path(GRANTED, TRUSTED, _PLAIN, Way.FETCH, "timed_out", Person.WAIT),
    Path(DENIED, TRUSTED, _PLAIN, Way.POPUP, "timed_out", Person.WAIT),
    # The tries that are left come along.
    Path(GRANTED, TRUSTED, _PLAIN, Way.FETCH, "pin_wrong", Person.WRONG_PIN),
    Path(UNANSWERED, TRUSTED, _PLAIN, Way.POPUP, "pin_wrong", Person.WRONG_PIN),
    Path(UNANSWERED, TRUSTED, _COOP, Way.NAVIGATION, "pin_wrong", Person.WRONG_PIN),
    # A popup that nobody asked for.
    Path(UNANSWERED, TRUSTED, _PLAIN, Way.NONE, "popup_blocked", Person.NOTHING),
    Path(DENIED, TRUSTED, _PLAIN, Way.NONE, "popup_blocked", Person.NOTHING),
    Path(GRANTED, NOT, _PLAIN, Way.NONE, "tls_not_trusted", Person.NOTHING),
    # Somebody else was first.
    Path(GRANTED, TRUSTED, _PLAIN, Way.FETCH, "busy", Person.LOOK, Agent.BUSY),
    Path(UNANSWERED, TRUSTED, _PLAIN, Way.POPUP, "busy", Person.LOOK, Agent.BUSY),
    Path(UNANSWERED, TRUSTED, _COOP, Way.NAVIGATION, "busy", Person.LOOK, Agent.BUSY),
    Path(DENIED, NOT, _PLAIN, _P_HTTP, "busy", Person.LOOK, Agent.BUSY),
    # Other ports, and nobody at all.
    Path(GRANTED, TRUSTED, _PLAIN, Way.FETCH, agent=Agent.SECOND),
    Path(UNANSWERED, TRUSTED, _PLAIN, Way.POPUP, agent=Agent.SECOND),
    Path(GRANTED, TRUSTED, _COOP, Way.FETCH, agent=Agent.SECOND),
    Path(UNANSWERED, TRUSTED, _COOP, Way.NONE, LEFT, Person.BACK, Agent.SECOND),
    Path(UNANSWERED, TRUSTED, _STUCK, Way.NONE, "permission_denied", Person.WAIT, Agent.SECOND),
    Path(GRANTED, TRUSTED, _PLAIN, Way.NONE, "agent_not_found", Person.LOOK, Agent.ABSENT),
    Path(UNANSWERED, TRUSTED, _PLAIN, Way.NONE, "agent_not_found", Person.LOOK, Agent.ABSENT),
    Path(DENIED, NOT, _PLAIN, Way.NONE, "agent_not_found", Person.LOOK, Agent.ABSENT),
    Path(GRANTED, TRUSTED, _COOP, Way.NONE, "agent_not_found", Person.LOOK, Agent.ABSENT),
    Path(DENIED, TRUSTED, _COOP, Way.NONE, LEFT, Person.BACK, Agent.ABSENT),
    Path(UNANSWERED, TRUSTED, _STUCK, Way.NONE, "agent_not_found", Person.LOOK, Agent.ABSENT),
)
_IN_STATES = (_state(*state, *item) for state, row in _STATES.items() for item in zip(_PAGES, row, strict=True))
_ROWS = (*_IN_STATES, *_OTHERS)
# Firefox cuts a popup off when it leaves a certificate warning.
_IN_FIREFOX = {
    Path(permission, NOT, Page.COOP_POPUPS, _P_HTTP): Path(
        permission, NOT, Page.COOP_POPUPS, Way.NONE, "tls_not_trusted", Person.LOOK
    )
    for permission in (UNANSWERED, DENIED)
}
PATHS = (
    *(replace(row, brand=Brand.CHROMIUM) for row in _ROWS),
    *(replace(_IN_FIREFOX.get(row, row), brand=Brand.FIREFOX) for row in _ROWS),
)
# What a sample of the paths has to hold: everything that tells paths apart, in every browser; and what stands side by
# side in a path, from the person's answer to the end, together at least once.
_STEPS: tuple[Callable[[Path], str], ...] = (
    lambda path: path.permission,
    lambda path: path.trust,
    lambda path: path.page,
    lambda path: path.way,
    lambda path: path.person,
    lambda path: path.end,
)
DISTINCT: tuple[Callable[[Path], Hashable], ...] = (
    *(lambda path, step=step: (path.brand, step(path)) for step in (*_STEPS, lambda path: path.agent)),
    *(lambda path, pair=pair: tuple(step(path) for step in pair) for pair in pairwise(_STEPS)),
    lambda path: (path.agent, path.way),
    lambda path: (path.brand, path.trust, path.way),
)
