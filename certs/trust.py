"""Installs the root into trust stores and takes it out of them again, by the journal."""

import ssl
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from certs.chromium import chromium_stores
from certs.debian import DebianStore
from certs.firefox import firefox_stores
from certs.journal import Entry, Journal
from certs.macos import MacStore, keychain
from certs.nss import NssStore
from certs.policies import PoliciesStore, policies_file
from certs.store import Kind, Plan, Root, State, Store, StoreError
from certs.windows import WindowsStore

_T = TypeVar("_T")


@dataclass(frozen=True)
class Row:
    """One store: what it makes of the root now, and what was or would be done there; or why that failed."""

    kind: Kind
    place: Path
    plan: Plan | None = None
    error: str = ""


class Trust:
    """The root in all stores that are there; a store that fails does not keep the others from being done."""

    def __init__(self, root: Root, stores: Iterable[Store], journal: Journal) -> None:
        self._root, self._stores, self._journal = root, list(stores), journal

    def look(self) -> list[Row]:
        """How things are, and what installing would do; nothing is changed."""
        return [_row(store, store.plan, self._root) for store in self._stores]

    def install(self) -> list[Row]:
        """Makes all stores trust the root, in place of older roots of ours. The rows say how it was before."""
        return [_row(store, self._install, store) for store in self._stores]

    def remove(self) -> list[Row]:
        """Takes everything back that the journal knows, then the root wherever else it is; a row for each change."""
        rows = take_back(self._journal)
        failed = {(row.kind, row.place) for row in rows if row.error}
        rest = (store for store in self._stores if (store.kind, store.place) not in failed)
        return rows + [row for store in rest if (row := _row(store, self._sweep, store)).plan or row.error]

    def _install(self, store: Store) -> Plan:
        for entry in self._journal.entries():
            if (entry.kind, entry.place) == (store.kind, store.place) and entry.der != self._root.der:
                _take_back(self._journal, entry)
        plan = store.plan(self._root)
        if plan.steps:
            self._journal.intend(store.kind, store.place, self._root.der, plan.before)
            store.apply(self._root)
            if store.verify(self._root) is not State.TRUSTED:
                raise StoreError("the store does not show the change")
        if known := self._journal.find(store.kind, store.place, self._root.der):
            self._journal.done(known)
        return plan

    def _sweep(self, store: Store) -> Plan | None:
        """A root that the journal does not know: an earlier version's, or one that Firefox took from policies."""
        plan = store.plan(self._root)
        if plan.state is State.ABSENT:
            return None
        store.remove(self._root, None)
        return plan


def take_back(journal: Journal) -> list[Row]:
    """Takes back what a journal knows, without the identity, which may be gone."""
    rows = [_row(_store(entry), lambda known: _take_back(journal, known), entry) for entry in journal.entries()]
    journal.tidy()
    return rows


def user_stores(home: Path, environment: Mapping[str, str], system: str = sys.platform) -> list[Store]:
    """The stores of one user; nothing here needs the administrator."""
    if system == "win32":
        return [WindowsStore()]
    if system == "darwin":
        return [MacStore(keychain(home))]
    return [*chromium_stores(home, environment), *firefox_stores(system, home, environment)]


def system_stores() -> list[Store]:
    """The stores of the whole computer (Debian and relatives); they need the administrator."""
    return [PoliciesStore(policies_file()), DebianStore()]


def _take_back(journal: Journal, entry: Entry) -> Plan:
    with _as_file(entry.der) as root:
        store = _store(entry)
        plan = store.plan(root)
        store.remove(root, entry.before)
    journal.undone(entry)
    return plan


def _store(entry: Entry) -> Store:
    """The store of an entry of the journal."""
    match entry.kind:
        case Kind.CHROMIUM | Kind.FIREFOX:
            return NssStore(entry.kind, entry.place)
        case Kind.POLICIES:
            return PoliciesStore(entry.place)
        case Kind.DEBIAN:
            return DebianStore(entry.place)
        case Kind.WINDOWS:
            return WindowsStore(entry.place)
        case Kind.MACOS:
            return MacStore(entry.place)


@contextmanager
def _as_file(der: bytes) -> Iterator[Root]:
    """A root of the journal as a file, which some tools need; its own file may be gone."""
    with tempfile.TemporaryDirectory(prefix="cardlogin-") as folder:
        path = Path(folder) / "root.pem"
        path.write_text(ssl.DER_cert_to_PEM_cert(der), "ascii")
        yield Root(path, der)


def _row(store: Store, action: Callable[[_T], Plan | None], subject: _T) -> Row:
    try:
        return Row(store.kind, store.place, action(subject))
    except StoreError as error:
        return Row(store.kind, store.place, error=str(error))
