"""Renews revocation lists before they are needed, so that no log-in waits for one."""

import logging
import random
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from cardlogin_server.revocation.check import CrlRevocation
from cardlogin_server.revocation.crl import ListRefused
from cardlogin_server.revocation.fetching.fetch import FetchFailed
from cardlogin_server.revocation.index import Header
from cardlogin_server.revocation.index_store import ListKey

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Renewal:
    """What came of one list: the header of its index, or why it could not be renewed (``failure``)."""

    key: ListKey
    header: Header | None
    failure: str = ""


def refresh(revocation: CrlRevocation, keys: Iterable[ListKey], at_least_every: timedelta) -> list[Renewal]:
    """Asks for each of the lists that was fetched longer ago than that, and its delta list; raises for no list."""
    return [_renew(revocation, key, at_least_every) for key in dict.fromkeys(keys) if not key.delta]


def _renew(revocation: CrlRevocation, key: ListKey, at_least_every: timedelta) -> Renewal:
    issuer = revocation.anchors.issuer_by_key_id(key.issuer_key_id)
    if issuer is None:
        return Renewal(key, None, "authority key is not configured")
    lists, policy = revocation.lists, revocation.policies.of(key.issuer_key_id)
    wanted = lists.clock() - at_least_every
    try:
        index = lists.renewed(key, issuer, policy, asked_before=wanted)
        lists.delta(index.header, issuer, policy, asked_before=wanted)
    except (FetchFailed, ListRefused) as error:
        _LOG.warning("list was not renewed: %s: %s", key.url, error)
        return Renewal(key, None, str(error))
    return Renewal(key, index.header)


class Refresher:
    """A thread that renews every list the store knows, and those of ``keys``, again and again.

    Nothing runs before ``start``. Run it in one process of a portal, or in each: a list is fetched once anyway.
    ``at_least_every``: lists fetched longer ago are asked for again even while they are fresh.
    """

    def __init__(
        self,
        revocation: CrlRevocation,
        keys: Iterable[ListKey] = (),
        at_least_every: timedelta = timedelta(hours=1),
        pause: timedelta = timedelta(minutes=5),
    ) -> None:
        if min(at_least_every, pause) <= timedelta():
            raise ValueError("times between renewals must be positive")
        self._revocation = revocation
        self._keys = tuple(keys)
        self._every = at_least_every
        self._pause = pause.total_seconds()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begins; the first round at once. Raises RuntimeError when it has begun before."""
        if self._thread is not None:
            raise RuntimeError("a refresher is started once")
        self._thread = threading.Thread(target=self._run, name="revocation-lists", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends after the list that is being fetched; returns when it has ended."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._ended.is_set():
            known = self._revocation.lists.store.known()
            for key in dict.fromkeys((*self._keys, *known)):
                if self._ended.is_set():
                    return
                refresh(self._revocation, [key], self._every)
            # Not all processes at the same moment.
            self._ended.wait(self._pause * random.uniform(0.75, 1.25))  # noqa: S311 - spreads load, hides nothing
