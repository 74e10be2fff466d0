"""The daemon for the fault matrix: the product's own, with the card host of host.py. For tests only."""

import os
import sys

from agent import __main__ as product
from agent.card import process
from agent.child import child_command

FOLDER = "CARDLOGIN_FAULTS"
"""The variable that names the folder of the plan."""
END_LIMIT = 2.0
"""Seconds instead of the product's five until a host that does not end is killed."""


def main() -> int:
    """Runs the daemon with its usual arguments."""
    process._COMMAND = (*child_command("tests.card.faults.host"), os.environ[FOLDER])
    process.END_LIMIT = END_LIMIT
    return product.main()


if __name__ == "__main__":
    sys.exit(main())
