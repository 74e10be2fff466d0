"""The sender process: nothing in clear at rest, tries again, gives up, never twice by its own doing."""

import os
import signal
import smtplib
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.mail import EmailMessage
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections
from django.db.models.signals import post_save
from django.utils import timezone
from pytest_django import Settings

from portal.accounts.models import User
from portal.messages import jobs, limits, sender
from portal.messages.gateway import OutboxGateway
from portal.messages.management.commands import send_messages
from portal.messages.models import OutboxMessage, QueuedMessage, RecipientCount
from portal.messages.sending import send_mail, send_text
from tests.portal.pki import Pki
from tests.portal.test_configuration import demo_environment, run
from tests.stand.parts import start_sender
from tests.stand.waiting import LIMIT, wait_until

NUMBER, ADDRESS = "0911123456", "wang0001@portal.example"
State = QueuedMessage.State
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _by_hand(_sender: None) -> None:
    """Here each test is its own sender."""
    post_save.disconnect(sender=QueuedMessage, dispatch_uid="sender")


def text(until: Any = None) -> QueuedMessage:
    """A code to a mobile, waiting."""
    assert send_text(NUMBER, "en", "recovery_code", until=until, code="012345", minutes=10)
    return QueuedMessage.objects.latest("pk")


def broken(monkeypatch: pytest.MonkeyPatch, error: type[Exception] = OSError) -> list[str]:
    """A gateway that fails; gives the numbers it was asked for."""
    asked: list[str] = []

    def fail(self: OutboxGateway, number: str, body: str) -> None:
        asked.append(number)
        raise error("0911123456 012345")

    monkeypatch.setattr(OutboxGateway, "send", fail)
    return asked


def listed() -> str:
    """What the operator's command prints."""
    out = StringIO()
    call_command("messages", stdout=out)
    return out.getvalue()


def test_nothing_is_in_clear_at_rest_and_nothing_stays_when_it_was_sent(user: User) -> None:
    row = text()
    kept = " ".join(str(value) for value in QueuedMessage.objects.values_list().get()).encode() + bytes(
        row.sealed or b""
    )
    for secret in (b"012345", b"0911", b"to set"):
        assert secret not in kept
    assert sender.send_all() == 1
    row.refresh_from_db()
    assert (row.state, row.sealed, row.tries) == (State.SENT, None, 1)
    assert len(row.recipient) == 64
    assert sender.send_all() == 0
    assert OutboxMessage.objects.get().recipient == NUMBER


def test_row_that_was_changed_is_not_sent(user: User) -> None:
    one, other = text(), text()
    QueuedMessage.objects.filter(pk=one.pk).update(sealed=other.sealed)
    sender.send_all()
    assert list(QueuedMessage.objects.order_by("pk").values_list("state", flat=True)) == [State.DEAD, State.SENT]
    assert OutboxMessage.objects.count() == 1


