"""Texts in one language: the code says them in English, agent/locale holds a catalogue for every language.

A further language is a further catalogue there, nothing else.
"""

import gettext
from collections.abc import Mapping
from functools import cache
from pathlib import Path

DEFAULT = "zh-Hant"
# Folders are named as Django names them (zh_Hant), languages by BCP 47 (zh-Hant).
_CATALOGUES = Path(__file__).with_name("locale")
_FILE = "LC_MESSAGES/agent.mo"

Translator = gettext.NullTranslations


def mark(text: str) -> str:
    """The text itself: marks a message where it is written. A translator is asked when it is shown."""
    return text


@cache
def languages() -> tuple[str, ...]:
    """The languages that have a catalogue (BCP 47), the default first."""
    found = {file.parent.parent.name.replace("_", "-") for file in _CATALOGUES.glob(f"*/{_FILE}")}
    return DEFAULT, *sorted(found - {DEFAULT})


@cache
def translator(language: str) -> Translator:
    """The catalogue of a language; raises FileNotFoundError for one that has none."""
    with (_CATALOGUES / language.replace("-", "_") / _FILE).open("rb") as file:
        return gettext.GNUTranslations(file)


def name_of(language: str) -> str:
    """A language's name in itself, for the switch."""
    return translator(language).pgettext("the name of this language", "English")


def terminal_language(environment: Mapping[str, str], encoding: str | None) -> str:
    """The language of commands: that of the user's locale, if we speak it and the terminal can show it.

    By POSIX, "C" and "POSIX" ask for the text of the program as it is; where nothing is said, it is Chinese.
    """
    names = (environment.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    locale = next((name for name in names if name), DEFAULT)
    primary = locale.partition(".")[0].replace("_", "-").partition("-")[0].lower()
    wished = "en" if primary in ("c", "posix") else primary
    language = next((tag for tag in languages() if tag.partition("-")[0] == wished), DEFAULT)
    try:
        name_of(language).encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return "en"
    return language
