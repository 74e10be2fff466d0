"""Pages that try PINs, or want to know which card is there; and what the logs say after it."""

import http.client
import threading
from pathlib import Path

import psutil
import pytest

from agent.permissions import Decision
from tests.hipki.attacks.scene import CANCELLED, LOGIN_FAILED, NONCE, OK, SIGN, TBS, Scene
from tests.stand.hygiene import in_files, needles
from tests.stand.parts import PIN
from tests.stand.waiting import LIMIT, wait_until

WHO = "a web page"
WRONG = "918273"


def public(scene: Scene, path: str, origin: str | None) -> bytes:
    """What any page can load."""
    connection = http.client.HTTPConnection("localhost", scene.port, timeout=LIMIT)
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
    try:
        connection.request("GET", path, headers=headers | ({"Origin": origin} if origin else {}))
        answer = connection.getresponse()
        assert answer.status == 200
        return answer.read()
    finally:
        connection.close()


def test_pins_of_a_page_that_may_send_none(scene: Scene) -> None:
    """A page tries PINs, one window after the other: none is tried"""
    scene.start_agent()
    scene.decide(scene.evil.origin, Decision.ALLOW)
    for count in range(2):
        tab = scene.browser.open(scene.evil.origin)
        scene.ask(tab, {**SIGN, "tbs": f"{TBS} {count}", "pin": WRONG})
        scene.says_no()
        assert scene.answer(tab)["ret_code"] == CANCELLED
        tab.close()
    scene.nothing_was_done()


def test_pins_of_a_page_that_may_send_them(scene: Scene) -> None:
    """The same of a page that may: two tries at most, and never the last"""
    scene.start_agent()
    scene.decide(scene.evil.origin, Decision.PAGE_PIN)
    for left in (2, 1):
        tab = scene.browser.open(scene.evil.origin)
        scene.ask(tab, {**SIGN, "tbs": f"{TBS} {left}", "pin": WRONG})
        assert scene.answer(tab)["ret_code"] == LOGIN_FAILED
        assert scene.card()[1] == left
        tab.close()
    for count in range(2):
        tab = scene.browser.open(scene.evil.origin)
        scene.ask(tab, {**SIGN, "tbs": f"{TBS} last {count}", "pin": WRONG})
        scene.says_no()
        assert scene.answer(tab)["ret_code"] == CANCELLED
        tab.close()
    assert scene.card()[1] == 1


@pytest.mark.parametrize("path", ["/p11Image.bmp?_=1", "/pkcs11info"])
def test_card_is_told_from_another(scene: Scene, path: str, pki: Path) -> None:
    """A stranger tracks a person by what the picture or the list says; two cards say the same"""
    scene.start_agent()
    # The daemon has noticed the card.
    wait_until(lambda: b"serialNumber" in public(scene, path, scene.evil.origin), between=1)
    first = public(scene, path, scene.evil.origin)
    scene.reader.control("swap", str(pki / "cards" / "company.json"))
    wait_until(lambda: public(scene, path, scene.evil.origin) == first, between=1)
    assert public(scene, path, None) == first
    assert b"Reader 1" in first
    assert b"Virtual" not in first
    scene.decide(scene.good.origin, Decision.ALLOW)
    # Or else this test would say nothing.
    assert b"Virtual" in public(scene, path, scene.good.origin), "a site that is permitted sees more"


def test_asking_of_a_stranger_starts_no_card_host(scene: Scene) -> None:
    """A stranger asks for list and picture again and again, to keep card and computer busy: no program is started"""
    daemon = psutil.Process(scene.start_agent().program.pid)

    def children() -> set[int]:
        return {child.pid for child in daemon.children(recursive=True)}

    # The daemon has noticed the card, which was there before it: that is no news, and nothing is got ready for it.
    wait_until(lambda: b"serialNumber" in public(scene, "/pkcs11info", scene.evil.origin), between=1)
    before, after = children(), set[int]()
    for path in ("/pkcs11info", "/p11Image.bmp") * 10:
        public(scene, path, scene.evil.origin)
        after |= children()
    assert after <= before
    # Or else this test would say nothing.
    scene.decide(scene.good.origin, Decision.ALLOW)
    permitted = threading.Thread(target=public, args=(scene, "/pkcs11info", scene.good.origin))
    permitted.start()
    wait_until(lambda: children() - before, between=0.01)
    permitted.join()


def test_polling_while_a_window_is_open(scene: Scene) -> None:
    """Strangers ask again and again while the person types: the PIN goes in and the order succeeds"""
    scene.start_agent()
    scene.decide(scene.good.origin, Decision.ALLOW)
    tab = scene.browser.open(scene.good.origin)
    scene.ask(tab, SIGN)
    scene.screen.wait_window()
    done, asked = threading.Event(), list[int]()

    def poll() -> None:
        while not done.is_set():
            connection = http.client.HTTPConnection("localhost", scene.port, timeout=LIMIT)
            headers = {"Origin": scene.evil.origin, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}
            connection.request("GET", "/pkcs11info", headers=headers | {"Sec-Fetch-Dest": "empty"})
            asked.append(connection.getresponse().status)
            connection.close()

    pollers = [threading.Thread(target=poll) for _ in range(4)]
    for poller in pollers:
        poller.start()
    try:
        wait_until(lambda: len(asked) > 50)
        scene.types_pin()
        assert scene.answer(tab)["ret_code"] == OK
    finally:
        done.set()
        for poller in pollers:
            poller.join()


def test_digest_that_is_the_log_in_of_another_portal(scene: Scene) -> None:
    """A bare digest is asked about by itself, also of a page that may send PINs; no is a no"""
    scene.start_agent()
    scene.decide(scene.evil.origin, Decision.PAGE_PIN)
    tab = scene.browser.open(scene.evil.origin)
    digest_info = "MDEwDQYJYIZIAWUDBAIBBQAEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
    raw = {**SIGN, "signatureType": "RAW", "tbs": digest_info, "tbsEncoding": "base64", "pin": PIN}
    scene.ask(tab, raw)
    scene.says_no()
    assert scene.answer(tab)["ret_code"] == CANCELLED
    scene.nothing_was_done()


def test_logs_after_a_signature(scene: Scene) -> None:
    """Whoever reads the logs afterwards looks for PIN, content, nonce and number of the card"""
    scene.start_agent()
    scene.decide(scene.good.origin, Decision.PAGE_PIN)
    tab = scene.browser.open(scene.good.origin)
    scene.ask(tab, {**SIGN, "pin": WRONG})
    assert scene.answer(tab)["ret_code"] == LOGIN_FAILED
    tab.close()
    tab = scene.browser.open(scene.good.origin)
    scene.ask(tab, {**SIGN, "pin": PIN})
    answer = scene.answer(tab)
    assert answer["ret_code"] == OK
    sought = needles(PIN, WRONG, TBS, NONCE, answer["cardSN"])
    assert in_files([scene.folder], sought) == []
