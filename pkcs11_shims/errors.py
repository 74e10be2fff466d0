"""What can go wrong with a card, in words that do not depend on the driver."""

from enum import StrEnum


class Fault(StrEnum):
    """The kinds of failure; the texts are codes of the agent's catalogue."""

    NO_DRIVER = "no_driver"
    DRIVER_REFUSED = "driver_refused"
    NO_READER = "no_reader"
    NO_CARD = "no_card"
    CARD_UNSUPPORTED = "card_unsupported"
    NO_CERTIFICATE = "no_certificate"
    PIN_WRONG = "pin_wrong"
    PIN_LOCKED = "pin_locked"
    PIN_MALFORMED = "pin_malformed"
    CARD_NOT_ACTIVATED = "card_not_activated"
    USER_CANCELLED = "user_cancelled"
    TIMED_OUT = "timed_out"
    CARD_REMOVED = "card_removed"
    CARD_SWAPPED = "card_swapped"
    CARD_ERROR = "card_error"
    CIPHER_UNREADABLE = "cipher_unreadable"


class CardError(Exception):
    """A card operation failed; `tries_left` is set where the driver told it, `detail` names the return code or rule."""

    def __init__(self, fault: Fault, tries_left: int | None = None, detail: str = "") -> None:
        super().__init__(fault.value, detail)
        self.fault = fault
        self.tries_left = tries_left
        self.detail = detail
