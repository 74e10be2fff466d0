"""The card's PIN: value, tries, and whether it was verified since the last reset."""

import hmac
from enum import Enum

from cardsim.card.apdu import SW, Refusal

FIELD = 8
"""A PIN travels in 8 bytes, filled up with FF (SP 800-73-4 part 2, 2.4.3)."""


class LastFailure(Enum):
    """What the card answers to the wrong PIN that uses up the last try; real cards do either."""

    COUNTER = "63C0"
    BLOCKED = "6983"


def pad(pin: str) -> bytes:
    """The 8-byte field of an ASCII PIN of at most 8 characters."""
    return pin.encode("ascii").ljust(FIELD, b"\xff")


class Secret:
    """A PIN or PUK with its try counter."""

    def __init__(self, value: str, tries: int, last_failure: LastFailure) -> None:
        """Start unverified with `tries` tries, which is also the number a success restores."""
        self._field = pad(value)
        self.full_tries = tries
        self.tries = tries
        self.verified = False
        self._last_failure = last_failure

    def check(self, field: bytes) -> None:
        """Verify `field`; a wrong one costs a try and raises Refusal with what is left.

        Any 8 bytes may come and cost a try, malformed PINs too: that is how cards behave,
        and why the agent has to check the form before it asks the card.
        """
        if self.tries <= 0:
            raise Refusal(SW.BLOCKED)
        self.verified = False
        if not hmac.compare_digest(field, self._field):
            self.tries -= 1
            if self.tries == 0 and self._last_failure is LastFailure.BLOCKED:
                raise Refusal(SW.BLOCKED)
            raise Refusal(SW.TRIES_LEFT | self.tries)
        self.tries = self.full_tries
        self.verified = True

    def query(self) -> None:
        """Return if verified, else raise Refusal with the tries left; costs nothing (VERIFY without data)."""
        if self.verified:
            return
        raise Refusal(SW.TRIES_LEFT | self.tries if self.tries else SW.BLOCKED)

    def replace(self, field: bytes) -> None:
        """Set a new PIN of 6 to 8 digits and restore the tries; raises Refusal(BAD_DATA) for another form."""
        self.require_form(field)
        self._field = field
        self.tries = self.full_tries

    @staticmethod
    def require_form(field: bytes) -> None:
        """Raise Refusal(BAD_DATA) unless `field` holds 6 to 8 digits and FF after them."""
        digits = field.rstrip(b"\xff")
        if len(field) != FIELD or len(digits) < 6 or not all(0x30 <= byte <= 0x39 for byte in digits):
            raise Refusal(SW.BAD_DATA)
