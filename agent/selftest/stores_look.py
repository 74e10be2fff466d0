"""Which browsers of this computer trust the root of our identity, as far as their stores can be read."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from certs.life import ROOT
from certs.store import Kind, Root, State, Store, StoreError, read_root
from certs.trust import Row, system_stores, user_stores

# What the store of a kind of browser is: a page of another says nothing about it. A policy speaks for Firefox too.
OF_BROWSER: Mapping[str, frozenset[Kind]] = {
    "chromium": frozenset({Kind.CHROMIUM, Kind.WINDOWS, Kind.MACOS}),
    "edge": frozenset({Kind.CHROMIUM, Kind.WINDOWS, Kind.MACOS}),
    "firefox": frozenset({Kind.FIREFOX, Kind.POLICIES, Kind.WINDOWS, Kind.MACOS}),
    "safari": frozenset({Kind.MACOS}),
}


@dataclass(frozen=True)
class StoresSeen:
    """The stores: those of browsers that do not trust us, those that could not be read, and how many do trust us."""

    distrusting: tuple[Row, ...] = ()
    unreadable: tuple[Row, ...] = ()
    trusting: tuple[Row, ...] = ()


def look_at_stores(identity: Path, environment: Mapping[str, str]) -> StoresSeen:
    """All stores of this user, and those of the whole computer that speak for browsers; nothing is changed."""
    try:
        root = read_root(identity / ROOT)
    except StoreError:
        return StoresSeen()
    stores = [*user_stores(Path.home(), environment), *system_stores()]
    rows = [_row(store, root) for store in stores]
    trusting = [row for row in rows if row.plan is not None and row.plan.state is State.TRUSTED]
    kinds = {row.kind for row in trusting}
    # The computer's own stores are a way to trust and no browser: that nothing is there says nothing.
    browsers = [row for row in rows if row.kind not in (Kind.POLICIES, Kind.DEBIAN)]
    distrusting = (
        row for row in browsers if row.plan is not None and row not in trusting
        and not (row.kind is Kind.FIREFOX and Kind.POLICIES in kinds)
    )  # fmt: skip
    return StoresSeen(tuple(distrusting), tuple(row for row in browsers if row.error), tuple(trusting))


def _row(store: Store, root: Root) -> Row:
    try:
        return Row(store.kind, store.place, store.plan(root))
    except StoreError as error:
        return Row(store.kind, store.place, error=str(error))
