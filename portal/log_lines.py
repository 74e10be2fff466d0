"""Lines of the program's log: the time in UTC, one event on one line, and nothing that a visitor wrote."""

import logging
import traceback
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest
from django.urls import Resolver404, resolve
from typing_extensions import override

LONGEST = 1000
"""Characters of a message; the rest is left out."""

_CONTROL = {code: f"\\x{code:02x}" for code in (*range(32), 127, 0x85, 0x2028, 0x2029)}
_CSRF = "django.security.csrf"


class RequestFilter(logging.Filter):
    """Says of a request that was refused, or failed, which page it was for and why, in the site's own words only.

    Django's lines hold the path, and some the Host, the Referer or the method as they came: a path holds the secret of
    a mailed link. Here the path's pattern stands instead (`accounts/confirm/<slug:link>/`). A refusal is a warning
    without a trace, because who sends nonsense should not fill the log; only an unexpected error has one.
    """

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite a record that belongs to a request, for every handler that comes after; keep all records."""
        request, status = getattr(record, "request", None), getattr(record, "status_code", None)
        if isinstance(request, HttpRequest) and isinstance(status, int):
            why = _why(record)
            record.msg, record.args = f"{_phrase(status)}{f' ({why})' if why else ''}: {_route(request)}", ()
            if status < 500:
                record.levelno, record.levelname = logging.WARNING, "WARNING"
                record.exc_info = record.exc_text = None
        return True


class LineFormatter(logging.Formatter):
    """`2026-01-31T12:00:00.123Z LEVEL logger message`.

    Control characters in a message are written out, so that nobody's input can begin a line of its own. Only what
    the program adds to an unexpected error, the trace, takes more lines; they are indented. The trace says where and
    what kind of error, and leaves the error's own text out: those of a database or of a failed reverse hold values.
    """

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    @override
    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        """Return the time of the event in UTC, with milliseconds."""
        return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    @override
    def formatMessage(self, record: logging.LogRecord) -> str:
        """Return the line without control characters, its message not longer than LONGEST."""
        if len(record.message) > LONGEST:
            record.message = f"{record.message[:LONGEST]}…"
        return super().formatMessage(record).translate(_CONTROL)

    @override
    def formatException(self, ei: Any) -> str:
        """Return the trace, indented: where it happened and the kinds of the errors, the first cause first."""
        error: BaseException | None = ei[1]
        blocks: list[str] = []
        seen: set[int] = set()
        while error is not None and id(error) not in seen:
            seen.add(id(error))
            blocks.insert(0, "".join(traceback.format_tb(error.__traceback__)) + type(error).__qualname__)
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\n".join(f"    {line.translate(_CONTROL)}" for block in blocks for line in block.split("\n"))


def _why(record: logging.LogRecord) -> str:
    if record.name == _CSRF and isinstance(record.args, tuple) and record.args:
        # "Origin checking failed - https://… does not match …": what stands behind the dash came from the browser.
        return str(record.args[0]).partition(" - ")[0]
    error = record.exc_info[1] if record.exc_info else None
    return type(error).__name__ if error is not None else ""


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return str(status)


def _route(request: HttpRequest) -> str:
    """The pattern of the page that was asked for."""
    match = request.resolver_match
    if match is None:
        try:
            match = resolve(request.path_info)
        except Resolver404:
            return "no such page"
    return f"/{match.route}"
