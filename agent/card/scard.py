"""PC/SC by pyscard's C layer alone: the rest of that package is not needed, and takes several times longer to load."""

from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from typing import Any


def _load() -> Any:
    package = find_spec("smartcard")  # looks for it without loading it
    folders = [str(Path(folder, "scard")) for folder in (package and package.submodule_search_locations) or ()]
    found = PathFinder.find_spec("_scard", folders)
    if found is None or found.loader is None:
        raise ImportError("pyscard is not installed")
    module = module_from_spec(found)
    found.loader.exec_module(module)
    return module


scard = _load()
