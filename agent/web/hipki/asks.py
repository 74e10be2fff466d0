"""From the fields of a request to what the card is asked for."""

import hashlib
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from agent.card.old_asks import CmsAsk, DecryptAsk, Hash, ListAsk, OldAsk, Pkcs1Ask, RawAsk
from agent.failures import Code
from agent.web.hipki.codes import PIN_LENGTH, Major, OldError, malformed

MAX_CONTENT = 1024 * 1024
# Of readers' names and of CKA_ID, in characters and bytes: far more than PC/SC and cards have.
MAX_NAME, MAX_KEY_ID = 255, 255
# The tag and length of the claim in the signature must be two bytes (agent/card/answers/cms.py).
MAX_NONCE = 127
_MAX_BASE64 = (MAX_CONTENT + 2) // 3 * 4
# One of the CA's own libraries sends this for every option that it does not use (hipki.md, 1.4).
_ABSENT = "__NotExistedTag__"
_PIN = re.compile("[!-~]{6,8}")
_FLAGS = {"true": True, "false": False}
_ENCODINGS = {"none": False, "base64": True}
_HASHES: dict[str, Hash] = {"sha1": "sha1", "sha256": "sha256", "sha384": "sha384", "sha512": "sha512"}
_FORMS = {name: name for name in ("pkcs7", "pkcs1", "raw")}
_CIPHERS = {"pkcs7": True, "pkcs1": False}
# RFC 8017, 9.2, note 1: what stands before the digest, by its length.
_DIGEST_INFOS = {
    20: bytes.fromhex("3021300906052b0e03021a05000414"),
    32: bytes.fromhex("3031300d060960864801650304020105000420"),
    48: bytes.fromhex("3041300d060960864801650304020205000430"),
    64: bytes.fromhex("3051300d060960864801650304020305000440"),
}
Fields = Mapping[str, object]
Value = TypeVar("Value")


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


def sign_request(fields: Fields) -> Request:
    """What `/sign` is asked for; `fields` are those of `body.decode` (hipki.md, 1.4).

    What is left out: a signature of the form PKCS7, as pages use it to log in; SHA-256, because SHA-1 is for pages that
    insist on it; the content as text. Raises OldError: TBS_MISSING, WRONG_TYPE, BAD_PARAMETER, BAD_BASE64, TOO_LARGE
    (content beyond 1 MiB), BAD_CONTENT (RAW over anything but one DigestInfo).
    """
    ask = OldAsk(
        _signature(fields),
        reader=_reader(fields),
        key_id=_key_id(fields),
        check_validity=_flag(fields, "checkValidity"),
    )
    return Request(ask, _text(fields, "pin"), scap=_flag(fields, "withSCAP"))


def decrypt_request(fields: Fields) -> Request:
    """What `/decrypt` is asked for; `fields` are those of `body.decode` (hipki.md, 1.5).

    What is left out: a cipher of the form PKCS7, plain text as text. Raises OldError: CIPHER_MISSING, WRONG_TYPE,
    BAD_PARAMETER, BAD_BASE64, TOO_LARGE (cipher beyond 1 MiB).
    """
    text = _text(fields, "cipher")
    if not text:
        raise malformed(Major.CIPHER_MISSING)
    work = DecryptAsk(_base64(text), enveloped=_choice(fields, "cipherType", _CIPHERS, default=True))
    as_base64 = _choice(fields, "plainEncoding", _ENCODINGS, default=False)
    ask = OldAsk(work, reader=_reader(fields), key_id=_key_id(fields))
    return Request(ask, _text(fields, "pin"), as_text=not as_base64)


def list_request(fields: Fields, *, certificates: bool) -> Request:
    """What `/pkcs11info` is asked for: all readers, or one (hipki.md, 1.3).

    Raises OldError: WRONG_TYPE, BAD_PARAMETER.
    """
    return Request(OldAsk(ListAsk(certificates), reader=_reader(fields)))


def fingerprint(request: Request) -> bytes:
    """SHA-256 over all that a request asks for but the PIN: the same ask twice has the same.

    What the daemon adds to `ask` (`permitted`, `repeated`, `pin`) changes nothing of it.
    """
    ask = msgspec.structs.replace(request.ask, permitted=False, repeated=False, pin="")
    return hashlib.sha256(msgspec.json.encode((ask, request.as_text, request.scap))).digest()


