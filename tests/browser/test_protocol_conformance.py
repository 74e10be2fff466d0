"""What the real daemon answers, against docs/protocol/openapi.yaml: requests made up from it, right and wrong.

First whole requests, most of which are refused for their headers; then bodies behind the headers of a browser.
"""

import copy
import itertools
import json
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import requests
import schemathesis
import yaml
from hypothesis import HealthCheck, settings
from schemathesis import BaseSchema, Case, CheckContext, CheckFunction, Response
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import negative_data_rejection

from agent.failures import Code
from tests.dev.protocol_examples import PORTAL
from tests.dev.protocol_pages import FOLDER
from tests.dev.protocol_schemas import FIELDS, documents
from tests.stand.parts import Agent, free_port
from tests.stand.waiting import LIMIT

# No screen, no terminal: an order ends at once, because nobody can be asked for a PIN.
NOBODY = {"DISPLAY": "", "WAYLAND_DISPLAY": ""}
SECONDS = LIMIT
DOCUMENT: dict[str, Any] = yaml.safe_load((FOLDER / "openapi.yaml").read_text("utf-8"))
PATHS: dict[str, dict[str, Any]] = DOCUMENT["paths"]
PLAIN = {"/v1/hello", "/v1/popup", "/v1/popup/authenticate"}
GO = "/v1/go/authenticate"
PAGES = {"/v1/popup", "/v1/go"}
ASKED = {"/v1/authenticate", "/v1/popup/authenticate", GO}


def rules(examples: int, *, boundaries: bool) -> SchemathesisConfig:
    """The same cases every time: some by chance, and those at every boundary; all checks are on."""
    checks = {
        # Which code a 503 may have is looked at by `check_code`.
        "not_a_server_error": {"expected-statuses": ["2xx", "307", "4xx", "503"]},
        # Well-formed requests may come too often, or from someone who may not ask, or are led to our own name.
        "positive_data_acceptance": {"expected-statuses": ["2xx", "307", "403", "429", "503"]},
        "negative_data_rejection": {"expected-statuses": ["400", "403", "429"]},
        "missing_required_header": {"expected-statuses": ["403"]},
    }
    return SchemathesisConfig.from_dict(
        {
            "generation": {"max-examples": examples, "deterministic": True},
            "checks": checks,
            # Other methods have a test of their own: not all of them are answered with 405 here.
            "phases": {"coverage": {"enabled": boundaries, "unexpected-methods": []}},
        }
    )


def without_headers() -> dict[str, Any]:
    """The document without what only browsers can write."""
    document = copy.deepcopy(DOCUMENT)
    for path in ASKED:
        document["paths"][path].pop("options", None)
        del document["paths"][path]["post"]["parameters"]
    return document


def load(document: dict[str, Any], config: SchemathesisConfig, paths: Collection[str]) -> BaseSchema:
    """The operations of some paths."""
    return schemathesis.openapi.from_dict(document, config=config).include(path=sorted(paths))


whole = load(DOCUMENT, rules(5, boundaries=True), PATHS)
whole_plain = load(DOCUMENT, rules(15, boundaries=False), PLAIN)
bodies = load(without_headers(), rules(10, boundaries=True), ASKED)
bodies_plain = load(without_headers(), rules(15, boundaries=False), ASKED & PLAIN)
pytestmark = pytest.mark.slow
thorough = settings(deadline=None, suppress_health_check=list(HealthCheck))


