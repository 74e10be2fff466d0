"""The person's own things: reader, cards, screen, and the PIN window."""

from collections.abc import Callable
from pathlib import Path

from tests.portal.scenarios.album import Album
from tests.stand.asking import wait_until
from tests.stand.parts import PIN
from tests.stand.screen import Screen
from tests.stand.stack import Stack

WRONG_PIN = "999999"


class Desk:
    """What hands can do at the desk; every window is put into the album."""

    def __init__(self, stack: Stack, screen: Screen, album: Album) -> None:
        self._stack, self._screen, self._album = stack, screen, album

    def insert(self, card: str) -> None:
        """Put a card into the reader, in place of the one that is there; all its PIN tries are left."""
        self._stack.reader.control("swap", str(self._stack.card_image(card)))
        self._stack.reader.control("unblock")

    def pull(self) -> None:
        """Pull the card."""
        self._stack.reader.control("remove")

    def push_back(self) -> None:
        """Put the same card in again."""
        self._stack.reader.control("insert")

    def tries_left(self) -> int:
        """The PIN tries left on the card."""
        return int(self._stack.reader.control("status")["tries"])

    def type_pin(self, pin: str = PIN) -> None:
        """Type a PIN and Return into the PIN window, once it is there."""
        self.look("pin")
        self._screen.type(pin)
        self._screen.key("Return")

    def type_wrong_pin(self, state: str) -> None:
        """Type a wrong PIN; returns when the window says so. `state` names its picture."""
        self.see_change(lambda: self.type_pin(WRONG_PIN), state)

    def confirm_last_try(self, pin: str) -> None:
        """Type the PIN of the last try, and tick the box of the warning that comes before it is spent."""
        self.see_change(lambda: self.type_pin(pin), "last-try")
        self._screen.key("space")
        self._screen.key("Return")

    def close_window(self) -> None:
        """Close the PIN window."""
        self._screen.wait_window()
        self._screen.key("Escape")

    def see_change(self, act: Callable[[], object], state: str) -> None:
        """Do something; returns when the window has another size, which it takes with every other message."""
        before = self._screen.size(self._screen.wait_window())
        act()
        wait_until(lambda: self._screen.size(self._screen.wait_window()) != before)
        self.look(state)

    def look(self, state: str) -> None:
        """Look at the PIN window, once it is there."""
        self._album.look_at_window(self._screen, state)