def check_pin_length(request: Request) -> None:
    """Raises OldError (LOGIN_FAILED, 0xA2) for a PIN that no card can have; a page need not send any.

    Six to eight printable characters of ASCII, as issuers allow them; a blank is no part of a PIN.
    """
    if request.pin and _PIN.fullmatch(request.pin) is None:
        raise OldError(Major.LOGIN_FAILED, PIN_LENGTH, Code.PIN_MALFORMED.value)


def _signature(fields: Fields) -> CmsAsk | Pkcs1Ask | RawAsk:
    form = _choice(fields, "signatureType", _FORMS, default="pkcs7")
    if _given(fields, "tbs") is None:
        raise malformed(Major.TBS_MISSING)
    if form == "raw":
        return RawAsk(_digest_info(_text(fields, "tbs")))
    content = _content(fields)
    algorithm = _choice(fields, "hashAlgorithm", _HASHES, default="sha256")
    if form == "pkcs1":
        return Pkcs1Ask(content, algorithm)
    return CmsAsk(
        content, algorithm, _nonce(fields), card_number=_flag(fields, "withCardSN"),
        signing_time=_flag(fields, "withSigningTime", default=True),
    )  # fmt: skip


def _content(fields: Fields) -> bytes:
    text = _text(fields, "tbs")
    if _choice(fields, "tbsEncoding", _ENCODINGS, default=False):
        return _base64(text)
    content = text.encode()
    if len(content) > MAX_CONTENT:
        raise malformed(Major.TOO_LARGE)
    return content


def _digest_info(text: str) -> bytes:
    """The DigestInfo of a RAW signature, which names its hash itself: exactly one, and nothing behind it."""
    info = _base64(text)
    if not any(info.startswith(prefix) and len(info) == len(prefix) + size for size, prefix in _DIGEST_INFOS.items()):
        raise malformed(Major.BAD_CONTENT)
    return info


def _nonce(fields: Fields) -> str:
    text = _text(fields, "nonce")
    if len(text.encode()) > MAX_NONCE or not text.isprintable():
        raise malformed(Major.BAD_PARAMETER)
    return text


def _reader(fields: Fields) -> str:
    name = "slotDescription"
    # A client in use sends the number 0 by mistake where it means any reader (hipki.md, 1.4).
    text = "" if type(fields.get(name)) is int and fields[name] == 0 else _text(fields, name)
    if len(text) > MAX_NAME:
        raise malformed(Major.BAD_PARAMETER)
    return text


def _key_id(fields: Fields) -> bytes:
    key_id = _base64(_text(fields, "keyidb64"))
    if len(key_id) > MAX_KEY_ID:
        raise malformed(Major.BAD_PARAMETER)
    return key_id


def _base64(text: str) -> bytes:
    """The bytes of Base64 in its one form: no line breaks, full padding, no bits that are left over."""
    if len(text) > _MAX_BASE64:
        raise malformed(Major.TOO_LARGE)
    try:
        content = b64decode(text, validate=True)
    except ValueError:
        raise malformed(Major.BAD_BASE64) from None
    if b64encode(content).decode() != text:
        raise malformed(Major.BAD_BASE64)
    if len(content) > MAX_CONTENT:
        raise malformed(Major.TOO_LARGE)
    return content


def _flag(fields: Fields, name: str, *, default: bool = False) -> bool:
    value = fields.get(name)
    return value if isinstance(value, bool) else _choice(fields, name, _FLAGS, default=default)


def _choice(fields: Fields, name: str, values: Mapping[str, Value], *, default: Value) -> Value:
    """What a word stands for, in upper or lower case; the default where it is left out or empty."""
    text = _text(fields, name)
    if text and text.lower() not in values:
        raise malformed(Major.BAD_PARAMETER)
    return values[text.lower()] if text else default


def _text(fields: Fields, name: str) -> str:
    """A text; empty where it is left out."""
    value = _given(fields, name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise malformed(Major.WRONG_TYPE)
    return value


def _given(fields: Fields, name: str) -> object:
    value = fields.get(name)
    return None if value == _ABSENT else value
