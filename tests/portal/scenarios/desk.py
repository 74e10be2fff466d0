"""The person's own things: reader, cards, screen, and the PIN window."""

from collections.abc import Callable

from tests.portal.scenarios.album import Album
from tests.stand.asking import wait_until
from tests.stand.parts import PIN, ROOT, python
from tests.stand.processes import Program
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

    def pull_while_signing(self) -> None:
        """Type the PIN and pull the card as soon as the card is at work, which is slow enough for that."""
        reader, asked = self._stack.reader, self._checks()
        self._screen.wait_window()
        reader.control("delay", "0.4")
        self.type_pin()
        wait_until(lambda: self._checks() > asked)
        reader.control("remove")
        reader.control("delay", "0")

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
        self.lose_a_try(lambda: self.type_pin(WRONG_PIN), state)

    def type_last_try(self, pin: str) -> None:
        """Type the PIN of the last try; the window wants the box ticked that says what one more wrong one does."""
        self.type_pin(pin)
        self._screen.key("space", "Return")

    def insert_second(self, card: str) -> Program:
        """Put a card into the second reader; it stays in until the program is stopped."""
        port, control = int(self._stack.reader.port) + 1, self._stack.logs / f"{card}.sock"
        options = ("--image", str(self._stack.card_image(card)), "--port", str(port), "--control", str(control))
        return Program.start("second-card", python("cardsim", "card", *options), logs=self._stack.logs, cwd=ROOT)

    def choose_second(self) -> None:
        """Take the second of the two cards that the window shows."""
        self._screen.wait_window()
        self._screen.key("Down", "Return")

    def unplug_reader(self) -> None:
        """Leave the computer without a reader: its service runs and finds none."""
        self._stack.exchange_reader(empty=True)

    def plug_reader_in(self, card: str) -> None:
        """Give the computer its reader back, with a card in it."""
        self._stack.exchange_reader(empty=False)
        self._stack.reader.insert(self._stack.card_image(card))

    def close_window(self) -> None:
        """Close the PIN window."""
        self._screen.wait_window()
        self._screen.key("Escape")

    def lose_a_try(self, act: Callable[[], None], state: str) -> None:
        """Do something that costs a PIN try; returns when the window has said so and can be used again."""
        before = self.tries_left()
        act()
        wait_until(lambda: self.tries_left() < before)
        self.look(state)

    def see_change(self, act: Callable[[], None], state: str) -> None:
        """Do something; returns when the window shows another view, which has another size."""
        before = self._screen.size(self._screen.wait_window())
        act()
        wait_until(lambda: self._screen.size(self._screen.wait_window()) != before)
        self.look(state)

    def look(self, state: str) -> None:
        """Look at the PIN window, once it is there."""
        self._album.look_at_window(self._screen, self._screen.wait_window(), state)

    def _checks(self) -> int:
        return int(self._stack.reader.control("status")["verifies"])
