"""Which modules of the catalogue are on this computer, and where."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pkcs11_shims.catalogue import Driver
from pkcs11_shims.errors import CardError, Fault


@dataclass(frozen=True)
class Found:
    """A driver of the catalogue and the real path of its module."""

    driver: Driver
    path: Path


def find_drivers(catalogue: Mapping[str, Driver], names: Iterable[str] = ()) -> list[Found]:
    """The modules that exist, in the order asked for: the named rows, or without names all rows for citizens.

    Raises CardError(no_driver) when a name is not in the catalogue or no module exists.
    """
    wanted = list(names) or [name for name, driver in catalogue.items() if driver.citizen]
    if not set(wanted) <= set(catalogue):
        raise CardError(Fault.NO_DRIVER)
    found = [item for name in wanted if (item := _locate(catalogue[name])) is not None]
    if not found:
        raise CardError(Fault.NO_DRIVER)
    return found


def _locate(driver: Driver) -> Found | None:
    for candidate in map(Path, driver.paths):
        if candidate.is_absolute() and candidate.is_file():
            # The real path: a module loaded under two names refuses to start the second time.
            return Found(driver, candidate.resolve())
    return None
