"""Reads a ``web-eid:1.0`` token and accepts nothing that is only nearly one."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cardlogin_server.failures import AlgorithmMismatch, TokenMalformed

FORMAT: Final = "web-eid:1.0"
SHORTEST: Final = 100
LONGEST: Final = 10_000
ALGORITHMS: Final = frozenset(
    {"ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512"},
)
_FIELDS: Final = frozenset({"unverifiedCertificate", "algorithm", "signature", "format", "appVersion"})
_LONGEST_VERSION: Final = 255


@dataclass(frozen=True, slots=True)
class Token:
    """The content of a well-formed token; nothing in it has been verified."""

    unverified_certificate: bytes
    algorithm: str
    signature: bytes


def parse_token(token: object) -> Token:
    """The token, given as JSON text or as the mapping that was read from it; 100 to 10,000 characters as text.

    Exactly the five fields, all strings, none twice; Base64 padded and canonical (Web eID token format 1.0).
    Raises TokenMalformed, also for anything that is neither, because a site may hand on whatever a browser sent; or
    AlgorithmMismatch when the algorithm is not one of the nine.
    """
    fields = _fields(_text(token))
    if fields["format"] != FORMAT:
        raise TokenMalformed("format is not web-eid:1.0")
    if not 1 <= len(fields["appVersion"]) <= _LONGEST_VERSION:
        raise TokenMalformed("appVersion is empty or too long")
    if fields["algorithm"] not in ALGORITHMS:
        raise AlgorithmMismatch("algorithm is not on the list")
    return Token(
        unverified_certificate=_base64(fields, "unverifiedCertificate"),
        algorithm=fields["algorithm"],
        signature=_base64(fields, "signature"),
    )


def _text(token: object) -> str:
    if isinstance(token, str):
        return token
    if not isinstance(token, Mapping):
        raise TokenMalformed(f"token is neither text nor a mapping, but {type(token).__name__}")
    # One way of checking only: a mapping goes through the rules for text.
    try:
        return json.dumps(dict(token), ensure_ascii=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise TokenMalformed("token is not what JSON can hold") from error


def _fields(text: str) -> dict[str, str]:
    if not SHORTEST <= len(text) <= LONGEST:
        raise TokenMalformed(f"token has not {SHORTEST} to {LONGEST} characters")
    try:
        value = _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        raise TokenMalformed("token is not JSON, or names a field twice") from error
    if not isinstance(value, dict) or value.keys() != _FIELDS:
        raise TokenMalformed("token has not exactly the five fields")
    if not all(isinstance(content, str) for content in value.values()):
        raise TokenMalformed("a field is not a string")
    return value


def _without_repetition(pairs: list[tuple[str, object]]) -> dict[str, object]:
    # JSON parsers disagree about which of two equal names counts (RFC 8259 section 4).
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name appears twice")
    return found


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_without_repetition)


def _base64(fields: dict[str, str], name: str) -> bytes:
    text = fields[name]
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise TokenMalformed(f"{name} is not Base64") from error
    if not content or base64.b64encode(content).decode() != text:
        raise TokenMalformed(f"{name} is empty or not canonical Base64")
    return content
