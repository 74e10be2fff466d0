"""From the fields of a request to what the card is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from agent.card.old_asks import OldAsk


@dataclass(frozen=True)
class Request:
    """What a page asks for; neither content nor PIN is in its repr.

    `ask` has no PIN, and says of itself neither `permitted` nor `repeated`: the daemon adds that. `reader` in it is the
    text of the page. `pin`: what the page sent, which is used of few (`check_pin_length`). `as_text`: plain text comes
    back as text and not as Base64. `scap`: the page asks for the authorisation of a supplementary card.
    """

    ask: OldAsk = field(repr=False)
    pin: str = field(default="", repr=False)
    as_text: bool = False
    scap: bool = False


def sign_request(fields: Mapping[str, object]) -> Request:
    """What `/sign` is asked for (hipki.md, 1.4); raises OldError."""
    raise NotImplementedError


def decrypt_request(fields: Mapping[str, object]) -> Request:
    """What `/decrypt` is asked for (hipki.md, 1.5); raises OldError."""
    raise NotImplementedError


def list_request(fields: Mapping[str, object], *, certificates: bool) -> Request:
    """What `/pkcs11info` is asked for: all readers, or one (hipki.md, 1.3); raises OldError."""
    raise NotImplementedError


def fingerprint(request: Request) -> bytes:
    """SHA-256 over all that a request asks for but the PIN: the same ask twice has the same."""
    raise NotImplementedError


def check_pin_length(request: Request) -> None:
    """Raises OldError (LOGIN_FAILED, 0xA2) for a PIN that no card can have; no PIN is well."""
    raise NotImplementedError
