"""The stage of the attacks."""

from collections.abc import Iterator, Sequence

import pytest
from playwright.sync_api import BrowserContext

from tests.browser.attacks.stage import Host, Stage
from tests.stand.browser import make_home
from tests.stand.screen import Screen
from tests.stand.stack import Stack
from tests.stand.tls import make_portal_certificate


@pytest.fixture(scope="session")
def evil(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """https://evil.test, with a certificate that the person's browser accepts as it does those of all public sites."""
    folder = tmp_path_factory.mktemp("evil")
    make_portal_certificate(folder, "evil.test")
    make_home(stack.home, [("evil.test", folder / "portal-root.pem")])
    with Host("evil.test", folder / "portal.pem") as host:
        yield host


@pytest.fixture(scope="session")
def good(stack: Stack) -> Iterator[Host]:
    """A site under the portal's name, without the client: the tests themselves say what its page does."""
    with Host("portal.test", stack.portal.certificate) as host:
        yield host


@pytest.fixture(scope="module")
def public_ports(stack: Stack, good: Host, evil: Host) -> Sequence[int]:
    """All three sites are public; and the browser is started when there is a certificate for the evil one."""
    return [good.port, evil.port, stack.portal.port]


@pytest.fixture
def stage(stack: Stack, screen: Screen, good: Host, evil: Host, newcomer: BrowserContext) -> Stage:
    """A fresh browser, the demo card in the reader with three tries."""
    for host in (good, evil):  # no limit of windows here: the tests of the limits are elsewhere
        stack.agent.allow(host.origin)
    return Stage(stack, screen, newcomer, good, evil)
