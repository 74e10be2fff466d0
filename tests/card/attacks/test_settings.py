"""Settings of the user's that would bring a library of somebody else's into the process that gets the PIN."""

from pathlib import Path

import pytest

from tests.card.conftest import Desk
from tests.stand.asking import Asker
from tests.stand.parts import Agent, free_port

WHO = "another program of the same user"
pytestmark = pytest.mark.card


def test_opensc_conf_of_the_environment(desk: Desk, tmp_path: Path, logs: Path) -> None:
    """The user's OPENSC_CONF names a library to load in the place of the system's PC/SC."""
    planted = tmp_path / "opensc.conf"
    planted.write_text(f'app default {{ reader_driver pcsc {{ provider_library = "{tmp_path}/planted.so"; }} }}')
    environment = {**desk.reader.env, "DISPLAY": desk.screen.display, "OPENSC_CONF": str(planted)}
    agent = Agent(tmp_path / "agent", logs, environment, ports=[free_port()])
    asker = Asker(agent)
    try:
        order = asker.ask()
        desk.type_pin()
        assert order.result().status == 200, "with the planted library, which is not there, no reader would be seen"
    finally:
        asker.stop()
        agent.stop()
