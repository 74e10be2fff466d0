"""A site of nothing but the JavaScript client: one button, one answer, and the headers that a test wants."""

import html
import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from typing_extensions import override

import cardlogin_server
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


class Site:
    """The site on a port of its own, over TLS; a context manager. `posts` are the forms that came back, as sent.

    `said` is what the client answered: a test that looks into a page counts as its person's click for some browsers.
    """

    def __init__(self, certificate: Path) -> None:
        self.said: list[dict[str, Any]] = []
        self.posts: list[dict[str, str]] = []
        self.post_headers: list[dict[str, str]] = []
        self._server = _Server(self)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, certificate.with_suffix(".key"))
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = int(self._server.server_address[1])
        self.origin = f"https://{HOST}:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    def __enter__(self) -> "Site":
        """Starts to serve."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends it."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def page(self, path: str, **request: object) -> str:
        """The address of a page whose button calls the client with this request."""
        return f"{self.origin}{path}?{urlencode({'request': json.dumps({'challenge': CHALLENGE, **request})})}"

    def frame(self, source: str, allow: str) -> str:
        """The address of a page with a frame."""
        return f"{self.origin}/frame?{urlencode({'source': source, 'allow': allow})}"


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, site: Site) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.site = site

    @override
    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that leaves is no error of ours."""


class _Handler(BaseHTTPRequestHandler):
    @property
    def _site(self) -> Site:
        if not isinstance(self.server, _Server):
            raise TypeError("another server")
        return self.server.site

    def do_GET(self) -> None:
        """A page."""
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        if parts.path in _SCRIPTS:
            self._answer((CLIENT / parts.path[1:]).read_text("utf-8"), kind="text/javascript")
        elif parts.path == "/frame":
            source, allow = html.escape(query["source"]), html.escape(query["allow"])
            self._answer(_FRAME.format(source=source, allow=allow))
        elif parts.path == RETURN:
            self._answer('{"cardlogin_return": 1}', {"Access-Control-Allow-Origin": "*"}, kind="application/json")
        elif parts.path in _POLICIES:
            self._answer(_PAGE.format(show=_SHOW, request=query["request"]), _POLICIES[parts.path])
        else:
            self.send_error(404)

    do_HEAD = do_GET

    def do_POST(self) -> None:
        """The page that is returned to."""
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.path == "/said":
            self._site.said.append(json.loads(body))
            self._answer("")
            return
        if not body:  # the agent's page looks whether it would be sent on
            self._answer("", {"Access-Control-Allow-Origin": "*"})
            return
        fields = {name: values[0] for name, values in parse_qs(body).items()}
        self._site.posts.append(fields)
        self._site.post_headers.append({name.lower(): value for name, value in self.headers.items()})
        self._answer(_RETURN.format(show=_SHOW, fields=json.dumps(fields).replace("<", "\\u003c")), _POLICIES["/coop"])

    def _answer(self, text: str, headers: dict[str, str] | None = None, kind: str = "text/html") -> None:
        content = text.encode()
        self.send_response(200)
        sent = {"Content-Type": f"{kind}; charset=utf-8", "Content-Length": str(len(content)), **(headers or {})}
        for name, value in sent.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    @override
    def log_message(self, format: str, *arguments: object) -> None:
        """Says nothing."""
