"""The JSON texts that pages get."""

from collections.abc import Sequence

from agent.card.frames import HostAnswer
from agent.card.old_asks import Listing
from agent.web.hipki.asks import Request
from agent.web.hipki.codes import OldError

# Pages compare it as text with the least that they accept (hipki.md, 1.8).
SERVER_VERSION = "1.3.8"


def signed(answer: HostAnswer, request: Request) -> str:
    """The answer of `/sign`; raises OldError where the host has no signature in its answer."""
    raise NotImplementedError


def decrypted(answer: HostAnswer, request: Request) -> str:
    """The answer of `/decrypt`; raises OldError where the plain text is none that the page can be given."""
    raise NotImplementedError


def listed(listing: Listing, *, certificates: bool) -> str:
    """The answer of `/pkcs11info` to a site that is permitted; certificates and keys only where they are asked for."""
    raise NotImplementedError


def masked(cards: Sequence[bool]) -> str:
    """The answer of `/pkcs11info` to strangers: for each reader whether a card is in it, and nothing that names it."""
    raise NotImplementedError


def failed(func: str, error: OldError) -> str:
    """An error; `func` is that of the request or of the answer. Only names that are known come back."""
    raise NotImplementedError


def unsupported(func: str) -> str:
    """The answer to what we do not do: changing and unblocking PINs, printing, the CA's tools."""
    raise NotImplementedError
