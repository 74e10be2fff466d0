"""What somebody typed is to get into the audit log, through any of its columns."""

from typing import Any

import pytest

from portal.audit.log import record
from portal.audit.models import AuditEvent

pytestmark = pytest.mark.django_db
WHO = "a stranger"
TYPED = {
    "name": "王小明", "account": "wang0001", "id number": "A123456789", "telephone": "0911123456",
    "mail address": "wang@portal.example", "network address": "192.0.2.7", "token": "eyJhbGciOiJFUzI1NiJ9",
    "certificate": "ab" * 32, "line": "a\nb", "long": "a" * 41, "empty": "", "yes": True, "none": None, "list": ["a"],
    "fraction": 1.5, "negative": -1, "upper case": "Card",
}  # fmt: skip


@pytest.mark.parametrize("value", TYPED.values(), ids=TYPED.keys())
@pytest.mark.parametrize("fact", ["method", "by", "count"])
def test_fact(fact: str, value: Any) -> None:
    """A fact that is no word of the program and no number."""
    with pytest.raises(ValueError, match="audit facts"):
        record("login", **{fact: value})
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize("name", ["password", "name", "mail", "token", "id_number", "session", "certificate"])
def test_name(name: str) -> None:
    """A fact of a name that is not in the list."""
    with pytest.raises(ValueError, match="audit facts"):
        record("login", **{name: "x"})  # type: ignore[arg-type]
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize("text", ["", "a" * 41, "Login", "wang@portal.example", "login\n", "王", "1", b"login", None])
@pytest.mark.parametrize("place", ["action", "code"])
def test_code(place: str, text: Any) -> None:
    """An action or code that is longer than its column, or no word."""
    words: tuple[Any, Any] = (text, "ok") if place == "action" else ("login", text)
    with pytest.raises(ValueError, match="audit code"):
        record(*words)
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize("number", [True, 0, -1, "1", "wang0001", 1.0])
def test_account(number: Any) -> None:
    """An account that is no number of one."""
    with pytest.raises(ValueError, match="audit account"):
        record("login", account=number)
    assert not AuditEvent.objects.exists()
