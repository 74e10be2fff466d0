"""Attacks on the popup: who may speak to it, who gets the answer, and how often."""

from tests.browser.attacks.stage import Stage
from tests.stand.asking import new_challenge, signature_is_good, wait_until
from tests.stand.browser import wait_closed

WHO = "a web page"


def test_the_stage_itself_works(stage: Stage) -> None:
    """Without an attack, the page that opened the popup gets its token."""
    page, challenge = stage.page(stage.good), new_challenge()
    stage.popup(page)
    stage.order(page, challenge)
    stage.types_pin()
    wait_until(lambda: len(stage.heard(page)) == 1)
    (token,) = stage.heard(page)
    assert token["origin"] == stage.own
    assert signature_is_good(token["data"]["token"], stage.good.origin, challenge)


def test_message_from_a_wrong_source(stage: Stage) -> None:
    """A frame of another origin inside the page gets hold of the popup by its name, but it is not the opener."""
    page = stage.page(stage.good)
    page.evaluate(
        """url => new Promise((resolve) => {
          const frame = document.createElement("iframe");
          frame.onload = resolve;
          frame.src = url;
          document.body.append(frame);
        })""",
        stage.evil.origin,
    )
    opened = stage.popup(page, "cardlogin-popup")
    frame = page.frames[1]
    order = {"type": "cardlogin:authenticate", "challenge": new_challenge()}
    got = frame.evaluate(
        """([order, origin]) => {
          const popup = open("", "cardlogin-popup");
          for (const message of [order, { type: "cardlogin:cancel" }, null, 1, "x"]) popup?.postMessage(message, "*");
          return popup !== null;
        }""",
        [order, stage.agent],
    )
    assert got, "the frame has to reach the popup for this test to say anything"
    challenge = new_challenge()
    stage.order(page, challenge)  # a popup takes one order: if it took the other, this one gets no token
    stage.screen.wait_window()
    assert opened.inner_text("#site") == stage.good.origin
    stage.types_pin()
    wait_until(lambda: len(stage.heard(page)) == 1)
    assert signature_is_good(stage.heard(page)[0]["data"]["token"], stage.good.origin, challenge)
    stage.still_serves()


def test_opener_swapped(stage: Stage) -> None:
    """While the person types, the opener's window goes to the evil site: the token is not for it."""
    page = stage.page(stage.good)
    opened = stage.popup(page)
    stage.order(page, new_challenge())
    stage.screen.wait_window()
    page.goto(stage.evil.origin)
    stage.types_pin()
    wait_closed(opened)
    assert page.evaluate("heard") == []
    stage.still_serves()


def test_popup_reused_by_another_origin(stage: Stage) -> None:
    """The opener has asked and gone; the evil page in its window asks the same popup again in its own name."""
    page = stage.page(stage.good)
    opened = stage.popup(page, "cardlogin-popup")
    stage.order(page, new_challenge())
    stage.screen.wait_window()
    page.goto(stage.evil.origin)
    page.evaluate("window.popup = open('', 'cardlogin-popup')")
    stage.order(page, new_challenge())
    assert opened.inner_text("#site") == stage.good.origin
    stage.screen.key("Escape")
    wait_closed(opened)
    assert page.evaluate("heard") == []
    stage.no_try_was_spent()
    stage.still_serves()


def test_popup_that_was_asked_by_the_evil_page_first_names_it(stage: Stage) -> None:
    """An evil page may open the popup; the page and the window then show its origin and no other."""
    page = stage.page(stage.evil)
    opened = stage.popup(page)
    message = {"type": "cardlogin:authenticate", "challenge": new_challenge(), "origin": stage.good.origin}
    page.evaluate("([message, origin]) => popup.postMessage(message, origin)", [message, stage.own])
    wait_until(lambda: opened.inner_text("#site") == stage.evil.origin)
    stage.screen.wait_window()
    stage.screen.key("Escape")
    stage.screen.wait_no_window()
    stage.no_try_was_spent()
    stage.still_serves()


def test_replay_of_the_page_token(stage: Stage) -> None:
    """A second order with the token of a popup that has had its one, sent from the popup's own page."""
    page = stage.page(stage.good)
    opened = stage.popup(page)
    token = opened.get_attribute("meta[name=page-token]", "content")
    stage.order(page, new_challenge())
    stage.screen.wait_window()
    replayed = opened.evaluate(
        """async body => {
          const headers = { "Content-Type": "application/json" };
          const options = { method: "POST", headers, body: JSON.stringify(body) };
          return (await (await fetch("/v1/popup/authenticate", options)).json()).code;
        }""",
        {"page_token": token, "origin": stage.evil.origin, "challenge": new_challenge()},
    )
    assert replayed == "page_expired"
    stage.screen.key("Escape")
    stage.screen.wait_no_window()
    stage.no_try_was_spent()
    stage.still_serves()


def test_flood_of_popups_does_not_expire_those_of_others(stage: Stage) -> None:
    """An evil page makes its popup load again and again; a popup of the portal that waits meanwhile is still good."""
    page = stage.page(stage.good)
    stage.popup(page)
    evil = stage.page(stage.evil)
    opened = stage.popup(evil)
    for _ in range(100):
        opened.goto(f"{stage.agent}/v1/popup")
    challenge = new_challenge()
    stage.order(page, challenge)
    stage.types_pin()
    wait_until(lambda: len(stage.heard(page)) == 1)
    stage.still_serves()
