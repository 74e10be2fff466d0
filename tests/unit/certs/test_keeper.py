"""A server whose leaf changes while it runs: real handshakes, a clock that the test moves."""

import logging
import ssl
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from agent.web.listener import tls_context
from certs.folder import ensure_identity
from certs.keeper import LeafKeeper
from certs.life import SPARE, Fault, IdentityError, Life, read_life


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """The time."""
        return self.now


class Site:
    """A server's TLS as asyncio uses it, and a browser's side of it that looks at nothing but the leaf."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.folder, self.clock = folder, clock
        self.keeper = LeafKeeper(folder, tls_context, clock)

    def leaf(self, name: str | None = "localhost") -> str:
        """The file of the leaf that a new connection gets; `name` is what the client asks for (SNI)."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
        client = context.wrap_bio(back, there, server_hostname=name)
        server = self.keeper.context.wrap_bio(there, back, server_side=True)
        for side in (client, server, client, server):
            with suppress(ssl.SSLWantReadError):
                side.do_handshake()
        der = client.getpeercert(binary_form=True)
        assert der is not None
        begin = x509.load_der_x509_certificate(der).not_valid_before_utc
        return f"leaf-{begin:%Y-%m-%d}.pem"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An identity."""
    folder = tmp_path_factory.mktemp("keeper") / "identity"
    ensure_identity(folder)
    return folder


@pytest.fixture(scope="module")
def life(folder: Path) -> Life:
    """Its manifest."""
    return read_life(folder)


@pytest.fixture
def site(folder: Path, life: Life) -> Site:
    """A server in the middle of the first leaf."""
    return Site(folder, Clock(life.not_before + timedelta(days=300)))


def test_running_server_goes_on_to_the_next_leaf_again_and_again(site: Site, life: Life) -> None:
    for leaf in life.leaves:
        site.clock.now = leaf.not_before + timedelta(days=100)
        assert site.leaf() == leaf.certificate
        assert site.keeper.fault() is None


def test_change_is_with_the_first_connection_of_its_moment(site: Site, life: Life) -> None:
    first, second, *_ = life.leaves
    change = first.not_after - SPARE
    site.clock.now = change - timedelta(seconds=1)
    assert site.leaf() == first.certificate
    site.clock.now = change
    assert site.leaf() == second.certificate


def test_client_that_names_no_server_gets_the_right_leaf_too(site: Site, life: Life) -> None:
    """A browser sends no name for https://127.0.0.1."""
    site.clock.now = life.leaves[2].not_before + timedelta(days=100)
    assert site.leaf(None) == life.leaves[2].certificate


def test_clock_that_is_put_right_brings_the_right_leaf_back(site: Site, life: Life) -> None:
    right = site.clock.now
    site.clock.now = life.not_after + timedelta(days=1)
    assert site.leaf() == life.leaves[-1].certificate
    assert site.keeper.fault() is Fault.EXPIRED
    site.clock.now = life.not_before - timedelta(days=1)
    assert site.leaf() == life.leaves[0].certificate
    assert site.keeper.fault() is Fault.CLOCK_WRONG
    site.clock.now = right
    assert site.leaf() == life.leaves[0].certificate
    assert site.keeper.fault() is None


def test_fault_is_known_without_a_connection_and_logged_once(
    site: Site, life: Life, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        site.clock.now = life.not_after - timedelta(days=1)
        assert site.keeper.fault() is Fault.ENDING
        assert site.keeper.fault() is Fault.ENDING
        site.leaf()
    assert [record.getMessage() for record in caplog.records] == ["identity_ending"]


def test_server_that_starts_late_starts_with_the_right_leaf(folder: Path, life: Life) -> None:
    site = Site(folder, Clock(life.leaves[3].not_before + timedelta(days=100)))
    assert site.leaf() == life.leaves[3].certificate


def test_next_leaf_that_is_gone_is_told_and_the_old_one_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ensure_identity(tmp_path / "identity")
    life = read_life(tmp_path / "identity")
    site = Site(tmp_path / "identity", Clock(life.not_before + timedelta(days=300)))
    (tmp_path / "identity" / life.leaves[1].key).unlink()
    site.clock.now = life.leaves[1].not_before + timedelta(days=100)
    assert site.leaf() == life.leaves[0].certificate
    assert "identity_unreadable" in caplog.text


@pytest.mark.parametrize("damage", ["missing", "not PEM", "another key"])
def test_leaf_that_cannot_be_read_at_the_start_is_an_identity_error(tmp_path: Path, damage: str) -> None:
    ensure_identity(tmp_path / "identity")
    first, second, *_ = read_life(tmp_path / "identity").leaves
    key = tmp_path / "identity" / first.key
    if damage == "missing":
        key.unlink()
    else:
        key.write_bytes(b"x" if damage == "not PEM" else (tmp_path / "identity" / second.key).read_bytes())
    with pytest.raises(IdentityError) as caught:
        LeafKeeper(tmp_path / "identity", tls_context)
    assert caught.value.fault is Fault.UNREADABLE
