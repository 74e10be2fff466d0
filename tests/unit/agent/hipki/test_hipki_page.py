"""What the page for portal engineers says of the old protocol is what the code does."""

import re

import pytest

from agent.web.hipki.answers import SERVER_VERSION
from agent.web.hipki.codes import Major
from tests.dev.hipki_codes import PAGE, with_codes

TEXT = PAGE.read_text("utf-8")


def test_table_of_codes_is_up_to_date() -> None:
    """Otherwise: `python -m tests.dev.hipki_codes`."""
    assert with_codes(TEXT) == TEXT
    assert all(f"| {int(code)} |" in TEXT for code in Major)


@pytest.mark.parametrize("number", re.findall(r"0x7[0-9A-F]{7}", TEXT))
def test_code_that_is_named_is_one_that_we_send(number: str) -> None:
    assert int(number, 16) in set(Major)


def test_version_is_the_one_that_is_sent() -> None:
    assert f'`serverVersion` "{SERVER_VERSION}"' in TEXT
