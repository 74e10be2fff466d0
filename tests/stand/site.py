"""A site of nothing but the JavaScript client: one button, one answer, and the headers that a test wants."""

import html
import json
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import cardlogin_server
from tests.stand.pages import PageHandler, PageServer
from tests.stand.parts import HOST

CLIENT = Path(cardlogin_server.__file__).parent / "browser"
_SCRIPTS = ("/cardlogin.js", "/addresses.js", "/messages.js")
# Long enough for a challenge of a portal, and known to the test.
CHALLENGE = "A" * 43 + "=.login"
_POLICIES = {
    "/page": {},
    "/coop": {"Cross-Origin-Opener-Policy": "same-origin"},
    "/coop-allow-popups": {"Cross-Origin-Opener-Policy": "same-origin-allow-popups"},
    "/isolated": {"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp"},
}
_SHOW = """
const show = (promise) => promise.then(
  (answer) => JSON.stringify(answer),
  ({ code, name, triesLeft }) => JSON.stringify({ code, name, triesLeft }),
).then((text) => {
  document.getElementById("answer").textContent = text;
  fetch("/said", { method: "POST", body: text });
});
"""
_PAGE = """<!DOCTYPE html><meta charset="utf-8"><title>site</title>
<button id="log-in" disabled>log in</button><button id="give-up">give up</button><p id="answer"></p>
<script type="module">
import {{ authenticate, unfinishedNavigation }} from "/cardlogin.js";
{show}
const request = {request};
const control = new AbortController();
const begin = () => show(authenticate({{ ...request, signal: control.signal }}));
const button = document.getElementById("log-in");
button.addEventListener("click", begin);
const unfinished = unfinishedNavigation();
if (unfinished) show(Promise.reject(unfinished));
document.getElementById("give-up").addEventListener("click", () => control.abort());
// The client asks for the state of the permission when it is loaded.
setTimeout(() => {{
  button.disabled = false;
  if (location.hash === "#unasked") begin();
}}, 300);
</script>"""
_FRAME = """<!DOCTYPE html><meta charset="utf-8"><title>outer</title>
<iframe width="400" height="300" src="{source}" allow="{allow}"></iframe>"""
RETURN = "/.well-known/cardlogin-return"
_RETURN = """<!DOCTYPE html><meta charset="utf-8"><title>returned</title><p id="answer"></p>
<script type="application/json" id="fields">{fields}</script>
<script type="module">
import {{ completeNavigation }} from "/cardlogin.js";
{show}
show(completeNavigation(JSON.parse(document.getElementById("fields").textContent)));
</script>"""


class Site(PageServer):
    """The site on a port of its own, over TLS; a context manager. `posts` are the forms that came back, as sent.

    `said` is what the client answered: a test that looks into a page counts as its person's click for some browsers.
    """

    def __init__(self, certificate: Path) -> None:
        super().__init__(partial(_Handler, self), certificate)
        self.said: list[dict[str, Any]] = []
        self.posts: list[dict[str, str]] = []
        self.post_headers: list[dict[str, str]] = []
        self.origin = f"https://{HOST}:{self.port}"

    def page(self, path: str, **request: object) -> str:
        """The address of a page whose button calls the client with this request."""
        return f"{self.origin}{path}?{urlencode({'request': json.dumps({'challenge': CHALLENGE, **request})})}"

    def frame(self, source: str, allow: str) -> str:
        """The address of a page with a frame."""
        return f"{self.origin}/frame?{urlencode({'source': source, 'allow': allow})}"


class _Handler(PageHandler):
    def __init__(self, site: Site, *arguments: Any) -> None:
        self._site = site
        super().__init__(*arguments)

    def do_GET(self) -> None:
        """A page."""
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        if parts.path in _SCRIPTS:
            self.send((CLIENT / parts.path[1:]).read_bytes(), "text/javascript")
        elif parts.path == "/frame":
            source, allow = html.escape(query["source"]), html.escape(query["allow"])
            self.send(_FRAME.format(source=source, allow=allow))
        elif parts.path == RETURN:
            self.send('{"cardlogin_return": 1}', "application/json", {"Access-Control-Allow-Origin": "*"})
        elif parts.path in _POLICIES:
            self.send(_PAGE.format(show=_SHOW, request=query["request"]), more=_POLICIES[parts.path])
        else:
            self.send_error(404)

    do_HEAD = do_GET

    def do_POST(self) -> None:
        """The page that is returned to."""
        body = self.received()
        if self.path == "/said":
            self._site.said.append(json.loads(body))
            self.send("")
            return
        if not body:  # the agent's page looks whether it would be sent on
            self.send("", more={"Access-Control-Allow-Origin": "*"})
            return
        fields = {name: values[0] for name, values in parse_qs(body).items()}
        self._site.posts.append(fields)
        self._site.post_headers.append({name.lower(): value for name, value in self.headers.items()})
        shown = json.dumps(fields).replace("<", "\\u003c")
        self.send(_RETURN.format(show=_SHOW, fields=shown), more=_POLICIES["/coop"])
