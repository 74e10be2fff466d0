"""The numbers and tables of the published protocol that describe the guard are those of the code."""

import re

import pytest

from agent.card.client import TOTAL_LIMIT
from agent.origins import MAX_ORIGIN
from agent.web import connections, greeting, guard, metadata
from agent.web.go import MAX_ADDRESS
from agent.web.limits import Patience, Requests, Windows
from agent.web.listener import _HTTP
from agent.web.page import MAX_TOKENS, TOKEN_SECONDS
from tests.dev.protocol_openapi import openapi
from tests.dev.protocol_pages import FOLDER

README = " ".join((FOLDER / "README.md").read_text("utf-8").split())
OPENAPI = openapi()


@pytest.mark.parametrize(
    "sentence",
    [
        f"| body of a request | {guard.MAX_BODY} bytes |",
        f"| request line; one header | {_HTTP['max_line_size']}; {_HTTP['max_field_size']} bytes |",
        f"| {greeting.HANDSHAKE_SECONDS:g} s; {connections.REQUEST_SECONDS:g} s; {guard.BODY_SECONDS:g} s |",
        f"| idle connection | {_HTTP['keepalive_timeout']:g} s; of {connections.MAX_CONNECTIONS} connections",
        f"| origin; return address | {MAX_ORIGIN}; {MAX_ADDRESS} characters |",
        f"| an order, from its arrival to its answer | {TOTAL_LIMIT:g} s;",
        f"| {Requests.EACH.burst:g} at once, then {Requests.EACH.per_second:g} a second; "
        f"{Requests.ALL.burst:g}, then {Requests.ALL.per_second:g} a second |",
        f"{Windows.EACH.burst:g} at once, then one in {1 / Windows.EACH.per_second:g} s; "
        f"{Windows.ALL.burst:g}, then one in {1 / Windows.ALL.per_second:g} s |",
        f"waits {Patience.FIRST_WAIT:g} s, each time twice as long, up to {Windows.LONGEST_WAIT:g} s |",
        f"all wait likewise, up to {Windows.LONGEST_WAIT_OF_ALL:g} s |",
        f"of each kind {MAX_TOKENS} are kept",
    ],
)
def test_prose_says(sentence: str) -> None:
    assert sentence in README


def test_numbers_that_are_words_in_the_prose() -> None:
    assert (Windows.ROW, Windows.ROW_OF_ALL) == (3, 12)
    assert "| three windows in a row" in README
    assert TOKEN_SECONDS == 600
    assert "good once, for ten minutes" in README


@pytest.mark.parametrize("path", OPENAPI["paths"])
def test_fetch_metadata_of_a_path_is_that_of_the_guard(path: str) -> None:
    rule = metadata.RULES[path]
    parts = OPENAPI["components"]["parameters"]
    for operation in (part for name, part in OPENAPI["paths"][path].items() if name != "servers"):
        found = [parts[use["$ref"].rpartition("/")[2]] for use in operation["parameters"]]
        named = {row["name"]: row for row in found}
        for name, values in (("Dest", rule.dest), ("Mode", rule.mode), ("Site", rule.site)):
            assert set(named[f"Sec-Fetch-{name}"]["schema"]["enum"]) == values
        assert named["Sec-Fetch-Site"]["required"] == rule.required


@pytest.mark.parametrize("rule", [metadata.FETCH, metadata.WINDOW, metadata.OWN_PAGE])
def test_prose_has_a_row_for_each_rule(rule: metadata.Rule) -> None:
    paths = [path for path, found in metadata.RULES.items() if found == rule and path in OPENAPI["paths"]]
    row = next(
        line for line in (FOLDER / "README.md").read_text("utf-8").splitlines() if line.startswith(f"| `{paths[0]}`")
    )
    assert set(re.findall(r"`(/[^`]+)`", row)) == set(paths)
    assert rule.dest | rule.mode <= set(re.findall(r"`([a-z-]+)`", row))
    assert ("required" in row) == rule.required
