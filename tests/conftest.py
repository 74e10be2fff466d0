"""What every area shares: a virtual screen, the test PKI, a folder for logs."""

import gc
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from tests import attacks, closing
from tests.sampling import add_options, is_full, seed_of
from tests.stand.parts import free_port, make_pki
from tests.stand.screen import Screen

LONGEST_NAME = 80
# How long an example takes says nothing on a busy machine; pytest limits the whole test. Fixtures of ours that examples
# share are not changed by them. No memory of earlier runs: the seed alone decides what is tried.
UNASKED = (HealthCheck.too_slow, HealthCheck.function_scoped_fixture)
hypothesis_settings.register_profile(
    "few", deadline=None, suppress_health_check=UNASKED, database=None, print_blob=True, max_examples=20
)
hypothesis_settings.register_profile("many", hypothesis_settings.get_profile("few"), max_examples=500)


def pytest_addoption(parser: pytest.Parser) -> None:
    """--full and --seed."""
    add_options(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """One seed for everything by chance: samples, Hypothesis's examples, the order of the tests.

    Before the plugins look at their options. Workers of pytest-xdist are given both numbers by the process above them.
    """
    # A run in the background of a script inherits that Ctrl-C is ignored, and with it every program that it starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    hypothesis_settings.load_profile("many" if is_full(config) else "few")
    config.option.seed = seed_of(config)
    if config.option.hypothesis_seed is None:
        config.option.hypothesis_seed = str(config.option.seed)
    if getattr(config.option, "randomly_seed", "") == "default":
        config.option.randomly_seed = config.option.seed
    if not hasattr(config, "workeroutput"):
        config.pluginmanager.register(attacks.Rows(config))


def pytest_itemcollected(item: pytest.Item) -> None:
    """An attack says that it is one."""
    attacks.describe(item)


def pytest_collection_finish() -> None:
    """What was collected stays to the end: the agent's listeners, which collect garbage when they start, need not look.

    Half a second of each of a thousand tests went into that.
    """
    gc.collect()
    gc.freeze()


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """A test is not named by certificates or other long values: they may be made anew in each process of a run."""
    return argname if isinstance(val, (str, bytes)) and len(val) > LONGEST_NAME else None


def pytest_report_header(config: pytest.Config) -> str:
    """What is run of the matrices, and the seed that repeats a run."""
    return f"{'whole matrices' if is_full(config) else 'samples'}, --seed {seed_of(config)}"


def pytest_sessionfinish(session: pytest.Session) -> None:
    """What workers have to say goes up."""
    closing.send_up(session.config)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """What a worker had to say is taken."""
    closing.take(node.config, getattr(node, "workeroutput", {}))


def pytest_unconfigure(config: pytest.Config) -> None:
    """The closing lines."""
    if not hasattr(config, "workeroutput"):
        closing.print_lines(config)


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
