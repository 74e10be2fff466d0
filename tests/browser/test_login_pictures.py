"""The pictures of a log-in that README shows, made by the very log-in of `./dev demo --headless`."""

import re

from PIL import Image

from tests.dev.headless import log_in
from tests.dev.pictures import COMMITTED, FRESH, LOGIN
from tests.stand.parts import ROOT
from tests.stand.screen import Screen
from tests.stand.stack import Stack


def test_pictures_of_a_log_in(stack: Stack, screen: Screen) -> None:
    stack.reader.control("swap", str(stack.card_image("citizen")))
    stack.reader.control("unblock")
    log_in(stack, screen, FRESH)
    for name in LOGIN:
        with Image.open(FRESH / f"{name}.png") as image:
            assert len(image.convert("RGB").resize((64, 64)).getcolors(64 * 64) or []) > 16, name


def test_readme_shows_all_of_them_and_they_are_there() -> None:
    shown = re.findall(r"\(docs/images/([\w-]+)\.png\)", (ROOT / "README.md").read_text("utf-8"))
    assert shown == list(LOGIN)
    assert sorted(path.stem for path in COMMITTED.glob("*.png")) == sorted(LOGIN)
