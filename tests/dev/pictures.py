"""All pictures of the documentation, made anew: `python -m tests.dev.pictures`.

The tests named here make them of the real window and the real log-in, under build/pictures/; what they made is put
into docs/images/ when they have passed.
"""

import shutil
import subprocess
import sys
from pathlib import Path

from tests.stand.parts import ROOT

FRESH = ROOT / "build" / "pictures"
COMMITTED = ROOT / "docs" / "images"
LOGIN = ("1-login-page", "2-pin-window", "3-after-login")
"""What README shows of a log-in."""
_TESTS = ("tests/card/test_window_pictures.py", "tests/browser/test_login_pictures.py")


def main() -> int:
    """The status of the tests; nothing in docs/ has changed unless it is 0."""
    shutil.rmtree(FRESH, ignore_errors=True)
    made = subprocess.run([sys.executable, "-m", "pytest", "-q", *_TESTS], cwd=ROOT, check=False)
    if made.returncode == 0:
        print(f"pictures: {take_over(FRESH, COMMITTED)} are in {COMMITTED.relative_to(ROOT)}")
    return made.returncode


def take_over(fresh: Path, committed: Path) -> int:
    """Puts the PNG files of one folder and its folders in the place of another's; the number of pictures."""
    for old in committed.rglob("*.png"):
        old.unlink()
    pictures = sorted(fresh.rglob("*.png"))
    for picture in pictures:
        place = committed / picture.relative_to(fresh)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(picture, place)
    return len(pictures)


if __name__ == "__main__":
    sys.exit(main())