def test_failure_is_tried_again_with_growing_waits_for_a_day(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    asked, row = broken(monkeypatch), text()
    waits, now = [], timezone.now()
    while row.state == State.WAITING:
        with time_machine.travel(now, tick=False):
            assert sender.send_all() == 1
            row.refresh_from_db()
            waits.append(round((row.due - now).total_seconds()))
            now = row.due + timedelta(milliseconds=1)
    hours = [3600] * (len(waits) - 6)
    assert waits[:-1] == [5, 30, 120, 600, 1800, *hours]
    assert now - row.created <= sender.GIVE_UP + sender.LEASE
    assert (row.state, len(asked)) == (State.DEAD, len(waits))
    assert row.sealed is not None
    assert NUMBER not in caplog.text
    assert "012345" not in caplog.text


def test_message_that_fails_keeps_no_other_from_leaving(monkeypatch: pytest.MonkeyPatch) -> None:
    broken(monkeypatch, ValueError)
    text()
    send_mail(ADDRESS, "en", "member_password", name="王小明")
    sender.send_all()
    assert [sent.to for sent in mail.outbox] == [[ADDRESS]]


@pytest.mark.parametrize(("seconds", "sent"), [(599, 1), (600, 0)])
def test_code_that_ended_is_not_sent_any_more(seconds: int, sent: int) -> None:
    row = text(until=timezone.now() + timedelta(minutes=10))
    with time_machine.travel(row.created + timedelta(seconds=seconds), tick=False):
        sender.send_all()
    assert OutboxMessage.objects.count() == sent
    row.refresh_from_db()
    assert row.state == (State.SENT if sent else State.EXPIRED)
    assert row.sealed is None


def test_message_of_a_sender_that_was_killed_is_sent_when_its_time_is_over() -> None:
    row = text()
    taken = sender._take()
    assert taken == row
    assert sender.send_all() == 0
    with time_machine.travel(timezone.now() + sender.LEASE):
        assert sender.send_all() == 1
    assert OutboxMessage.objects.count() == 1


def test_sender_that_lost_a_message_to_another_does_not_note_it() -> None:
    text()
    slow = sender._take()
    assert slow is not None
    with time_machine.travel(timezone.now() + sender.LEASE):
        assert sender._take() is not None
    sender._end(slow, State.SENT)
    assert QueuedMessage.objects.get().state == State.WAITING


@pytest.mark.django_db(transaction=True)
def test_several_senders_at_once_send_each_message_once() -> None:
    for number in range(24):
        QueuedMessage.put(QueuedMessage.Channel.TEXT, "recovery_code", NUMBER, {"to": NUMBER, "body": f"no {number}"})
    begin = threading.Barrier(4)

    def send(_: int) -> None:
        begin.wait(LIMIT)
        try:
            sender.send_all()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(send, range(4)))
    # Whoever found nothing to take while another held the row has left; the next turn finds it.
    sender.send_all()
    assert sorted(OutboxMessage.objects.values_list("body", flat=True)) == sorted(
        f"no {number}" for number in range(24)
    )


def test_job_that_fails_leaves_nothing_behind_and_is_tried_again(monkeypatch: pytest.MonkeyPatch, user: User) -> None:
    done: list[str] = []

    def send_names(address: str) -> None:
        send_mail(address, "en", "recovery_account", accounts=["wang0001"])
        if not done:
            done.append(address)
            raise DatabaseError

    monkeypatch.setattr("portal.recovery.account_names.send_names", send_names)
    jobs.later("account_names", address=ADDRESS)
    sender.send_all()
    assert QueuedMessage.objects.count() == 1
    assert RecipientCount.objects.count() == 0
    with time_machine.travel(timezone.now() + timedelta(seconds=6)):
        sender.send_all()
    assert [sent.to for sent in mail.outbox] == [[ADDRESS]]


def test_job_that_nobody_wrote_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match=r"no job os\.system"):
        jobs.later("os.system", command="true")


def test_every_job_can_be_found() -> None:
    from django.utils.module_loading import import_string

    assert all(callable(import_string(name)) for name in jobs.JOBS.values())


def test_operator_sees_what_waits_and_what_was_given_up_but_no_content(monkeypatch: pytest.MonkeyPatch) -> None:
    broken(monkeypatch)
    row = text()
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        sender.send_all()
    send_mail(ADDRESS, "en", "member_password", name="王小明")
    told = listed()
    assert f"{row.pk} dead text recovery_code tries=1" in told
    assert "waiting=1 oldest=" in told
    assert "dead=1" in told
    for secret in (NUMBER, "012345", ADDRESS, row.recipient):
        assert secret not in told


def test_operator_puts_back_what_was_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    row = text()
    with monkeypatch.context() as fails:
        broken(fails)
        with time_machine.travel(timezone.now() + timedelta(hours=25)):
            sender.send_all()
    call_command("messages", again=row.pk, stdout=StringIO())
    sender.send_all()
    assert OutboxMessage.objects.get().recipient == NUMBER
    for number in (row.pk, 999_999):
        with pytest.raises(CommandError, match="no such message"):
            call_command("messages", again=number, stdout=StringIO())


