"""Command line of the card simulator: python -m cardsim COMMAND."""

import sys

from cardsim.cli import main

if __name__ == "__main__":
    sys.exit(main())
