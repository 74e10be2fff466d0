"""A virtual screen with a keyboard: Xvfb, xdotool, screenshots."""

import os
import subprocess
from pathlib import Path

from PIL import ImageGrab

from tests.stand.processes import Program, StandError
from tests.stand.waiting import LIMIT, wait_until

PIN_WINDOW = "CardLogin"  # the window class; xdotool does not find titles in Chinese by pattern
TITLES = ("憑證登入", "CardLogin")  # while it can be typed into, in each language
_SIZE = "1280x960x24"
_LOOK = 0.03  # seconds between two looks at the screen: each is three programs, which the window has to wait for


class Screen:
    """One X display; `display` is its name, as in DISPLAY."""

    def __init__(self, display: str, program: Program | None = None) -> None:
        self.display = display
        self._program = program

    @classmethod
    def start(cls, logs: Path, size: str = _SIZE, dpi: int = 96) -> "Screen":
        """A new Xvfb on a display number that Xvfb chooses itself."""
        reading, writing = os.pipe()
        options = ["-screen", "0", size, "-dpi", str(dpi), "-nolisten", "tcp", "-noreset"]
        with (logs / "xvfb.log").open("ab") as log:
            process = subprocess.Popen(
                # -noreset: otherwise it starts anew whenever its last client leaves, and refuses clients meanwhile.
                ["Xvfb", "-displayfd", str(writing), *options],
                pass_fds=(writing,), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        os.close(writing)
        with os.fdopen(reading) as pipe:
            number = pipe.readline().strip()
        if not number:
            raise StandError("Xvfb does not start")
        screen = cls(f":{number}", Program("xvfb", process, logs / "xvfb.log"))
        screen.park()
        return screen

    def stop(self) -> None:
        """Ends the screen, if it is ours."""
        if self._program is not None:
            self._program.stop()

    def windows(self, name: str = PIN_WINDOW) -> list[str]:
        """The visible windows of a class."""
        result = self._xdotool("search", "--onlyvisible", "--class", f"^{name}$", check=False)
        return result.split()

    def wait_window(self, name: str = PIN_WINDOW, seconds: float = LIMIT) -> str:
        """The window, once it can be typed into; raises StandError when it does not come.

        It has the keyboard then, and its title no longer says that it is waiting for the card.
        """
        try:
            return str(wait_until(lambda: self.ready(name), seconds, between=_LOOK))
        except TimeoutError:
            there = {window: self.title(window) for window in self.windows(name)}
            told = f"on the screen: {there}, keyboard at {self.keyboard()!r}"
            raise StandError(f"no window {name!r} after {seconds} s; {told}") from None

    def ready(self, name: str = PIN_WINDOW) -> str | None:
        """The window if it can be typed into now."""
        found = self.windows(name)
        there = found and self.title(found[0]) in TITLES and self.keyboard() == found[0]
        return found[0] if there else None

    def title(self, window: str) -> str:
        """The title of a window."""
        return self._xdotool("getwindowname", window, check=False).strip()

    def wait_no_window(self, name: str = PIN_WINDOW, seconds: float = LIMIT) -> None:
        """Returns when the window is gone; raises StandError when it stays."""
        try:
            wait_until(lambda: not self.windows(name), seconds, between=_LOOK)
        except TimeoutError:
            raise StandError(f"window {name!r} stays") from None

    def type(self, text: str) -> None:
        """Types into whatever has the keyboard, as a person would."""
        self._xdotool("type", "--delay", "4", text)

    def key(self, *names: str) -> None:
        """Presses keys, such as Return or Escape."""
        self._xdotool("key", *names)

    def answer(self, key: str) -> None:
        """Presses a key in the window, and returns when that has changed what it shows, or has taken it away.

        Otherwise what is typed next may come while the same question is still there.
        """
        window = self.wait_window()
        before = self._look(window)
        self.key(key)
        wait_until(lambda: self._look(window) != before, between=_LOOK)

    def click(self, x: int, y: int, button: int = 1) -> None:
        """Clicks on a place of the screen."""
        self._xdotool("mousemove", str(x), str(y), "click", str(button))
        self.park()

    def park(self) -> None:
        """Puts the pointer into a corner.

        Nothing manages the windows here: one with the pointer in it loses the keyboard when it shrinks away from it.
        """
        self._xdotool("mousemove", "0", "0")

    def keyboard(self) -> str:
        """The window that has the keyboard."""
        return self._xdotool("getwindowfocus", check=False).strip()

    def focus(self, window: str) -> None:
        """Gives a window the keyboard, as a click on it does."""
        self._xdotool("windowfocus", "--sync", window)

    def destroy(self, window: str) -> None:
        """Destroys a window without asking its program."""
        self._xdotool("windowclose", window)

    def picture(self, path: Path) -> None:
        """Saves the screen as PNG."""
        path.parent.mkdir(parents=True, exist_ok=True)
        ImageGrab.grab(xdisplay=self.display).save(path)

    def size(self, window: str) -> tuple[int, int]:
        """Width and height of a window in pixels."""
        place = self.place(window)
        return place["WIDTH"], place["HEIGHT"]

    def picture_of(self, window: str, path: Path) -> None:
        """Saves what a window shows as PNG."""
        path.parent.mkdir(parents=True, exist_ok=True)
        place = self.place(window)
        box = (place["X"], place["Y"], place["X"] + place["WIDTH"], place["Y"] + place["HEIGHT"])
        ImageGrab.grab(xdisplay=self.display).crop(box).save(path)

    def place(self, window: str) -> dict[str, int]:
        """Where a window is and how large: X, Y, WIDTH, HEIGHT in pixels."""
        text = self._xdotool("getwindowgeometry", "--shell", window)
        pairs = (line.partition("=") for line in text.split())
        return {key: int(value) for key, _, value in pairs if value.isdigit()}

    def _look(self, window: str) -> bytes:
        """What a window shows now, to be compared; nothing when it is gone."""
        try:
            place = self.place(window)
        except StandError:
            return b""
        box = (place["X"], place["Y"], place["X"] + place["WIDTH"], place["Y"] + place["HEIGHT"])
        return ImageGrab.grab(xdisplay=self.display).crop(box).tobytes()

    def _xdotool(self, *arguments: str, check: bool = True) -> str:
        environment = {**os.environ, "DISPLAY": self.display}
        command = ["xdotool", *arguments]
        result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=LIMIT)
        if check and result.returncode != 0:
            raise StandError(f"xdotool {arguments[0]}: {result.stderr.strip()}")
        return result.stdout
