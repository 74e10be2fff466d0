"""The agent's commands; each group is a module of `agent.commands`."""

import argparse
import sys

from agent.commands import doctor, drivers, origins, run, trust, version

_GROUPS = (run, doctor, origins, drivers, trust, version)


def main() -> int:
    """Runs a command; the exit status is 0 when it did what it says, 2 when it could not."""
    parser = argparse.ArgumentParser(prog="cardlogin", description="Log in to portals with a certificate card.")
    commands = parser.add_subparsers(metavar="command", required=True)
    for group in _GROUPS:
        group.add(commands)
    arguments = parser.parse_args()
    return int(arguments.command(arguments))


if __name__ == "__main__":
    sys.exit(main())
