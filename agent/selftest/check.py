"""What every check is."""

from typing import ClassVar, Protocol

from agent.selftest.context import Context
from agent.selftest.results import Outcome


class Check(Protocol):
    """One question about one link. `needs`: checks that must not have failed, or it says nothing."""

    name: ClassVar[str]
    needs: ClassVar[tuple[str, ...]]

    async def run(self, context: Context) -> Outcome:
        """The answer; an exception counts as `internal`."""
