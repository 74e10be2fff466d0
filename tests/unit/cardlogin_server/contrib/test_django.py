"""What the library offers to Django sites, each part by itself; the portal's tests use it as a whole."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.core.cache import cache
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.http import HttpRequest, HttpResponse
from pytest_django import Settings

from cardlogin_server import ChallengeRecord, Identity, Purpose
from cardlogin_server import failures as f
from cardlogin_server.contrib.django import parts
from cardlogin_server.contrib.django.middleware import CardLoginErrorMiddleware
from cardlogin_server.contrib.django.store import CacheChallengeStore
from cardlogin_server.messages import translate
from tests.unit.cardlogin_server.pki import NOW, issue, moica, root
from tests.unit.cardlogin_server.site import Site, make_token

KEY = "a" * 64
RECORD = ChallengeRecord("b" * 64, Purpose.LOGIN, NOW)
BUILT = (parts.challenges, parts.anchors, parts.verifier)
LOCAL = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}


@pytest.fixture(autouse=True)
def _configured(settings: Settings, tmp_path: Path) -> Iterator[None]:
    for folder, authority in (("anchors", root()), ("issuers", moica())):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "one.cer").write_bytes(authority.der)
    settings.CARDLOGIN_PKI = str(tmp_path)
    settings.CARDLOGIN_ORIGIN = "https://portal.example"
    settings.CARDLOGIN_CRL_HOSTS = ("crl.test",)
    settings.CACHES = LOCAL
    settings.AUTHENTICATION_BACKENDS = ["cardlogin_server.contrib.django.backend.CardBackend"]
    settings.CARDLOGIN_USER_OF = f"{__name__}.user_of"
    parts.forget()
    cache.clear()
    yield
    for built in BUILT:
        built.cache_clear()


class User(AbstractBaseUser):
    """A user who lives nowhere."""

    class Meta:
        app_label = "nowhere"

    is_active = True


def user_of(identity: Identity) -> User | None:
    """The one user there is."""
    return User() if identity.binding_key == "moica:0000000112345678" else None


def request() -> HttpRequest:
    made = HttpRequest()
    made.session = SessionStore()
    return made


# The store


def test_store_gives_a_claim_once_and_keeps_the_record() -> None:
    store = CacheChallengeStore()
    assert store.get(KEY) is None
    assert not store.claim(KEY, 60)
    store.put(KEY, RECORD, 60)
    assert store.get(KEY) == RECORD
    assert store.claim(KEY, 60)
    assert not store.claim(KEY, 60)
    assert store.get(KEY) == RECORD


def test_cache_that_drops_entries_allows_no_second_use() -> None:
    store = CacheChallengeStore()
    store.put(KEY, RECORD, 60)
    assert store.claim(KEY, 60)
    cache.delete(f"cardlogin:{KEY}:used")
    assert store.get(KEY) is None
    assert not store.claim(KEY, 60)


# The backend


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Site:
    """The verifier that the backend uses, with a clock and lists of its own."""
    site = Site()
    monkeypatch.setattr(parts, "verifier", lambda: site.verifier)
    monkeypatch.setattr(parts, "challenges", lambda: site.challenges)
    return site


def test_backend_logs_in_the_user_of_the_card(site: Site) -> None:
    asked = request()
    challenge = parts.issue_challenge(asked.session, Purpose.LOGIN)
    token = make_token(issue(), challenge)
    assert isinstance(authenticate(asked, card_token=token, card_challenge=challenge), User)
    with pytest.raises(f.ChallengeUsed):
        authenticate(asked, card_token=token, card_challenge=challenge)


def test_backend_in_another_session(site: Site) -> None:
    challenge = parts.issue_challenge(request().session, Purpose.LOGIN)
    with pytest.raises(f.ChallengeSessionWrong):
        authenticate(request(), card_token=make_token(issue(), challenge), card_challenge=challenge)


def test_backend_with_a_challenge_for_something_else(site: Site) -> None:
    asked = request()
    challenge = parts.issue_challenge(asked.session, Purpose.RESET)
    with pytest.raises(f.ChallengePurposeWrong):
        authenticate(asked, card_token=make_token(issue(), challenge), card_challenge=challenge)


def test_backend_lets_no_inactive_user_in(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(User, "is_active", False)
    asked = request()
    challenge = parts.issue_challenge(asked.session, Purpose.LOGIN)
    assert authenticate(asked, card_token=make_token(issue(), challenge), card_challenge=challenge) is None


def test_backend_does_not_mind_other_ways_to_log_in(site: Site) -> None:
    assert authenticate(request(), username="wang0001", password="x") is None
    assert authenticate(None, card_token="x", card_challenge="y") is None


# The middleware


def test_refused_card_becomes_a_problem_document() -> None:
    middleware = CardLoginErrorMiddleware(lambda _: HttpResponse("page"))
    assert middleware(request()).content == b"page"
    answer = middleware.process_exception(request(), f.TokenMalformed("a detail for the log"))
    assert answer is not None
    assert (answer.status_code, answer["Content-Type"]) == (403, "application/problem+json")
    problem = json.loads(answer.content)
    assert problem["code"] == "token_malformed"
    assert problem["meaning"]["zh-Hant"] == translate(f.TokenMalformed.meaning, "zh-Hant")
    assert "detail for the log" not in answer.content.decode()


def test_other_exceptions_are_left_alone() -> None:
    middleware = CardLoginErrorMiddleware(lambda _: HttpResponse())
    assert middleware.process_exception(request(), ValueError()) is None


# Checks and command


def _ids() -> list[str]:
    return [message.id or "" for message in run_checks() if (message.id or "").startswith("cardlogin.")]


@pytest.mark.parametrize("backend", ["locmem.LocMemCache", "dummy.DummyCache"])
def test_cache_of_one_process_is_reported(settings: Settings, backend: str) -> None:
    settings.CACHES = {"default": {"BACKEND": f"django.core.cache.backends.{backend}"}}
    assert _ids() == ["cardlogin.W001"]


def test_authorities_as_shipped(settings: Settings) -> None:
    settings.CARDLOGIN_PKI = None
    assert "cardlogin.E002" not in _ids()
    assert parts.anchors() is parts.anchors()


def test_settings_that_are_not_there(settings: Settings) -> None:
    for name in ("CARDLOGIN_ORIGIN", "CARDLOGIN_PKI", "CARDLOGIN_CRL_HOSTS"):
        delattr(settings, name)
    assert _ids() == ["cardlogin.E001", "cardlogin.E002", "cardlogin.E002", "cardlogin.E003", "cardlogin.W001"]


def test_command_tries_everything(capsys: pytest.CaptureFixture[str], settings: Settings, tmp_path: Path) -> None:
    settings.CARDLOGIN_CRL_FOLDER = str(tmp_path / "crl")
    call_command("cardlogin_check")
    assert capsys.readouterr().out == "settings: ok\nchallenges: ok\n"


def test_command_names_what_does_not_work(settings: Settings) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    with pytest.raises(CommandError, match="challenge_unknown"):
        call_command("cardlogin_check", verbosity=0)
    parts.forget()
    settings.CARDLOGIN_ORIGIN = "https://portal.example/"
    with pytest.raises(CommandError, match="origin"):
        call_command("cardlogin_check")
