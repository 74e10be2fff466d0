"""What panels leave of the screen."""

import pytest

from agent.platform.work_area import Area, free_of_panels, within

WHOLE = Area(0, 0, 1280, 960)


@pytest.mark.parametrize(
    ("found", "area"),
    [
        (Area(0, 0, 1280, 920), Area(0, 0, 1280, 920)),
        (Area(-5, 30, 5000, 920), Area(0, 30, 1280, 920)),
        (Area(0, 0, 0, 0), WHOLE),
        (Area(1280, 0, 2560, 960), WHOLE),
        (Area(100, 900, 50, 100), WHOLE),
    ],
)
def test_part_is_never_outside_the_screen_and_never_empty(found: Area, area: Area) -> None:
    assert within(found, WHOLE) == area


def test_display_that_is_not_there_leaves_the_screen_as_it_is() -> None:
    assert free_of_panels(":987654", WHOLE) == WHOLE
