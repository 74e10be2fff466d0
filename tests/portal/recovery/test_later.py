"""Work after the answer: an answer's time and content do not tell whether there was any."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.test import RequestFactory

from portal.accounts.codes import asker_of
from portal.accounts.models import User
from portal.recovery import code_pages
from portal.recovery.later import ThenWork
from portal.recovery.steps import Way


def test_work_is_done_once_and_only_when_the_answer_has_left() -> None:
    done: list[int] = []
    answer = ThenWork("/next/", lambda: done.append(1))
    assert answer["Location"] == "/next/"
    assert done == []
    answer.close()
    answer.close()
    assert done == [1]


def test_work_that_fails_is_logged_without_its_words(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise OSError("wang0001@portal.example")

    ThenWork("/", fail).close()
    assert "after the answer: OSError" in caplog.messages
    assert "wang0001" not in caplog.text


@pytest.mark.django_db
@pytest.mark.parametrize("account", ["wang0001", "nobody01"])
def test_before_the_answer_an_account_is_not_even_looked_up(
    owner: User, monkeypatch: pytest.MonkeyPatch, account: str
) -> None:
    """The same statements for every name and address: what differs comes after the answer."""
    looked: list[object] = []
    monkeypatch.setattr(code_pages, "send_code", lambda *given: looked.append(given))
    request = RequestFactory().post("/")
    request.session, request.user = SessionStore(), AnonymousUser()
    answer = code_pages._begin(request, Way.TEXT, account)
    assert looked == []
    answer.close()
    assert looked == [(Way.TEXT, account, asker_of(request.session))]
