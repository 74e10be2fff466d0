"""A card's deed and its line in the audit log come together or not at all, and the line has the caller's address."""

from typing import Any

import pytest
from django.test import Client

from portal.accounts.models import User
from portal.audit.models import AuditEvent
from portal.cards.models import CardBinding, CardCertificate, VerifiedCard
from tests.portal.cards.test_binding import CARDS, bind
from tests.portal.cards.test_unbound import ONLY, RENEWAL
from tests.portal.conftest import PASSWORD, browser
from tests.portal.helpers import card_log_in, logged_in
from tests.portal.pki import Pki

pytestmark = pytest.mark.django_db
MODULES = ("portal.cards.binding", "portal.cards.renewal", "portal.cards.choices", "portal.cards.member_pages")


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> Any:
    """`full()`: from now on nothing can be written into the audit log."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError("audit")

    return lambda: [monkeypatch.setattr(f"{module}.record", refuse) for module in MODULES]


def enter(client: Client, name: str = "wang0001") -> None:
    """Log in by password."""
    client.post("/accounts/login/", {"login": name, "password": PASSWORD})


def test_bind(client: Client, pki: Pki, full: Any) -> None:
    User.objects.create_user("wang0002", "wang0002@portal.example", PASSWORD, name="王小明")
    enter(client, "wang0002")
    full()
    with pytest.raises(OSError, match="audit"):
        bind(client, pki.cards["citizen"])
    assert not CardBinding.objects.exists()
    assert not CardCertificate.objects.exists()


def test_merge(client: Client, pki: Pki, full: Any) -> None:
    card_log_in(client, pki.cards["citizen"])
    client.post(ONLY)
    User.objects.create_user("wang0002", "wang0002@portal.example", PASSWORD, name="王小明")
    enter(another := browser(), "wang0002")
    full()
    with pytest.raises(OSError, match="audit"):
        bind(another, pki.cards["citizen"])
    assert CardBinding.objects.get().user.certificate_only
    assert User.objects.filter(is_active=True).count() == 2


def test_unbind_and_rename(client: Client, user: User, full: Any) -> None:
    enter(client)
    card = user.cards.get().pk
    full()
    for action in ("unbind", "rename"):
        with pytest.raises(OSError, match="audit"):
            client.post(f"{CARDS}{card}/{action}/", {"nickname": "我的卡"})
    assert CardBinding.objects.get().nickname == ""


def test_renewal(client: Client, user: User, pki: Pki, full: Any) -> None:
    card_log_in(browser(), pki.cards["citizen"])
    card_log_in(client, pki.cards["renewed"])
    full()
    with pytest.raises(OSError, match="audit"):
        client.post(RENEWAL, {"password": PASSWORD})
    assert CardCertificate.objects.count() == VerifiedCard.objects.count() == 1
    assert not logged_in(client)


def test_card_alone(client: Client, pki: Pki, full: Any) -> None:
    card_log_in(client, pki.cards["citizen"])
    full()
    with pytest.raises(OSError, match="audit"):
        client.post(ONLY)
    assert not User.objects.exists()
    assert VerifiedCard.objects.count() == 1


def test_every_line_has_the_address(client: Client, user: User, pki: Pki) -> None:
    """Whatever a card does, except the line of the log-in itself, which portal.accounts.entry writes."""
    card_log_in(client, pki.cards["citizen"])
    card_log_in(renewer := browser(), pki.cards["renewed"])
    renewer.post(RENEWAL, {"password": "wrong"})
    renewer.post(RENEWAL, {"password": PASSWORD})
    client.post(f"{CARDS}{user.cards.get().pk}/rename/", {"nickname": "我的卡"})
    client.post(f"{CARDS}{user.cards.get().pk}/unbind/")
    card_log_in(alone := browser(), pki.cards["citizen"])
    alone.post(ONLY)
    bind(client, pki.cards["namesake"])
    bind(client, pki.cards["citizen"])
    bind(client, pki.cards["citizen2"])
    lines = AuditEvent.objects.exclude(action="login", code="ok")
    assert not lines.filter(address="")
    told = set(lines.values_list("action", "code"))
    assert told == {
        ("login", "card_renewal"), ("login", "password_wrong"), ("card_renewed", "ok"), ("card_renamed", "ok"),
        ("unbind", "ok"), ("login", "card_not_bound"), ("register", "ok"), ("bind", "ok"), ("account_merged", "ok"),
        ("bind", "card_name_differs"),
    }  # fmt: skip
