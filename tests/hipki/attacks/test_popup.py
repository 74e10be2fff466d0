"""The popup in the hands of pages: whose message counts, how often, and who is named as the caller."""

import json

import pytest

from agent.permissions import Decision
from tests.hipki.attacks.scene import CANCELLED, FORBIDDEN, NOT_PERMITTED, OK, SIGN, Scene
from tests.stand.browser import Tab
from tests.stand.waiting import wait_until

WHO = "a web page"
OPEN = 'window.popup = open("{}/popupForm", "sig")'
ADD = "window.popup = open('{address}/addDomain?domain=' + encodeURIComponent({domain}))"
# A frame of the opener's own page: the browser names another window as the sender.
FRAMED = """(() => {{
  const frame = document.createElement("iframe");
  document.body.append(frame);
  frame.contentWindow.eval(`parent.popup.postMessage(${{JSON.stringify({message})}}, "*")`);
}})()"""


def message(**fields: str) -> str:
    """A JavaScript text of the message that asks for a signature."""
    return json.dumps(json.dumps({**SIGN, **fields}))


def greeted(scene: Scene, origin: str) -> Tab:
    """A page whose popup has said its first word."""
    tab = scene.browser.open(origin)
    scene.act(tab, OPEN.format(scene.old))
    wait_until(lambda: scene.texts(tab) == ['{"func":"getTbs"}'])
    return tab


def test_message_of_another_window(scene: Scene) -> None:
    """Another window than the opener's tells the popup what to sign; then the opener is still heard"""
    scene.start_agent()
    scene.decide(scene.good.origin, Decision.ALLOW)
    tab = greeted(scene, scene.good.origin)
    tab.evaluate(FRAMED.format(message=message()))
    tab.evaluate(f"(popup.postMessage({json.dumps(json.dumps({'func': 'other'}))}, '*'), 0)")
    # Had the frame been heard, this would be the answer of a signature.
    assert scene.answer(tab)["ret_code"] == 0x7600000E
    scene.nothing_was_done()


def test_second_message(scene: Scene) -> None:
    """A second order in the same popup"""
    scene.start_agent()
    scene.decide(scene.good.origin, Decision.ALLOW)
    before = scene.card()[0]
    tab = greeted(scene, scene.good.origin)
    tab.evaluate(f"(popup.postMessage({message()}, '*'), popup.postMessage({message(tbs='other')}, '*'), 0)")
    scene.types_pin()
    assert scene.answer(tab)["ret_code"] == OK
    wait_until(lambda: not scene.browser.others(tab))
    scene.screen.wait_no_window()
    assert scene.card()[0] == before + 1
    assert len(scene.texts(tab)) == 2


def test_object_instead_of_text(scene: Scene) -> None:
    """An object, whose parts could change under our hands; the text after it is heard"""
    scene.start_agent()
    tab = greeted(scene, scene.good.origin)
    other = json.dumps(json.dumps({"func": "other"}))
    tab.evaluate(f"(popup.postMessage({json.dumps(dict(SIGN))}, '*'), popup.postMessage({other}, '*'), 0)")
    assert scene.answer(tab)["ret_code"] == 0x7600000E
    scene.nothing_was_done()


def test_origin_in_the_message(scene: Scene) -> None:
    """A site that is refused writes the portal's name into what it sends"""
    scene.start_agent()
    scene.decide(scene.good.origin, Decision.ALLOW)
    scene.decide(scene.evil.origin, Decision.DENY)
    tab = scene.browser.open(scene.evil.origin)
    names = ("origin", "Origin", "X-CardLogin-Origin", "caller", "domain")
    scene.ask(tab, {**SIGN, **dict.fromkeys(names, scene.good.origin)})
    assert scene.answer(tab)["ret_code"] == FORBIDDEN
    scene.nothing_was_done()


def test_site_that_nobody_knows(scene: Scene) -> None:
    """A stranger asks; the person says no, and the site learns nothing but that"""
    scene.start_agent()
    tab = scene.browser.open(scene.evil.origin)
    scene.ask(tab, SIGN)
    scene.says_no()
    answer = scene.answer(tab)
    assert answer["ret_code"] in (NOT_PERMITTED, CANCELLED)
    assert not {"cardSN", "certb64", "signature", "slots"} & set(answer)
    assert scene.decided() == {}
    scene.nothing_was_done()


@pytest.mark.parametrize("func", ["GetUserCert", "MakeSignature"])
def test_agent_that_ends_under_an_open_popup(scene: Scene, func: str) -> None:
    """Nobody answers the popup any more; its opener reads an error with all its parts, and the readers' empty list"""
    agent = scene.start_agent()
    tab = greeted(scene, scene.good.origin)
    agent.stop()
    tab.evaluate(f"(popup.postMessage({message(func=func)}, '*'), 0)")
    answer = scene.answer(tab)
    assert answer.pop("slots", None) == ([] if func == "GetUserCert" else None)
    assert answer == {
        "func": "pkcs11info" if func == "GetUserCert" else "sign", "ret_code": 0x7600000D, "last_error": 0,
        "message": "執行檔錯誤或逾時", "message2": "", "serverVersion": "1.3.8",
    }  # fmt: skip
    scene.nothing_was_done()


@pytest.mark.parametrize("domain", ["portal.test", "other.example"])
def test_adding_of_a_domain_by_a_stranger(scene: Scene, domain: str) -> None:
    """A site has our page ask for another one; whoever says no has said nothing for good"""
    scene.start_agent()
    tab = scene.browser.open(scene.evil.origin)
    scene.act(tab, ADD.format(address=scene.old, domain=json.dumps(domain)))
    scene.says_no()
    assert scene.answer(tab)["ret_code"] != OK
    assert [set(json.loads(text)) for text in scene.texts(tab)] == [{"ret_code"}]
    assert scene.decided() == {}
    scene.nothing_was_done()


def test_adding_of_what_is_no_domain(scene: Scene) -> None:
    """A site names what no browser would name, markup and nothing at all: nobody is asked"""
    scene.start_agent()
    tab = scene.browser.open(scene.evil.origin)
    for domain in ("a b", "x" * 300, "<script>", ""):
        scene.act(tab, ADD.format(address=scene.old, domain=json.dumps(domain)))
        popup = wait_until(lambda: scene.browser.others(tab))[0]
        popup.text("#state")
        assert '{"ret_code":0}' not in scene.texts(tab)
        popup.close()
    assert scene.decided() == {}
    scene.nothing_was_done()
