"""The daemon with a clock that a test turns: a discreet order is over when a file is there. For tests only.

Every limit that is set is written down with the code that the site gets. Nothing else is changed but how many windows a
site may open, because each state is tried by a site of its own, one after the other.
"""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

from agent import __main__ as product
from agent import discretion
from agent.web import limits

FOLDER = "CARDLOGIN_DISCREET"
"""The variable that names the folder with the clock and the journal."""
_folder = Path(os.environ.get(FOLDER, ""))


def main() -> int:
    """Runs the daemon with its usual arguments."""
    limits.Windows.ROW = limits.Windows.ROW_OF_ALL = 1_000
    limits.Windows.ALL = limits.Rate(1_000, 1)
    setattr(discretion, "asyncio", _Turned())  # noqa: B010  # mypy takes an assignment for another module
    return product.main()


class _Turned:
    """asyncio with a time-out that the test ends."""

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    def timeout(self, seconds: float) -> asyncio.Timeout:
        with (_folder / "journal").open("a") as file:
            file.write(f"{seconds}\n")
        limit = asyncio.timeout(None)
        follower = asyncio.get_running_loop().create_task(_follow(limit))
        _followers.add(follower)
        follower.add_done_callback(_followers.discard)
        return limit


_followers: set["asyncio.Task[None]"] = set()


async def _follow(limit: asyncio.Timeout) -> None:
    while not (_folder / "over").exists():  # noqa: ASYNC110  # the test is another process
        await asyncio.sleep(0.02)
    try:
        limit.reschedule(asyncio.get_running_loop().time())
    except RuntimeError:
        return  # the order has ended


if __name__ == "__main__":
    sys.exit(main())
