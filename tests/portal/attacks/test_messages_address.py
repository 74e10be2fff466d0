"""Mail goes only to an address as it is stored; letters that a database takes for others reach nobody."""

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.db import connection
from pytest_django import Settings

from cardlogin_server.identity.identifiers.account import mail_form
from portal.accounts.models import User
from portal.recovery.account_names import send_names
from tests.portal.conftest import PASSWORD, browser
from tests.portal.recovery.people import BASE, solved

WHO = "a stranger"
STORED = "hiss.kink@portal.example"
# What upper and lower case of one database or another make the same: dotless and dotted i, long s, Kelvin, full width.
ALIKE = {
    "dotless i": "h\u0131ss.kink@portal.example",
    "dotted capital I": "h\u0130ss.kink@portal.example",
    "long s": "hi\u017f\u017f.kink@portal.example",
    "sharp s": "hi\u00df.kink@portal.example",
    "Kelvin sign": "hiss.\u212aink@portal.example",
    "full width": "\uff48iss.kink@portal.example",
    "pattern": "hi__.kink@portal.example",
    "any": "%@portal.example",
}
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def holder(db: None) -> User:
    """Somebody with that address."""
    user = User.objects.create_user("hold0000", STORED, PASSWORD, name="王小明")
    EmailAddress.objects.create(user=user, email=STORED, verified=True, primary=True)
    return user


@pytest.mark.parametrize("profile", ["modern", "egov-compat"])
@pytest.mark.parametrize("typed", ALIKE.values(), ids=ALIKE)
def test_address_that_only_looks_alike(settings: Settings, profile: str, typed: str) -> None:
    """An address that a database takes for another one is typed at 忘記帳號."""
    settings.CARDLOGIN_PROFILE = profile
    client, path = browser(), f"{BASE}account/"
    client.post(path, {"email": typed, **solved(client, path)})
    assert {to for one in mail.outbox for to in one.to} <= {STORED}


@pytest.mark.parametrize("typed", ALIKE.values(), ids=ALIKE)
def test_address_is_compared_in_one_form_only(typed: str) -> None:
    """The same, past the form: the database compares what is stored, byte by byte."""
    send_names(typed)
    assert mail.outbox == []
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM accounts_user WHERE email = %s", [typed])
        assert cursor.fetchone() == (0,)


@pytest.mark.parametrize("typed", ALIKE.values(), ids=ALIKE)
def test_form_is_its_own_form(typed: str) -> None:
    """An address that becomes another one each time it is brought into its form."""
    try:
        once = mail_form(typed)
    except ValueError:
        return
    assert mail_form(once) == once
