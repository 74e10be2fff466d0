"""What every area shares: a virtual screen, the test PKI, a folder for logs."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import settings as hypothesis_settings

from tests.sampling import add_options, is_full, seed_of
from tests.stand.parts import free_port, make_pki
from tests.stand.screen import Screen

# No time limit for one example: how long it takes says nothing on a busy machine; pytest limits the whole test.
hypothesis_settings.register_profile("house", deadline=None)
hypothesis_settings.load_profile("house")


def pytest_addoption(parser: pytest.Parser) -> None:
    """--full and --seed."""
    add_options(parser)


def pytest_report_header(config: pytest.Config) -> str:
    """What is run of the matrices."""
    return "whole matrices" if is_full(config) else f"samples by seed {seed_of(config)}"


@pytest.fixture(scope="session")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the parts of the stand write their logs."""
    return tmp_path_factory.mktemp("logs")


@pytest.fixture(scope="session")
def screen(logs: Path) -> Iterator[Screen]:
    """A virtual screen that PIN windows open on."""
    screen = Screen.start(logs)
    yield screen
    screen.stop()


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the test PKI; nobody serves its revocation lists."""
    folder = tmp_path_factory.mktemp("pki") / "pki"
    make_pki(folder, free_port())
    return folder


@pytest.fixture(scope="session")
def rsa_key() -> rsa.RSAPrivateKey:
    """An RSA-2048 key, made once because that is slow."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)
