"""Every page: one language, nothing inline, no dead link, never kept by a cache; works without JavaScript."""

import re
from collections.abc import Callable

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from portal.policy import policy
from tests.portal.helpers import plain
from tests.portal.pki import Pki
from tests.portal.registration.states import STATES

State = Callable[[Client, Pki], str]
# What the profiles show differently is looked at step by step elsewhere.
pytestmark = pytest.mark.parametrize("profile", ["modern"], indirect=True)


@pytest.mark.parametrize("state", STATES, ids=lambda one: one.__name__)
def test_page_is_sound(client: Client, pki: Pki, state: State) -> None:
    source = state(client, pki)
    assert '<html lang="zh-Hant">' in source
    # The other language is named in itself, and nothing else is in it.
    assert re.findall('lang="en"[^>]*>([^<]*)<', source) == ["English"]
    assert "示範系統，非政府網站" in source
    assert not re.search(r"\sstyle=|\son[a-z]+=|<style|<script>|<script (?!type=\"module\" src=)", source)
    assert len(re.findall("<h1", source)) == 1
    ids = re.findall(r'\sid="([^"]+)"', source)
    assert len(ids) == len(set(ids))
    for target in re.findall(r'aria-(?:labelledby|describedby)="([^"]+)"', source):
        assert set(target.split()) <= set(ids), target
    for target in re.findall(r'<label for="([^"]+)"', source):
        assert target in ids


@pytest.mark.parametrize("state", STATES, ids=lambda one: one.__name__)
def test_every_link_leads_somewhere(client: Client, pki: Pki, state: State) -> None:
    for address in set(re.findall(r'(?:href|src|action)="([^"]+)"', state(client, pki))):
        if address.startswith("/static/"):
            assert finders.find(address.removeprefix("/static/")), address
        elif address.startswith("/"):
            assert client.get(address).status_code in (200, 302, 405), address
        else:
            assert address == "#main"


@pytest.mark.parametrize("state", STATES, ids=lambda one: one.__name__)
def test_only_pages_that_do_something_have_a_script_of_their_own(client: Client, pki: Pki, state: State) -> None:
    scripts = re.findall('<script type="module" src="/static/portal/([a-z_]+).js">', state(client, pki))
    own = {"signature": ["login"], "entry": ["login"], "done": ["keep_code"] if policy().recovery.saved_code else []}
    assert scripts == ["language", *own.get(state.__name__, [])]


@pytest.mark.parametrize("path", ["register/", "confirm/", "confirm/x/", "resend/", "mail/confirm/x/"])
def test_pages_with_a_person_behind_them_are_not_kept(client: Client, path: str) -> None:
    assert "no-store" in client.get(f"/accounts/{path}")["Cache-Control"]


def test_member_centre_needs_no_log_in_and_leads_to_the_resend(client: Client) -> None:
    page = client.get("/accounts/center/")
    text = plain(page)
    for words in ("會員中心", "重寄確認信", "加入會員", "會員登入", "我沒有收到確認信"):
        assert words in text
    assert 'href="/accounts/resend/"' in page.content.decode()


@pytest.mark.parametrize("path", ["terms/", "privacy/"])
def test_texts_are_clearly_samples(client: Client, path: str) -> None:
    assert "這是示範文字，不具任何法律效力" in plain(client.get(f"/accounts/{path}"))
    assert "sample text" in plain(client.get(f"/accounts/{path}", headers={"accept-language": "en"}))


@pytest.mark.parametrize(
    "path", ["register/card/", "register/1/", "register/done/", "confirm/x/", "resend/", "center/"]
)
def test_other_methods_are_refused(client: Client, path: str) -> None:
    assert client.put(f"/accounts/{path}").status_code in (302, 405)
    assert client.delete(f"/accounts/{path}").status_code in (302, 405)
