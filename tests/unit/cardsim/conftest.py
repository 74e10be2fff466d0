"""What the simulator's unit tests share: one small PKI, cards, and a stand-in for the virtual reader."""

import socket
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cardsim.card.image import CardImage, load_image
from cardsim.card.pin import LastFailure
from cardsim.card.piv import Counters, PivCard
from cardsim.hicos.driver import HicosDriver
from cardsim.pki.build import build
from cardsim.pki.data import DEFAULT_DATA
from tests.stand.cryptoki import Cryptoki
from tests.stand.hicos import start_hicos
from tests.stand.waiting import LIMIT

MakeCard = Callable[..., PivCard]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The PKI that comes with the simulator, built once; tests must leave its states as they were."""
    folder = tmp_path_factory.mktemp("pki") / "out"
    build(folder, f"http://127.0.0.1:{_free_port()}", DEFAULT_DATA)
    return folder


@pytest.fixture(scope="session")
def citizen(pki: Path) -> CardImage:
    """The demo card's image."""
    return load_image(pki / "cards" / "citizen.json")


@pytest.fixture
def card(citizen: CardImage) -> PivCard:
    """A citizen card fresh from the issuer."""
    return PivCard(citizen, Counters())


@pytest.fixture
def make_card(pki: Path) -> MakeCard:
    """Makes a fresh card by its name."""

    def make(name: str, last_failure: LastFailure | None = None) -> PivCard:
        return PivCard(load_image(pki / "cards" / f"{name}.json"), Counters(), last_failure)

    return make


class FakeReader:
    """Speaks vpcd's side of the protocol: listens, accepts one card after the other."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(LIMIT)
        self._card: socket.socket | None = None
        self.port = int(self._listener.getsockname()[1])

    def accept(self) -> None:
        """Take the card that connects."""
        self.eject()
        self._card = self._listener.accept()[0]
        self._card.settimeout(LIMIT)

    def eject(self) -> None:
        """Drop the connection, as a pcscd that ends does."""
        if self._card is not None:
            self._card.close()

    def send(self, body: bytes) -> None:
        """Send a message in two writes, as vpcd does."""
        assert self._card is not None
        self._card.sendall(struct.pack(">H", len(body)))
        self._card.sendall(body)

    def receive(self) -> bytes | None:
        """The card's answer; None when it was pulled."""
        head = self._read(2)
        return None if head is None else self._read(struct.unpack(">H", head)[0])

    def _read(self, size: int) -> bytes | None:
        assert self._card is not None
        data = b""
        while len(data) < size:
            part = self._card.recv(size - len(data))
            if not part:
                return None
            data += part
        return data

    def ask(self, body: bytes) -> bytes | None:
        """Send and receive."""
        self.send(body)
        return self.receive()

    def close(self) -> None:
        """Stop listening."""
        self.eject()
        self._listener.close()


@pytest.fixture
def fake_reader() -> Iterator[FakeReader]:
    """A reader that the test plays itself."""
    reader = FakeReader()
    yield reader
    reader.close()


@pytest.fixture(scope="session")
def hicos_driver(pki: Path, tmp_path_factory: pytest.TempPathFactory) -> HicosDriver:
    """The HiCOS-like driver with the cards citizen and citizen2, made once."""
    cards = pki / "cards"
    return start_hicos(tmp_path_factory.mktemp("hicos"), cards / "citizen.json", cards / "citizen2.json")


@pytest.fixture
def hicos(hicos_driver: HicosDriver) -> HicosDriver:
    """The driver as if new: citizen in reader 1, nothing wrong."""
    hicos_driver.reset()
    return hicos_driver


@pytest.fixture
def client(hicos: HicosDriver) -> Iterator[Cryptoki]:
    """A process that has loaded the driver and called C_Initialize; no call is listed yet."""
    client = Cryptoki(hicos.module, hicos.environment)
    hicos.forget_calls()
    yield client
    client.stop()
