"""The agent's commands: run, version."""

import argparse
import logging
import os
import sys
from pathlib import Path

from agent import VERSION


def main() -> int:
    """Runs a command; the exit status is 0 when it did what it says, 2 when it could not."""
    arguments = _parser().parse_args()
    if arguments.command == "version":
        print(VERSION)
        return 0
    return _run(arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="cardlogin", description="Log in to portals with a certificate card.")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="serve the log-in pages of this user's browsers until Ctrl-C")
    run.add_argument("--settings", type=Path, help="settings file (TOML) instead of the user's own")
    run.add_argument("--verbose", action="store_true", help="log every order and refusal")
    commands.add_parser("version", help="print the version")
    return parser


def _run(arguments: argparse.Namespace) -> int:
    # The daemon calls nobody, but importing aiohttp reads all certificate authorities of the system: 40 ms and 2 MiB.
    os.environ["SSL_CERT_FILE"] = os.environ["SSL_CERT_DIR"] = os.devnull
    from agent.daemon import StartError, run
    from agent.settings import SettingsError, default_file, read_settings
    from agent.web.listener import PortError

    logging.basicConfig(
        level=logging.INFO if arguments.verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    try:
        if arguments.settings is not None and not arguments.settings.exists():
            raise SettingsError(f"{arguments.settings} does not exist")
        run(read_settings(arguments.settings or default_file()))
    except (StartError, SettingsError, PortError, OSError) as error:
        print(f"cardlogin: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
