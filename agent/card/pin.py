"""The form of a PIN, checked before a card is touched."""

from __future__ import annotations

from collections.abc import Iterable

from agent.failures import Code, FailureError
from agent.settings import PinForm

MIN_PIN, MAX_PIN = 6, 8
_ALLOWED: dict[PinForm, frozenset[str]] = {
    "digits": frozenset("0123456789"),
    # The issuer recommends letters among the digits (taiwan-pki 4.3); a blank is no part of a PIN.
    "printable": frozenset(map(chr, range(0x21, 0x7F))),
}
# Unicode block "Halfwidth and Fullwidth Forms": what a Chinese keyboard types for the characters 0x21 to 0x7E.
_FULL_WIDTH = {code + 0xFEE0: chr(code) for code in range(0x21, 0x7F)}


def half_width(text: str) -> str:
    """The text with full-width digits, letters and signs as the ASCII characters that they stand for."""
    return text.translate(_FULL_WIDTH)


def only_allowed(text: Iterable[str], form: PinForm) -> bool:
    """Whether a text consists of characters that a PIN of this form may have."""
    return _ALLOWED[form].issuperset(text)


def check_pin(typed: str | bytearray, form: PinForm = "digits") -> bytearray:
    """The PIN, when it has six to eight characters of its form; raises FailureError(pin_malformed) otherwise.

    In memory that can be wiped: a bytearray is returned as it is, a text is copied, character by character.
    """
    if not MIN_PIN <= len(typed) <= MAX_PIN or not only_allowed(_characters(typed), form):
        wipe(typed)
        raise FailureError(Code.PIN_MALFORMED)
    return typed if isinstance(typed, bytearray) else bytearray(map(ord, typed))


def wipe(secret: str | bytearray | None) -> None:
    """Overwrites a PIN, wherever else it is still referred to; a text cannot be."""
    if isinstance(secret, bytearray):
        secret[:] = bytes(len(secret))


def _characters(typed: str | bytearray) -> Iterable[str]:
    return typed if isinstance(typed, str) else map(chr, typed)
