"""Fixtures of the portal's tests: a PKI with its list server, an account with a bound card, browsers."""

import secrets
import threading
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from django.db import connection, transaction
from django.db.models.signals import post_save
from django.test import Client
from django.utils import timezone, translation
from pytest_django import DjangoDbBlocker, Settings
from typing_extensions import override

from cardlogin_server.contrib.django.parts import forget
from portal.accounts.models import User
from portal.audit import flood
from portal.cards.models import CardBinding
from portal.messages import sender
from portal.messages.models import QueuedMessage
from tests.portal import lock_order
from tests.portal.pki import ListServer, Pki

PASSWORD = "correct horse 9 battery"
SERIAL = "0000000112345678"


@pytest.fixture(scope="session", autouse=True)
def locks_watched() -> list[str]:
    """Hears of locks taken out of order in every transaction from now on."""
    heard: list[str] = []
    lock_order.watch(heard.append)
    return heard


@pytest.fixture(autouse=True)
def _locks_in_order(locks_watched: list[str]) -> Iterator[None]:
    """No transaction of this test takes locks in an order that could end in a deadlock."""
    locks_watched.clear()
    yield
    assert locks_watched == []


@pytest.fixture(autouse=True)
def _no_language_of_an_earlier_test() -> None:
    """The test client leaves the language of its last request active in this process."""
    translation.deactivate()


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pki]:
    """The test PKI, its list served on loopback."""
    with ListServer() as server:
        made = Pki(tmp_path_factory.mktemp("pki"), f"http://{server.host}")
        server.content = made.revocation_list()
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield made
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def _configured(pki: Pki, settings: Settings) -> Iterator[None]:
    settings.CARDLOGIN_PKI = str(pki.folder)
    settings.CARDLOGIN_CRL_HOSTS = (pki.base_url.removeprefix("http://"),)
    forget()
    yield
    forget()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """The test database; transaction tests empty every table, which the audit log's own triggers would refuse."""
    with django_db_blocker.unblock():
        drop_audit_triggers("audit_no_delete", "audit_no_truncate", "audit_clock")


def drop_audit_triggers(*names: str) -> None:
    """Takes away what refuses to empty the audit log and to write for the time of a test, as far as it is there.

    `attacks/audit.py` puts it back.
    """
    table = " ON audit_auditevent" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{table}")


@pytest.fixture(autouse=True)
def _no_refusals_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """No refusal of an earlier test counts in this one; a cache may outlive it."""
    monkeypatch.setattr(flood, "_PREFIX", f"audit-{secrets.token_hex(8)}")


class Browser(Client):
    """A browser that reaches the portal over TLS; the sender sends what waits before the next request."""

    has_database: ClassVar[bool] = False
    """Whether the test that runs has one."""

    @override
    def request(self, **request: Any) -> Any:
        """Send as https on the usual port."""
        answer = super().request(**{**request, "wsgi.url_scheme": "https", "SERVER_PORT": "443"})
        # A file that is being sent must be closed by whoever asked for it, and takes the database with it.
        if Browser.has_database and not answer.streaming:
            sender.send_all()
        return answer


@pytest.fixture(autouse=True)
def _sender(request: pytest.FixtureRequest) -> Iterator[None]:
    """The sender, which is a process of its own elsewhere: what a test notes without a request is sent as well."""
    Browser.has_database = bool({"db", "transactional_db"} & set(request.fixturenames)) or bool(
        request.node.get_closest_marker("django_db")
    )

    def noted(*_: object, **__: object) -> None:
        transaction.on_commit(sender.send_all)

    post_save.connect(noted, QueuedMessage, weak=False, dispatch_uid="sender")
    yield
    post_save.disconnect(sender=QueuedMessage, dispatch_uid="sender")


def browser(enforce_csrf_checks: bool = False) -> Client:
    """A fresh browser on https://portal.test."""
    return Browser(enforce_csrf_checks=enforce_csrf_checks, SERVER_NAME="portal.test")


@pytest.fixture
def client() -> Client:
    """A fresh browser on https://portal.test."""
    return browser()


@pytest.fixture
def user(db: None) -> User:
    """An active account, 王小明, bound to the card "citizen"."""
    made = User.objects.create_user("wang0001", "wang0001@portal.example", PASSWORD, name="王小明")
    CardBinding.objects.create(
        user=made, binding_key=f"moica:{SERIAL}", family="moica", subject_serial=SERIAL, created=timezone.now()
    )
    return made
