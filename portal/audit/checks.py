"""What `check --deploy --database default` says of the database role.

The workers' may add to the audit log and nothing else.
"""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Warning
from django.db import DEFAULT_DB_ALIAS, OperationalError, connection

_MAY = """
SELECT pg_has_role(current_user, relowner, 'MEMBER') OR has_table_privilege(oid, 'UPDATE, DELETE, TRUNCATE, TRIGGER')
FROM pg_class WHERE oid = to_regclass('audit_auditevent')
"""


def append_only_role(
    app_configs: Sequence[Any] | None, databases: Sequence[str] | None = None, **_: Any
) -> list[CheckMessage]:
    """One warning where the role that asks may change or empty the audit log, or switch its triggers off.

    Another one where the database does not answer. Nothing for SQLite, where whoever has the file has the log, and
    before the first `migrate`. Asked only with `--database`, as Django has it for whatever opens a connection.
    """
    if DEFAULT_DB_ALIAS not in (databases or ()) or connection.vendor != "postgresql":
        return []
    try:
        with connection.cursor() as cursor:
            cursor.execute(_MAY)
            found = cursor.fetchone()
    except OperationalError:
        return [Warning("The database cannot be asked for the rights of its role.", id="portal.audit.W002")]
    if found is None or not found[0]:
        return []
    return [
        Warning(
            "The database role of the workers may change the audit log.",
            hint="Let another role own the tables, and run `python -m portal grant --role …` as that one.",
            id="portal.audit.W001",
        )
    ]
