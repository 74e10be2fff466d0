"""`drivers`: what this user has answered about drivers that no administrator has installed."""

import argparse
import sys
from pathlib import Path

from agent.commands.table import Commands


def add(commands: Commands) -> None:
    """Puts `drivers` into the table."""
    parser = commands.add_parser("drivers", help="list or forget the answers about drivers")
    parser.add_argument("action", choices=("list", "reset"), help="list: print the answers; reset: be asked again")
    parser.add_argument("--settings", type=Path, help="settings file (TOML) instead of the user's own")
    parser.set_defaults(command=drivers)


def drivers(arguments: argparse.Namespace) -> int:
    """Does what `action` says; 2 when it cannot."""
    from agent.drivers import FILE, DriverAnswers
    from agent.settings import SettingsError, read_settings_of

    try:
        answers = DriverAnswers(read_settings_of(arguments.settings).state / FILE)
        if arguments.action == "reset":
            answers.reset()
        else:
            for answer in answers.all():
                print(f"{'allow' if answer.allowed else 'deny':5}  {answer.sha256}  {answer.path}")
    except (SettingsError, OSError) as error:
        print(f"cardlogin: {error}", file=sys.stderr)
        return 2
    return 0
