"""The OpenAPI document of the published protocol: what both listeners answer, with every status."""

from collections.abc import Iterable
from typing import Any

from agent.failures import Code, failure
from agent.settings import WebSettings
from agent.web.guard import SERVER
from tests.dev.protocol_examples import PORTAL
from tests.dev.protocol_schemas import ORIGIN, OWN_ORIGIN, OWN_PAGE, components

Part = dict[str, Any]

_INFO = """What the CardLogin agent answers on this computer, protocol 1. README.md beside this file says in which order
things are asked, what the pages do between the requests, and what a token is.

Every request needs a `Host` of the listener's own (`localhost`, `127.0.0.1`, `[::1]` or the agent's own name, with its
port), HTTP/1.1, no query string, and at most 8 KiB of body. Orders of our pages are taken under the own name only. A
method that a path does not have is answered with 405 and `Allow`, a path that is not here with 404, both without a
body; methods other than GET, POST and OPTIONS with 400.
"""
# Codes by where they come from: of every request, of one that names its caller, of one that brings a page token.
_REQUEST = {"request_malformed", "origin_refused", "other_user", "internal"}
_CALLER = {"origin_denied", "permissions_unreadable", "too_many_requests"}
_PAGE = {"page_expired"}
# Of an order itself: all others. What the window deals with and what no page can get any more is listed as well.
_ORDER = {code.value for code in Code} - _REQUEST - _CALLER - _PAGE

