"""Nobody can forget what an audit event needs: looked for in the source and behind every address."""

import ast
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class
from django.test import Client

import portal
from portal.accounts.models import User
from portal.audit.models import AuditEvent
from portal.audit.origin import Job
from tests.portal.audit_rows import Row, faults
from tests.portal.conftest import browser
from tests.portal.member.people import log_in
from tests.portal.security.addresses import Address, addresses

ROOT = Path(portal.__file__).parent
TOLD = {"challenge": "x", "token": "x", "account": "wang0001", "code": "123456", "password": "x", "login": "wang0001"}
EVERY = pytest.mark.parametrize("address", addresses(), ids=lambda address: address.path)


def _files_with(name: str) -> set[str]:
    found = set()
    for file in ROOT.rglob("*.py"):
        names = {
            getattr(node, "id", getattr(node, "attr", "")) for node in ast.walk(ast.parse(file.read_text("utf-8")))
        }
        if name in names:
            found.add(file.relative_to(ROOT).as_posix())
    return found


def test_one_place_writes_and_one_page_reads() -> None:
    assert _files_with("AuditEvent") == {"audit/log.py", "member/overview.py", "member/ways_in.py"}
    tables = {file for file in ROOT.rglob("*.py") if "audit_auditevent" in file.read_text("utf-8")}
    assert {file.relative_to(ROOT).parts[0] for file in tables} == {"audit"}


def test_every_command_says_who_had_it_run() -> None:
    own = [name for name, app in get_commands().items() if app.startswith("portal")]
    assert len(own) >= 8
    for name in own:
        assert issubclass(type(load_command_class(get_commands()[name], name)), Job), name


def _rows() -> list[Row]:
    return [Row(*row) for row in AuditEvent.objects.values_list("action", "code", "account", "address", "facts")]


@EVERY
def test_every_event_of_a_stranger_has_the_address(user: User, address: Address) -> None:
    for method in ("get", "post"):
        getattr(browser(), method)(address.path, TOLD)
    assert faults(_rows()) == []


@EVERY
def test_every_event_of_a_member_names_the_account(client: Client, user: User, address: Address) -> None:
    log_in(client, account=user.username)
    client.post(address.path, TOLD)
    rows = [row for row in _rows() if row.action != "register" and row.code != "confirm_link_unknown"]
    assert faults(rows) == []
    assert {row.account for row in rows} <= {user.pk, None if "/card/" in address.path else user.pk}


@pytest.mark.parametrize(
    "row",
    [
        Row("login", "ok", 1, "", {}),
        Row("login", "ok", 1, "192.0.2.7", {}),
        Row("login", "王小明", 1, "a" * 64, {}),
        Row("login", "ok", 1, "a" * 64, {"method": "wang@portal.example"}),
        Row("login", "ok", 1, "a" * 64, {"method": "A123456789"}),
        Row("login", "ok", 1, "a" * 64, {"method": 123}),
        Row("login", "ok", 1, "a" * 64, {"count": True}),
    ],
)  # fmt: skip
def test_a_row_with_more_would_be_found(row: Row) -> None:
    assert faults([row]) == [row]
    assert faults([Row("login", "ok", 1, "a" * 64, {"method": "card", "count": 2})]) == []
