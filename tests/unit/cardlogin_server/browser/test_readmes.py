"""The examples of the READMEs run, and the page's half sends what the server's half takes."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import time_machine

import cardlogin_server
from cardlogin_server import CardLoginError, CrlRevocation, Identity
from cardlogin_server.failures import CertificateExpired
from cardlogin_server.messages import in_every_language
from tests.stand.parts import ROOT
from tests.stand.waiting import LIMIT
from tests.unit.cardlogin_server.browser.test_browser_client import BROWSER, CLIENT, HERE, node
from tests.unit.cardlogin_server.pki import NOW, issue
from tests.unit.cardlogin_server.site import ORIGIN, SESSION, Site, make_fields

SERVER = ROOT / "cardlogin_server" / "README.md"
SERVER_PAGE = ROOT / "docs" / "server" / "README.md"
CLIENT_PAGE = BROWSER / "README.md"


def blocks(page: Path, language: str) -> list[str]:
    """The pieces of code of a page in that language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)


@pytest.fixture(params=[SERVER, SERVER_PAGE], ids=["package", "docs"])
def portal(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What a portal has after it took over the example, with a test authority instead of Taiwan's."""
    site = Site()

    def revocation(anchors: object, hosts: frozenset[str]) -> CrlRevocation:
        assert anchors is site.anchors
        assert all(re.fullmatch(r"[a-z.-]+\.gov\.tw", host) for host in hosts)
        return site.revocation

    monkeypatch.setattr(cardlogin_server.Anchors, "taiwan", lambda: site.anchors)
    monkeypatch.setattr(cardlogin_server, "CrlRevocation", revocation)
    found: dict[str, Any] = {}
    for code in blocks(request.param, "python"):
        exec(compile(code, request.param.name, "exec"), found)  # noqa: S102 (the point of the test)
    return found


def visit(tmp_path: Path, **told: object) -> dict[str, Any]:
    """What the page of the client's README sends and shows after a click."""
    (code,) = blocks(CLIENT_PAGE, "js")
    modules = tmp_path / "node_modules"
    modules.mkdir()
    (modules / "cardlogin-browser").symlink_to(BROWSER)
    example = tmp_path / "example.mjs"
    example.write_text(code, "utf-8")
    environment = {
        "PATH": os.environ["PATH"],
        "CARDLOGIN_CLIENT": str(CLIENT),
        "README_EXAMPLE": str(example),
        "README_PAGE": json.dumps(told),
    }
    done = subprocess.run(
        [node(), str(HERE / "readme_page.mjs")],
        env=environment,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@time_machine.travel(NOW)
def test_page_sends_what_the_server_takes(portal: dict[str, Any], tmp_path: Path) -> None:
    challenge = portal["challenge"](SESSION)
    token = make_fields(issue(), challenge, origin=ORIGIN)
    page = visit(tmp_path, challenge=challenge, token=token, lang="en")
    asked, posted = page["sent"]
    assert (asked["url"], posted["url"]) == ("/card/challenge", "/card/login")
    assert posted["headers"] == {"Content-Type": "application/json"}
    identity = portal["log_in"](SESSION, json.loads(posted["body"]))
    assert isinstance(identity, Identity)
    assert identity.holder_name == "王小明"
    assert page["shown"] == "Logged in."
    assert page["asked"] == {"challenge": challenge, "language": "en"}


@time_machine.travel(NOW)
@pytest.mark.parametrize("body", [{}, {"token": 5}, {"token": {}, "challenge": None}])
def test_server_example_refuses_a_body_of_another_shape(portal: dict[str, Any], body: dict[str, object]) -> None:
    with pytest.raises(CardLoginError) as caught:
        portal["log_in"](SESSION, body)
    assert caught.value.code == "token_malformed"
    told = portal["refused"](caught.value, "en")
    assert told["meaning"] == "The answer of the card log-in component is malformed."
    assert set(told) == {"code", "meaning", "remedy"}


@pytest.mark.parametrize(
    ("lang", "shown"), [("zh-Hant", "這張憑證已經過期。"), ("en", "This certificate has expired.")]
)
def test_page_shows_a_refusal_in_its_language(tmp_path: Path, lang: str, shown: str) -> None:
    refusal = {
        "code": CertificateExpired.code,
        "meaning": in_every_language(CertificateExpired.meaning),
        "remedy": in_every_language(CertificateExpired.remedy),
    }
    token = make_fields(issue(), "x" * 44)
    page = visit(tmp_path, challenge="x" * 44, token=token, refusal=refusal, lang=lang)
    assert page["shown"].startswith(shown)
    assert page["shown"].endswith("(certificate_expired)")


def test_body_is_shown_alike_on_all_pages() -> None:
    bodies = [json.loads(blocks(page, "json")[0]) for page in (SERVER, SERVER_PAGE, CLIENT_PAGE)]
    assert bodies[0] == bodies[1] == bodies[2]
    assert set(bodies[0]["token"]) == set(make_fields(issue(), "x" * 44))
