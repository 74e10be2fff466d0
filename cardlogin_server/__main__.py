"""``python -m cardlogin_server``: what an operator does by hand or from a timer."""

import argparse
import logging
import sys
from collections.abc import Sequence

from cardlogin_server.revocation import command as crl_command


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and gives its exit status."""
    parser = argparse.ArgumentParser(prog="python -m cardlogin_server", description="Tools of the card log-in library.")
    crl_command.add_commands(parser.add_subparsers(dest="command", required=True, metavar="crl"))
    parsed = parser.parse_args(arguments)
    # Failures are in the printed result already; without a handler they would be printed twice.
    logging.getLogger("cardlogin_server").addHandler(logging.NullHandler())
    return crl_command.run(parsed)


if __name__ == "__main__":
    sys.exit(main())
