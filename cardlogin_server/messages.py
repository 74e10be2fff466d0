"""The library's texts for people, in every language that has a catalogue under ``locale/``.

The code has each text in English, which is also its key; a further language is one more catalogue and nothing else.
"""

from functools import cache
from gettext import GNUTranslations, translation
from pathlib import Path
from typing import Final

DOMAIN: Final = "cardlogin_server"
DEFAULT: Final = "zh-Hant"
"""The language of a person of whom nothing is known."""
_FOLDER: Final = Path(__file__).parent / "locale"


@cache
def languages() -> tuple[str, ...]:
    """The tags (BCP 47) of all languages that there is a catalogue for, the default one first."""
    found = {path.parts[-3].replace("_", "-") for path in _FOLDER.glob(f"*/LC_MESSAGES/{DOMAIN}.mo")}
    return (DEFAULT, *sorted(found - {DEFAULT}))


def translate(message: str, language: str) -> str:
    """The message in that language (one of ``languages()``, in any case of letters); plain text, never HTML.

    In another language, or in one whose catalogue lacks the message: in the default language, or else as it is.
    """
    tags = {tag.lower(): tag for tag in languages()}
    return _catalogue(tags.get(language.lower(), DEFAULT)).gettext(message)


def in_every_language(message: str) -> dict[str, str]:
    """The message by language, ready for JSON: ``{"zh-Hant": "…", "en": "…"}``."""
    return {tag: translate(message, tag) for tag in languages()}


def mark(message: str) -> str:
    """The message itself; tells the tool that collects messages that people read this one. Imported as ``_``."""
    return message


@cache
def _catalogue(tag: str) -> GNUTranslations:
    return translation(DOMAIN, _FOLDER, [tag.replace("-", "_")])
