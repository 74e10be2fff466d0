"""Commands of the localhost identity: create, trust."""

import argparse
import sys
from pathlib import Path

from certs.authority import make_identity
from certs.folder import ROOT, write_identity
from certs.nss import StoreError, chromium_database, trust


def main() -> int:
    """Runs a command; the exit status is 0 when it did what it says, 2 when it could not."""
    arguments = _parser().parse_args()
    try:
        if arguments.command == "create":
            write_identity(arguments.folder, make_identity())
        else:
            trust(chromium_database(arguments.home), arguments.folder / ROOT)
    except (OSError, StoreError) as error:
        print(f"certs: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m certs", description="The TLS identity of this computer's agent.")
    commands = parser.add_subparsers(dest="command", required=True)
    create = commands.add_parser("create", help="make a root and a leaf; the root's key is not kept")
    create.add_argument("--folder", type=Path, required=True, help="a folder that does not exist yet")
    install = commands.add_parser("trust", help="make Chromium on Linux trust the root")
    install.add_argument("--folder", type=Path, required=True, help="the folder of `create`")
    install.add_argument("--home", type=Path, default=Path.home(), help="home folder whose Chromium is meant")
    return parser


if __name__ == "__main__":
    sys.exit(main())
