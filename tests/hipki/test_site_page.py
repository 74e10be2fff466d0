"""The page that asks about a site, opened without a page that waits for its answer."""

import pytest

from tests.hipki.rows import Brand, Cards
from tests.hipki.stage import PORT, Theatre
from tests.stand.waiting import wait_until


@pytest.mark.parametrize(
    ("key", "end"),
    [
        ("alt+y", ("Allowed.", "已允許，")),
        ("Return", ("Not allowed.", "未允許，")),
        ("Escape", ("Not allowed.", "未允許，")),
    ],
)
def test_person_is_told_how_it_ended(theatre: Theatre, key: str, end: tuple[str, str]) -> None:
    theatre.stage.set(Cards.ONE)
    theatre.stage.restart_agent()
    tab = theatre.browser(Brand.CHROMIUM).open(f"http://localhost:{PORT}/addDomain?domain=asked.example")
    try:
        theatre.stage.screen.answer(key)
        wait_until(lambda: tab.text("#state").startswith(end))
        assert tab.text("#site") == "asked.example"
    finally:
        theatre.leave(Brand.CHROMIUM, tab)
        theatre.stage.agent.decide("https://asked.example", None)