def test_night_forgets_what_ended_a_month_ago_and_no_more() -> None:
    text()
    sender.send_all()
    text()
    for days, left in ((29, 2), (31, 1)):
        with time_machine.travel(timezone.now() + timedelta(days=days)):
            call_command("nightly", stdout=StringIO())
        assert QueuedMessage.objects.count() == left
    assert RecipientCount.objects.count() == 0


def test_new_sealing_key_takes_waiting_messages_over(settings: Settings) -> None:
    text()
    settings.CARDLOGIN_SEAL_KEYS = ("another-test-only-seal-0123456789", *settings.CARDLOGIN_SEAL_KEYS)
    call_command("reseal", stdout=StringIO())
    settings.CARDLOGIN_SEAL_KEYS = settings.CARDLOGIN_SEAL_KEYS[:1]
    sender.send_all()
    assert OutboxMessage.objects.get().recipient == NUMBER


def test_mail_that_comes_twice_is_known_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    send_mail(ADDRESS, "en", "member_password", name="王小明")
    key = QueuedMessage.objects.get().key
    sender.send_all()
    assert mail.outbox[0].message()["Message-ID"] == f"<{key}@portal.example>"


def test_hand_over_that_never_ends_is_broken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(send_messages, "LONGEST", 0.05)
    monkeypatch.setattr(EmailMessage, "send", lambda self: signal.pause())
    send_mail(ADDRESS, "en", "member_password", name="王小明")
    call_command("send_messages", once=True, stdout=StringIO())
    assert QueuedMessage.objects.get().state == State.WAITING


def test_database_that_is_away_does_not_end_the_sender(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(watch: sender.Watch) -> bool:
        raise DatabaseError("secret")

    monkeypatch.setattr(sender, "send_one", fail)
    monkeypatch.setattr(connection, "close", lambda: None)
    monkeypatch.setattr(send_messages, "close_old_connections", lambda: None)
    assert send_messages._turn() == send_messages.AFTER_TROUBLE
    assert "secret" not in caplog.text


def test_server_that_says_no_is_no_end_either(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: EmailMessage) -> int:
        raise smtplib.SMTPRecipientsRefused({ADDRESS: (550, b"unknown")})

    monkeypatch.setattr(EmailMessage, "send", refuse)
    send_mail(ADDRESS, "en", "member_password", name="王小明")
    sender.send_all()
    assert QueuedMessage.objects.get().state == State.WAITING


def test_limit_of_an_hour_is_within_that_of_a_day() -> None:
    for limit in (limits.EACH_NOTICE, limits.EACH_WARNING, *limits.ASKED.values()):
        assert limit.hour <= limit.day


@pytest.mark.slow
def test_process_sends_at_once_and_ends_between_two_messages(tmp_path: Path, pki: Pki) -> None:
    environment = demo_environment(tmp_path, pki) | {"DJANGO_SETTINGS_MODULE": "portal.settings.demo"}
    assert run(environment, "migrate", "--verbosity", "0").returncode == 0
    put = "from portal.messages.sending import send_text; send_text('0911123456', 'en', 'member_mobile')"
    count = "from portal.messages.models import OutboxMessage as M; print(M.objects.count())"
    program = start_sender(environment, tmp_path / "logs")
    try:
        assert run(environment, "shell", "--no-imports", "-c", put).returncode == 0
        wait_until(lambda: run(environment, "shell", "--no-imports", "-c", count).stdout.strip() == "1")
        os.kill(program.pid, signal.SIGTERM)
        assert program.process.wait(LIMIT) == 0
    finally:
        program.stop()
    assert "Traceback" not in program.tail()
    once = [sys.executable, "-m", "portal", "send_messages", "--once"]
    done = subprocess.run(once, env=environment, capture_output=True, text=True, timeout=LIMIT, check=True)
    assert done.stdout == "done 0\n"
