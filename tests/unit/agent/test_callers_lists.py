"""Callers together: settings' lists, remembered decisions, and what is revealed to whom."""

from pathlib import Path

import pytest

from agent.callers import Callers
from agent.failures import Code, FailureError
from agent.permissions import FILE, Decision, Permissions
from agent.settings import HipkiSettings, WebSettings

A, B = "https://a.example", "https://b.gov.example"


@pytest.fixture
def permissions(tmp_path: Path) -> Permissions:
    """Nothing is decided yet."""
    return Permissions(tmp_path / FILE)


def code(callers: Callers, origin: str | None) -> Code | None:
    """How an origin is refused, None if it is admitted."""
    try:
        assert callers.admit(origin) == origin
    except FailureError as error:
        return error.code
    return None


def test_every_https_origin_may_ask_by_default_and_is_told_nothing(permissions: Permissions) -> None:
    callers = Callers(WebSettings(), permissions)
    assert code(callers, A) is None
    assert not callers.permitted(A)


@pytest.mark.parametrize("origin", [None, "null", "http://a.example", "https://a.example/"])
def test_what_is_no_caller_is_origin_refused_first(permissions: Permissions, origin: str | None) -> None:
    assert code(Callers(WebSettings(allow=(A,)), permissions), origin) is Code.ORIGIN_REFUSED


def test_list_of_allowed_origins_admits_no_other(permissions: Permissions) -> None:
    callers = Callers(WebSettings(allow=("https://*.gov.example",)), permissions)
    assert code(callers, B) is None
    assert code(callers, A) is Code.ORIGIN_DENIED
    assert code(callers, "https://b.gov.example:8443") is Code.ORIGIN_DENIED


def test_empty_list_of_allowed_origins_admits_nobody(permissions: Permissions) -> None:
    assert code(Callers(WebSettings(allow=()), permissions), A) is Code.ORIGIN_DENIED


def test_list_of_refused_origins_wins_over_the_allowed(permissions: Permissions) -> None:
    callers = Callers(WebSettings(allow=("https://*.gov.example",), deny=(B,)), permissions)
    assert code(callers, B) is Code.ORIGIN_DENIED
    assert code(callers, "https://c.gov.example") is None


def test_remembered_refusal_and_permission(permissions: Permissions) -> None:
    callers = Callers(WebSettings(), permissions)
    permissions.decide(A, Decision.DENY)
    permissions.decide(B, Decision.ALLOW)
    assert code(callers, A) is Code.ORIGIN_DENIED
    assert code(callers, B) is None
    assert callers.permitted(B)
    permissions.decide(A, None)
    assert code(callers, A) is None


@pytest.mark.parametrize("settings", [WebSettings(deny=(A,)), WebSettings(allow=(B,))])
def test_users_permission_does_not_overrule_the_lists(permissions: Permissions, settings: WebSettings) -> None:
    permissions.decide(A, Decision.ALLOW)
    callers = Callers(settings, permissions)
    assert code(callers, A) is Code.ORIGIN_DENIED
    assert not callers.permitted(A)


def test_unreadable_decisions_admit_and_permit_nobody(permissions: Permissions) -> None:
    permissions.path.write_text("{")
    callers = Callers(WebSettings(), permissions)
    assert code(callers, A) is Code.PERMISSIONS_UNREADABLE
    with pytest.raises(FailureError):
        callers.permitted(A)


def test_developer_page_can_be_refused_like_any_other(permissions: Permissions) -> None:
    callers = Callers(WebSettings(developer=True, deny=("http://localhost:8000",)), permissions)
    assert code(callers, "http://localhost:8000") is Code.ORIGIN_DENIED
    assert code(callers, "http://localhost:8001") is None


@pytest.mark.parametrize(
    ("origin", "refused"),
    [
        (A, None),
        ("http://localhost", None),
        ("http://a.b.localhost:81", None),
        ("http://127.0.0.1:81", None),
        ("http://[::1]", None),
        ("http://old.example", None),
        ("http://old.example:81", Code.ORIGIN_REFUSED),
        ("http://a.example", Code.ORIGIN_REFUSED),
        ("http://localhost.example", Code.ORIGIN_REFUSED),
        ("http://xlocalhost", Code.ORIGIN_REFUSED),
        ("http://127.0.0.2", Code.ORIGIN_REFUSED),
        ("null", Code.ORIGIN_REFUSED),
        (None, Code.ORIGIN_REFUSED),
        ("https://refused.example", Code.ORIGIN_DENIED),
    ],
)
def test_callers_of_the_old_protocol(permissions: Permissions, origin: str | None, refused: Code | None) -> None:
    old = HipkiSettings(http=("http://old.example",))
    assert code(Callers(WebSettings(deny=("https://refused.example",)), permissions, old), origin) is refused


def test_pins_of_pages_need_the_settings_or_the_person(permissions: Permissions) -> None:
    callers = Callers(WebSettings(), permissions, HipkiSettings(page_pin=(A,)))
    assert [callers.may_send_pin(origin) for origin in (A, f"{A}:81", B)] == [True, False, False]
    permissions.decide(B, Decision.ALLOW)
    assert not callers.may_send_pin(B)
    permissions.decide(B, Decision.PAGE_PIN)
    assert callers.may_send_pin(B)
