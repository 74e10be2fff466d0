"""One code of an app, sent twice at the same moment."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client

from portal.accounts.models import User
from tests.portal.conftest import browser
from tests.portal.helpers import logged_in
from tests.portal.member.people import log_in, totp
from tests.portal.member.test_second_factor import STEP, codes_on, switch_on
from tests.portal.recovery.conftest import owner

__all__ = ["owner"]
WHO = "somebody who reads a code over a shoulder"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["app", "backup"])
def test_one_code_in_two_browsers_at_once(owner: User, kind: str) -> None:
    """The holder's code is sent from another browser at the same moment, and both get in."""
    log_in(inside := browser())
    secret = switch_on(inside)
    code = totp(secret, 1) if kind == "app" else codes_on(inside.get("/member/second-factor/"))[0]
    both = [browser(), browser()]
    for one in both:
        log_in(one)

    def send(client: Client) -> None:
        try:
            client.post(STEP, {"code": code})
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(send, both))
    assert [logged_in(one) for one in both].count(True) == 1
