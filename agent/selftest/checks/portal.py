"""What a portal can tell: whether it is there, the time, the announced versions, how it treats its windows."""

from typing import ClassVar

from agent import VERSION
from agent.selftest.context import Context
from agent.selftest.results import Outcome, bad, good, left

# Seconds between this computer's clock and the portal's: what is told, and what fails (challenges live five minutes).
OFF, WRONG = 120, 300


class PortalAnswers:
    """The portal answers this computer, with a certificate that it trusts."""

    name: ClassVar[str] = "portal"
    needs: ClassVar[tuple[str, ...]] = ()

    async def run(self, context: Context) -> Outcome:
        """By asking it what pages ask it, too."""
        if not context.ask.portal:
            return left("portal")
        seen = await context.portal()
        return bad(seen.code, portal=context.ask.portal) if seen.code else good(portal=context.ask.portal)


class Clock:
    """This computer's clock against the portal's, or that of whoever publishes revocation lists."""

    name: ClassVar[str] = "clock"
    needs: ClassVar[tuple[str, ...]] = ()

    async def run(self, context: Context) -> Outcome:
        """By the time that a server has just told."""
        offset = (await context.portal()).offset if context.ask.portal else None
        if offset is None:
            offset = (await context.revocation()).offset
        if offset is None:
            return left("portal")
        told = f"{round(offset):+d} s"
        if abs(offset) >= WRONG:
            return bad("clock_wrong", offset=told)
        return bad("clock_off", offset=told) if abs(offset) >= OFF else good(offset=told)


class Version:
    """This version against the one that the portal announces."""

    name: ClassVar[str] = "version"
    needs: ClassVar[tuple[str, ...]] = ()

    async def run(self, context: Context) -> Outcome:
        """By the numbers; without an announcement there is nothing to compare."""
        seen = await context.portal() if context.ask.portal else None
        if seen is None or not seen.newest:
            return left("portal", version=VERSION)
        facts = {"version": VERSION, "newest": seen.newest, "minimum": seen.minimum}
        if seen.minimum and _numbers(VERSION) < _numbers(seen.minimum):
            return bad("agent_too_old", **facts)
        return bad("agent_outdated", **facts) if _numbers(VERSION) < _numbers(seen.newest) else good(**facts)


class Opener:
    """How the portal's log-in page treats the windows that it opens."""

    name: ClassVar[str] = "opener"
    needs: ClassVar[tuple[str, ...]] = ()

    async def run(self, context: Context) -> Outcome:
        """A policy that cuts popups off costs the way by popup; the one by navigation is left."""
        if not context.ask.portal:
            return left("portal")
        seen = await context.portal()
        if seen.code:
            return left(PortalAnswers.name)
        policy = seen.opener_policy or "unsafe-none"
        return bad("opener_cuts", state=policy) if policy == "same-origin" else good(state=policy)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.split(".") if number.isdigit())
