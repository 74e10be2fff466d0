"""The texts of the JavaScript client as a module, made from the server library's catalogues by `./dev messages`."""

import json
import subprocess
from pathlib import Path

import cardlogin_server
from cardlogin_server.browser_failures import BROWSER_FAILURES
from cardlogin_server.messages import in_every_language, languages

BROWSER = Path(cardlogin_server.__file__).parent / "browser"
PAGE = BROWSER / "messages.js"


def browser_messages() -> str:
    """The module: the languages, the default one first, and each failure's texts by its code."""
    rows = "\n".join(
        f"  {code}: {{\n    meaning: {_texts(found.meaning)},\n    remedy: {_texts(found.remedy)},\n  }},"
        for code, found in BROWSER_FAILURES.items()
    )
    return (
        "// Made by ./dev messages from browser_failures.py and its catalogues; not to be changed by hand.\n\n"
        f"export const LANGUAGES = {json.dumps(languages())};\n\n"
        f"export const TEXTS = {{\n{rows}\n}};\n"
    )


def _texts(message: str) -> str:
    return json.dumps(in_every_language(message), ensure_ascii=False)


def write() -> None:
    """Writes the module, and the classic script that is made from it (by node)."""
    PAGE.write_text(browser_messages(), "utf-8")
    subprocess.run(["node", "build.mjs"], cwd=BROWSER, check=True)


if __name__ == "__main__":
    write()
