"""Every path of the table in a real browser; the portal's own log-in, and a portal's wish, in both."""

from collections.abc import Iterator

import pytest

from tests.browser.matrix.paths import PATHS, Brand, Path, Permission, Person, Trust
from tests.browser.matrix.scene import Theatre
from tests.browser.matrix.walk import walk
from tests.stand.asking import wait_until
from tests.stand.parts import PIN
from tests.stand.screen import Screen
from tests.stand.stack import Stack


@pytest.fixture(scope="module")
def theatre(stack: Stack, screen: Screen, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre]:
    """The browsers, one at a time."""
    theatre = Theatre(stack, screen, tmp_path_factory.mktemp("browsers"))
    yield theatre
    theatre.close()


@pytest.mark.parametrize("path", PATHS, ids=[path.name for path in PATHS])
def test_path(theatre: Theatre, path: Path) -> None:
    walk(theatre.scene(path.brand, path.trust), path)


@pytest.mark.parametrize("brand", Brand)
def test_portal_log_in_by_popup_is_complete(theatre: Theatre, brand: Brand) -> None:
    scene = theatre.scene(brand, Trust.TRUSTED)
    scene.clear()
    portal = scene.stack.portal.origin
    tab = scene.browser.open(f"{portal}/accounts/login/")
    try:
        tab.click("#card-login")
        scene.screen.wait_window()
        [popup] = scene.browser.others(tab)
        assert popup.text("#site") == portal
        scene.screen.type(PIN)
        scene.screen.key("Return")
        assert "王小明" in tab.text("#who")
        assert tab.address() == f"{portal}/member/"
        assert tab.evaluate("document.getElementById('how').dataset.method") == "card"
        wait_until(lambda: scene.browser.others(tab) == [])
    finally:
        scene.leave(tab)


@pytest.mark.parametrize("brand", Brand)
def test_certificate_that_the_site_wants_is_not_in_the_reader(theatre: Theatre, brand: Brand) -> None:
    scene = theatre.scene(brand, Trust.TRUSTED)
    scene.clear()
    site, stack = scene.sites[Permission.UNANSWERED, Person.WRONG_PIN], scene.stack  # it is told such things
    ports = {"ports": [stack.agent.port], "httpPort": stack.http_port}
    tab = scene.browser.open(site.page("/page", certificate={"policy": "1.2.3"}, **ports))
    try:
        tab.click("#log-in")
        scene.screen.wait_window()
        scene.screen.key("Escape")
        wait_until(lambda: site.said)
        assert site.said[0]["code"] == "certificate_not_wanted"
        assert stack.reader.control("status")["tries"] == 3
    finally:
        scene.leave(tab)
