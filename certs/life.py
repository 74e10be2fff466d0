"""Which leaf is to be used when, and what is wrong with an identity: pure, without cryptography, for the daemon."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

import msgspec

from certs.private import ExposedError, read_private

MANIFEST, ROOT = "identity.json", "root.pem"
# A leaf is left this long before it ends, and the end of the root is told this long before.
SPARE, NOTICE = timedelta(days=30), timedelta(days=90)
_MAX_BYTES, _MAX_LEAVES = 64 * 1024, 64
# What pages that ask for signatures are served under: a name below localhost that nobody could guess.
_NAME = re.compile(r"[0-9a-f]{32}\.localhost", re.ASCII)
VERSION = 2
_FILE = re.compile(r"leaf-\d{4}-\d{2}-\d{2}\.(pem|key)", re.ASCII)
_EVER = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))


class Fault(StrEnum):
    """What can be wrong with an identity; the text is the stable code of the self-test."""

    MISSING = "identity_missing"
    OUTDATED = "identity_outdated"  # made by an earlier version: one leaf, or no name of its own
    UNREADABLE = "identity_unreadable"
    EXPOSED = "identity_exposed"  # others may have read a key
    EXPIRED = "identity_expired"
    ENDING = "identity_ending"  # the root ends soon; a new one has to be trusted anew
    CLOCK_WRONG = "clock_wrong"  # the clock shows a time before the identity was made


class IdentityError(Exception):
    """An identity cannot be used; `fault` says what is wrong."""

    def __init__(self, fault: Fault, text: str) -> None:
        super().__init__(text)
        self.fault = fault


class Leaf(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One leaf: names of its files in the identity's folder, and when it is good."""

    certificate: str
    key: str
    not_before: datetime
    not_after: datetime


class Life(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The manifest of an identity: when the root is good, and its leaves, oldest first.

    `name` is in all leaves beside localhost: 128 random bits below it, the same for the life of the identity.
    """

    version: int
    not_before: datetime
    not_after: datetime
    leaves: tuple[Leaf, ...]
    name: str = ""


@dataclass(frozen=True)
class Choice:
    """The leaf to be used from one moment to another (`since` included), and what is wrong meanwhile."""

    leaf: Leaf
    since: datetime
    until: datetime
    fault: Fault | None = None

    def holds(self, now: datetime) -> bool:
        """Whether the choice is still right; a clock that jumps in either direction ends it."""
        return self.since <= now < self.until


def read_life(folder: Path, owner: int | None = None) -> Life:
    """The manifest of an identity; raises IdentityError: missing, outdated, or unreadable.

    Nobody but this user, or `owner` where an administrator looks, may be able to write it.
    """
    try:
        content = read_private(folder / MANIFEST, _MAX_BYTES, owner=owner)
        life = msgspec.json.decode(content, type=Life)
    except FileNotFoundError:
        old = (folder / ROOT).exists()
        raise IdentityError(Fault.OUTDATED if old else Fault.MISSING, f"{folder}: no {MANIFEST}") from None
    except (OSError, ValueError, RecursionError) as error:  # msgspec's errors are ValueErrors
        raise IdentityError(Fault.UNREADABLE, f"{folder / MANIFEST}: {error}") from None
    if life.version < VERSION:
        raise IdentityError(Fault.OUTDATED, f"{folder / MANIFEST}: version {life.version}")
    if problem := _problem(life):
        raise IdentityError(Fault.UNREADABLE, f"{folder / MANIFEST}: {problem}")
    return life


def read_pair(folder: Path, leaf: Leaf) -> tuple[bytes, bytes]:
    """Certificate and key of a leaf as PEM; raises IdentityError: unreadable, or exposed for a key others may read."""
    try:
        return read_private(folder / leaf.certificate, _MAX_BYTES), read_private(
            folder / leaf.key, _MAX_BYTES, secret=True
        )
    except ExposedError as error:
        raise IdentityError(Fault.EXPOSED, str(error)) from None
    except OSError as error:
        raise IdentityError(Fault.UNREADABLE, str(error)) from None


def check_identity(folder: Path) -> Life:
    """The manifest of an identity whose keys are nobody else's; raises IdentityError as `read_life` and `read_pair`."""
    life = read_life(folder)
    try:
        read_private(folder / ROOT, _MAX_BYTES)
    except OSError as error:
        raise IdentityError(Fault.UNREADABLE, str(error)) from None
    for leaf in life.leaves:
        read_pair(folder, leaf)
    return life


def choose(life: Life, now: datetime) -> Choice:
    """The leaf to be used at a moment: the oldest one that does not end within SPARE, and how long that holds."""
    first = life.leaves[0]
    if now < first.not_before:
        return Choice(first, _EVER[0], first.not_before, Fault.CLOCK_WRONG)
    if now >= life.leaves[-1].not_after:
        return Choice(life.leaves[-1], life.leaves[-1].not_after, _EVER[1], Fault.EXPIRED)
    changes = [leaf.not_after - SPARE for leaf in life.leaves[:-1]]
    number = sum(change <= now for change in changes)
    since, until = [first.not_before, *changes][number], [*changes, life.leaves[-1].not_after][number]
    notice = life.not_after - NOTICE
    if now >= notice:
        return Choice(life.leaves[number], max(since, notice), until, Fault.ENDING)
    return Choice(life.leaves[number], since, min(until, notice) if notice > since else until)


def _problem(life: Life) -> str:
    """What makes a manifest unusable; empty for a good one."""
    if not 0 < len(life.leaves) <= _MAX_LEAVES:
        return "too many leaves, or none"
    if life.version != VERSION:
        return f"version {life.version}"
    if not _NAME.fullmatch(life.name):
        return "a name that is not below localhost"
    times = [life.not_before, life.not_after]
    times += [moment for leaf in life.leaves for moment in (leaf.not_before, leaf.not_after)]
    if any(moment.utcoffset() != timedelta(0) for moment in times):
        return "times must be UTC"
    if not all(_FILE.fullmatch(name) for leaf in life.leaves for name in (leaf.certificate, leaf.key)):
        return "a file name that is not a leaf's"
    return "" if _in_order(life) else "the leaves are not in order"


def _in_order(life: Life) -> bool:
    """Each leaf is used for some time before the next one: it starts before the change and ends after it."""
    pairs = zip(life.leaves, life.leaves[1:], strict=False)
    changes = [leaf.not_after - SPARE for leaf in life.leaves]
    good = all(leaf.not_before < change for leaf, change in zip(life.leaves, changes, strict=True))
    return good and all(
        after.not_before <= before.not_after - SPARE < after.not_after - SPARE for before, after in pairs
    )
