"""The form of a PIN, checked before a card is touched."""

from agent.failures import Code, FailureError

MIN_PIN, MAX_PIN = 6, 8
_DIGITS = frozenset("0123456789")


def may_become_pin(text: str) -> bool:
    """Whether a text that is being typed can still become a PIN: ASCII digits only, at most eight."""
    return len(text) <= MAX_PIN and _DIGITS.issuperset(text)


def check_pin(text: str) -> str:
    """The PIN, when it has six to eight digits; raises FailureError(pin_malformed) otherwise."""
    if len(text) < MIN_PIN or not may_become_pin(text):
        raise FailureError(Code.PIN_MALFORMED)
    return text
