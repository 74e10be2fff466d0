"""The daemon for the fault matrix: the product's own, with the card host of host.py. For tests only."""

import os
import sys
from pathlib import Path
from weakref import WeakKeyDictionary

from agent import __main__ as product
from agent import callers, signing
from agent.card import process
from agent.card.frames import HostAnswer, HostOrder
from agent.card.process import HostProcess
from agent.child import child_command
from tests.card.faults.plan import note_asked, read_plan
from tests.stand.waiting import LIMIT

FOLDER = "CARDLOGIN_FAULTS"
"""The variable that names the folder of the plan."""


def main() -> int:
    """Runs the daemon with its usual arguments."""
    folder = Path(os.environ[FOLDER])
    process._COMMAND = (*child_command("tests.card.faults.host"), str(folder))
    _follow_plan(folder)
    # The rows are about what has failed, and only sites that the person trusts are told that.
    setattr(callers.Callers, "permitted", lambda *_: True)  # noqa: B010  # mypy takes an assignment for a new method
    signing.WAIT_LIMIT = LIMIT  # a busy machine may take longer to end a process
    return product.main()


def _follow_plan(folder: Path) -> None:
    """A host that has an order is killed as its plan says, if it does not end; and the row hears of the order."""
    ask, end = HostProcess.ask, HostProcess.end
    limits = WeakKeyDictionary[HostProcess, float]()

    async def ask_and_note(self: HostProcess, order: HostOrder) -> HostAnswer:
        limits[self] = read_plan(folder).end_limit
        note_asked(folder)
        return await ask(self, order)

    async def end_by_plan(self: HostProcess, seconds: float | None = None) -> None:
        await end(self, limits.get(self) if seconds is None else seconds)

    for name, function in (("ask", ask_and_note), ("end", end_by_plan)):
        setattr(HostProcess, name, function)


if __name__ == "__main__":
    sys.exit(main())
