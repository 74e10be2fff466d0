"""What a real browser sends for an evil page, with every permission that a person may have given it."""

import json

import pytest

from tests.browser.attacks.stage import Stage
from tests.stand.asking import new_challenge

WHO = "a web page"

FORM = """
const form = document.createElement("form");
Object.assign(form, {{ method: "post", action: "{action}", enctype: "{kind}", target: "{target}" }});
const input = document.createElement("input");
Object.assign(input, {{ name: '{{"challenge": "{challenge}", "x": "', value: '"}}' }});
form.append(input);
document.body.append(form);
form.submit();
"""


def allowed(stage: Stage) -> None:
    """The person has let the evil site talk to programs on this computer."""
    stage.context.grant_permissions(["local-network-access"], origin=stage.evil.origin)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
@pytest.mark.parametrize("path", ["/v1/authenticate", "/v1/popup/authenticate", "/v1/go/authenticate"])
def test_cross_site_form_post(stage: Stage, path: str, kind: str) -> None:
    page = stage.page(stage.evil)
    stage.act(page, FORM.format(action=stage.agent + path, kind=kind, target="", challenge=new_challenge()))
    page.wait_for_url(f"{stage.agent}{path}")
    assert "origin_refused" in page.content() or "request_malformed" in page.content()
    stage.nothing_was_done()
    stage.still_serves()


@pytest.mark.parametrize("path", ["/v1/authenticate", "/v1/popup/authenticate"])
def test_no_cors_fetch(stage: Stage, path: str) -> None:
    allowed(stage)
    page = stage.page(stage.evil)
    body = json.dumps({"challenge": new_challenge()})
    before = stage.log().count(f"POST {path}: origin_refused")
    page.evaluate(
        "([url, body]) => fetch(url, { method: 'POST', mode: 'no-cors', body }).then(() => {}, () => {})",
        [stage.agent + path, body],
    )
    # Or else the browser itself has held it back, and this test would say nothing.
    assert stage.log().count(f"POST {path}: origin_refused") == before + 1
    stage.nothing_was_done()
    stage.still_serves()


def test_simple_request_tricks(stage: Stage) -> None:
    """Content types that need no preflight, a beacon, and a preflight that asks for another header."""
    allowed(stage)
    page = stage.page(stage.evil)
    tried = page.evaluate(
        """async ([url, body]) => {
          const kinds = ["text/plain", "application/x-www-form-urlencoded", "text/plain; x=application/json"];
          const fetches = kinds.map((kind) => fetch(url, { method: "POST", headers: { "Content-Type": kind }, body }));
          navigator.sendBeacon(url, new Blob([body], { type: "text/plain" }));
          const other = { "Content-Type": "application/json", "X-Other": "1" };
          fetches.push(fetch(url, { method: "POST", headers: other, body }));
          const ends = await Promise.allSettled(fetches);
          return ends.map(({ value }) => value?.status ?? 0);
        }""",
        [f"{stage.agent}/v1/authenticate", json.dumps({"challenge": new_challenge()})],
    )
    assert tried == [400, 400, 400, 0]
    stage.nothing_was_done()
    stage.still_serves()


@pytest.mark.parametrize("path", ["/v1/popup", "/v1/go", "/status", "/v1/hello"])
def test_framing_and_clickjacking(stage: Stage, path: str) -> None:
    allowed(stage)
    page = stage.page(stage.evil)
    page.evaluate(
        """url => new Promise((resolve) => {
          const frame = document.createElement("iframe");
          frame.allow = "loopback-network; local-network-access";
          frame.onload = resolve;
          frame.src = url;
          frame.style = "opacity: 0; position: fixed; inset: 0";
          document.body.append(frame);
        })""",
        stage.agent + path,
    )
    texts = [frame.content() for frame in page.frames[1:]]
    assert texts
    assert not [text for text in texts if "page-token" in text or "cardlogin" in text or 'id="close"' in text]
    assert stage.heard(page, "cardlogin:ready") == []
    stage.nothing_was_done()
    stage.still_serves()


def test_embedding_as_script_image_and_object(stage: Stage) -> None:
    allowed(stage)
    page = stage.page(stage.evil)
    ends = page.evaluate(
        """async url => Promise.all([["script", "src"], ["img", "src"], ["object", "data"]].map(([name, attribute]) =>
          new Promise((resolve) => {
            const element = document.createElement(name);
            element.onload = () => resolve("loaded");
            element.onerror = () => resolve("failed");
            element[attribute] = url;
            document.body.append(element);
          })))""",
        f"{stage.agent}/v1/hello",
    )
    assert ends == ["failed"] * 3
    stage.nothing_was_done()
    stage.still_serves()


def test_websocket_from_a_page(stage: Stage) -> None:
    allowed(stage)
    page = stage.page(stage.evil)
    end = page.evaluate(
        """url => new Promise((resolve) => {
          const socket = new WebSocket(url);
          socket.onopen = () => resolve("open");
          socket.onclose = () => resolve("closed");
        })""",
        f"{stage.agent.replace('https', 'wss')}/v1/authenticate",
    )
    assert end == "closed"
    stage.nothing_was_done()
    stage.still_serves()
