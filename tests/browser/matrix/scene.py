"""A running browser before the real agent, and the sites that its person has answered for, one for each answer."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from tests.browser.matrix.paths import PATHS, Brand, Permission, Person, Trust
from tests.stand.browser import Browser, Tab, chromium_of, make_home
from tests.stand.firefox import make_profile
from tests.stand.firefox_tabs import firefox_of
from tests.stand.screen import Screen
from tests.stand.site import Site
from tests.stand.stack import Stack


@dataclass(frozen=True)
class Scene:
    """Everything around one path. `framed` is shown in frames of the other sites; nobody has been asked about it.

    A site for each answer, and for each thing that a person does.
    """

    stack: Stack
    screen: Screen
    browser: Browser
    sites: Mapping[tuple[Permission, Person], Site]
    framed: Site

    def clear(self) -> None:
        """The demo card with all its tries is in the reader, and no site has heard anything."""
        self.stack.reader.renew(self.stack.card_image("citizen"))
        for site in (*self.sites.values(), self.framed):
            site.said.clear()
            site.posts.clear()

    def leave(self, tab: Tab) -> None:
        """Closes everything that a path has opened or left open."""
        for window in (*self.browser.others(tab), tab):
            window.close()
        self.screen.wait_no_window()


class Theatre:
    """Opens scenes, one at a time: a browser runs until another one is asked for."""

    def __init__(self, stack: Stack, screen: Screen, folder: Path) -> None:
        self._stack, self._screen, self._folder = stack, screen, folder
        self._closing = ExitStack()
        self._now: tuple[Brand, Trust] | None = None
        self._scene: Scene | None = None

    def scene(self, brand: Brand, trust: Trust) -> Scene:
        """The scene with a browser that trusts the agent or not."""
        if self._scene is None or self._now != (brand, trust):
            self.close()
            self._scene = self._closing.enter_context(self._open(brand, trust))
            self._now = (brand, trust)
        return self._scene

    def close(self) -> None:
        """Ends the browser that runs."""
        self._scene = None
        self._closing.close()

    @contextmanager
    def _open(self, brand: Brand, trust: Trust) -> Iterator[Scene]:
        with ExitStack() as closing:
            certificate = self._stack.portal.certificate
            needed = {(path.permission, path.person) for path in PATHS if (path.brand, path.trust) == (brand, trust)}
            sites = {each: closing.enter_context(Site(certificate)) for each in needed}
            framed = closing.enter_context(Site(certificate))
            for site in (*sites.values(), framed):  # all are of one domain, whose windows are closed again and again
                self._stack.agent.allow(site.origin)
            browser = closing.enter_context(self._browser(brand, trust, sites, framed))
            yield Scene(self._stack, self._screen, browser, sites, framed)

    def _browser(
        self, brand: Brand, trust: Trust, sites: Mapping[tuple[Permission, Person], Site], framed: Site
    ) -> AbstractContextManager[Browser]:
        home = Path(mkdtemp(dir=self._folder))
        roots = [("site", self._stack.portal.root)]
        if trust is Trust.TRUSTED:
            roots.append(("agent", self._stack.agent.root))
        ports = [*(site.port for site in sites.values()), framed.port, self._stack.portal.port]
        granted = [site.origin for (permission, _), site in sites.items() if permission is Permission.GRANTED]
        denied = [site.origin for (permission, _), site in sites.items() if permission is Permission.DENIED]
        if brand is Brand.FIREFOX:
            make_profile(home, roots)
            return firefox_of(home, public_ports=ports, granted=granted, denied=denied)
        make_home(home, roots)
        # On the screen: a headless Chromium says no by itself to what nobody has answered.
        return chromium_of(
            home, "profile", public_ports=ports, granted=granted, denied=denied, display=self._screen.display
        )
