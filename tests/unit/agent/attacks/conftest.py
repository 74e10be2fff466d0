"""What the attacks share: proof that the agent still serves its user, and a real daemon to attack."""

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from tests.stand.parts import Agent, free_port
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


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Agent]:
    """A running daemon of its own, without screen, reader and card."""
    agent = Agent(tmp_path / "agent", tmp_path, {"DISPLAY": ""}, ports=[free_port()])
    yield agent
    agent.stop()
