"""Pages that leave a popup behind: what they asked for ends with them, where they answer the popup."""

import json
from pathlib import Path

import pytest

from tests.browser.attacks.stage import Stage
from tests.stand.asking import new_challenge, wait_until
from tests.stand.browser import wait_closed
from tests.stand.firefox import firefox, make_profile, public_portal

WHO = "a web page"
# What a page written by hand does to be followed (docs/protocol, section 3): it gives a port, and answers on it.
ASK = """([order, origin]) => {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => { window.answered = (window.answered ?? 0) + 1; port1.postMessage(""); };
  popup.postMessage({ type: "cardlogin:authenticate", challenge: order }, origin, [port2]);
}"""


def test_page_is_loaded_anew(stage: Stage) -> None:
    """Have the PIN window stay for a page that was loaded anew, in Chromium."""
    page = stage.page(stage.good)
    opened = stage.popup(page)
    page.evaluate(ASK, [new_challenge(), stage.own])
    stage.screen.wait_window()
    page.wait_for_function("window.answered > 1")
    page.reload()
    wait_closed(opened)
    stage.screen.wait_no_window()
    stage.nothing_was_done()
    stage.still_serves()


@pytest.mark.parametrize("there", ["loaded anew", "gone to another site"])
def test_page_is_gone_in_firefox(stage: Stage, tmp_path: Path, there: str) -> None:
    """Have the PIN window stay for a page that has gone, in Firefox."""
    stack, good = stage.stack, stage.good
    make_profile(tmp_path, [("agent", stack.agent.root), ("portal", stack.portal.root)])
    names = ["portal.test", "evil.test", stage.own.partition("://")[2].partition(":")[0]]
    with firefox(tmp_path, good.port, public_portal([good.port], names)) as browser:
        page = browser.new_page()
        page.goto(good.origin)
        program = f"window.act = () => {{ window.popup = open('{stage.agent}/v1/popup'); }}"
        page.evaluate(program)
        page.click("#go")
        page.wait("heard.some(({ data }) => data.type === 'cardlogin:ready')")
        page.evaluate(f"({ASK})({json.dumps([new_challenge(), stage.own])})")
        stage.screen.wait_window()
        page.wait("window.answered > 1")
        page.reload() if there == "loaded anew" else page.goto(f"{stack.portal.origin}/")
        stage.screen.wait_no_window()
        wait_until(lambda: len(browser.pages()) <= 2)
    stage.nothing_was_done()
    stage.still_serves()


def test_page_goes_to_another_site(stage: Stage) -> None:
    """Have the PIN window stay for a page that has gone to another site, in Chromium."""
    page = stage.page(stage.good)
    opened = stage.popup(page)
    page.evaluate(ASK, [new_challenge(), stage.own])
    stage.screen.wait_window()
    page.wait_for_function("window.answered > 1")
    page.goto(stage.evil.origin)
    wait_closed(opened)
    stage.screen.wait_no_window()
    assert page.evaluate("heard") == []
    stage.still_serves()


def test_page_stays_as_long_as_it_answers(stage: Stage) -> None:
    """The control: with a page that answers, the window stays, and the token comes."""
    page = stage.page(stage.good)
    stage.popup(page)
    page.evaluate(ASK, [new_challenge(), stage.own])
    stage.screen.wait_window()
    page.wait_for_function("window.answered > 25")  # more looks than silence may last
    stage.types_pin()
    wait_until(lambda: len(stage.heard(page)) == 1)
    stage.still_serves()


def test_page_by_hand_that_gives_no_port(stage: Stage) -> None:
    """What cannot be seen, the window says: who has asked. It stays until the person closes it, or its time is up."""
    page = stage.page(stage.good)
    opened = stage.popup(page)
    stage.order(page, new_challenge())
    stage.screen.wait_window()
    page.reload()
    assert opened.inner_text("#site") == stage.good.origin
    stage.screen.key("Escape")
    wait_closed(opened)
    assert page.evaluate("heard.filter(({ data }) => data.type === 'cardlogin:token')") == []
    stage.still_serves()
