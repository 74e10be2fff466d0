"""ID numbers at rest: encrypted for reading, and a keyed hash for finding."""

import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_NONCE = 12
_VERSION = b"\x01"


class SealBroken(Exception):
    """A sealed value was changed, belongs to another row or was made with a key that is no longer known."""


def seal(text: str, context: str) -> bytes:
    """`text` encrypted (AES-256-GCM) for one place, which `context` names: table, column, owner.

    The same context must be given to open it, so a value copied into another row does not open there.
    """
    nonce = os.urandom(_NONCE)
    return _VERSION + nonce + AESGCM(_keys("seal")[0]).encrypt(nonce, text.encode(), context.encode())


def unseal(sealed: bytes, context: str) -> str:
    """The text of `seal`; raises SealBroken."""
    if sealed[:1] != _VERSION or len(sealed) < 1 + _NONCE + 16:
        raise SealBroken
    nonce, rest = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
    for key in _keys("seal"):
        try:
            return AESGCM(key).decrypt(nonce, rest, context.encode()).decode()
        except InvalidTag:
            continue
    raise SealBroken


def index(text: str, purpose: str) -> str:
    """A keyed hash (HMAC-SHA-256, hex) that finds equal texts without storing them; another `purpose`, another hash."""
    return hmac.new(_keys(f"index {purpose}")[0], text.encode(), hashlib.sha256).hexdigest()


def _keys(purpose: str) -> list[bytes]:
    """Keys for a purpose, the newest first; old ones stay readable until every row has been written anew."""
    return [_derive(secret, purpose) for secret in settings.CARDLOGIN_SEAL_KEYS]


def _derive(secret: str, purpose: str) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt=None, info=f"cardlogin portal {purpose}".encode()).derive(secret.encode())
