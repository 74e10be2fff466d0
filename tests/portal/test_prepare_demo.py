"""The command that prepares the demonstration: idempotent, all or nothing."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.management import CommandError, call_command
from django.test import Client

from portal.accounts.models import User
from portal.cards.models import CardBinding
from tests.portal.helpers import card_log_in, logged_in
from tests.portal.pki import Pki

pytestmark = pytest.mark.django_db
PASSWORD = "demo pass 2026 ok"


def prepare(certificate: Path, account: str = "wang0001", password: str = PASSWORD) -> None:
    call_command("prepare_demo", account=account, password=password, certificate=certificate, stdout=StringIO())


def contents() -> list[list[Any]]:
    """Every row the command may write."""
    tables: tuple[Any, ...] = (User, EmailAddress, CardBinding)
    return [list(table.objects.order_by("pk").values()) for table in tables]


def test_account_is_confirmed_bound_and_usable(client: Client, pki: Pki) -> None:
    prepare(pki.file("citizen"))
    user = User.objects.get()
    assert (user.username, user.name, user.is_active) == ("wang0001", "王小明", True)
    assert user.check_password(PASSWORD)
    assert EmailAddress.objects.get().verified
    assert CardBinding.objects.get().binding_key == "moica:0000000112345678"
    card_log_in(client, pki.cards["citizen"])
    assert logged_in(client)


def test_second_run_changes_nothing(pki: Pki) -> None:
    prepare(pki.file("citizen"))
    before = contents()
    prepare(pki.file("citizen"))
    prepare(pki.file("citizen"), account="WANG0001")
    assert contents() == before


def test_new_password_takes_the_place_of_the_old(pki: Pki) -> None:
    prepare(pki.file("citizen"))
    prepare(pki.file("citizen"), password="another pass 2026")
    assert User.objects.get().check_password("another pass 2026")


def test_card_of_another_account_leaves_nothing_behind(pki: Pki) -> None:
    prepare(pki.file("citizen"))
    before = contents()
    with pytest.raises(CommandError, match="bound to another account"):
        prepare(pki.file("citizen"), account="lin00002")
    assert contents() == before


@pytest.mark.parametrize(
    ("account", "password", "words"),
    [
        ("a123", PASSWORD, "5 至 15"),
        ("1abcd", PASSWORD, "5 至 15"),
        ("wang0001", "short", "15"),
        ("wang0001", "password", "too common|太普通|常見"),
    ],
)
def test_bad_account_or_password_leaves_nothing_behind(pki: Pki, account: str, password: str, words: str) -> None:
    with pytest.raises(CommandError, match=words):
        prepare(pki.file("citizen"), account=account, password=password)
    assert contents() == [[], [], []]


@pytest.mark.parametrize(
    ("card", "code"),
    [("untrusted", "certificate_untrusted"), ("expired", "certificate_expired"), ("no-serial", "identity_malformed")],
)
def test_card_the_portal_would_refuse_is_not_bound(pki: Pki, card: str, code: str) -> None:
    with pytest.raises(CommandError, match=code):
        prepare(pki.file(card))
    assert contents() == [[], [], []]


def test_file_that_is_no_certificate(tmp_path: Path) -> None:
    for content, words in ((b"nothing", "token_malformed"), (b"x" * 20_000, "too large")):
        (tmp_path / "file.cer").write_bytes(content)
        with pytest.raises(CommandError, match=words):
            prepare(tmp_path / "file.cer")
    with pytest.raises(CommandError, match="cannot be read"):
        prepare(tmp_path / "missing.cer")
