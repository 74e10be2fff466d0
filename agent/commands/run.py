"""`run`: serves the log-in pages of this user's browsers."""

import argparse
import logging
import os
import sys
from pathlib import Path

from agent.commands.table import Commands


def add(commands: Commands) -> None:
    """Puts `run` into the table."""
    parser = commands.add_parser("run", help="serve the log-in pages of this user's browsers until Ctrl-C")
    parser.add_argument("--settings", type=Path, help="settings file (TOML) instead of the user's own")
    parser.add_argument("--verbose", action="count", default=0, help="log every order and refusal; twice: everything")
    parser.set_defaults(command=run)


def run(arguments: argparse.Namespace) -> int:
    """Serves until a signal; 2 when it cannot start."""
    # The daemon calls nobody, but importing aiohttp reads all certificate authorities of the system: 40 ms and 2 MiB.
    os.environ["SSL_CERT_FILE"] = os.environ["SSL_CERT_DIR"] = os.devnull
    from agent.daemon import StartError, run
    from agent.settings import SettingsError, read_settings_of

    logging.basicConfig(
        level=(logging.WARNING, logging.INFO, logging.DEBUG)[min(arguments.verbose, 2)],
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    try:
        # The self-test starts elsewhere, so that the name has to be a whole one.
        named = str(arguments.settings.absolute()) if arguments.settings else ""
        run(read_settings_of(arguments.settings), named)
    except (StartError, SettingsError, OSError) as error:
        print(f"cardlogin: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 0
    return 0
