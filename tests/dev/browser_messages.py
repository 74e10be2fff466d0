"""The texts of the JavaScript client as a module, made from the server library's catalogues by `./dev messages`."""

import json
from pathlib import Path

import cardlogin_server
from cardlogin_server.browser_failures import BROWSER_FAILURES
from cardlogin_server.messages import in_every_language, languages

BROWSER = Path(cardlogin_server.__file__).parent / "browser"
PAGE = BROWSER / "messages.js"


def browser_messages() -> str:
    """The module: the languages, the default one first, and each failure's texts by its code."""
    texts = {
        code: {"meaning": in_every_language(found.meaning), "remedy": in_every_language(found.remedy)}
        for code, found in BROWSER_FAILURES.items()
    }
    return (
        "// Made by ./dev messages from browser_failures.py and its catalogues; not to be changed by hand.\n\n"
        f"export const LANGUAGES = {json.dumps(languages())};\n\n"
        f"export const TEXTS = {json.dumps(texts, ensure_ascii=False, indent=2)};\n"
    )
