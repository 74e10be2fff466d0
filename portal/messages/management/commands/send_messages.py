"""The sender process: mails and text messages leave here and nowhere else."""

import logging
import signal
import threading
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import DatabaseError, InterfaceError, close_old_connections, connection
from typing_extensions import override

from portal.audit.origin import Job
from portal.messages import sender

BETWEEN_LOOKS = 0.25
"""Seconds; a text message is waited for."""
AFTER_TROUBLE = 5.0
"""Seconds until the database is asked again."""
LONGEST = 60
"""Seconds that one hand-over may take in all: a server may answer one byte at a time. Shorter than `sender.LEASE`."""
_log = logging.getLogger("portal.messages")


class Command(Job):
    """`python -m portal send_messages`: run one beside the workers; several do no harm."""

    by = "sender"
    help = "Hand over mails and text messages that wait, until SIGTERM, which ends it between two messages."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the short run."""
        parser.add_argument("--once", action="store_true", help="hand over what is due now, and end")

    @override
    def handle(self, *args: Any, once: bool, **options: Any) -> None:
        """Say "ready", then send until a signal comes; with `once`, say how many there were."""
        if once:
            self.stdout.write(f"done {sender.send_all(_watched)}")
            return
        end = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: end.set())
        self.stdout.write("ready")
        self.stdout.flush()
        while not end.is_set():
            end.wait(_turn())


def _turn() -> float:
    """Hand one message over; returns how long to wait for the next."""
    try:
        close_old_connections()
        return 0 if sender.send_one(_watched) else BETWEEN_LOOKS
    except (DatabaseError, InterfaceError) as error:
        _log.error("sender: %s", type(error).__name__)
        connection.close()
        return AFTER_TROUBLE


@contextmanager
def _watched() -> Iterator[None]:
    def too_long(*_: object) -> None:
        raise TimeoutError

    former = signal.signal(signal.SIGALRM, too_long)
    left = signal.setitimer(signal.ITIMER_REAL, LONGEST)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, *left)
        signal.signal(signal.SIGALRM, former)
