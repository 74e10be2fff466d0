"""The form of a report (docs/protocol, the report of the self-test): what is not exactly so is none.

It comes from a stranger's computer by way of his browser, so nothing of it is believed, and nothing else is kept.
"""

import json
import re
from datetime import datetime
from itertools import accumulate
from typing import Any, Final

LARGEST: Final = 64 * 1024
"""Bytes of a report, in UTF-8."""
FORMAT: Final = "cardlogin-report:1"
_RESULTS, _FACTS, _VALUE, _DEPTH = 64, 16, 200, 4
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_INSTALLATION = re.compile(r"[0-9a-f]{32}")
_MADE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_VERSION = re.compile(r"[0-9a-z.+]{1,32}")
_WHOLE = ("format", "installation", "made", "version", "first", "results")
_RESULT = ("check", "sign", "code", "because", "facts")
_BAD, _OTHERS = ("warn", "fail"), ("ok", "skip")
# Texts as a whole, one without an end too, so that no bracket within is counted and nothing is read twice.
_MARKS = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[][{}]', re.DOTALL)
_STEPS = {"[": 1, "{": 1, "]": -1, "}": -1}


class _Refused(Exception):
    """This is no report."""


def read(sent: str | bytes) -> dict[str, Any] | None:
    """The report in its canonical form (known keys in their order, and no others), or None for anything else."""
    try:
        return _report(_decoded(sent))
    except (_Refused, ValueError, RecursionError):
        return None


def _decoded(sent: str | bytes) -> object:
    """The JSON text as Python has it; the length is looked at before anything reads it, and then how deep it goes."""
    if len(sent) > LARGEST:
        raise _Refused
    content = sent.encode() if isinstance(sent, str) else sent
    if len(content) > LARGEST:
        raise _Refused
    text = content.decode()
    if max(accumulate(_STEPS.get(mark, 0) for mark in _MARKS.findall(text)), default=0) > _DEPTH:
        raise _Refused
    return json.loads(text, object_pairs_hook=_without_doubles)


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    _need(len(found) == len(pairs))
    return found


def _report(sent: object) -> dict[str, Any]:
    whole = _object(sent, _WHOLE)
    _need(whole["format"] == FORMAT)
    results = [_result(one) for one in _list(whole["results"])]
    _need(len({row["check"] for row in results}) == len(results))
    first = next((row["code"] for row in results if row["sign"] == "fail"), "")
    _need(_name_or_none(whole["first"]) == first)
    return {
        "format": FORMAT, "installation": _text(whole["installation"], _INSTALLATION), "made": _moment(whole["made"]),
        "version": _text(whole["version"], _VERSION), "first": first, "results": results,
    }  # fmt: skip


def _result(sent: object) -> dict[str, Any]:
    row = _object(sent, _RESULT)
    sign, code, because = row["sign"], _name_or_none(row["code"]), _name_or_none(row["because"])
    _need(type(sign) is str and sign in (_BAD if code else _OTHERS))
    _need(not because or sign == "skip")
    return {
        "check": _text(row["check"], _NAME), "sign": sign, "code": code, "because": because,
        "facts": _facts(row["facts"]),
    }  # fmt: skip


def _facts(sent: object) -> dict[str, str]:
    if type(sent) is not dict or len(sent) > _FACTS:
        raise _Refused
    return {_text(name, _NAME): _value(value) for name, value in sent.items()}


def _value(sent: object) -> str:
    """One line of printable characters."""
    if type(sent) is not str or len(sent) > _VALUE or not sent.isprintable():
        raise _Refused
    return sent


def _moment(sent: object) -> str:
    text = _text(sent, _MADE)
    datetime.fromisoformat(text)  # ValueError for a day or hour that there is not
    return text


def _name_or_none(sent: object) -> str:
    return "" if type(sent) is str and not sent else _text(sent, _NAME)


def _text(sent: object, form: re.Pattern[str]) -> str:
    if type(sent) is not str or not form.fullmatch(sent):
        raise _Refused
    return sent


def _list(sent: object) -> list[object]:
    if type(sent) is not list or len(sent) > _RESULTS:
        raise _Refused
    return sent


def _object(sent: object, keys: tuple[str, ...]) -> dict[str, object]:
    if type(sent) is not dict or set(sent) != set(keys):
        raise _Refused
    return sent


def _need(so: bool) -> None:
    if not so:
        raise _Refused
