"""Windows that belong to somebody else: pages without a name, tokens and popups of others, popups that go away."""

import json

from agent.permissions import Decision
from agent.web.problems import in_all_languages
from agent.web.texts import OLD_POPUP
from tests.browser.attacks.stage import SANDBOXED
from tests.hipki.attacks.scene import OK, SIGN, Scene
from tests.hipki.attacks.test_content import UNSUPPORTED, post
from tests.hipki.attacks.test_popup import OPEN, greeted, message
from tests.stand.browser import Tab
from tests.stand.waiting import wait_until

WHO = "a web page"
OWN = 'document.querySelector("meta[name=page-token]").content'
# Every popup's first word is answered.
ANSWER = """addEventListener("message", ({{ data, source }}) => {{
  if (data === '{{"func":"getTbs"}}') source.postMessage({message}, "*");
}})"""
SITE, WANTS_CLICK = 'document.querySelector("#site").textContent', '!document.querySelector("#go-on").hidden'
SEEN = """(() => { try { return found.location.href; } catch { return "another's"; } })()"""
EMBED = """new Promise((resolve) => {{
  const frame = document.createElement("iframe");
  frame.onload = () => resolve("");
  frame.src = "{address}";
  document.body.append(frame);
}})"""


def token_of(popup: Tab) -> str:
    """The page token of one of our popups, as a script in it reads it."""
    return str(popup.evaluate(OWN))


def popups(scene: Scene, tab: Tab) -> list[Tab]:
    """Our popups."""
    return [other for other in scene.browser.others(tab) if other.address().startswith(scene.old)]


def test_page_without_a_name(scene: Scene) -> None:
    """A sandboxed page of a permitted site, which is nobody's: the popup says so to the person, and asks nobody"""
    agent = scene.start_agent()
    scene.decide(scene.good.origin, Decision.PAGE_PIN)
    tab = scene.browser.open(scene.good.origin + SANDBOXED)
    assert tab.evaluate("self.origin") == "null", "the page must be without a name for this to show anything"
    scene.ask(tab, SIGN)
    nameless = set(in_all_languages(OLD_POPUP["nameless"]).values())
    popup = wait_until(lambda: popups(scene, tab))[0]
    wait_until(lambda: popup.evaluate('document.querySelector("#state").textContent') in nameless)
    assert scene.texts(tab) == ['{"func":"getTbs"}']
    assert "POST /sign" not in agent.log.read_text("utf-8")
    scene.nothing_was_done()


def test_token_of_another_popup(scene: Scene) -> None:
    """One popup uses the token of another: it is good for one request, and then for neither of them"""
    scene.start_agent()
    scene.decide(scene.good.origin, Decision.ALLOW)
    first = greeted(scene, scene.good.origin)
    owner = popups(scene, first)[0]
    theirs = token_of(owner)
    greeted(scene, scene.good.origin)
    found = [popup for popup in popups(scene, first) if token_of(popup) != theirs]
    assert len(found) == 1
    foreign = json.dumps(theirs)
    assert post(found[0], "/umakeSig", foreign, scene.good.origin)["ret_code"] == UNSUPPORTED
    assert "page_expired" in str(post(found[0], "/sign", foreign, scene.good.origin))
    assert "page_expired" in str(post(owner, "/sign", OWN, scene.good.origin))
    scene.nothing_was_done()


def test_message_of_another_site(scene: Scene) -> None:
    """A site that frames the portal finds the portal's popup by its name, and sends it an order: nobody hears it"""
    agent = scene.start_agent()
    for origin in (scene.good.origin, scene.evil.origin):
        scene.decide(origin, Decision.ALLOW)
    tab = scene.browser.open(scene.evil.origin)
    tab.evaluate(EMBED.format(address=scene.good.origin))
    portal = tab.frame()
    scene.act(portal, OPEN.format(scene.old))
    wait_until(lambda: scene.texts(portal) == ['{"func":"getTbs"}'])
    order = json.dumps(json.dumps(dict(SIGN)))
    scene.act(tab, f"window.found = open('', 'sig'); window.found.postMessage({order}, '*')")
    wait_until(lambda: tab.evaluate("!!window.found"))
    assert tab.evaluate(SEEN) == "another's", "the popup must be found by its name for this to show anything"
    # Had the site been heard, this would be too late, and the answer another.
    portal.evaluate(f"(popup.postMessage({json.dumps(json.dumps({'func': 'other'}))}, '*'), 0)")
    assert scene.answer(portal)["ret_code"] == UNSUPPORTED
    assert scene.texts(tab) == []
    assert "POST /sign" not in agent.log.read_text("utf-8")
    scene.nothing_was_done()


def test_popup_that_is_led_away(scene: Scene) -> None:
    """A page leads its popup elsewhere while the person has the window, and asks again: one window, one signature"""
    scene.start_agent()
    scene.decide(scene.good.origin, Decision.ALLOW)
    before = scene.card()[0]
    tab = scene.browser.open(scene.good.origin)
    scene.ask(tab, SIGN)
    window = scene.screen.wait_window()
    tab.evaluate(f"(popup.location = '{scene.evil.origin}', 0)")
    wait_until(lambda: not popups(scene, tab))
    scene.ask(tab, SIGN)
    wait_until(lambda: popups(scene, tab))
    assert scene.screen.windows() == [window]
    scene.screen.focus(window)  # nothing manages the windows here, so the new popup has the keyboard
    scene.types_pin()
    # The popup that was led away may have told that it heard nothing.
    wait_until(lambda: json.loads(scene.texts(tab)[-1]).get("ret_code") == OK)
    scene.screen.wait_no_window()
    assert scene.card()[0] == before + 1


def test_popup_that_is_opened_again(scene: Scene) -> None:
    """A page opens its popup again under the same name while the person has the window: one signature, one answer"""
    scene.start_agent()
    scene.decide(scene.good.origin, Decision.ALLOW)
    before = scene.card()[0]
    tab = scene.browser.open(scene.good.origin)
    tab.evaluate(f"({ANSWER.format(message=message())}, 0)")
    scene.act(tab, OPEN.format(scene.old))
    window = scene.screen.wait_window()
    scene.act(tab, OPEN.format(scene.old))
    wait_until(lambda: scene.texts(tab)[1:])
    [popup] = wait_until(lambda: popups(scene, tab))
    wait_until(lambda: popup.evaluate(SITE))
    if popup.evaluate(WANTS_CLICK):  # Chromium tells of no click where a window of that name is there
        popup.click("#go-on")
    scene.screen.focus(window)
    scene.types_pin()
    assert scene.answer(tab)["ret_code"] == OK
    scene.screen.wait_no_window()
    assert len(scene.texts(tab)) == 3
    assert scene.card()[0] == before + 1