class Listener:
    """A listener of the daemon, and a browser before it."""

    def __init__(self, url: str, root: Path) -> None:
        self.url = url
        self.own = ""  # the origin of its pages that ask for signatures
        self._root = str(root)
        self._http = requests.Session()
        self._http.trust_env = False  # a proxy or another trust store of this computer is none of ours
        self._numbers = itertools.count()

    def ask(self, method: str, path: str, **headers: str) -> requests.Response:
        """A request with nothing but some headers."""
        url, root = self.url + path, self._root
        return self._http.request(method, url, headers=headers, verify=root, timeout=SECONDS, allow_redirects=False)

    def find_own(self) -> None:
        """Follows the popup's page to its own name, which the system need not know: from then on it is a header."""
        self.own = self.ask("GET", "/v1/popup").headers["Location"].removesuffix("/v1/popup")

    def send(self, case: Case[Any], headers: dict[str, str] | None = None) -> None:
        """Sends a made-up request and holds the answer against the document."""
        more: list[CheckFunction] = [check_code, check_value]
        # A wrong order is answered to its return address there, with 200.
        less: list[CheckFunction] = [negative_data_rejection] if case.operation.path == GO else []
        case.call_and_validate(
            base_url=self.url,
            session=self._http,
            headers=headers,
            verify=self._root,
            timeout=SECONDS,
            allow_redirects=False,
            additional_checks=more,
            excluded_checks=less,
        )

    def send_as_browser(self, case: Case[Any]) -> None:
        """The same with a browser's headers, a new caller, and a fresh page token in the place of a made-up one."""
        page = case.operation.path.removesuffix("/authenticate")
        caller = f"https://portal-{next(self._numbers)}.example"
        own = page != "/v1"
        case.body = body = _named(case.body, caller)
        if own and _has_page_token(body):
            body["page_token"] = self._page_token(page)
        site = "same-origin" if own else "cross-site"
        headers = {"Sec-Fetch-Dest": "empty", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": site}
        self.send(case, {**headers, "Origin": self.own, "Host": self.host} if own else {**headers, "Origin": caller})

    @property
    def host(self) -> str:
        """The own name, as a header."""
        return self.own.partition("://")[2]

    def _page_token(self, page: str) -> str:
        found = re.search(r'name="page-token" content="([^"]+)"', self.ask("GET", page, Host=self.host).text)
        assert found is not None
        return found[1]


def _has_page_token(body: Any) -> bool:
    token = body.get("page_token") if isinstance(body, dict) else None
    return isinstance(token, str) and re.fullmatch(FIELDS["page_token"]["pattern"], token) is not None


def _named(body: Any, caller: str) -> Any:
    """A body in which the example's portal is another one: who asks too often is not listened to."""
    if not isinstance(body, dict):
        return body
    return {name: value.replace(PORTAL, caller) if isinstance(value, str) else value for name, value in body.items()}


def check_code(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """Every refusal has a code of the catalogue and its status, and an order fails for want of a person alone."""
    if response.status_code >= 400:
        problem = response.json()
        assert response.status_code == problem["status"]
        assert response.status_code < 500 or Code(problem["code"]) is Code.NO_PROMPT


def check_value(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """What is to be posted to a portal is a problem document, as nobody can sign here."""
    if case.operation.path == GO and response.status_code == 200:
        answer = response.json()
        assert answer["field"] == "failure"
        jsonschema_rs.validator_for(documents()["problem.json"]).validate(json.loads(answer["value"]))


@pytest.fixture(scope="module")
def listeners(tmp_path_factory: pytest.TempPathFactory, logs: Path) -> Iterator[tuple[Listener, Listener]]:
    """Both listeners of a real daemon; nobody is at its computer."""
    http_port = free_port()
    agent = Agent(tmp_path_factory.mktemp("agent"), logs, NOBODY, ports=[free_port()], http_port=http_port)
    both = Listener(agent.url, agent.root), Listener(f"http://localhost:{http_port}", agent.root)
    for listener in both:
        listener.find_own()
    yield both
    agent.stop()


@pytest.fixture(scope="module")
def https(listeners: tuple[Listener, Listener]) -> Listener:
    """The HTTPS listener."""
    return listeners[0]


@pytest.fixture(scope="module")
def plain(listeners: tuple[Listener, Listener]) -> Listener:
    """The plain listener."""
    return listeners[1]


@whole.parametrize()
@thorough
def test_https_listener_answers_as_documented(case: Case[Any], https: Listener) -> None:
    https.send(case)
    if case.operation.path in PAGES:
        https.send(case, {"Host": https.host})


@whole_plain.parametrize()
@thorough
def test_plain_listener_answers_as_documented(case: Case[Any], plain: Listener) -> None:
    plain.send(case)
    if case.operation.path in PAGES:
        plain.send(case, {"Host": plain.host})


@bodies.parametrize()
@thorough
def test_bodies_are_answered_as_documented(case: Case[Any], https: Listener) -> None:
    https.send_as_browser(case)


@bodies_plain.parametrize()
@thorough
def test_bodies_over_plain_http_are_answered_as_documented(case: Case[Any], plain: Listener) -> None:
    plain.send_as_browser(case)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "HEAD", "PUT", "PATCH", "DELETE", "TRACE"])
def test_other_methods_are_refused_as_documented(path: str, method: str, https: Listener) -> None:
    known = {name.upper() for name in PATHS[path]} - {"SERVERS"}
    answer = https.ask(method, path)
    if method in known:
        assert answer.status_code not in {404, 405}
        return
    assert answer.status_code == (405 if method in {"GET", "POST", "OPTIONS"} else 400)
    assert answer.status_code == 400 or set(answer.headers["Allow"].split(",")) == known


@pytest.mark.parametrize("path", ["/v1", "/v1/hello/", "/v1/Hello", "/v2/hello", "/openapi.yaml"])
def test_nothing_else_is_there(path: str, https: Listener, plain: Listener) -> None:
    for listener in (https, plain):
        assert listener.ask("GET", path).status_code in {400, 404}


def test_plain_listener_has_nothing_but_discovery_and_the_popup(plain: Listener) -> None:
    found = {path for path in PATHS if plain.ask("POST", path).status_code != 404}
    documented = {path for path, item in PATHS.items() if any("http:" in row["url"] for row in item.get("servers", ()))}
    assert found == documented == PLAIN
