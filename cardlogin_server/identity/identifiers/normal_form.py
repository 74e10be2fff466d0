"""Brings what people type to the one form that is checked and stored."""

import re
import unicodedata

_SEPARATORS = re.compile(r"[\s\-\u2010-\u2015\u2212]+")


def normal_form(text: str) -> str:
    """The text with full-width characters made half-width (NFKC), without spaces and hyphens, in upper case.

    For identifiers in which spaces and hyphens only separate; never for names, passwords or PINs.
    """
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", text)).upper()
