"""Which modules are on this computer, and which of them may be loaded."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from pkcs11_shims.binary import HEAD, architectures
from pkcs11_shims.catalogue import Driver, administrators_driver
from pkcs11_shims.errors import CardError, Fault
from pkcs11_shims.p11kit import MAX_FILES, module_names

# Bytes of a path that a person can be shown in every way of asking; pinentry has a line of 1000 for all it says.
_MAX_NAME = 400


class FileFacts(NamedTuple):
    """Who rules over a file or folder. What a system does not know is False.

    trusted_owner: an administrator or this user. keeps_entries: what lies in a folder can be replaced by its owner
    alone (the sticky bit), so that others may write to the folder but not to what is there. user_writes: it is not the
    administrators' alone, because this user owns it or may write to it.
    """

    trusted_owner: bool
    group_writes: bool
    others_write: bool
    keeps_entries: bool = False
    user_writes: bool = False


@dataclass(frozen=True)
class System:
    """What the loading rules need to know of this computer; `agent.platform` tells.

    `machine` is the processor that this process runs on, by the names of `binary.architectures`; `facts` may raise
    OSError; `places` holds what a path of the catalogue may begin with; `packed` is for `cryptoki.Layout`.
    """

    machine: str
    facts: Callable[[Path], FileFacts]
    places: Mapping[str, str]
    packed: bool = False


@dataclass(frozen=True)
class Found:
    """A driver of the catalogue and the real path of its module.

    `installed`: only administrators can change what is loaded by this path, and which file it is. Anything else runs
    with this user's consent alone. `name`: what the loader is told instead of the path, where that is another.
    """

    driver: Driver
    path: Path
    packed: bool = False
    installed: bool = True
    name: str = ""


class Refusal(NamedTuple):
    """A module that must not be loaded, and why: a word of `refusal`, or for an administrator's relative or missing."""

    driver: str
    reason: str


class Survey(NamedTuple):
    """What may be loaded, in the order asked for, and what not."""

    found: tuple[Found, ...]
    refused: tuple[Refusal, ...]


def find_drivers(
    catalogue: Mapping[str, Driver], system: System, names: Iterable[str] = (), modules: Iterable[str] = ()
) -> Survey:
    """The modules of an administrator (`modules`, absolute paths), then of the rows: the named, or all for citizens.

    A module that several rows name is there once, with the first row's quirks; its settings go by its file's name.
    Raises CardError(no_driver) for a name that is not in the catalogue; that nothing is found the caller has to tell.
    """
    wanted = list(names) or [name for name, driver in catalogue.items() if driver.citizen]
    if not set(wanted) <= set(catalogue):
        raise CardError(Fault.NO_DRIVER, detail="not in the catalogue")
    found: dict[Path, Found] = {}
    refused: list[Refusal] = []
    for module in modules:
        _take(_administrators(administrators_driver(module), system), found, refused)
    for name in wanted:
        for outcomes in _row(catalogue[name], system):
            _take(outcomes, found, refused)
    return Survey(tuple(_configured(item, catalogue) for item in found.values()), tuple(refused))


def refusal(path: Path, system: System) -> str:
    """Why a module must not be loaded, in one word; empty when it may. `path` has to be resolved.

    owner: it, or its folder, belongs to somebody else than administrators and this user. writable: others may change
    it, or replace it through a folder on the way to it. kind: no library, or none for this process. unreadable.
    proxy: p11-kit's own modules, which load what the user's configuration or a socket's other end says. unspeakable:
    a name that cannot be shown to a person as it is.
    """
    try:
        near = [system.facts(item) for item in (path, path.parent)]
        far = [system.facts(item) for item in path.parent.parents]
        with open(path, "rb", opener=_at_once) as file:
            head = file.read(HEAD)
    except OSError:
        return "unreadable"
    if not all(item.trusted_owner for item in near):
        return "owner"
    if any(item.group_writes or item.others_write for item in near):
        return "writable"
    if any(item.others_write and not item.keeps_entries for item in far):
        return "writable"
    if system.machine not in architectures(head):
        return "kind"
    if path.name.removeprefix("lib").startswith("p11-kit"):
        return "proxy"
    return "" if str(path).isprintable() and len(os.fsencode(path)) <= _MAX_NAME else "unspeakable"


def is_installed(text: Path, path: Path, system: System) -> bool:
    """Whether only administrators decide what is loaded by the path `text`, whose links lead to `path`.

    Every folder on the way counts, and every folder that a link on the way lies in: who may replace a link chooses the
    file. A way that changes meanwhile is nobody's word.
    """
    try:
        return _is_installed(text, path, system)
    except OSError:
        return False


