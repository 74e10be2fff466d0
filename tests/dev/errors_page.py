"""The error catalogue as a page: `python -m tests.dev.errors_page > docs/errors.md`."""

import os
from collections.abc import Iterable

import django

from agent.failures import catalogue
from agent.web.problems import in_all_languages
from cardlogin_server.browser_failures import BROWSER_FAILURES
from cardlogin_server.failures import CardLoginError
from cardlogin_server.messages import translate

# The portal's messages are Django's, which wants to know its settings first.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.test")
from portal import failures as portal_failures
from portal.languages import in_every_language

_HEAD = """# Error catalogue 錯誤代碼

Made by `python -m tests.dev.errors_page` from the places that the programs read; the same codes are in the PIN window,
the API, the log and here. "then" says what may be done: retry = ask again; wait = the window goes on by itself once
the remedy is done; stop = somebody else has to act.
"""


def errors_page() -> str:
    """The page in Markdown."""
    django.setup()  # the portal's catalogues are Django's
    agent = (
        (
            row.code.value,
            *("<br>".join(in_all_languages(text).values()) for text in (row.meaning, row.remedy)),
            row.next,
        )
        for row in catalogue()
    )
    server = ((kind.code, _both(kind.meaning), _both(kind.remedy)) for kind in CardLoginError.__subclasses__())
    browser = ((code, _both(row.meaning), _both(row.remedy)) for code, row in BROWSER_FAILURES.items())
    portal = (
        (row.code, *("<br>".join(in_every_language(text).values()) for text in (row.meaning, row.remedy)))
        for row in vars(portal_failures).values()
        if isinstance(row, portal_failures.Failure)
    )
    return (
        _HEAD
        + _table("On the citizen's computer 本機元件", ("code", "meaning 意義", "remedy 處理方式", "then"), agent)
        + _table("In the browser 瀏覽器", ("code", "meaning 意義", "remedy 處理方式"), browser)
        + _table("Server library 伺服器", ("code", "meaning 意義", "remedy 處理方式"), server)
        + _table("Demonstration portal 示範入口網", ("code", "meaning 意義", "remedy 處理方式"), portal)
    )


def _both(message: str) -> str:
    return "<br>".join(translate(message, language) for language in ("zh-Hant", "en"))


def _table(title: str, columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [f"| `{row[0]}` | {' | '.join(row[1:])} |" for row in rows]
    head = f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}"
    return f"\n## {title}\n\n{head}\n" + "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(errors_page(), end="")
