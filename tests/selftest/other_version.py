"""The agent as an earlier version was: only the number differs."""

import sys

import agent

agent.VERSION = "0.0.9"


def main() -> int:
    """Runs a command of it."""
    from agent.__main__ import main

    return main()


if __name__ == "__main__":
    sys.exit(main())
