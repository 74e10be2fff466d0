"""A wrong PIN is in no memory while its window waits for another: people mistype one that is right elsewhere."""

import os

import psutil
import pytest

from tests.card.conftest import Desk
from tests.stand.asking import wait_until
from tests.stand.hygiene import in_memory, needles

WHO = "another program of the same user"
pytestmark = pytest.mark.card

# Eight digits that nothing else has by chance.
WRONG_PIN = "58203917"
SOUGHT = needles(WRONG_PIN)
# OpenSC 0.23 writes each command as hexadecimal and text for its log, whether there is one or not, and gives the memory
# back as it is (seen in 1 of 60 tries). It belongs to the driver; what is ours has to be gone.
DUMP = (b"38 32 30 33 39 31 37", b"...58203917\n")


def processes(desk: Desk) -> list[psutil.Process]:
    """The daemon and all that it has started."""
    daemon = psutil.Process(desk.agent.program.pid)
    return [daemon, *daemon.children(recursive=True)]


def copies(desk: Desk) -> list[str]:
    """Where the wrong PIN is found now."""
    return [hit for process in processes(desk) for hit in in_memory(process.pid, SOUGHT, DUMP)]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may look into the host's memory")
def test_wrong_pin_in_the_memory_of_a_waiting_host(desk: Desk) -> None:
    """A wrong PIN was typed and the window waits for another: the memory of all our programs is searched for it."""
    order = desk.ask()
    desk.window()
    desk.screen.type(WRONG_PIN)
    desk.card("delay", "0.3")
    desk.screen.key("Return")
    wait_until(lambda: any("text" in hit for hit in copies(desk)))  # the means of searching find it
    wait_until(lambda: desk.card("status")["tries"] == 2)
    desk.card("delay", "0")
    wait_until(lambda: not copies(desk))
    desk.screen.key("Escape")
    assert order.result().status != 200
