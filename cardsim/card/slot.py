"""The card slot: which card is in the reader, how it behaves, and what it has done."""

import threading
import time
from pathlib import Path
from typing import Any

from cardsim.card.image import load_image
from cardsim.card.link import GET_ATR, POWER_OFF, RESET, Link, connect
from cardsim.card.pin import LastFailure
from cardsim.card.piv import Counters, PivCard
from cardsim.card.trace import Trace
from cardsim.errors import SimulatorError

PATIENCE = 10.0
"""Seconds to wait for the reader to listen, and then to take the card up."""
CHANGE_PAUSE = 0.6
"""Seconds without a card, at least: pcscd looks every 0.4 s, so it sees the removal. No hand is faster either."""


class Slot:
    """A place for one card at a time in the reader on `port`.

    The control socket's threads call the methods; one thread per inserted card talks to the reader.
    """

    def __init__(self, port: int, image: Path, delay: float, last_failure: LastFailure | None = None) -> None:
        """Load `image` without inserting it; raises SimulatorError if it is no card image."""
        self._port = port
        self._last_failure = last_failure
        self._counters = Counters()
        self._cards: dict[Path, PivCard] = {}
        self._image, self._card = image, self._load(image)
        self._delay = delay
        self._hung = False
        self._seconds = 0.0
        self._trace: Trace | None = None
        self._link: Link | None = None
        self._taken = False
        self._pulled = -CHANGE_PAUSE
        self._changed = threading.Condition()
        self._moves = threading.Lock()
        self._server: threading.Thread | None = None

    def _load(self, path: Path) -> PivCard:
        """The card of an image; its PIN state lives as long as this process."""
        path = path.resolve()
        if path not in self._cards:
            self._cards[path] = PivCard(load_image(path), self._counters, self._last_failure)
        return self._cards[path]

    # what the controls do

    def insert(self) -> None:
        """Put the card in and wait until the reader has noticed; nothing happens if it is in."""
        with self._moves:
            self._insert()

    def _insert(self) -> None:
        if self._link is not None:
            return
        if self._server is not None:
            self._server.join()  # it resets the card last, which must not hit the new stay
        time.sleep(max(0.0, self._pulled + CHANGE_PAUSE - time.monotonic()))
        link = connect(self._port, PATIENCE)
        self._server = threading.Thread(target=self._serve, args=(link, self._card), daemon=True)
        with self._changed:
            self._link, self._taken = link, False
            self._server.start()
            self._changed.wait_for(lambda: self._taken or self._link is not link, PATIENCE)
            if self._link is link and self._taken:
                return
        self._pull()
        raise SimulatorError(f"the reader on port {self._port} does not take the card; is another one in it?")

    def remove(self) -> None:
        """Pull the card at once, even in the middle of a command or while it hangs; ends a hang."""
        # Not under _moves: pulling must not wait for an insertion that never succeeds.
        self._pull()

    def _pull(self) -> None:
        with self._changed:
            link, self._link = self._link, None
            self._hung = False
            self._changed.notify_all()
        if link is not None:
            self._pulled = time.monotonic()
            link.close()

    def swap(self, image: Path) -> None:
        """Take the card out and put another in; each keeps its own PIN state while this process lives."""
        with self._moves:
            card = self._load(image)
            self._pull()
            self._image, self._card = image, card
            self._insert()

    def set_delay(self, seconds: float) -> None:
        """Let every APDU from now on take `seconds` longer."""
        self._delay = seconds

    def hang(self) -> None:
        """Answer no APDU from now on, until unhang() or remove()."""
        with self._changed:
            self._hung = True

    def unhang(self) -> None:
        """Go on where the hang began: the waiting command is answered now."""
        with self._changed:
            self._hung = False
            self._changed.notify_all()

    def set_tries(self, left: int) -> None:
        """Set how many PIN tries are left (0 = locked) and forget a verified PIN."""
        self._card.pin.verified = False
        self._card.pin.tries = left

    def unblock(self) -> None:
        """Give the PIN all its tries back."""
        self._card.pin.tries = self._card.pin.full_tries

    def trace_to(self, path: Path | None) -> None:
        """Write the APDU trace to `path`, or stop writing with None."""
        fresh = Trace(path) if path is not None else None
        old, self._trace = self._trace, fresh
        if old is not None:
            old.close()

    def status(self) -> dict[str, Any]:
        """The facts a test or benchmark asks for; times in milliseconds since the process started."""
        pin = self._card.pin
        return {
            "card": self._card.image.name,
            "image": str(self._image.resolve()),
            "inserted": self._link is not None and self._taken,
            "tries": pin.tries,
            "verified": pin.verified,
            "hung": self._hung,
            "delay": self._delay,
            "apdus": self._counters.apdus,
            "verifies": self._counters.verifies,
            "signatures": self._counters.signatures,
            "card_ms": round(self._seconds * 1000, 3),
        }

    # what the reader's thread does

    def _serve(self, link: Link, card: PivCard) -> None:
        card.reset()
        try:
            while (message := link.receive()) is not None:
                self._note_taken(link)
                if not self._handle(link, card, message):
                    break
        finally:
            card.reset()
            with self._changed:
                if self._link is link:
                    self._link = None
                self._changed.notify_all()
            link.close()

    def _note_taken(self, link: Link) -> None:
        """The reader has spoken to the card, so it has seen it."""
        if not self._taken:
            with self._changed:
                self._taken = self._link is link
                self._changed.notify_all()

    def _handle(self, link: Link, card: PivCard, message: bytes) -> bool:
        """Deal with one message of the reader; False if the card was pulled meanwhile."""
        if len(message) > 1:
            answer = self._answer(link, card, message)
            if answer is None:
                return False
            link.send(answer)
        elif message in (bytes([POWER_OFF]), bytes([RESET])):
            card.reset()
        elif message == bytes([GET_ATR]):
            link.send(card.image.atr)
        return True

    def _answer(self, link: Link, card: PivCard, message: bytes) -> bytes | None:
        """The card's answer after delay and hang, None if the card was pulled meanwhile."""
        start = time.perf_counter()
        with self._changed:
            self._changed.wait_for(lambda: self._link is not link, timeout=self._delay)
            self._changed.wait_for(lambda: self._link is not link or not self._hung)
            if self._link is not link:
                return None
        answer = card.transmit(message)
        spent = time.perf_counter() - start
        self._seconds += spent
        trace = self._trace
        if trace is not None:
            trace.write(spent * 1000, message, answer)
        return answer
