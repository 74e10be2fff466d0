"""What a browser sends to the old component's port for an evil page, whatever its person has permitted."""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.permissions import Decision
from tests.browser.attacks.stage import Host
from tests.hipki.attacks.scene import SIGN, Scene, refused
from tests.stand.parts import PIN
from tests.stand.waiting import wait_until

WHO = "a web page"
WORK = ["/sign", "/decrypt", "/pkcs11info?withcert=true"]
FORMS = [*((path, "text/plain") for path in WORK), ("/sign", "multipart/form-data")]
FORMS += [("/sign", "application/x-www-form-urlencoded")]
FETCH = """fetch({{url}}, {{{{ method: "POST", mode: "{mode}", body: {{body}} }}}})
  .then((answer) => answer.text(), () => "")"""
XHR = """new Promise((done) => {{
  const xhr = new XMLHttpRequest();
  xhr.open("POST", {url});
  xhr.onloadend = () => done(xhr.responseText);
  xhr.send({body});
}})"""
WAYS = {"cors": FETCH.format(mode="cors"), "no-cors": FETCH.format(mode="no-cors"), "xhr": XHR}
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
  setTimeout(() => resolve(""), 1000);
}})"""


@pytest.fixture
def site(request: pytest.FixtureRequest, evil: Host, certificate: Path) -> Iterator[Host]:
    """A site by its kind: one that the person lets talk to this computer, one on this computer, one without TLS."""
    if request.param == "permitted":
        yield evil
        return
    name = {"https here": "127.0.0.1", "http here": "localhost", "http": "portal.test"}[request.param]
    with Host(name, certificate if request.param == "https here" else None) as host:
        yield host


def test_form_post_in_a_window(scene: Scene) -> None:
    """Forms sent to the work itself, by a site that may even send PINs: no window, no try"""
    agent = scene.start_agent()
    scene.decide(scene.evil.origin, Decision.PAGE_PIN)
    value = json.dumps(json.dumps({**SIGN, "pin": "000000"}))
    for path, kind in FORMS:
        before = refused(agent, "POST", path.partition("?")[0])
        tab = scene.browser.open(scene.evil.origin)
        scene.act(tab, FORM.format(action=scene.old + path, kind=kind, value=value))
        wait_until(lambda tab=tab, path=path: tab.address() == scene.old + path)
        wait_until(lambda path=path, before=before: refused(agent, "POST", path.partition("?")[0]) > before)
    scene.nothing_was_done()
    scene.still_serves()


@pytest.mark.parametrize("site", ["permitted", "https here", "http here", "http"], indirect=True)
def test_simple_requests(scene: Scene, site: Host) -> None:
    """The browser lets a page ask programs of this computer, and the page asks for work in every way that it has"""
    agent = scene.start_agent()
    scene.decide(site.origin, Decision.PAGE_PIN)
    tab = scene.browser.open(site.origin)
    content = f"tbsPackage={json.dumps({**SIGN, 'pin': PIN})}"
    for path, way in itertools.product(WORK, WAYS):
        before = refused(agent, "POST", path.partition("?")[0])
        said = tab.evaluate(WAYS[way].format(url=json.dumps(scene.old + path), body=json.dumps(content)))
        assert "signature" not in said
        assert "certb64" not in said
        sent = refused(agent, "POST", path.partition("?")[0])
        assert sent > before, f"{path}, {way}: or else the browser itself has held it back"
    before = refused(agent, "POST", "/sign")
    scene.act(tab, FORM.format(action=f"{scene.old}/sign", kind="text/plain", value='"{}"'))
    wait_until(lambda: refused(agent, "POST", "/sign") > before)
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


@pytest.mark.parametrize("path", ["/popupForm", "/addDomain?domain=portal.test"])
def test_framed_pages(scene: Scene, path: str) -> None:
    """Our windows inside of a page, where a person clicks on something else"""
    agent = scene.start_agent()
    tab = scene.browser.open(scene.evil.origin)
    for count, (element, attribute) in enumerate((("iframe", "src"), ("object", "data"), ("embed", "src"))):
        tab.evaluate(FRAME.format(element=element, attribute=attribute, address=scene.old + path))
        sent = refused(agent, "GET", path.partition("?")[0])
        assert sent > count, f"{element}: or else the browser itself has held it back"
    assert scene.texts(tab) == []
    scene.nothing_was_done()


def test_certificates_in_a_window(scene: Scene) -> None:
    """A window of what /pkcs11info?withcert=true says"""
    agent = scene.start_agent()
    scene.decide(scene.evil.origin, Decision.ALLOW)
    tab = scene.browser.open(scene.evil.origin)
    scene.act(tab, f"window.popup = open('{scene.old}/pkcs11info?withcert=true')")
    wait_until(lambda: refused(agent, "GET", "/pkcs11info"))
    scene.nothing_was_done()
