"""Every style of old pages in real browsers, at every kind of portal that it is looked at."""

import pytest

from tests.hipki.rows import Brand, Row
from tests.hipki.stage import Theatre
from tests.hipki.styles import STYLES
from tests.hipki.walk import walk

ROWS = [Row(style, brand, kind) for style in STYLES for brand in Brand for kind in style.portals]


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_style(theatre: Theatre, row: Row) -> None:
    walk(theatre, row)
