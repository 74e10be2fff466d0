"""Small programs in the card host's place, for the tests of the daemon's side."""

import asyncio
import contextlib
import sys
from collections.abc import Callable

import psutil

from agent.card import client, process
from tests.stand.waiting import LIMIT

# What a program needs to take the order and answer.
TALK = """
import json, os, struct, sys, time
TAKEN = b"+"
def frame():
    (length,) = struct.unpack(">I", sys.stdin.buffer.read(4))
    return json.loads(sys.stdin.buffer.read(length))
def order():
    frame()  # the set-up
    taken = frame()
    raw(TAKEN)
    return taken
def answer(message):
    body = json.dumps(message).encode()
    raw(struct.pack(">I", len(body)) + body)
def raw(content):
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()
TOKEN = {"unverifiedCertificate": "Y2VydA==", "algorithm": "RS256", "signature": "c2ln", "format": "web-eid:1.0",
         "appVersion": "test"}
"""
TELL_PID = 'order(); answer({"token": {**TOKEN, "signature": str(os.getpid())}})'


def put_program(put: Callable[..., None], code: str) -> None:
    """Makes a program the card host; `put` is setattr of a monkeypatch."""
    put(process, "_COMMAND", (sys.executable, "-I", "-c", TALK + code))


async def seen(look: Callable[[], object]) -> None:
    """Returns when something is to be seen; it is looked at in a thread, because files may block."""
    async with asyncio.timeout(LIMIT):
        while not await asyncio.to_thread(look):  # noqa: ASYNC110  # whoever does it does not know of us
            await asyncio.sleep(0.01)


async def children() -> list[int]:
    """The hosts that this process has started and that still run."""

    def is_host(child: psutil.Process) -> bool:
        with contextlib.suppress(psutil.NoSuchProcess):  # it may end between two questions
            return child.status() != psutil.STATUS_ZOMBIE and child.cmdline()[1:3] == ["-I", "-c"]
        return False

    def look() -> list[int]:
        return [child.pid for child in psutil.Process().children() if is_host(child)]

    return await asyncio.to_thread(look)


async def wait_children(count: int) -> list[int]:
    """The hosts that run, as soon as there are so many; raises TimeoutError when that does not come about."""
    async with asyncio.timeout(LIMIT):
        while len(found := await children()) != count:  # noqa: ASYNC110  # nobody tells when a process starts or ends
            await asyncio.sleep(0.01)
    return found


def patient(put: Callable[..., None]) -> None:
    """Hosts that tidy up have the time of a busy machine for it; `put` is setattr of a monkeypatch."""
    put(process, "END_LIMIT", LIMIT)
    put(process, "KILL_LIMIT", LIMIT)
    put(client, "STOP_LIMIT", LIMIT)


def impatient(put: Callable[..., None]) -> None:
    """Hosts are killed soon: for those that would never end by themselves."""
    put(process, "END_LIMIT", 0.1)
    put(client, "STOP_LIMIT", 0.1)
