"""Lines of the program's log: the time in UTC, one event on one line."""

import logging
from datetime import UTC, datetime

from typing_extensions import override

_CONTROL = {code: f"\\x{code:02x}" for code in (*range(32), 127, 0x85, 0x2028, 0x2029)}


class LineFormatter(logging.Formatter):
    """`2026-01-31T12:00:00.123Z LEVEL logger message`.

    Control characters in a message are written out, so that nobody's input can begin a line of its own. Only what
    the program adds to an unexpected error, the trace, takes more lines; they are indented.
    """

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    @override
    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        """Return the time of the event in UTC, with milliseconds."""
        return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    @override
    def formatMessage(self, record: logging.LogRecord) -> str:
        """Return the line without control characters."""
        return super().formatMessage(record).translate(_CONTROL)

    @override
    def formatException(self, ei: object) -> str:
        """Return the trace, indented and without other control characters than its line ends."""
        lines = super().formatException(ei).split("\n")  # type: ignore[arg-type]
        return "\n".join(f"    {line.translate(_CONTROL)}" for line in lines)
