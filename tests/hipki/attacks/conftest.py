"""The scene of the attacks on the old component's protocol, in both browsers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.attacks.stage import Host
from tests.browser.matrix.paths import Brand
from tests.hipki.attacks.scene import Scene
from tests.stand.browser import Browser, chromium_of, make_home
from tests.stand.firefox import make_profile
from tests.stand.firefox_tabs import firefox_of
from tests.stand.parts import Reader
from tests.stand.screen import Screen
from tests.stand.tls import make_portal_certificate


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for both sites that the browsers trust: one name, two ports, two origins."""
    folder = tmp_path_factory.mktemp("sites")
    make_portal_certificate(folder, "portal.test")
    return folder / "portal.pem"


@pytest.fixture(scope="session")
def good(certificate: Path) -> Iterator[Host]:
    """The portal."""
    with Host("portal.test", certificate) as host:
        yield host


@pytest.fixture(scope="session")
def evil(certificate: Path) -> Iterator[Host]:
    """The evil site."""
    with Host("portal.test", certificate) as host:
        yield host


@pytest.fixture(scope="package", params=Brand)
def browser(
    request: pytest.FixtureRequest, screen: Screen, good: Host, evil: Host, certificate: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Browser]:  # fmt: skip
    """One of the browsers, whose person lets both sites talk to programs on this computer."""
    home = tmp_path_factory.mktemp("home")
    roots, ports = [("site", certificate.with_name("portal-root.pem"))], [good.port, evil.port]
    granted = [good.origin, evil.origin]
    if request.param is Brand.FIREFOX:
        make_profile(home, roots)
        with firefox_of(home, public_ports=ports, granted=granted) as firefox:
            yield firefox
        return
    make_home(home, roots)
    with chromium_of(home, "profile", public_ports=ports, granted=granted, display=screen.display) as chromium:
        yield chromium


@pytest.fixture(scope="session")
def reader(tmp_path_factory: pytest.TempPathFactory, logs: Path, pki: Path) -> Iterator[Reader]:
    """A reader with the citizen's card."""
    reader = Reader(tmp_path_factory.mktemp("reader"), logs)
    reader.insert(pki / "cards" / "citizen.json")
    yield reader
    reader.stop()


@pytest.fixture
def scene(
    reader: Reader, screen: Screen, browser: Browser, good: Host, evil: Host, pki: Path, tmp_path: Path
) -> Iterator[Scene]:
    """A computer without an agent, a port that nobody has held, and the demo card with three tries."""
    reader.renew(pki / "cards" / "citizen.json")
    scene = Scene(reader, screen, browser, good, evil, tmp_path)
    yield scene
    scene.close()