_FIXED = {
    "Server": SERVER,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def openapi() -> Part:
    """The document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "CardLogin protocol",
            "version": "1",
            "summary": "How a portal's page gets a signed token from the agent on the citizen's computer.",
            "description": _INFO,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [_secure()],
        "paths": _paths(),
        "webhooks": {"goReturn": {"post": _go_return()}},
        "components": {
            "schemas": _schemas(),
            "responses": _responses(),
            "headers": _headers(),
            "parameters": _parameters(),
        },
    }


def codes_of(groups: Iterable[set[str]]) -> list[Code]:
    """The codes of some groups, in the order of the catalogue."""
    wanted = set().union(*groups)
    return [code for code in Code if code.value in wanted]


def _secure() -> Part:
    ports = [str(port) for port in WebSettings().ports]
    return {
        "url": "https://localhost:{port}",
        "description": "The HTTPS listener: the first of these ports that was free.",
        "variables": {"port": {"enum": ports, "default": ports[0]}},
    }


def _plain() -> Part:
    port = WebSettings().http_port
    return {"url": f"http://localhost:{port}", "description": "The plain listener: the popup, and discovery for it."}


def _named(server: Part) -> Part:
    """A server under the agent's own name, which changes: the answer 307 of a page leads there."""
    name = {"default": "0" * 32, "description": "32 hexadecimal digits."}
    url = server["url"].replace("localhost", "{name}.localhost")
    return {**server, "url": url, "variables": {**server.get("variables", {}), "name": name}}


def _paths() -> Part:
    both = [_secure(), _plain()]
    named = [_named(server) for server in both]
    return {
        "/v1/hello": {"servers": both, "get": _hello()},
        "/v1/authenticate": {"post": _authenticate(), "options": _preflight()},
        "/v1/popup": {
            "servers": both + named,
            "get": _own_page("popupPage", "The popup's page, with a fresh page token."),
        },
        "/v1/popup/authenticate": {"servers": named, "post": _popup_authenticate()},
        "/v1/go": {
            "servers": [both[0], named[0]],
            "get": _own_page("goPage", "The page of the navigation, with a fresh page token."),
        },
        "/v1/go/authenticate": {"servers": named[:1], "post": _go_authenticate()},
        "/status": {"get": _page("statusPage", "For people: version, ports, certificate and last failure.")},
    }


def _hello() -> Part:
    return {
        "operationId": "hello",
        "summary": "Whether an agent is here, and which protocol it speaks.",
        "parameters": _use("CallerIfAny", "FetchDest", "FetchMode", "FetchSite"),
        "responses": {
            "200": _answer("It is.", "application/json", _ref("Hello"), cors="maybe"),
            **_problems(_REQUEST, _CALLER, cors="maybe"),
        },
    }


def _preflight() -> Part:
    return {
        "operationId": "preflight",
        "summary": "The browser's CORS preflight of an order.",
        "parameters": _use("Caller", "RequestMethod", "RequestHeaders", "FetchDest", "FetchMode", "FetchSite"),
        "responses": {
            "204": {
                "description": "This origin may ask.",
                "headers": {
                    **_common("always"),
                    **{
                        name: _header(name)
                        for name in (
                            "Access-Control-Allow-Methods",
                            "Access-Control-Allow-Headers",
                            "Access-Control-Max-Age",
                        )
                    },
                },
            },
            **_problems(_REQUEST, cors="maybe"),
        },
    }


def _authenticate() -> Part:
    return {
        "operationId": "authenticate",
        "summary": "Asks for a token by CORS fetch; answered when the PIN window is done.",
        "parameters": _use("Caller", "FetchDest", "FetchMode", "FetchSite"),
        "requestBody": _body("AuthenticateRequest"),
        "responses": {
            "200": _answer("Signed.", "application/json", _ref("Token"), cors="always"),
            **_problems(_REQUEST, _CALLER, _ORDER, cors="maybe"),
        },
    }


def _popup_authenticate() -> Part:
    return {
        "operationId": "popupAuthenticate",
        "summary": "Asks for a token on behalf of the popup's opener; only our own page may.",
        "parameters": _use("OwnOrigin", "OwnDest", "OwnMode", "OwnSite"),
        "requestBody": _body("PopupRequest"),
        "responses": {
            "200": _answer("Signed.", "application/json", _ref("Token")),
            **_problems(_REQUEST, _CALLER, _PAGE, _ORDER),
        },
    }


def _go_authenticate() -> Part:
    return {
        "operationId": "goAuthenticate",
        "summary": "Asks for what is to be posted to a return address; only our own page may.",
        "parameters": _use("OwnOrigin", "OwnDest", "OwnMode", "OwnSite"),
        "requestBody": _body("GoRequest"),
        "responses": {
            "200": _answer(
                "What to post: a token, or the failure of an order, which has no status of its own here.",
                "application/json",
                _ref("GoAnswer"),
            ),
            **_problems(_REQUEST, _CALLER, _PAGE),
        },
    }


def _page(name: str, summary: str) -> Part:
    answer = _answer(summary, "text/html", {"type": "string"})
    answer["headers"]["Cross-Origin-Opener-Policy"] = _header("Cross-Origin-Opener-Policy")
    return {
        "operationId": name,
        "summary": summary,
        "parameters": _use("WindowDest", "WindowMode", "WindowSite"),
        "responses": {"200": answer, **_problems(_REQUEST)},
    }


def _own_page(name: str, summary: str) -> Part:
    """A page that is served under the agent's own name; the fixed ones lead there."""
    page = _page(name, summary)
    led: Part = {"description": "To the same page under the agent's own name.", "headers": _common("")}
    led["headers"]["Location"] = _header("Location")
    page["responses"] = {"200": page["responses"]["200"], "307": led, **page["responses"]}
    return page


def _go_return() -> Part:
    form = {"application/x-www-form-urlencoded": {"schema": _ref("GoReturn")}}
    return {
        "summary": "What the portal gets at its return address: a form post by the browser, from our page.",
        "requestBody": {"required": True, "content": form},
        "responses": {"200": {"description": "A page of the portal's."}},
    }


def _problems(*groups: set[str], cors: str = "") -> Part:
    """The problem documents of some codes, one response for each status."""
    by_status: dict[int, list[Code]] = {}
    for code in codes_of(groups):
        by_status.setdefault(failure(code).status, []).append(code)
    return {str(status): _refusal(status, by_status[status], cors) for status in sorted(by_status)}


def _refusal(status: int, codes: list[Code], cors: str) -> Part:
    name = "TooManyRequests" if status == failure(Code.TOO_MANY_REQUESTS).status else "Problem"
    text = ", ".join(f"`{code.value}`" for code in codes)
    return {"$ref": f"#/components/responses/{name}{'ToCaller' if cors else ''}", "description": text}


def _responses() -> Part:
    """The problem documents: without and with the header that lets a caller read them."""
    found: Part = {}
    for suffix, cors in (("", ""), ("ToCaller", "maybe")):
        found[f"Problem{suffix}"] = _answer("A failure.", "application/problem+json", _ref("Problem"), cors)
        again = _answer("Asked too often.", "application/problem+json", _ref("Problem"), cors)
        again["headers"]["Retry-After"] = _header("Retry-After")
        found[f"TooManyRequests{suffix}"] = again
    return found


def _answer(description: str, kind: str, schema: Part, cors: str = "") -> Part:
    return {"description": description, "headers": _common(cors), "content": {kind: {"schema": schema}}}


def _common(cors: str) -> Part:
    names = [*_FIXED, "Content-Security-Policy", "Cross-Origin-Resource-Policy"]
    headers = {name: _header(name) for name in names}
    if cors:
        headers["Access-Control-Allow-Origin"] = _header(f"Access-Control-Allow-Origin-{cors}")
    return headers


def _body(name: str) -> Part:
    return {"required": True, "content": {"application/json": {"schema": _ref(name)}}}


def _ref(name: str) -> Part:
    return {"$ref": f"#/components/schemas/{name}"}


def _header(name: str) -> Part:
    return {"$ref": f"#/components/headers/{name}"}


def _use(*names: str) -> list[Part]:
    return [{"$ref": f"#/components/parameters/{name}"} for name in names]


def _headers() -> Part:
    def header(description: str, *, required: bool = True, **schema: object) -> Part:
        return {"description": description, "required": required, "schema": {"type": "string", **schema}}

    allowed = "The caller, who may read the answer, a refusal as well."
    return {
        **{name: header("On every answer.", const=value) for name, value in _FIXED.items()},
        "Content-Security-Policy": header("Admits no frame around any answer.", pattern="frame-ancestors 'none'"),
        "Cross-Origin-Resource-Policy": header(
            "cross-origin where the caller may read the answer.", enum=["same-origin", "cross-origin"]
        ),
        "Cross-Origin-Opener-Policy": header(
            "unsafe-none for the popup, which answers its opener.", enum=["unsafe-none", "same-origin"]
        ),
        "Location": header("The page under the agent's own name.", pattern=OWN_PAGE),
        "Access-Control-Allow-Origin-always": header(allowed, pattern=ORIGIN),
        "Access-Control-Allow-Origin-maybe": header(
            allowed + " Missing where no caller is known.", required=False, pattern=ORIGIN
        ),
        "Access-Control-Allow-Methods": header("What may be sent.", const="POST"),
        "Access-Control-Allow-Headers": header("What may be sent.", const="content-type"),
        "Access-Control-Max-Age": header("Seconds.", const="600"),
        "Retry-After": header("Whole seconds after which it is worth to ask again.", pattern="^[1-9][0-9]*$"),
    }


def _parameters() -> Part:
    def parameter(name: str, description: str, *, required: bool = False, **schema: object) -> Part:
        shape = {"type": "string", **schema}
        return {"name": name, "in": "header", "required": required, "description": description, "schema": shape}

    caller = "Set by the browser: who asks."
    own = "Set by the browser: the listener's own origin."
    origin: Part = {"maxLength": 255, "pattern": ORIGIN, "examples": [PORTAL]}
    site = ["same-origin", "same-site", "cross-site"]
    metadata = "Set by browsers (Fetch Metadata)."
    return {
        "Caller": parameter("Origin", caller, required=True, **origin),
        "CallerIfAny": parameter("Origin", caller, **origin),
        "OwnOrigin": parameter("Origin", own, required=True, pattern=OWN_ORIGIN),
        "RequestMethod": parameter("Access-Control-Request-Method", "Set by the browser."),
        "RequestHeaders": parameter("Access-Control-Request-Headers", "Set by the browser."),
        "FetchDest": parameter("Sec-Fetch-Dest", metadata, enum=["empty"]),
        "FetchMode": parameter("Sec-Fetch-Mode", metadata, enum=["cors"]),
        "FetchSite": parameter("Sec-Fetch-Site", metadata, enum=site),
        "WindowDest": parameter("Sec-Fetch-Dest", metadata, enum=["document"]),
        "WindowMode": parameter("Sec-Fetch-Mode", metadata, enum=["navigate"]),
        "WindowSite": parameter("Sec-Fetch-Site", metadata, enum=["none", *site]),
        "OwnDest": parameter("Sec-Fetch-Dest", metadata, enum=["empty"]),
        "OwnMode": parameter("Sec-Fetch-Mode", metadata, enum=["cors", "same-origin"]),
        "OwnSite": parameter("Sec-Fetch-Site", metadata, required=True, enum=["same-origin"]),
    }


def _schemas() -> Part:
    return {name: _moved(schema) for name, schema in components().items()}


def _moved(schema: Any) -> Any:
    """A schema whose references point to where OpenAPI keeps schemas."""
    if isinstance(schema, list):
        return [_moved(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    moved = {name: _moved(item) for name, item in schema.items()}
    if "$ref" in moved:
        moved["$ref"] = moved["$ref"].replace("#/$defs/", "#/components/schemas/")
    return moved
