"""Fixtures of the server library's tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stand.parts import free_port, make_pki, python
from tests.stand.processes import Program
from tests.unit.cardlogin_server.site import Site


@pytest.fixture
def site() -> Site:
    """A portal of its own for each test."""
    return Site()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, logs: Path) -> Iterator[Path]:
    """The folder of a test PKI of the module's own whose lists and OCSP answers are being served."""
    folder, port = tmp_path_factory.mktemp("served") / "pki", free_port()
    make_pki(folder, port)
    server = Program.start(
        "crl-server", python("cardsim", "crl-server", "--pki", str(folder), "--port", str(port)), logs=logs
    )
    yield folder
    server.stop()
