"""The stand-in for the ministry's identity check, asked by the real client over mutual TLS."""

import http.client
import json
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from cardlogin_server.identity.confirm import Confirmation, ConfirmerUnavailable, HttpIdentityConfirmer, Pair
from portal.cards import confirmer
from portal.standins.confirmer import ConfirmerStandIn
from portal.standins.keys import make_keys

SERIAL, NUMBER = "0000000112345678", "A123456789"


@pytest.fixture
def standin(tmp_path: Path, settings: Settings) -> Iterator[ConfirmerStandIn]:
    """The stand-in, running, and a portal that asks it."""
    folder = tmp_path / "confirmer"
    with ConfirmerStandIn(folder, {SERIAL: NUMBER}) as server:
        settings.CARDLOGIN_CONFIRMER = "portal.cards.confirmer.over_https"
        settings.CARDLOGIN_CONFIRMER_URL = server.url
        settings.CARDLOGIN_CONFIRMER_FOLDER = str(folder)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def client(
    server: ConfirmerStandIn, folder: Path, authorities: Path, *, late: timedelta = timedelta()
) -> HttpIdentityConfirmer:
    """A client with the keys of a folder and a clock that may be wrong."""
    return HttpIdentityConfirmer(
        server.url, certificate=folder / "client.pem", key=folder / "client.key", authorities=authorities,
        clock=lambda: datetime.now(UTC) + late,
    )  # fmt: skip


def test_it_confirms_the_pairs_that_it_knows(standin: ConfirmerStandIn) -> None:
    assert confirmer.is_configured()
    assert confirmer.ask(SERIAL, NUMBER) is Confirmation.CONFIRMED
    assert confirmer.ask(SERIAL, "A223456781") is Confirmation.NO_SUCH_PAIR
    assert confirmer.ask("0000000199999999", NUMBER) is Confirmation.NO_SUCH_PAIR


def test_several_pairs_are_answered_in_their_order(standin: ConfirmerStandIn) -> None:
    pairs = [Pair("1", NUMBER), Pair(SERIAL, NUMBER), Pair(SERIAL, "B")]
    assert [outcome.value for outcome in confirmer.over_https().confirm(pairs)] == [1, 0, 1]


def test_client_of_another_authority_is_refused(standin: ConfirmerStandIn, tmp_path: Path) -> None:
    make_keys(tmp_path / "other")
    asker = client(standin, tmp_path / "other", tmp_path / "confirmer" / "authorities.pem")
    with pytest.raises(ConfirmerUnavailable):
        asker.confirm([Pair(SERIAL, NUMBER)])


def test_old_request_is_refused(standin: ConfirmerStandIn, tmp_path: Path) -> None:
    folder = tmp_path / "confirmer"
    asker = client(standin, folder, folder / "authorities.pem", late=timedelta(minutes=-6))
    with pytest.raises(ConfirmerUnavailable, match="status 400"):
        asker.confirm([Pair(SERIAL, NUMBER)])


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b"[" * 100_000, b'{"request": "{}", "signature": "AAAA"}', b"\xff"]
)
def test_what_is_no_signed_request_is_refused(standin: ConfirmerStandIn, tmp_path: Path, body: bytes) -> None:
    folder = tmp_path / "confirmer"
    context = ssl.create_default_context(cafile=str(folder / "authorities.pem"))
    context.load_cert_chain(folder / "client.pem", folder / "client.key")
    connection = http.client.HTTPSConnection("127.0.0.1", standin.server_address[1], context=context, timeout=10)
    connection.request("POST", "/", body)
    answer = connection.getresponse()
    assert (answer.status, json.loads(answer.read())) == (400, {})
    connection.close()


def test_without_its_files_nothing_is_confirmed(standin: ConfirmerStandIn, settings: Settings, tmp_path: Path) -> None:
    settings.CARDLOGIN_CONFIRMER_FOLDER = str(tmp_path / "nowhere")
    assert confirmer.ask(SERIAL, NUMBER) is Confirmation.ASK_AGAIN


def test_when_it_is_gone_nothing_is_confirmed(settings: Settings, tmp_path: Path) -> None:
    make_keys(tmp_path)
    settings.CARDLOGIN_CONFIRMER = "portal.cards.confirmer.over_https"
    settings.CARDLOGIN_CONFIRMER_URL = "https://127.0.0.1:9/"
    settings.CARDLOGIN_CONFIRMER_FOLDER = str(tmp_path)
    assert confirmer.ask(SERIAL, NUMBER) is Confirmation.ASK_AGAIN
