"""Mail and text messages: noted with the transaction, sent by real back ends, and a failing one harms nobody."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.core import mail
from django.db import transaction
from django.template import TemplateDoesNotExist
from pytest_django import Settings
from typing_extensions import override

from portal.messages.gateway import GatewayError, HttpGateway, OutboxGateway, gateway
from portal.messages.models import OutboxMessage
from portal.messages.sending import send_mail, send_text

NUMBER = "0911123456"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def texts(settings: Settings, tmp_path: Any) -> None:
    """A mail and a text of the test's own."""
    for folder in ("mail", "text"):
        (tmp_path / folder).mkdir()
    (tmp_path / "mail" / "greeting.txt").write_text("主旨 Subject\n\n{{ name }}您好\nHello\n", "utf-8")
    (tmp_path / "text" / "greeting.txt").write_text("驗證碼 Code {{ code }}\n", "utf-8")
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]


class Company(ThreadingHTTPServer):
    """A text-message company that answers with a status of the test's choice."""

    def __init__(self) -> None:
        self.status = 202
        self.seen: list[tuple[str, dict[str, str]]] = []
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: Company  # type: ignore[mutable-override]

    def do_POST(self) -> None:
        """Note what came."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.seen.append((self.headers["Authorization"], body))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Stay quiet."""


@pytest.fixture
def company(settings: Settings) -> Iterator[Company]:
    """The company, and the portal configured for it."""
    with Company() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        settings.CARDLOGIN_TEXT_URL = f"http://127.0.0.1:{server.server_port}/send"
        settings.CARDLOGIN_TEXT_TOKEN = "secret"
        settings.CARDLOGIN_TEXT_GATEWAY = "portal.messages.gateway.HttpGateway"
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.django_db(transaction=True)
def test_mail_leaves_when_the_transaction_is_through() -> None:
    with transaction.atomic():
        send_mail("a@portal.example", "en", "greeting", name="王小明")
        assert mail.outbox == []
    (sent,) = mail.outbox
    assert (sent.subject, sent.to, sent.body) == ("主旨 Subject", ["a@portal.example"], "王小明您好\nHello\n")


@pytest.mark.django_db(transaction=True)
def test_mail_of_a_transaction_that_fails_is_never_sent() -> None:
    with transaction.atomic():
        send_mail("a@portal.example", "en", "greeting", name="王小明")
        transaction.set_rollback(True)
    assert mail.outbox == []


@pytest.mark.django_db(transaction=True)
def test_mail_server_that_is_away_is_no_error_for_the_person(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    send_mail("a@portal.example", "en", "greeting", name="王小明")
    assert "mail greeting: ConnectionRefusedError" in caplog.messages
    assert "a@portal.example" not in caplog.text


def test_text_that_nobody_wrote_is_a_mistake_of_ours_and_shows_at_once() -> None:
    with pytest.raises(TemplateDoesNotExist):
        send_mail("a@portal.example", "en", "no-such-mail")


@pytest.mark.django_db(transaction=True)
def test_outbox_keeps_mails_and_texts(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "portal.messages.outbox.OutboxMailBackend"
    assert isinstance(gateway(), OutboxGateway)
    send_mail("a@portal.example", "en", "greeting", name="王小明")
    send_text(NUMBER, "en", "greeting", code="123456")
    kept = OutboxMessage.objects.order_by("pk").values_list("channel", "recipient", "body")
    assert list(kept) == [
        ("mail", "a@portal.example", "王小明您好\nHello\n"),
        ("text", NUMBER, "驗證碼 Code 123456"),
    ]


@pytest.mark.django_db(transaction=True)
def test_text_goes_to_the_company(company: Company) -> None:
    send_text(NUMBER, "en", "greeting", code="123456")
    assert company.seen == [("Bearer secret", {"to": NUMBER, "text": "驗證碼 Code 123456"})]


@pytest.mark.parametrize("status", [400, 500, 302])
def test_company_that_refuses(company: Company, status: int, caplog: pytest.LogCaptureFixture) -> None:
    company.status = status
    with pytest.raises(GatewayError):
        HttpGateway().send(NUMBER, "text")
    assert NUMBER not in caplog.text


@pytest.mark.parametrize("address", ["", "file:///etc/passwd", "ftp://x", "http://company.example/"])
def test_address_that_is_not_https_is_never_asked(settings: Settings, address: str) -> None:
    settings.CARDLOGIN_TEXT_URL = address
    with pytest.raises(GatewayError):
        HttpGateway().send(NUMBER, "text")


@pytest.mark.django_db(transaction=True)
def test_company_that_is_away_is_no_error_for_the_person(company: Company, caplog: pytest.LogCaptureFixture) -> None:
    company.status = 500
    send_text(NUMBER, "en", "greeting", code="123456")
    assert "text greeting: GatewayError" in caplog.messages
