"""A report as the desk reads it: each row in words, with what the manual knows of its code."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from portal.support.manual import Code, manual


@dataclass(frozen=True, slots=True)
class Row:
    """One check: its sign, code (with its page of the manual, if that has one), why it was left out, and facts."""

    check: str
    sign: str
    code: str
    known: Code | None
    because: str
    facts: tuple[tuple[str, str], ...]


def rows_of(content: dict[str, Any]) -> Iterator[Row]:
    """The rows in the report's order, which is that of the checks; what the manual does not know is shown as it is."""
    book = manual()
    for result in content["results"]:
        facts = tuple((book.fact_name(name), value) for name, value in result["facts"].items())
        yield Row(
            check=book.check_name(result["check"]), sign=result["sign"], code=result["code"],
            known=book.codes.get(result["code"]), because=_because(result["because"]), facts=facts,
        )  # fmt: skip


def _because(why: str) -> str:
    """Why a check was not made: in words, or the name of the check that it rests on."""
    words = {
        "asked": _("made on request only"),
        "browser": _("needs the page in a browser"),
        "portal": _("needs a portal"),
    }
    if not why:
        return ""
    return words.get(why) or _("rests on “%(check)s”") % {"check": manual().check_name(why)}
