"""From every place that shows a card's failure ways lead to the self-test, and to what the manual says of the code."""

import re
from pathlib import Path

import pytest
from django.template.loader import get_template
from django.test import Client
from pytest_django import Settings

from portal.accounts.models import User
from portal.settings.base import PORTAL
from portal.support.manual import manual
from tests.portal.conftest import browser
from tests.portal.helpers import ask_challenge
from tests.portal.pki import Pki
from tests.portal.selftest.doors import DOORS, Door

pytestmark = pytest.mark.django_db
TEMPLATES = PORTAL / "templates"
WAY = 'href="/selftest/"'
# Pages with a card's button: each has the messages of the script and, after a refusal, that of the server.
ACTIONS = {
    "account/login.html", "account/reauthenticate.html", "cards/cards.html", "cards/company.html",
    "cards/old_way.html", "recovery/activate_card.html", "recovery/forgot_account.html",
    "recovery/reset_card.html", "recovery/unlock_card.html", "registration/card.html", "registration/entry.html",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _open(settings: Settings) -> None:
    settings.CARDLOGIN_PROFILE = "egov-compat"
    settings.CARDLOGIN_OLD_WAY = True


def including(name: str) -> set[str]:
    """The templates that include another."""
    found = {file for file in TEMPLATES.rglob("*.html") if f'include "{name}"' in file.read_text("utf-8")}
    return {file.relative_to(TEMPLATES).as_posix() for file in found}


def test_every_card_action_has_the_ways() -> None:
    assert including("_card_action.html") == ACTIONS
    assert including("_card_failure.html") == {"_card_action.html", "cards/cards.html", "cards/old_way.html"}
    source = (TEMPLATES / "_card_action.html").read_text("utf-8")
    assert "_failure.html" in source
    assert source.count('"_card_failure.html"') == 2  # from the server, and by the script
    assert source.count("{% url 'selftest' %}") == 1  # beside the button, whatever is shown


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.name)
def test_refused_card_is_led_on(user: User, pki: Pki, door: Door) -> None:
    """Each door that takes a signature, with one that is refused."""
    client = door.stand(pki)
    challenge = ask_challenge(client, door.purpose)
    page = door.knock(client, challenge, "{}").content.decode()
    place = page.split('role="alert"', 1)[1].split("</div>", 1)[0]
    code = re.findall(r'data-slot="code">([a-z_]+)<', place)[0]
    assert code in manual().codes
    assert WAY in place
    assert f'href="/manual/failures/#{code}"' in place


def test_code_that_the_manual_does_not_know_has_no_link(client: Client, user: User, pki: Pki) -> None:
    made = get_template("_card_failure.html").render(
        {"failure": {"code": "card_not_bound", "meaning": "", "remedy": ""}}
    )
    assert WAY in made
    assert "/manual/failures/" not in made


def test_sentence_of_the_log_in_page(client: Client) -> None:
    text = client.get("/accounts/login/").content.decode()
    sentence = text.split('id="other-problems">', 1)[1].split("</li>", 1)[0]
    assert sentence == (
        '其他安裝元件與登入問題，詳見<a href="/manual/failures/">錯誤代碼手冊</a>或環境檢測網頁'
        '<a href="/selftest/">【協助測試】</a>'
    )


def test_every_page_and_every_manual_leads_here(client: Client) -> None:
    for path in ("/", "/manual/failures/", "/manual/pin/", "/manual/installation/", "/no-such-page/"):
        assert WAY in browser().get(path).content.decode().split("<main", 1)[1], path
    assert Path(TEMPLATES / "base.html").read_text("utf-8").count("{% url 'selftest' %}") == 1
