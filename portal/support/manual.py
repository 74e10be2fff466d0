"""The failure manual, as `manual.json` has it: every code with cause and steps, names of checks and facts, families.

The file is made from the catalogues of the agent and of the server library; what is in it is the product's own text.
Names and texts are by language tag ("zh-Hant"), because a code may be looked for in any language.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar

from portal.languages import in_use, tag

FILE: Final = Path(__file__).parent / "manual.json"
_FALLBACK = "en"
_Text = TypeVar("_Text")
ByLanguage = Mapping[str, _Text]


@dataclass(frozen=True, slots=True)
class Said:
    """One code in one language; `steps` are numbered, `ask` is what a helper may ask next."""

    meaning: str
    cause: str
    steps: tuple[str, ...]
    ask: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Code:
    """One code: the check that says it ("" for none), "fail" or "warn", who says it ("agent", "browser", "server")."""

    code: str
    check: str
    sign: str
    source: str
    texts: ByLanguage[Said]

    @property
    def said(self) -> Said:
        """Its texts in the language in use."""
        return in_this_language(self.texts)


@dataclass(frozen=True, slots=True)
class Family:
    """One kind of card: the issuer's own page and telephone ("" where not known), where these were found, and a guide.

    The guide says what a holder who has forgotten the PIN, or whose card is locked, gets ready and does.
    """

    key: str
    page: str
    telephone: str
    names: ByLanguage[str]
    sources: ByLanguage[str]
    guides: ByLanguage[tuple[str, ...]]

    @property
    def name(self) -> str:
        """Its name in the language in use."""
        return in_this_language(self.names)

    @property
    def source(self) -> str:
        """Where page and telephone were found, in the language in use."""
        return in_this_language(self.sources)

    @property
    def guide(self) -> tuple[str, ...]:
        """The steps in the language in use."""
        return in_this_language(self.guides)


@dataclass(frozen=True, slots=True)
class Manual:
    """All of it; codes and checks in the file's order, which is the order of the checks."""

    codes: Mapping[str, Code]
    checks: Mapping[str, ByLanguage[str]]
    facts: Mapping[str, ByLanguage[str]]
    families: tuple[Family, ...]

    def check_name(self, check: str) -> str:
        """A check in the language in use; one that is not known is its own name."""
        return in_this_language(self.checks[check]) if check in self.checks else check

    def fact_name(self, fact: str) -> str:
        """A fact in the language in use; one that is not known is its own name."""
        return in_this_language(self.facts[fact]) if fact in self.facts else fact


@cache
def manual() -> Manual:
    """The manual of this installation; read once."""
    return read(json.loads(FILE.read_text("utf-8")))


def read(content: dict[str, Any]) -> Manual:
    """The manual of a decoded file. Raises KeyError for one without a part."""
    return Manual(
        codes={code: _code(code, row) for code, row in content["codes"].items()},
        checks=content["checks"],
        facts=content["facts"],
        families=tuple(_family(key, row) for key, row in content["families"].items()),
    )


def in_this_language(texts: ByLanguage[_Text]) -> _Text:
    """The text of the language in use, or the English one."""
    return texts.get(tag(in_use()), texts[_FALLBACK])


def _code(code: str, row: dict[str, Any]) -> Code:
    texts = {language: _said(said) for language, said in row["said"].items()}
    return Code(code, row["check"], row["sign"], row["source"], texts)


def _said(said: dict[str, Any]) -> Said:
    return Said(said["meaning"], said["cause"], tuple(said["steps"]), tuple(said["ask"]))


def _family(key: str, row: dict[str, Any]) -> Family:
    guides = {language: tuple(steps) for language, steps in row["guide"].items()}
    return Family(key, row["page"], row["telephone"], row["said"], row["source_said"], guides)
