"""A card that is not bound: an outside service says whether the account's full ID number belongs to it."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from django.test import Client
from pytest_django import Settings

from cardlogin_server.identity.confirm import HttpIdentityConfirmer
from portal.accounts.models import IdKind, User
from portal.cards.models import CardBinding
from tests.portal.conftest import SERIAL
from tests.portal.pki import Pki
from tests.portal.recovery.people import NATIONAL_ID, WAYS, asks_for_password, by_card, code
from tests.unit.cardlogin_server.identity.test_confirm import OUTCOMES, Service, authority, write

pytestmark = pytest.mark.django_db
NAMESAKE = "0000000133333333"
_asker: list[HttpIdentityConfirmer] = []


def asker() -> HttpIdentityConfirmer:
    """What the setting CARDLOGIN_CONFIRMER names."""
    return _asker[-1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys and certificates of the service and of the portal."""
    folder = tmp_path_factory.mktemp("confirmer")
    ministry = authority("ministry")
    for label in ("server", "client"):
        write(folder, label, ministry)
    (folder / "ministry.pem").write_bytes(ministry.certificate.public_bytes(Encoding.PEM))
    return folder


@pytest.fixture
def service(folder: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """The service over mutual TLS; it knows 王小明's card as his own and the namesake's as another's."""
    monkeypatch.setitem(OUTCOMES, SERIAL, 0)
    monkeypatch.setitem(OUTCOMES, NAMESAKE, 1)
    settings.CARDLOGIN_CONFIRMER = f"{__name__}.asker"
    with Service(folder) as server:
        made = HttpIdentityConfirmer(
            server.url, certificate=folder / "client.pem", key=folder / "client.key",
            authorities=folder / "ministry.pem",
        )  # fmt: skip
        _asker.append(made)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()
        _asker.clear()


@pytest.fixture
def unbound(owner: User) -> User:
    """The account, with its ID number and without its card."""
    CardBinding.objects.all().delete()
    return owner


def test_card_confirmed_for_the_full_number_resets(
    client: Client, unbound: User, pki: Pki, service: Service, profile: str
) -> None:
    assert asks_for_password(by_card(client, "reset", pki.cards["citizen"]))
    assert [request["pairs"] for request in service.requests] == [[[SERIAL, NATIONAL_ID]]]
    assert not CardBinding.objects.exists()


@pytest.mark.parametrize("way", ["activate", "unlock"])
def test_card_confirmed_for_the_full_number_activates_and_unlocks(
    client: Client, unbound: User, pki: Pki, service: Service, way: str
) -> None:
    assert code(by_card(client, way, pki.cards["citizen"])) == way


@pytest.mark.parametrize("way", WAYS)
def test_without_a_confirmer_name_and_last_four_are_nothing(client: Client, unbound: User, pki: Pki, way: str) -> None:
    assert unbound.name == "王小明"
    assert unbound.person.last_four == "6789"
    assert code(by_card(client, way, pki.cards["citizen"])) == "recovery_refused"


@pytest.mark.parametrize("way", WAYS)
def test_namesake_with_the_same_last_four_is_refused(
    client: Client, unbound: User, pki: Pki, service: Service, way: str
) -> None:
    assert code(by_card(client, way, pki.cards["namesake"])) == "recovery_refused"
    assert len(service.requests) == 1


@pytest.mark.parametrize("outcome", [1, 2, 999])
def test_every_other_outcome_is_a_refusal(
    client: Client, unbound: User, pki: Pki, service: Service, monkeypatch: pytest.MonkeyPatch, outcome: int
) -> None:
    monkeypatch.setitem(OUTCOMES, SERIAL, outcome)
    assert code(by_card(client, "reset", pki.cards["citizen"])) == "recovery_refused"


def test_service_that_fails_confirms_nothing_and_no_person_is_logged(
    client: Client, unbound: User, pki: Pki, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    service.status = 500
    assert code(by_card(client, "reset", pki.cards["citizen"])) == "recovery_refused"
    assert "confirmer: status 500" in caplog.text
    assert NATIONAL_ID not in caplog.text
    assert SERIAL not in caplog.text


@pytest.mark.parametrize("change", ["name", "number", "passport", "no number", "another's number", "company"])
def test_number_that_cannot_be_the_holders_is_never_shown_to_the_service(
    client: Client, unbound: User, pki: Pki, service: Service, change: str
) -> None:
    person = unbound.person
    if change == "name":
        User.objects.update(name="林美玲")
    elif change == "number":
        person.set_id_number(IdKind.NATIONAL, "A100000001")
    elif change == "passport":
        person.set_id_number(IdKind.PASSPORT, "300006789")
    elif change == "no number":
        person.id_sealed = person.id_index = None
    elif change == "another's number":
        person.id_index = None
    else:
        User.objects.update(certificate_only=True)
    person.save()
    assert code(by_card(client, "reset", pki.cards["citizen"])) == "recovery_refused"
    assert service.requests == []


def test_number_that_was_tampered_with_is_not_used(
    client: Client, unbound: User, pki: Pki, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    person = unbound.person
    person.id_sealed = bytes(person.id_sealed or b"")[:-1] + b"\0"
    person.save()
    assert code(by_card(client, "reset", pki.cards["citizen"])) == "recovery_refused"
    assert service.requests == []


def test_bound_card_needs_no_service(client: Client, owner: User, pki: Pki, service: Service) -> None:
    assert asks_for_password(by_card(client, "reset", pki.cards["citizen"]))
    assert service.requests == []


def test_unknown_account_is_not_asked_for(client: Client, unbound: User, pki: Pki, service: Service) -> None:
    assert code(by_card(client, "reset", pki.cards["citizen"], "nobody01")) == "recovery_refused"
    assert service.requests == []
