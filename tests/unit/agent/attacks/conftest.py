"""What the attacks share: proof that the agent still serves its user."""

from collections.abc import Awaitable, Callable

import pytest

from tests.unit.agent.fakes import CHALLENGE, ORIGIN, Site

StillServes = Callable[[Site], Awaitable[None]]


@pytest.fixture
def still_serves() -> StillServes:
    """Fails unless a page of the user is answered: discovery, and a whole order that is signed."""

    async def check(site: Site) -> None:
        before = len(site.host.orders)
        assert (await site.ask("GET", "/v1/hello", headers={"Origin": ORIGIN})).status == 200
        assert (await site.authenticate(ORIGIN, {"challenge": CHALLENGE})).status == 200
        assert [order.origin for order in site.host.orders[before:]] == [ORIGIN]

    return check
