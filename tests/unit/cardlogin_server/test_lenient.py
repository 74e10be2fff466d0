"""The 23 lenient cases of the token specification are all refused, each for its own reason."""

from pathlib import Path

import pytest

from tests.unit.cardlogin_server.lenient import LENIENT, Lenient, table
from tests.unit.cardlogin_server.pki import issue
from tests.unit.cardlogin_server.site import Site, make_token

PAGE = Path(__file__).parents[3] / "docs" / "server" / "lenient.md"


@pytest.mark.parametrize("case", LENIENT, ids=lambda case: case.name)
def test_lenient_case_is_refused(site: Site, case: Lenient) -> None:
    challenge = site.issue()
    token = case.send(site, challenge)
    with pytest.raises(case.failure) as caught:
        site.verify(token, challenge)
    assert type(caught.value) is case.failure


def test_the_same_card_without_the_fault_gets_in(site: Site) -> None:
    challenge = site.issue()
    assert site.verify(make_token(issue(), challenge), challenge).holder_name


def test_there_are_twenty_three() -> None:
    assert len({case.name for case in LENIENT}) == 23


def test_documented_table_is_this_one() -> None:
    assert PAGE.read_text() == table()
