"""`version`: which release this is."""

import argparse

from agent import VERSION
from agent.commands.table import Commands


def add(commands: Commands) -> None:
    """Puts `version` into the table."""
    commands.add_parser("version", help="print the version").set_defaults(command=version)


def version(_: argparse.Namespace) -> int:
    """Prints the version."""
    print(VERSION)
    return 0
