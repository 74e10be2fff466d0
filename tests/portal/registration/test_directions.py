"""Text that runs from right to left is somebody's own; it turns nothing of the page around."""

import re

import pytest
from django.test import Client

from portal.accounts.models import Person, User
from portal.cards.models import CardBinding
from tests.portal.helpers import card_log_in
from tests.portal.pki import Pki
from tests.portal.registration.walk import RESCUE, Walk, solved

ARABIC = "أحمد"


def unisolated(html: str) -> list[str]:
    """Where the text stands outside of <bdi> and of fields that find their own direction."""
    body = html.partition("<body>")[2]
    rest = re.sub(rf"<bdi>[^<]*{ARABIC}[^<]*</bdi>|<input[^>]*dir=\"auto\"[^>]*>", "", body)
    return re.findall(rf".{{0,40}}{ARABIC}", rest)


@pytest.mark.parametrize("path", ["/", "/member/", "/member/profile/", "/member/cards/", "/member/delete/"])
def test_pages_of_a_member(client: Client, user: User, pki: Pki, path: str) -> None:
    card_log_in(client, pki.cards["citizen"])
    User.objects.filter(pk=user.pk).update(name=ARABIC, nickname=ARABIC)
    Person.objects.create(user=user, address=ARABIC)
    CardBinding.objects.update(nickname=ARABIC)
    html = client.get(path).content.decode()
    assert ARABIC in html
    assert unisolated(html) == []


@pytest.mark.parametrize("profile", ["modern"], indirect=True)
def test_pages_of_a_registration(client: Client, profile: str) -> None:
    walk = Walk(client).to_rescue(name=ARABIC, nickname=ARABIC)
    walk.send(RESCUE)
    html = walk.page.content.decode()
    assert ARABIC in html
    assert unisolated(html) == []
    walk.send(solved())
    walk.send({"back": "1"})
    assert unisolated(walk.page.content.decode()) == []
