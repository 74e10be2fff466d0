"""The published protocol says what the code does: nothing stale, nothing left out, every example true."""

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode

import jsonschema_rs
import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from agent.callers import MAX_ORIGIN, caller
from agent.failures import Code, FailureError, catalogue, failure
from agent.order import Purpose, purpose_of
from agent.settings import WebSettings
from agent.web.go import RETURN, return_origin
from agent.web.problems import problem
from tests.dev import protocol_pages
from tests.dev.protocol_pages import FOLDER, pages, with_codes
from tests.dev.protocol_schemas import FIELDS, ORIGIN, components, documents
from tests.stand.parts import ROOT

README = (FOLDER / "README.md").read_text("utf-8")
OPENAPI: dict[str, Any] = yaml.safe_load((FOLDER / "openapi.yaml").read_text("utf-8"))
# The words after the fence tell which schema an example belongs to.
EXAMPLES = re.findall(r"^ *```json ([a-z-]+)\n(.*?)^ *```$", README, re.M | re.S)
WEB = ROOT / "agent" / "web"


def fits(name: str, value: object) -> bool:
    """Whether a value fits a published schema."""
    return jsonschema_rs.validator_for(documents()[f"{name}.json"]).is_valid(value)


def accepts(check: Callable[[str], object], text: str) -> bool:
    """Whether the code takes a text."""
    try:
        check(text)
    except FailureError:
        return False
    return True


# ---- nothing stale


@pytest.mark.parametrize("name", pages())
def test_document_is_what_the_code_makes(name: str) -> None:
    """Otherwise: `python -m tests.dev.protocol_pages`."""
    assert (FOLDER / name).read_text("utf-8") == pages()[name]


def test_no_schema_is_left_over() -> None:
    assert {path.name for path in (FOLDER / "schemas").iterdir()} == set(documents())


def test_writing_makes_the_same_again(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "README.md").write_text(re.sub(r"(?m)^\| `[a-z_]+` \| \d{3} .*\n", "", README))
    monkeypatch.setattr(protocol_pages, "FOLDER", tmp_path)
    protocol_pages.write(tmp_path)
    made = {str(path.relative_to(tmp_path)): path.read_text("utf-8") for path in tmp_path.rglob("*.*")}
    assert made == pages()


def test_page_without_a_place_for_the_codes_is_refused() -> None:
    with pytest.raises(ValueError, match="codes"):
        with_codes("# Protocol")


# ---- nothing left out


def test_every_route_is_documented() -> None:
    """Read from the source: whoever adds a route has to write about it."""
    found = re.findall(
        r'web\.(get|post|options)\(\s*"([^"]+)"', "".join(path.read_text("utf-8") for path in WEB.glob("*.py"))
    )
    documented = {(method, path) for path, item in OPENAPI["paths"].items() for method in item if method != "servers"}
    # The bare address is no part of the protocol: it leads a person who opens it to /status.
    assert set(found) - {("get", "/")} == documented
    assert all(path in README for _, path in found)


def test_every_code_is_documented_with_its_status() -> None:
    listed = dict(re.findall(r"^\| `([a-z_]+)` \| (\d{3}) \|", README, re.M))
    assert listed == {row.code.value: str(row.status) for row in catalogue()}
    described: set[tuple[str, str]] = set()
    for item in OPENAPI["paths"].values():
        for operation in (part for name, part in item.items() if name != "servers"):
            for status, answer in operation["responses"].items():
                described |= {(code, status) for code in re.findall(r"`([a-z_]+)`", answer["description"])}
    assert described == {(row.code.value, str(row.status)) for row in catalogue()}


def test_every_field_is_described() -> None:
    for name, schema in components().items():
        assert schema["description"], name
        for field, shape in schema.get("properties", {}).items():
            assert shape.keys() & {"description", "const"}, f"{name}.{field}"


def test_ports_and_purposes_are_in_the_prose() -> None:
    web = WebSettings()
    assert "61171, 61172, 61173" in README
    assert web.ports == (61171, 61172, 61173)
    assert f"| {web.http_port}, if free | HTTP |" in README
    rows = set(re.findall(r"^\| `([a-z]+)` \| [a-z]", README, re.M))
    assert {purpose.value for purpose in Purpose if purpose} <= rows


def test_messages_are_those_of_both_scripts() -> None:
    sources = (WEB / "pages" / "popup.js", ROOT / "cardlogin_server" / "browser" / "cardlogin.js")
    kinds = {shape["properties"]["type"]["const"] for shape in components()["Message"]["oneOf"]}
    for path in sources:
        # What the client keeps while its page is left is no message.
        assert set(re.findall(r'"(cardlogin:[a-z]+)"', path.read_text("utf-8"))) - {"cardlogin:pending"} == kinds


def test_parameters_of_the_navigation_are_those_of_the_page() -> None:
    script = "".join((WEB / "pages" / name).read_text("utf-8") for name in ("returning.js", "go.js"))
    assert set(re.findall(r'asked\.(?:get|has)\("([a-z_]+)"\)', script)) == set(
        components()["GoFragment"]["properties"]
    )


@pytest.mark.parametrize("page", ["README.md", "docs/architecture.md"])
def test_protocol_is_found_from(page: str) -> None:
    assert "protocol/README.md" in (ROOT / page).read_text("utf-8")


