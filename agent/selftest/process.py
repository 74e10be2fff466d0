"""The self-test as a process of its own: one ask on stdin, its lines on stdout. The daemon starts it for its page.

It may load what the daemon never does: cryptography, the server library, and the file rules of drivers. Drivers
themselves are loaded by its examinations, each in one more process.
"""

import asyncio
import logging
import os
import sys
from typing import BinaryIO

import msgspec

from agent import platform
from agent.selftest.ask import Ask

_MAX_ASK = 64 * 1024


def main() -> int:
    """Runs the self-test that stdin asks for; 2 for an ask that is none."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        ask = msgspec.json.decode(sys.stdin.buffer.readline(_MAX_ASK), type=Ask)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return 2
    platform.harden()
    asyncio.run(_tell(ask, out))
    return 0


async def _tell(ask: Ask, out: BinaryIO) -> None:
    from agent.selftest.engine import run

    async for line in run(ask):
        out.write(msgspec.json.encode(line) + b"\n")
        out.flush()


if __name__ == "__main__":
    sys.exit(main())
