"""The languages of the portal: each is a catalogue in locale/ and nothing else (settings.LANGUAGES finds them)."""

from django.conf import settings
from django.utils.translation import get_language, gettext, override, to_locale

from cardlogin_server.messages import translate


def codes() -> list[str]:
    """Return the languages as Django names them ("zh-hant"), the default one first."""
    return [code for code, _ in settings.LANGUAGES]


def in_use() -> str:
    """Return the language of the page that is being made, as Django names it."""
    return get_language() or settings.LANGUAGE_CODE


def tag(code: str) -> str:
    """Return a language as pages and protocols name it (BCP 47): "zh-Hant" for "zh-hant"."""
    return to_locale(code).replace("_", "-")


def in_words(message: str) -> str:
    """Return an English message in the language in use: from the portal's catalogue, or cardlogin_server's.

    What is in neither comes back as it is.
    """
    if not message:
        return ""  # gettext would answer with the catalogue's own header
    own = gettext(message)
    return own if own != message else translate(message, tag(in_use()))


def in_every_language(message: str) -> dict[str, str]:
    """Return an English message by language tag."""
    texts = {}
    for code in codes():
        with override(code):
            texts[tag(code)] = in_words(message)
    return texts
