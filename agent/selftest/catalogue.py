"""The self-test's catalogue: what each code means, what is behind it, and what is done about it step by step."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from agent.failures import Code, failure
from agent.messages import translator


@dataclass(frozen=True)
class Row:
    """One code. The texts are messages (agent.messages): English, by which the other languages have them.

    `check` is the first check that says the code, empty for codes that a page's request meets; `sign` is "fail" or
    "warn"; `ask` is for support; `picture` is the name of a drawing, or empty.
    """

    code: str
    check: str
    sign: str
    meaning: str
    cause: str
    steps: tuple[str, ...]
    ask: tuple[str, ...]
    picture: str = ""


def row(code: str) -> Row:
    """The row of a code; KeyError for one that is not in the catalogue."""
    return _rows()[code]


def codes() -> tuple[str, ...]:
    """All codes, those of earlier checks first."""
    return tuple(_rows())


def said(code: str, language: str) -> dict[str, Any]:
    """What a person reads of a code: its meaning and the steps, in one language (BCP 47); KeyError as `row`."""
    found = row(code)
    text = translator(language).gettext
    return {"meaning": text(found.meaning), "steps": [text(step) for step in found.steps]}


@cache
def _rows() -> dict[str, Row]:
    table = tomllib.loads(Path(__file__).with_name("catalogue.toml").read_text("utf-8"))
    return {code: _row(code, fields) for code, fields in table.items()}


def _row(code: str, fields: dict[str, Any]) -> Row:
    meaning = fields["meaning"] if "meaning" in fields else failure(Code(code)).meaning
    steps, ask = (tuple(fields[name]) for name in ("steps", "ask"))
    return Row(code, fields["check"], fields["sign"], meaning, fields["cause"], steps, ask, fields.get("picture", ""))
