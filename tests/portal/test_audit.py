"""The audit log: UTC, no secrets, only ever added to."""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import Client, RequestFactory
from django.utils import timezone
from typing_extensions import override

from portal.accounts.models import User
from portal.audit.log import record
from portal.audit.models import AuditEvent
from portal.audit.origin import Job
from portal.sealing import index

CommitCallbacks = Callable[..., AbstractContextManager[list[Callable[[], object]]]]

pytestmark = pytest.mark.django_db


def test_event_has_time_action_code_and_account() -> None:
    record("bind", account=7, family="moica")
    event = AuditEvent.objects.get()
    assert (event.action, event.code, event.account, event.facts) == ("bind", "ok", 7, {"family": "moica"})
    assert event.at.utcoffset() == timezone.now().astimezone(event.at.tzinfo).utcoffset()
    assert abs((timezone.now() - event.at).total_seconds()) < 60


def test_address_is_kept_as_a_keyed_hash() -> None:
    record("login", "password_wrong", request=RequestFactory(REMOTE_ADDR="192.0.2.7").get("/"))
    event = AuditEvent.objects.get()
    assert len(event.address) == 64
    assert "192.0.2.7" not in event.address


def test_address_is_that_of_the_request_being_answered(client: Client) -> None:
    client.post("/accounts/login/", {"login": "nobody01", "password": "x"}, REMOTE_ADDR="192.0.2.7")
    record("login", "password_wrong", request=RequestFactory(REMOTE_ADDR="192.0.2.7").get("/"))
    assert [event.address for event in AuditEvent.objects.all()] == [index("192.0.2.7", "address")] * 2
    record("login", "password_wrong")
    assert AuditEvent.objects.latest("pk").address == ""


def test_wrong_password_names_the_account(client: Client, user: User) -> None:
    for typed in ("wang0001", " WANG0001 ", "wang0002", "王小明", "", "wang\0001"):
        client.post("/accounts/login/", {"login": typed, "password": "x"})
    assert list(AuditEvent.objects.order_by("pk").values_list("account", flat=True)) == [user.pk] * 2 + [None] * 4


def test_line_of_the_log_says_the_same(
    caplog: pytest.LogCaptureFixture, django_capture_on_commit_callbacks: CommitCallbacks
) -> None:
    with caplog.at_level(logging.INFO, "portal.audit"), django_capture_on_commit_callbacks(execute=True):
        record("login", account=3, method="card")
    assert caplog.messages == ["login method=card code=ok account=3"]


@pytest.mark.django_db(transaction=True)
def test_what_was_rolled_back_has_neither_row_nor_line(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "portal.audit"), transaction.atomic():
        record("change_password", account=3)
        transaction.set_rollback(True)
    assert not AuditEvent.objects.exists()
    assert caplog.messages == []


def test_one_job_in_another_is_the_outer_ones() -> None:
    class Inner(Job):
        @override
        def handle(self, *args: object, **options: object) -> None:
            record("inner")

    class Nightly(Job):
        by = "nightly"

        @override
        def handle(self, *args: object, **options: object) -> None:
            call_command(Inner())

    call_command(Nightly())
    call_command(Inner())
    record("outside")
    assert list(AuditEvent.objects.order_by("pk").values_list("facts", flat=True)) == [
        {"by": "nightly"}, {"by": "operator"}, {},
    ]  # fmt: skip


def test_program_cannot_change_or_delete() -> None:
    record("login")
    event = AuditEvent.objects.get()
    for act in (event.save, event.delete):
        with pytest.raises(TypeError):
            act()
