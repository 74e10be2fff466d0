"""Failures as RFC 9457 problem documents."""

import json

from aiohttp import web

from agent.failures import Code, FailureError, Text, failure


def problem(error: FailureError) -> web.Response:
    """The answer for a failure: code, meaning and remedy in both languages, tries left where known."""
    row = failure(error.code)
    body: dict[str, object] = {
        "type": f"urn:cardlogin:failure:{row.code}",
        "title": row.meaning.en,
        "status": row.status,
        "code": row.code.value,
        "meaning": _both(row.meaning),
        "remedy": _both(row.remedy),
    }
    if error.tries_left is not None:
        body["tries_left"] = error.tries_left
    return web.Response(
        status=row.status, text=json.dumps(body, ensure_ascii=False), content_type="application/problem+json"
    )


def malformed() -> FailureError:
    """The failure of a request that is not well-formed."""
    return FailureError(Code.REQUEST_MALFORMED)


def _both(text: Text) -> dict[str, str]:
    return {"zh-Hant": text.zh, "en": text.en}
