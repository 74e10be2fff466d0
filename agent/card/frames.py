"""The messages between daemon and card host: set-up and order down, one answer up, each a length and JSON."""

import struct
from typing import TypeVar

import msgspec

from agent.card.old_asks import Listing, OldAsk, Signed
from agent.failures import Code, FailureError
from agent.order import Wanted
from agent.settings import PinForm, PromptKind

# Room for the largest body that a page written for the old component may send (agent/web/hipki), in Base64.
MAX_FRAME = 2 * 1024 * 1024
HEADER = struct.Struct(">I")
# What a host says before its answer: it has the order, and a person may see it from now on. No header begins so.
TAKEN = b"+"
# What the daemon says after the order when nobody waits at the page any more: the person is told, and may go on.
LEFT = b"-"


class DriverAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the person has said of a driver that no administrator has installed: its path and content (SHA-256, hex)."""

    path: str
    sha256: str
    allowed: bool


class HostSetup(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a host gets ready for before its order is known; the driver names are rows of the catalogue.

    `answers`: about drivers, from earlier windows. `pcsc`: another PC/SC service than the system's, by its socket.
    """

    drivers: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    prompt: PromptKind = "auto"
    pin: PinForm = "digits"
    answers: tuple[DriverAnswer, ...] = ()
    pcsc: str = ""


class HostOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the host is to do: sign a token's challenge, or what a page written for the old component asks for (`old`).

    `tells`: the site may be told what is wrong with reader and card before a person has typed a PIN. `failed`: the code
    that a host before this one has ended with; it is shown, and nothing else is done.
    """

    origin: str
    challenge: str
    language: str
    wanted: Wanted = Wanted()
    pss: bool = False
    old: OldAsk | None = None
    tells: bool = False
    failed: str = ""


class Token(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """A web-eid:1.0 authentication token: five fields, nothing more."""

    unverified_certificate: str
    algorithm: str
    signature: str
    format: str
    app_version: str


class HostAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A token, what answers a page written for the old component, or a failure code.

    `tries_left` goes with the codes about the PIN. `permitted`: the person has allowed the site in this window.

    `language`: what the person has switched the window to. `told`: the site may be told the code. `drivers`: what was
    answered about drivers. `card`: the number of the card that was given a PIN; it stays in the daemon. `final`:
    another answer follows, unless the host ends in between: the driver has the signature, and is about to log out.
    """

    token: Token | None = None
    signed: Signed | None = None
    plain: bytes | None = None
    listing: Listing | None = None
    permitted: bool = False
    code: str | None = None
    tries_left: int | None = None
    language: str | None = None
    told: bool = False
    card: str = ""
    final: bool = True
    drivers: tuple[DriverAnswer, ...] = ()


class UnansweredError(FailureError):
    """A driver waits for the person's word; it stays unloaded until then. `file` says which, not yet allowed."""

    def __init__(self, file: DriverAnswer) -> None:
        super().__init__(Code.DRIVER_REFUSED)
        self.file = file


class FrameError(Exception):
    """The other side sent something that is not a frame of ours."""


Message = TypeVar("Message", HostSetup, HostOrder, HostAnswer)


def encode(message: HostSetup | HostOrder | HostAnswer) -> bytes:
    """The frame of a message."""
    body = msgspec.json.encode(message)
    return HEADER.pack(len(body)) + body


def body_length(header: bytes) -> int:
    """How many bytes follow a header; raises FrameError for a header that is short or says too much."""
    if len(header) != HEADER.size:
        raise FrameError("short header")
    (length,) = HEADER.unpack(header)
    if not 0 < length <= MAX_FRAME:
        raise FrameError("length out of range")
    return int(length)


def decode(body: bytes, kind: type[Message]) -> Message:
    """The message of a frame's body; raises FrameError for anything but the exact shape."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise FrameError(type(error).__name__) from None
