"""What a page writes into its order to deceive the person or the program, and tokens that are not its own."""

import json
from typing import Any

from agent.permissions import Decision
from tests.hipki.attacks.scene import OK, SIGN, TBS, Scene
from tests.hipki.attacks.test_popup import greeted
from tests.stand.browser import Tab

WHO = "a web page"
BAD_JSON, UNSUPPORTED = 0x7600000B, 0x7600000E
HOSTILE = "Site: https://bank.example\n\u202eNo PIN is needed\u202c\n\x1b[2J" + "\n" * 500 + TBS


def post(popup: Tab, path: str, token: str, origin: str) -> dict[str, Any]:
    """What a script in our own popup page is answered."""
    headers = f'"x-cardlogin-page": {token}, "x-cardlogin-origin": {json.dumps(origin)}'
    body = json.dumps("tbsPackage=" + json.dumps(dict(SIGN)))
    program = f'fetch("{path}", {{ method: "POST", headers: {{ {headers} }}, body: {body} }}).then((a) => a.json())'
    answer: dict[str, Any] = popup.evaluate(program)
    return answer


def test_text_that_imitates_the_window(scene: Scene) -> None:
    """A text of direction marks, terminal commands and 500 lines pushes what matters away: the window still works"""
    scene.start_agent()
    scene.decide(scene.good.origin, Decision.ALLOW)
    tab = scene.browser.open(scene.good.origin)
    scene.ask(tab, {**SIGN, "tbs": HOSTILE})
    scene.types_pin()
    assert scene.answer(tab)["ret_code"] == OK


def test_text_with_nul(scene: Scene) -> None:
    """A NUL, where some program would end the text: refused by number, without a window"""
    scene.start_agent()
    scene.decide(scene.good.origin, Decision.ALLOW)
    tab = scene.browser.open(scene.good.origin)
    scene.ask(tab, {**SIGN, "tbs": f"{TBS}\0more"})
    assert scene.answer(tab)["ret_code"] == BAD_JSON
    scene.nothing_was_done()


def test_token_of_a_page_twice_or_forged(scene: Scene) -> None:
    """A script of our own origin uses a page's token again, or one that it made up: no window"""
    scene.start_agent()
    scene.decide(scene.good.origin, Decision.ALLOW)
    tab = greeted(scene, scene.good.origin)
    popup = scene.browser.others(tab)[0]
    own, forged = 'document.querySelector("meta[name=page-token]").content', f'"{"A" * 43}"'
    assert "page_expired" in str(post(popup, "/sign", forged, scene.good.origin))
    # The first use is good.
    assert post(popup, "/umakeSig", own, scene.good.origin)["ret_code"] == UNSUPPORTED
    assert "page_expired" in str(post(popup, "/sign", own, scene.good.origin))
    scene.nothing_was_done()
