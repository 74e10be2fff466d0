"""What an examination tells, step by step: messages between its process and the self-test."""

from typing import Literal

import msgspec

from agent.card.frames import DriverAnswer, HostSetup


class ExamineAsk(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to look at: the readers, the way of asking for a PIN, or one driver, by the path that it was found under."""

    setup: HostSetup
    what: Literal["readers", "prompt", "driver", "cards"]
    path: str = ""


class BeginSeen(msgspec.Struct, frozen=True, tag="begin"):
    """All that is needed is loaded; what takes time from now on is what is looked at."""


class ServiceSeen(msgspec.Struct, frozen=True, tag="service"):
    """Whether the PC/SC service answers: with a code of the catalogue where it does not."""

    code: Literal["", "no_service", "service_denied"] = ""


class ReaderSeen(msgspec.Struct, frozen=True, tag="reader"):
    """A reader; `atr` in hexadecimal, `exclusive`: another program keeps the card, `mute`: it does not answer."""

    name: str
    atr: str = ""
    present: bool = False
    exclusive: bool = False
    mute: bool = False


class PromptSeen(msgspec.Struct, frozen=True, tag="prompt"):
    """Whether a person could be asked for a PIN."""

    can_ask: bool


class DriverSeen(msgspec.Struct, frozen=True, tag="driver"):
    """A driver has been loaded, and what it says of itself."""

    description: str
    version: tuple[int, int]
    seconds: float


class DriverWaits(msgspec.Struct, frozen=True, tag="waits"):
    """A driver that no administrator has installed is not loaded without the person's word."""

    answer: DriverAnswer


class TokenSeen(msgspec.Struct, frozen=True, tag="token"):
    """A card that the driver reads, the certificates of its holder (DER, with CKA_ID) and the state of its PIN."""

    reader: str
    label: str
    number: str
    certificates: tuple[tuple[bytes, bytes], ...]
    tries: int | None
    activated: bool
    pinpad: bool
    signing_ids: tuple[bytes, ...]


class FaultSeen(msgspec.Struct, frozen=True, tag="fault"):
    """Something has failed: a fault of pkcs11_shims.errors, of the driver itself (`reader` empty) or of one card."""

    fault: str
    detail: str
    reader: str = ""


class EndSeen(msgspec.Struct, frozen=True, tag="end"):
    """All has been told."""

    seconds: float


Step = BeginSeen | ServiceSeen | ReaderSeen | PromptSeen | DriverSeen | DriverWaits | TokenSeen | FaultSeen | EndSeen