def _is_installed(text: Path, path: Path, system: System) -> bool:
    if not all(_administrators_only(system.facts(item)) for item in (path, *path.parents)):
        return False
    for link in _links(text):
        folder = system.facts(link.parent)
        # The sticky bit keeps a link there for its owner, who may be anybody.
        if _is_open(folder) or not all(_administrators_only(system.facts(item)) for item in link.parents):
            return False
    return True


def _at_once(path: str, flags: int) -> int:
    """Opens a file; what has become a pipe meanwhile would let us wait for its other end."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _administrators_only(facts: FileFacts) -> bool:
    return facts.trusted_owner and not facts.user_writes and (facts.keeps_entries or not _is_open(facts))


def _is_open(facts: FileFacts) -> bool:
    return facts.group_writes or facts.others_write


def _links(path: Path, most: int = 40) -> Iterator[Path]:
    """The links on the way, from the first on; the folders that each lies in have no link among them."""
    for part in reversed((path, *path.parents)):
        if most and part.is_symlink():
            yield part
            yield from _links(part.parent / part.readlink() / path.relative_to(part), most - 1)
            return


Outcome = Found | Refusal


def _take(outcomes: Iterable[Outcome], found: dict[Path, Found], refused: list[Refusal]) -> None:
    """Keeps the first candidate that is installed, else the first that needs consent; else the refusals count.

    So a file that somebody puts into the user's home hides no driver of an administrator.
    """
    known = list(outcomes)
    drivers = [outcome for outcome in known if isinstance(outcome, Found)]
    for outcome in sorted(drivers, key=lambda item: not item.installed)[:1]:
        found.setdefault(outcome.path, outcome)
    if not drivers:
        refused += dict.fromkeys(outcome for outcome in known if isinstance(outcome, Refusal))


def _configured(found: Found, catalogue: Mapping[str, Driver]) -> Found:
    kinds = [driver.configuration for driver in catalogue.values() if driver.configuration is not None]
    fitting = next((kind for kind in kinds if kind.file in found.path.name), None)
    return replace(found, driver=replace(found.driver, configuration=fitting))


def _row(driver: Driver, system: System) -> Iterator[Iterator[Outcome]]:
    """The candidates of a row; those of p11-kit's row are modules of their own."""
    if not driver.configured:
        yield _one(driver, system)
        return
    for name in module_names(_trusted_files(driver.configured, system)):
        paths = (name,) if Path(name).is_absolute() else tuple(_beside(driver.folders, name))
        yield _one(replace(driver, name=f"{driver.name}:{Path(name).name}", paths=paths), system)


def _one(driver: Driver, system: System) -> Iterator[Outcome]:
    for text in driver.paths:
        path = _real(text, system)
        if path is not None:
            reason = refusal(path, system)
            if reason:
                yield Refusal(driver.name, reason)
            else:
                yield Found(driver, path, system.packed, is_installed(_place(text, system), path, system))


def _administrators(driver: Driver, system: System) -> Iterator[Outcome]:
    (path,) = driver.paths
    if not Path(path).is_absolute():
        yield Refusal(driver.name, "relative")
    elif _real(path, system) is None:
        yield Refusal(driver.name, "missing")
    else:
        yield from _one(driver, system)


def _real(text: str, system: System) -> Path | None:
    """The file behind a path of the catalogue, links resolved; a module loaded under two names would not start."""
    path = _place(text, system)
    try:
        real = path.resolve(strict=True) if path.is_absolute() else None
    except (OSError, RuntimeError, ValueError):  # not there; links in a circle; a zero in the name
        return None
    return real if real is not None and real.is_file() else None


def _place(text: str, system: System) -> Path:
    """A path of the catalogue with the folder of this computer that it begins with."""
    place, separator, rest = text.replace("\\", "/").partition("/")
    return Path(system.places[place], rest) if separator and place in system.places else Path(text)


def _beside(folders: Iterable[str], name: str) -> Iterator[str]:
    if Path(name).name == name:  # a name alone: p11-kit does not leave its folder either
        yield from (str(Path(folder, name)) for folder in folders)


def _trusted_files(folders: Iterable[str], system: System) -> Iterator[Path]:
    """The files that decide what is loaded: nobody but an administrator may change them or add one."""
    for folder in map(Path, folders):
        if _is_trusted(folder, system):
            files = sorted(folder.glob("*.module"))[:MAX_FILES]
            yield from (file for file in files if _is_trusted(file, system))


def _is_trusted(path: Path, system: System) -> bool:
    try:
        facts = system.facts(path)
    except OSError:
        return False
    return _administrators_only(facts) and not _is_open(facts)
