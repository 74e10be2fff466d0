"""The old component is installed but stopped, or only its driver is left, or only the driver is gone."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from agent.permissions import Decision
from cardsim.hicos.driver import HicosDriver
from tests.card.attacks.test_ports import get
from tests.hipki import proofs
from tests.hipki.beside.installed import DRIVER, component_files, on_computer_with
from tests.hipki.beside.old_page import LIST, SIGN, TBS, OldPage
from tests.hipki.beside.test_port import is_ours
from tests.stand.asking import ORIGIN, Asker, new_challenge, signature_is_good
from tests.stand.hicos import only_card, start_hicos
from tests.stand.parts import PIN, Agent, Reader, free_port
from tests.stand.screen import Screen

NO_DRIVER = 0x76100001
Start = Callable[[dict[str, Path]], tuple[Agent, int]]


@pytest.fixture(scope="module")
def hicos(tmp_path_factory: pytest.TempPathFactory, pki: Path) -> HicosDriver:
    """The driver with the citizen's card."""
    return start_hicos(tmp_path_factory.mktemp("hicos") / "cards", pki / "cards" / "citizen.json")


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory, pki: Path) -> Iterator[Reader]:
    """The PC/SC service with a card, as the agent sees it."""
    folder = tmp_path_factory.mktemp("reader")
    reader = Reader(folder / "state", folder)
    reader.insert(pki / "cards" / "citizen.json")
    yield reader
    reader.stop()


@pytest.fixture
def start(tmp_path: Path, reader: Reader, hicos: HicosDriver, screen: Screen) -> Iterator[Start]:
    """Starts an agent that takes the driver from its catalogued place only; and what port of the component it has."""
    hicos.reset()
    with ExitStack() as stack:

        def started(parts: dict[str, Path]) -> tuple[Agent, int]:
            old = free_port()
            environment = {**reader.env, **hicos.environment, "DISPLAY": screen.display}
            agent = on_computer_with(parts)(
                tmp_path / "agent", tmp_path / "logs", environment,
                ports=[free_port()], drivers=("hicos",), hipki_port=old,
            )  # fmt: skip
            stack.callback(agent.stop)
            return agent, old

        yield started
        if screen.windows():
            screen.key("Escape")
            screen.wait_no_window()


@pytest.fixture
def page_of() -> Iterator[Callable[[int], OldPage]]:
    """Opens pages that are closed after the test."""
    with ExitStack() as stack:

        def made(old: int) -> OldPage:
            page = OldPage(old)
            stack.callback(page.close)
            return page

        yield made


def test_component_is_installed_but_stopped(tmp_path: Path, start: Start, hicos: HicosDriver) -> None:
    agent, old = start(component_files(tmp_path / "component") | {DRIVER: hicos.module})
    assert is_ours(old)
    status = get(agent.port, "/status", agent.root)
    assert (status.status, f"<dd>{old}</dd>" in status.text) == (200, True), "with nothing behind it: it is not taken"


@pytest.mark.parametrize("component", [True, False], ids=["component stopped", "driver alone"])
@pytest.mark.parametrize("decision", [Decision.ALLOW, Decision.PAGE_PIN], ids=["our window", "PIN of the page"])
def test_old_page_logs_in_with_the_driver_that_is_left(
    tmp_path: Path, start: Start, hicos: HicosDriver, screen: Screen, page_of: Callable[[int], OldPage],
    component: bool, decision: Decision,
) -> None:  # fmt: skip
    files = component_files(tmp_path / "component") if component else {}
    agent, old = start(files | {DRIVER: hicos.module})
    agent.decide(ORIGIN, decision)
    answer = page_of(old).ask("/sign", SIGN | {"pin": PIN})
    if decision is Decision.ALLOW:
        screen.wait_window()
        screen.type(PIN)
        screen.key("Return")
    said = answer.result()
    assert said["ret_code"] == 0, said
    proofs.signed_data(TBS.encode())(said, hicos)
    assert "C_Sign" in hicos.calls()
    assert only_card(hicos).tries == 3


def test_portal_of_our_own_client_logs_in_with_the_driver_that_is_left(
    start: Start, hicos: HicosDriver, screen: Screen
) -> None:
    agent, _ = start({DRIVER: hicos.module})
    agent.allow(ORIGIN)
    asker, challenge = Asker(agent), new_challenge()
    try:
        order = asker.ask(challenge)
        screen.wait_window()
        screen.type(PIN)
        screen.key("Return")
        answer = order.result()
    finally:
        asker.stop()
    assert answer.status == 200, answer.code
    assert signature_is_good(answer.body, ORIGIN, challenge)
    assert "C_Sign" in hicos.calls()


@pytest.mark.parametrize("left", [True, False], ids=["component left", "all of it gone"])
def test_without_the_driver_pages_are_told_so(
    tmp_path: Path, start: Start, page_of: Callable[[int], OldPage], left: bool
) -> None:
    agent, old = start(component_files(tmp_path / "component") if left else {})
    agent.decide(ORIGIN, Decision.PAGE_PIN)
    page = page_of(old)
    assert page.fetch_readers()["ret_code"] == NO_DRIVER
    assert page.ask("/pkcs11info?withcert=true", LIST).result()["ret_code"] == NO_DRIVER
    said = page.ask("/sign", SIGN | {"pin": PIN}).result()
    assert (said["ret_code"], said["message"]) == (NO_DRIVER, "無法載入IC卡函式庫檔案")


def test_without_the_driver_the_window_says_so(
    tmp_path: Path, start: Start, screen: Screen, page_of: Callable[[int], OldPage]
) -> None:
    """It stays until the person has read it."""
    agent, old = start(component_files(tmp_path / "component"))
    agent.allow(ORIGIN)
    answer = page_of(old).ask("/sign", SIGN)
    screen.wait_window()
    assert not answer.done()
    screen.key("Escape")
    assert answer.result()["ret_code"] == NO_DRIVER
    assert "<code>no_driver</code>" in get(old, "/status", None).text
