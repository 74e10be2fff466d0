"""Failures as RFC 9457 problem documents."""

import json

from aiohttp import web

from agent.failures import Code, FailureError, failure
from agent.messages import languages, translator
from agent.web.limits import TooManyError

SERVER = "CardLogin"  # the framework would tell its version
# On every answer, unless the answer has one of its own.
HEADERS = {
    "Server": SERVER,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


def problem(error: FailureError) -> web.Response:
    """The answer for a failure: code, meaning and remedy in every language, tries left and time to wait where known."""
    row = failure(error.code)
    body: dict[str, object] = {
        "type": f"urn:cardlogin:failure:{row.code}",
        "title": row.meaning,
        "status": row.status,
        "code": row.code.value,
        "meaning": in_all_languages(row.meaning),
        "remedy": in_all_languages(row.remedy),
    }
    if error.tries_left is not None:
        body["tries_left"] = error.tries_left
    # RFC 9110, 10.2.3
    headers = {"Retry-After": str(error.retry_after)} if isinstance(error, TooManyError) else None
    text = json.dumps(body, ensure_ascii=False)
    return web.Response(status=row.status, text=text, content_type="application/problem+json", headers=headers)


def malformed() -> FailureError:
    """The failure of a request that is not well-formed."""
    return FailureError(Code.REQUEST_MALFORMED)


def in_all_languages(message: str) -> dict[str, str]:
    """A message by language (BCP 47)."""
    return {language: translator(language).gettext(message) for language in languages()}
