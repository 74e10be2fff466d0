"""The body of a request: `tbsPackage=` and one JSON object, percent-encoded once in one of several ways."""

import json
import re
from typing import Any

from agent.web.hipki.codes import Major, OldError, malformed

# Room for a content of 1 MiB whose every byte is percent-encoded, and for what stands beside it.
MAX_BODY = 3 * 1024 * 1024 + 64 * 1024
_PREFIX = b"tbsPackage="
_ESCAPES = re.compile("(?:%[0-9A-Fa-f]{2})+")
_NO_TEXT = re.compile("[\0\ud800-\udfff]")


def decode(body: bytes, longest: int = MAX_BODY) -> dict[str, object]:
    """The fields of a request (hipki.md, 1.1); a body without any text has none.

    Percent-decoded once: `+` stays, and so does what is no escape or not of UTF-8. Pages encode the values before they
    write JSON, or what they have written. So JSON is read first, and its values are decoded then: no escape in a value
    can end it and bring fields of its own. Only what is no JSON as it came is decoded as a whole.

    Raises OldError: BAD_JSON for anything but one object of distinct names, or a text with NUL or half a surrogate
    pair; TOO_LARGE beyond `longest` bytes.
    """
    if len(body) > longest:
        raise malformed(Major.TOO_LARGE)
    try:
        text = body.removeprefix(_PREFIX).decode()
    except UnicodeDecodeError:
        raise _bad() from None
    if not text.strip():
        return {}
    fields = _parsed(text)
    if fields is None:
        return _checked(_parsed(_unescaped(text)))
    if not isinstance(fields, dict):
        raise _bad()
    return _checked({name: _unescaped(value) if isinstance(value, str) else value for name, value in fields.items()})


def _parsed(text: str) -> object:
    """What a JSON text says; None for what is none."""
    try:
        return json.loads(text, object_pairs_hook=_distinct, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return None


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a name stands twice")
    return fields


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is not of JSON")


def _checked(fields: object) -> dict[str, object]:
    if not isinstance(fields, dict):
        raise _bad()
    texts = (text for item in fields.items() for text in item if isinstance(text, str))
    if any(_NO_TEXT.search(text) for text in texts):
        raise _bad()
    return fields


def _unescaped(text: str) -> str:
    return _ESCAPES.sub(_characters, text)


def _characters(escapes: re.Match[str]) -> str:
    try:
        return bytes.fromhex(escapes[0].replace("%", "")).decode()
    except UnicodeDecodeError:
        return escapes[0]


def _bad() -> OldError:
    return malformed(Major.BAD_JSON)
