"""The government's own authorities, shipped with the library and pinned by SHA-256: a changed byte refuses to load."""

import hashlib
from importlib.resources import files
from importlib.resources.abc import Traversable

ROOTS = {
    "grca-g2.cer": "70b922bfda0e3f4a342e4ee22d579ae598d071cc5ec9c30f123680340388aea5",
    "grca-g3.cer": "57df6f20e04c588e85f35be8832f5d4e78958336ae3b18fb7c9bae0dfead4044",
}
"""Government Root Certification Authority, second and third generation. The first signs with SHA-1 and is left out."""

ISSUERS = {
    "moica-g2.cer": "c4c462de463f856804dc898338d2cecb55fba74155851599d8fb7d70218fd1be",
    "moica-g3.cer": "ed793fd0d50a2a398049d598982cf01e75f873b532066caec238f800a06ca9da",
    "moeaca-g2.cer": "0cf08b01e554eb7631d4916e9e8c5398af994242a26ca388638622a0e59ff379",
}
"""The authorities of citizen cards (內政部憑證管理中心) and of company cards (工商憑證管理中心)."""


class AnchorChanged(ValueError):
    """A shipped certificate is not the one whose fingerprint is pinned."""


def shipped(fingerprints: dict[str, str], folder: Traversable | None = None) -> list[bytes]:
    """The DER of the shipped certificates of that table, each compared with its SHA-256.

    ``folder`` is the package's own unless a test gives another. Raises AnchorChanged and OSError.
    """
    place = folder or files(__name__)
    return [_pinned(place / name, fingerprint) for name, fingerprint in fingerprints.items()]


def _pinned(file: Traversable, fingerprint: str) -> bytes:
    content = file.read_bytes()
    if hashlib.sha256(content).hexdigest() != fingerprint:
        raise AnchorChanged(f"{file.name} is not the certificate that was pinned")
    return content
