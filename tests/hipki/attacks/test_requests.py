"""What a browser sends to the old component's port for an evil page, whatever its person has permitted."""

import json

import pytest

from agent.permissions import Decision
from tests.hipki.attacks.scene import SIGN, Scene, refused
from tests.stand.parts import PIN
from tests.stand.waiting import wait_until

WHO = "a web page"
WORK = ["/sign", "/decrypt", "/pkcs11info?withcert=true"]
FORM = """
const form = document.createElement("form");
Object.assign(form, {{ method: "post", action: "{action}", enctype: "{kind}" }});
const input = document.createElement("input");
Object.assign(input, {{ name: "tbsPackage", value: {value} }});
form.append(input);
document.body.append(form);
form.submit();
"""
FRAME = """new Promise((resolve) => {{
  const element = document.createElement("{element}");
  element.allow = "loopback-network; local-network-access";
  element.onload = element.onerror = () => resolve("");
  element["{attribute}"] = "{address}";
  element.style = "opacity: 0; position: fixed; inset: 0";
  document.body.append(element);
  setTimeout(() => resolve(""), 3000);
}})"""


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
@pytest.mark.parametrize("path", WORK)
def test_form_post_in_a_window(scene: Scene, path: str, kind: str) -> None:
    """A form sent to the work itself, by a site that may even send PINs: no window, no try"""
    agent = scene.start_agent()
    scene.decide(scene.evil.origin, Decision.PAGE_PIN)
    tab = scene.browser.open(scene.evil.origin)
    value = json.dumps(json.dumps({**SIGN, "pin": "000000"}))
    scene.act(tab, FORM.format(action=scene.old + path, kind=kind, value=value))
    wait_until(lambda: tab.address() == scene.old + path)
    wait_until(lambda: refused(agent, "POST", path.partition("?")[0]))
    scene.nothing_was_done()
    scene.still_serves()


@pytest.mark.parametrize("way", ["cors", "no-cors", "xhr"])
def test_simple_requests_with_permission(scene: Scene, way: str) -> None:
    """The browser lets the site ask programs of this computer, and the site asks for work"""
    agent = scene.start_agent()
    scene.decide(scene.evil.origin, Decision.PAGE_PIN)
    tab = scene.browser.open(scene.evil.origin)
    body = json.dumps(f"tbsPackage={json.dumps({**SIGN, 'pin': PIN})}")
    for path in WORK:
        url = json.dumps(scene.old + path)
        programs = {
            "xhr": f"""new Promise((done) => {{
              const xhr = new XMLHttpRequest();
              xhr.open("POST", {url});
              xhr.onloadend = () => done(xhr.responseText);
              xhr.send({body});
            }})""",
        }
        fetching = f"""fetch({url}, {{ method: "POST", mode: "{way}", body: {body} }})
          .then((answer) => answer.text(), () => "")"""
        said = tab.evaluate(programs.get(way, fetching))
        assert "signature" not in said
        assert "certb64" not in said
        assert refused(agent, "POST", path.partition("?")[0]) >= 1, "or else the browser itself has held it back"
    scene.nothing_was_done()


def test_headers_of_our_page_from_another_site(scene: Scene) -> None:
    """A site sends the headers that our popup sends; the browser asks first, and is told no"""
    agent = scene.start_agent()
    tab = scene.browser.open(scene.evil.origin)
    said = tab.evaluate(
        f"""fetch("{scene.old}/sign", {{ method: "POST", body: "tbsPackage=" + JSON.stringify({json.dumps(dict(SIGN))}),
          headers: {{ "X-CardLogin-Page": "{"A" * 43}", "X-CardLogin-Origin": "{scene.good.origin}" }} }})
          .then((answer) => answer.text(), (error) => error.name)"""
    )
    assert said == "TypeError"
    assert "POST /sign: 0x0" not in agent.log.read_text("utf-8")
    scene.nothing_was_done()


@pytest.mark.parametrize("path", ["/popupForm", "/ChtPopupForm"])
def test_name_of_a_stranger_that_leads_here(scene: Scene, path: str) -> None:
    """DNS rebinding: the page is asked for under another name"""
    agent = scene.start_agent()
    tab = scene.browser.open("about:blank")
    tab.go(f"http://portal.test:{scene.port}{path}")
    assert not tab.evaluate("document.querySelector('meta[name=page-token]')")
    wait_until(lambda: f"GET {path}: " in agent.log.read_text("utf-8"))
    scene.nothing_was_done()


@pytest.mark.parametrize(("element", "attribute"), [("iframe", "src"), ("object", "data"), ("embed", "src")])
@pytest.mark.parametrize("path", ["/popupForm", "/addDomain?domain=portal.test"])
def test_framed_pages(scene: Scene, path: str, element: str, attribute: str) -> None:
    """Our windows inside of a page, where a person clicks on something else"""
    agent = scene.start_agent()
    tab = scene.browser.open(scene.evil.origin)
    tab.evaluate(FRAME.format(element=element, attribute=attribute, address=scene.old + path))
    assert scene.texts(tab) == []
    assert refused(agent, "GET", path.partition("?")[0]) >= 1, "or else the browser itself has held it back"
    scene.nothing_was_done()


def test_certificates_in_a_window(scene: Scene) -> None:
    """A window of what /pkcs11info?withcert=true says"""
    agent = scene.start_agent()
    scene.decide(scene.evil.origin, Decision.ALLOW)
    tab = scene.browser.open(scene.evil.origin)
    scene.act(tab, f"window.popup = open('{scene.old}/pkcs11info?withcert=true')")
    wait_until(lambda: refused(agent, "GET", "/pkcs11info"))
    scene.nothing_was_done()
