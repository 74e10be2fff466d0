"""The daemon's thin child: makes the identity, so that the daemon itself never loads cryptography."""

import argparse
import sys
from pathlib import Path

from certs.folder import ensure_identity
from certs.life import IdentityError


def main() -> int:
    """Makes the identity unless it is there; status 0 when there is one then, 2 when not."""
    parser = argparse.ArgumentParser(prog="python -m certs", description="The TLS identity of this computer's agent.")
    commands = parser.add_subparsers(dest="command", required=True)
    create = commands.add_parser("create", help="make the root and its leaves, unless they are there")
    create.add_argument("--folder", type=Path, required=True, help="the identity's folder")
    try:
        if ensure_identity(parser.parse_args().folder):
            print("certs: an old or exposed identity was replaced; please run: cardlogin trust install")
    except (OSError, IdentityError) as error:
        print(f"certs: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