def test_links_of_the_prose_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (FOLDER / target).exists(), target


# ---- every example true


def test_each_kind_of_message_has_an_example_in_the_prose() -> None:
    names = {name for name, _ in EXAMPLES}
    assert names == {
        "hello", "authenticate-request", "message", "go-registration", "go-answer", "popup-request", "token", "problem",
    }  # fmt: skip


@pytest.mark.parametrize(("name", "text"), EXAMPLES)
def test_example_of_the_prose_fits_its_schema(name: str, text: str) -> None:
    jsonschema_rs.validator_for(documents()[f"{name}.json"]).validate(json.loads(text))


@pytest.mark.parametrize("name", documents())
def test_schema_is_one_and_its_examples_fit(name: str) -> None:
    schema = documents()[name]
    assert jsonschema_rs.meta.is_valid(schema)
    assert schema["examples"]
    for value in schema["examples"]:
        jsonschema_rs.validator_for(schema).validate(value)


def test_fragment_of_the_example_survives_its_encoding() -> None:
    """What the page reads with URLSearchParams is what was written."""
    (fragment,) = documents()["go-fragment.json"]["examples"]
    assert dict(parse_qsl(urlencode(fragment), strict_parsing=True)) == fragment
    assert fits("certificate-filter", json.loads(fragment["certificate"]))


@pytest.mark.parametrize("code", Code)
def test_problem_documents_fit_and_hold_nothing_undocumented(code: Code) -> None:
    body = json.loads(problem(FailureError(code, tries_left=1)).text or "")
    assert fits("problem", body)
    assert set(body) == set(components()["Problem"]["properties"])
    assert body["status"] == failure(code).status


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("token", {"format": "web-eid:1.0"}, id="token with members missing"),
        pytest.param("authenticate-request", {"challenge": "A" * 44, "origin": "https://a.example"}, id="named caller"),
        pytest.param("authenticate-request", {"challenge": "A" * 44, "pss": 1}, id="number for a truth value"),
        pytest.param("message", {"type": "cardlogin:authenticate"}, id="order without a challenge"),
        pytest.param("message", {"type": "cardlogin:authenticate", "challenge": "A" * 44, "x": 1}, id="unknown member"),
        pytest.param("message", {"type": "cardlogin:hello"}, id="unknown message"),
        pytest.param("go-return", {"token": "{}", "failure": "{}", "state": ""}, id="token and failure"),
        pytest.param("go-return", {"state": ""}, id="neither"),
        pytest.param("hello", {"service": "cardlogin", "protocol": 2}, id="another protocol"),
    ],
)
def test_schema_refuses(name: str, value: object) -> None:
    assert not fits(name, value)


# ---- schema and code take the same


CHALLENGE = jsonschema_rs.validator_for(FIELDS["challenge"])
CHALLENGES = st.from_regex(r"\A[A-Za-z0-9+/]{40,130}={0,3}(\.[a-z]{0,8})?\Z") | st.from_regex(
    r"\A[A-Za-z0-9+/]{41,45}={0,2}(\.(login|bind|activate|unlock|reset|unbind|test))?\n?\Z"
)


@given(CHALLENGES)
@example("A" * 128)
@example("A" * 122 + ".login")
@example("A" * 123 + ".login")
@example("A" * 42 + "==.unlock")
@example("A" * 43 + "==")
@example("A" * 42 + "=.unlock")
@example("")
def test_challenges_are_taken_by_both_or_by_none(text: str) -> None:
    assert CHALLENGE.is_valid(text) == accepts(purpose_of, text)


ORIGINS = st.from_regex(r"\Ahttps?://[a-z0-9.\[\]:_-]{1,12}(:[0-9]{1,5})?/?\Z")


@given(ORIGINS)
@example("https://[::1]")
@example("https://127.0.0.1:8443")
@example("https://xn--fiq228c.example")
@example("https://portal.example.")
def test_callers_that_are_taken_fit_the_published_form(text: str) -> None:
    assert not accepts(caller, text) or re.fullmatch(ORIGIN, text)


@pytest.mark.parametrize(
    "text",
    ["null", "http://a.example", "https://A.example", "https://a.example/", "https://1.2", "https://a.example:0"],
)
def test_published_form_of_callers_refuses(text: str) -> None:
    assert not re.fullmatch(ORIGIN, text)
    assert not accepts(caller, text)


ADDRESS = jsonschema_rs.validator_for(components()["GoRequest"]["properties"]["return_to"])


@given(st.from_regex(rf"\Ahttps://[a-z0-9.:\[\]_@-]{{1,12}}({re.escape(RETURN)}|/[A-Za-z0-9?%#\\ -]{{0,12}})?\n?\Z"))
@example("https://portal.example" + RETURN)
@example("https://portal.example" + RETURN + "/")
@example("https://portal.example" + RETURN.replace(".", "x"))
@example("https://" + "a" * (MAX_ORIGIN - 8) + RETURN)
@example("https://" + "a" * (MAX_ORIGIN - 7) + RETURN)
def test_return_addresses_are_taken_by_both_or_by_none(text: str) -> None:
    assert ADDRESS.is_valid(text) == accepts(return_origin, text)
