"""Whoever held the old component's port before us: what stays in the browser, what it can do, and how it goes."""

import json

import pytest

from agent.permissions import Decision
from tests.browser.attacks.squatter import Plant
from tests.hipki.attacks.scene import NOT_PERMITTED, OK, SIGN, Scene
from tests.hipki.attacks.squatter import old_squatter
from tests.stand.browser import Chromium, Tab
from tests.stand.waiting import wait_until

WHO = "whoever held the old component's port before us"
WAYS = ("guessed", "fetched", "framed")


def heard(scene: Scene, tab: Tab, name: str) -> object:
    """What a page was told under a name, once it was."""
    found = f"heard.map(({{ data }}) => data).find((data) => data.planted === '{name}')"
    said = wait_until(lambda: tab.evaluate(found), between=0.05)
    return said.get("value", "")


def plant(scene: Scene, kind: Plant) -> None:
    """A squatter leaves something in the browser, and goes."""
    with old_squatter(scene.port, scene.good.origin, json.dumps(dict(SIGN))):
        tab = scene.browser.open(scene.evil.origin)
        address = "/" if kind is Plant.WORKER else "/popupForm"
        scene.act(tab, f"window.popup = open('{scene.old}{address}')")
        heard(scene, tab, "worker" if kind is Plant.WORKER else WAYS[-1])
        for other in scene.browser.others(tab):
            other.close()
        tab.close()


def visit(scene: Scene) -> Tab:
    """The person clicks on a page that opens the popup."""
    tab = scene.browser.open(scene.evil.origin)
    scene.act(tab, f"window.popup = open('{scene.old}/popupForm')")
    return tab


def lead_to_window(scene: Scene, tab: Tab) -> None:
    """The person clicks on the planted page, which gets our window by its last way: one window, and no more"""
    scene.browser.others(tab)[0].click("#go")
    scene.screen.wait_window()
    assert len(scene.screen.windows()) == 1


def first_word(scene: Scene) -> str:
    """What answers in the popup: ours, or what was planted."""
    tab = visit(scene)
    word = wait_until(lambda: tab.evaluate("heard.map(({ data }) => data.planted ?? data)[0]"), between=0.05)
    for other in scene.browser.others(tab):
        other.close()
    tab.close()
    return str(word)


@pytest.mark.parametrize("kind", Plant)
def test_what_a_planted_page_can_do(scene: Scene, kind: Plant) -> None:
    """It lies about the caller, even with a token out of a window of ours: no signature without the person's PIN"""
    plant(scene, kind)
    agent = scene.start_agent()
    scene.decide(scene.good.origin, Decision.ALLOW)
    tab = visit(scene)
    assert heard(scene, tab, "begun") == scene.old, "the planted page must run for this to show anything"
    for way in WAYS:
        said = str(heard(scene, tab, way))
        assert '"signature"' not in said, (way, said)
    lead_to_window(scene, tab)
    scene.says_no()
    assert '"signature"' not in str(heard(scene, tab, "opened"))
    scene.nothing_was_done()
    assert "POST /sign" in agent.log.read_text("utf-8")


def test_planted_page_names_a_site_that_nobody_permitted(scene: Scene) -> None:
    """It has a token out of a window of ours: the question about the site comes first, and a PIN is no yes to it"""
    plant(scene, Plant.CACHE)
    scene.start_agent()
    tab = visit(scene)
    assert heard(scene, tab, "begun") == scene.old, "the planted page must run for this to show anything"
    heard(scene, tab, WAYS[-1])
    lead_to_window(scene, tab)
    scene.types_pin()
    scene.screen.wait_no_window()
    said = json.loads(str(heard(scene, tab, "opened")))
    # Return says no to the question, so it was not the PIN that was asked for.
    assert said["ret_code"] == NOT_PERMITTED
    assert not {"cardSN", "certb64", "signature", "slots"} & set(said)
    assert scene.decided() == {}
    scene.nothing_was_done()


@pytest.mark.parametrize("kind", Plant)
def test_what_was_planted_goes(scene: Scene, kind: Plant) -> None:
    """After a contact with us worker and pages are gone, and the popup is ours"""
    plant(scene, kind)
    agent = scene.start_agent()
    assert first_word(scene) == "begun", "what was planted must answer for this to show anything"

    def is_over() -> bool:
        if first_word(scene) == '{"func":"getTbs"}':
            return True
        # Firefox lets go of a worker that it has been told to remove when it is closed.
        gone = "/worker.js: a service worker is removed" in agent.log.read_text("utf-8")
        return gone and kind is Plant.WORKER and not isinstance(scene.browser, Chromium)

    wait_until(is_over, between=3)


def test_picture_that_was_kept_for_a_year(scene: Scene) -> None:
    """The planted picture goes with the rest after a contact with us, and pages hear from us"""
    tab = scene.browser.open(scene.good.origin)
    fetched = f"fetch('{scene.old}/p11Image.bmp').then((answer) => answer.text(), (error) => error.name)"
    with old_squatter(scene.port, scene.good.origin, "{}") as squatter:
        tab.evaluate(f"fetch('{scene.old}/p11Image.bmp', {{ mode: 'no-cors' }}).then(() => 0)")
        assert squatter.asked == ["/p11Image.bmp"]
    scene.start_agent()
    assert tab.evaluate(fetched) == "TypeError", "the picture must be kept for this to show anything"
    scene.decide(scene.good.origin, Decision.ALLOW)
    scene.ask(tab, {"func": "CheckEnvir"})
    assert scene.answer(tab)["ret_code"] == OK
    # Pages put a time stamp behind the address. Firefox keeps a picture without one in the store of the site around it.
    assert str(tab.evaluate(fetched.replace(".bmp", ".bmp?_=1"))).startswith("BM")
    if isinstance(scene.browser, Chromium):
        assert str(tab.evaluate(fetched)).startswith("BM")
