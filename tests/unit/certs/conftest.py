"""Roots to be put into stores."""

from pathlib import Path

import pytest

from certs.authority import make_identity
from certs.folder import write_identity
from certs.life import ROOT
from certs.store import Root, read_root


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Root:
    """The root of this computer."""
    return new_root(tmp_path_factory.mktemp("root"))


@pytest.fixture(scope="session")
def other_root(tmp_path_factory: pytest.TempPathFactory) -> Root:
    """The root of another installation, or an earlier one."""
    return new_root(tmp_path_factory.mktemp("other"))


def new_root(folder: Path) -> Root:
    """A new root, in a folder of its own."""
    write_identity(folder / "identity", make_identity())
    return read_root(folder / "identity" / ROOT)
