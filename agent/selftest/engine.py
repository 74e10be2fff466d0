"""Runs the checks: all at once as far as they do not need each other, each result as soon as it is there."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator

import msgspec

from agent.failures import Code
from agent.messages import languages
from agent.selftest import catalogue
from agent.selftest.ask import Ask
from agent.selftest.check import Check
from agent.selftest.context import Context
from agent.selftest.once import apart
from agent.selftest.order import CHECKS
from agent.selftest.report import header
from agent.selftest.results import BeginLine, CheckLine, EndLine, Line, Outcome, Said, Sign, bad

# Seconds that a check may take at most, with all that it has to look at.
_LIMIT = 10.0
_LOG = logging.getLogger(__name__)


class Unknown(Exception):
    """There is no check of that name."""


async def run(ask: Ask) -> AsyncIterator[Line]:
    """The lines of one run: the checks that are made, each result as it comes, and the end. Raises Unknown."""
    wanted = chosen(ask)
    results = asyncio.Queue[CheckLine | BaseException]()
    # Catalogues are read once, and before they are needed: no check waits for a file.
    await asyncio.to_thread(lambda: _said(catalogue.codes()[0]))
    made = _Run(Context(ask), results)
    yield BeginLine(wanted)
    tasks = [asyncio.create_task(made.line(name)) for name in wanted]
    for task in tasks:
        task.add_done_callback(made.ended)
    found: dict[str, CheckLine] = {}
    try:
        for _ in tasks:
            line = await results.get()
            if isinstance(line, BaseException):
                raise line
            found[line.check] = line
            yield line
    finally:
        for task in tasks:
            task.cancel()
    first = next((found[name].code for name in wanted if found[name].sign == "fail"), "")
    yield EndLine(first, await apart(lambda: header(made.context.settings.state)))


def chosen(ask: Ask) -> tuple[str, ...]:
    """The names of the checks that are asked for, in their order; raises Unknown."""
    names = tuple(check.name for check in CHECKS)
    if not set(ask.checks) <= set(names):
        raise Unknown(", ".join(sorted(set(ask.checks) - set(names))))
    return tuple(name for name in names if not ask.checks or name in ask.checks)


class _Run:
    """The checks of one run; each is made once, whoever asks for it."""

    def __init__(self, context: Context, results: "asyncio.Queue[CheckLine | BaseException]") -> None:
        self.context, self._results = context, results
        self._checks = {check.name: check for check in CHECKS}
        self._made: dict[str, asyncio.Task[tuple[Outcome, float]]] = {}

    async def line(self, name: str) -> None:
        """Makes a check and tells its result."""
        outcome, seconds = await self.outcome(name)
        row = catalogue.row(outcome.code) if outcome.code else None
        self._results.put_nowait(
            CheckLine(
                check=name, sign=_sign(outcome), code=outcome.code, because=outcome.because, facts=outcome.facts,
                seconds=round(seconds, 3), said=_said(outcome.code), picture=row.picture if row else "",
            )
        )  # fmt: skip

    def ended(self, task: "asyncio.Task[None]") -> None:
        """Ends the run when a result could not be told: it would be waited for."""
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._results.put_nowait(error)

    async def outcome(self, name: str) -> tuple[Outcome, float]:
        """What has come of a check, and the seconds that it took."""
        if name not in self._made:
            self._made[name] = asyncio.create_task(self._make(self._checks[name]))
        return await asyncio.shield(self._made[name])

    async def _make(self, check: Check) -> tuple[Outcome, float]:
        for name in check.needs:
            needed, _ = await self.outcome(name)
            if needed.blocked or _sign(needed) == "fail":
                cause = needed.because if needed.blocked else name
                return Outcome(because=cause, blocked=True), 0.0
        begun = time.monotonic()
        # A trial waits for a person; everything else has limits of its own, which end well before this one.
        limit = None if self.context.ask.trial == check.name else _LIMIT
        try:
            async with asyncio.timeout(limit):
                outcome = await check.run(self.context)
            if outcome.code:
                catalogue.row(outcome.code)  # a code that nobody has written about would end the run
            return outcome, time.monotonic() - begun
        except Exception as error:
            _LOG.error("check %s: %s: %s", check.name, type(error).__name__, error)
            return bad(Code.INTERNAL), time.monotonic() - begun


def _sign(outcome: Outcome) -> Sign:
    if outcome.because:
        return "skip"
    if not outcome.code:
        return "ok"
    return "warn" if catalogue.row(outcome.code).sign == "warn" else "fail"


def _said(code: str) -> dict[str, Said]:
    if not code:
        return {}
    return {language: msgspec.convert(catalogue.said(code, language), Said) for language in languages()}
