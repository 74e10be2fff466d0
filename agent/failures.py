"""The catalogue of failures: code, meaning, remedy and what may be done next, the same everywhere."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any


class Code(StrEnum):
    """Every way a log-in can fail on this computer; the text is the stable code that portals use."""

    BUSY = "busy"
    ORIGIN_REFUSED = "origin_refused"
    REQUEST_MALFORMED = "request_malformed"
    NO_DRIVER = "no_driver"
    NO_READER = "no_reader"
    NO_CARD = "no_card"
    NO_CERTIFICATE = "no_certificate"
    PIN_WRONG = "pin_wrong"
    PIN_LOCKED = "pin_locked"
    PIN_MALFORMED = "pin_malformed"
    CARD_REMOVED = "card_removed"
    CARD_ERROR = "card_error"
    READER_HUNG = "reader_hung"
    USER_CANCELLED = "user_cancelled"
    PAGE_CLOSED = "page_closed"
    TIMED_OUT = "timed_out"
    HOST_FAILED = "host_failed"
    INTERNAL = "internal"
    NO_SERVICE = "no_service"
    CARD_BUSY = "card_busy"
    CARD_UNSUPPORTED = "card_unsupported"
    CARD_SWAPPED = "card_swapped"
    CARD_NOT_ACTIVATED = "card_not_activated"
    CERTIFICATE_EXPIRED = "certificate_expired"
    CERTIFICATE_NOT_YET_VALID = "certificate_not_yet_valid"
    CERTIFICATE_ENCRYPTION_ONLY = "certificate_encryption_only"
    CERTIFICATE_NOT_WANTED = "certificate_not_wanted"
    DRIVER_REFUSED = "driver_refused"
    NO_PROMPT = "no_prompt"
    OTHER_USER = "other_user"
    ORIGIN_DENIED = "origin_denied"
    TOO_MANY_REQUESTS = "too_many_requests"
    PAGE_EXPIRED = "page_expired"
    PERMISSIONS_UNREADABLE = "permissions_unreadable"
    ORIGIN_NOT_PERMITTED = "origin_not_permitted"
    CIPHER_UNREADABLE = "cipher_unreadable"


class Next(StrEnum):
    """What may be done after a failure."""

    RETRY = "retry"  # the same order again, after the remedy
    WAIT = "wait"  # the window stays open and goes on by itself once the remedy is done
    STOP = "stop"  # nothing on this computer helps; somebody else has to act


@dataclass(frozen=True)
class Failure:
    """One row of the catalogue; `status` is the HTTP status of its problem document (RFC 9457).

    `meaning` and `remedy` are messages (agent.messages): the sentence in English, by which the other languages have it.
    """

    code: Code
    status: int
    next: Next
    meaning: str
    remedy: str


class FailureError(Exception):
    """Ends an order with a code of the catalogue; `tries_left` is the card's count where it is known."""

    def __init__(self, code: Code, tries_left: int | None = None) -> None:
        super().__init__(code.value)
        self.code = code
        self.tries_left = tries_left


def failure(code: Code) -> Failure:
    """The catalogue's row of a code."""
    return _rows()[code]


def catalogue() -> tuple[Failure, ...]:
    """All rows, in the order of the codes."""
    return tuple(_rows().values())


@cache
def _rows() -> dict[Code, Failure]:
    # Read when something has failed: an order that goes well need not wait for it.
    import tomllib

    table = tomllib.loads(Path(__file__).with_name("failures.toml").read_text("utf-8"))
    return {code: _row(code, table[code.value]) for code in Code}


def _row(code: Code, row: dict[str, Any]) -> Failure:
    return Failure(code, row["status"], Next(row["next"]), row["meaning"], row["remedy"])
