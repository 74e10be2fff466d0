"""The order in which transactions take locks: the account's row, then what belongs to it, then what is everybody's.

Two transactions that take the same rows in different orders wait for each other, and PostgreSQL ends one of them with
an error. Whether they meet is chance; the order is not. So it is looked at in every transaction of every test, on
every database, instead of waiting for two to meet. What a portal does in a process of its own is not seen here.
"""

import re
import traceback
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.signals import connection_created
from django.db.backends.sqlite3.base import DatabaseWrapper
from django.db.transaction import Atomic

import portal

_PORTAL = Path(portal.__file__).parent
_CHANGE = re.compile(r'(?:UPDATE|DELETE FROM|INSERT INTO|INSERT OR IGNORE INTO) "(\w+)"')
_HOLD = re.compile(r'SELECT .*? FROM "(\w+)".* (?:FOR|/\* FOR) (?:NO KEY )?UPDATE', re.DOTALL)
# A session belongs to whoever is logged in by it.
_SESSIONS = "django_session"
# What belongs to no account, in the order in which a transaction may take it; a new message is in nobody's way.
_SHARED = ("accounts_passwordtries", "messages_recipientcount", "messages_queuedmessage", "portal_cache")
_ONLY_ADDED = ("INSERT", "messages_queuedmessage")


class LocksTaken:
    """The locks of one transaction, in order."""

    def __init__(self) -> None:
        self.tables: list[str] = []

    def take(self, table: str) -> str:
        """Take one more; returns what is wrong with it, or an empty text."""
        accounts, before = get_user_model()._meta.db_table, self.tables.copy()
        self.tables.append(table)
        if table in _SHARED:
            late = [one for one in before if one in _SHARED[_SHARED.index(table) + 1 :]]
            if late:
                return f"{table} after {late[0]}"
        only_shared = table in _SHARED and set(before) <= set(_SHARED)
        if not before or accounts in before or only_shared:
            return ""
        return f"{table} after {before[0]}, without the account"


@cache
def _tables() -> frozenset[str]:
    """The tables of accounts, of what belongs to them, directly or by another table, and what is shared."""
    found: set[Any] = {get_user_model()}
    while True:
        more = {
            model
            for model in apps.get_models()
            for field in model._meta.concrete_fields
            if field.is_relation and field.related_model in found and not field.null
        }
        if more <= found:
            return frozenset({model._meta.db_table for model in found} | {_SESSIONS, *_SHARED})
        found |= more


def table_locked(sql: str) -> str:
    """The table that a statement takes locks in, or an empty text."""
    found = _CHANGE.match(sql) or _HOLD.match(sql)
    if found is None or (sql[:6], found[1]) == _ONLY_ADDED:
        return ""
    return found[1] if found[1] in _tables() else ""


def _portal_code() -> str:
    """The portal's functions that are being called, the innermost first; empty where a test does it by itself."""
    calls = [frame for frame in reversed(traceback.extract_stack()) if f"{_PORTAL}/" in frame.filename]
    return " < ".join(
        f"{frame.filename.removeprefix(str(_PORTAL.parent))}:{frame.lineno} {frame.name}" for frame in calls
    )


def _outermost(connection: Any) -> Atomic | None:
    """The block that began the transaction under way, apart from the one that a test lives in."""
    return next((one for one in connection.atomic_blocks if not one._from_testcase), None)


def watch(report: Callable[[str], None]) -> None:
    """From now on `report` hears of every transaction that takes a lock out of order."""
    # SQLite has one lock for everything; the statements say all the same what they would hold elsewhere.
    DatabaseWrapper.features_class.has_select_for_update = True
    DatabaseWrapper.features_class.has_select_for_update_of = True
    DatabaseWrapper.features_class.has_select_for_no_key_update = True
    DatabaseWrapper.ops_class.for_update_sql = lambda *_, **__: "/* FOR UPDATE */"  # type: ignore[method-assign]

    def look(execute: Any, sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
        connection = context["connection"]
        block = _outermost(connection)
        table = table_locked(str(sql)) if block is not None else ""
        if table:
            if getattr(connection, "_locks_of", None) is not block:
                connection._locks_of, connection._locks = block, LocksTaken()
            wrong = connection._locks.take(table)
            where = _portal_code() if wrong else ""
            if where:
                report(f"{wrong}: {where}")
        return execute(sql, params, many, context)

    leave = Atomic.__exit__

    def forget(block: Any, *error: Any) -> None:
        # The block of a decorated function is the same object in every call.
        try:
            leave(block, *error)
        finally:
            connection: Any = connections[block.using or DEFAULT_DB_ALIAS]
            if _outermost(connection) is None:
                connection._locks_of = None

    def begin(connection: Any, **_: object) -> None:
        if look not in connection.execute_wrappers:
            connection.execute_wrappers.append(look)

    Atomic.__exit__ = forget  # type: ignore[method-assign]
    for open_already in connections.all(initialized_only=True):
        begin(open_already)
    connection_created.connect(begin, weak=False, dispatch_uid="lock order")
