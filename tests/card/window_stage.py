"""The real window on a virtual screen, around a real operation, with made-up cards and a clock turned by hand."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageGrab

from agent.card.frames import HostOrder
from agent.card.old_asks import OldAsk
from agent.card.prompts.window import quiet as quiet_module
from agent.card.prompts.window.theme import DARK, LIGHT, scale_of
from agent.card.prompts.window.window import Window
from agent.settings import PinForm
from tests.stand.screen import TITLES, Screen
from tests.stand.waiting import wait_until
from tests.unit.agent.fakes import CHALLENGE, ORIGIN
from tests.unit.agent.operation_bench import Bench

# Seconds that a window keeps keys out after it came up or changed; those of tests about that are longer than any
# machine takes for a key, all others do not wait for it.
SLOW, FAST = (0.5, 2.0), (0.05, 0.02)
_KEPT: list[object] = []
"""Every interpreter of Tcl: one that the garbage collector found in another thread than its own would abort Python."""


def main_window(display: str) -> tk.Tk:
    """Tk's main window on a display, as the product makes it."""
    root = tk.Tk(screenName=display, className="Xft")
    _KEPT.append(root.tk)
    return root


class Committed:
    """A key event with a text of several characters."""

    keysym_num, state = 0, 0

    def __init__(self, char: str) -> None:
        self.char = char


class Stage:
    """One window with its operation; `bench` turns the clock and holds the cards."""

    def __init__(
        self,
        display: str,
        *,
        origin: str = ORIGIN,
        language: str = "zh-Hant",
        challenge: str = CHALLENGE,
        form: PinForm = "digits",
        dark: bool = False,
        text_scale: float = 1.0,
        quiet: tuple[float, float] = FAST,
        tells: bool = True,
        before_telling: float = 0.0,
        old: OldAsk | None = None,
    ) -> None:
        quiet_module.BEFORE_TELLING = before_telling
        for name, seconds in zip(("SHOWN_FOR", "WITHOUT_KEYS"), quiet, strict=True):
            setattr(quiet_module, name, seconds)
        self.display = display
        self.root = main_window(display)
        self.root.withdraw()
        self.window = Window(self.root, form, DARK if dark else LIGHT, scale_of(self.root, text_scale))
        self.window.begin(HostOrder(origin, "" if old else challenge, language, tells=tells, old=old))
        self.bench = Bench(self.window, tells=tells, old=old)
        operation = self.bench.operation
        self.window.on_submit = lambda pin, confirmed, form: operation.submit(
            pin, last_try_confirmed=confirmed, form=form
        )
        self.window.on_choose, self.window.on_other = operation.choose, operation.choose_another
        self.window.on_cancel, self.window.on_language = operation.cancel, operation.speak
        self.window.on_permit = operation.permit
        self.window.on_tell = operation.tell
        self.window.emphasise()
        self.pump()

    @property
    def title(self) -> str:
        """The title of the window."""
        return str(self.window.top.title())

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        self.root.update()
        return self.window.top.winfo_width(), self.window.top.winfo_height()

    def pump(self) -> None:
        """Lets Tk do all that there is to do: what has happened at the screen so far is among that, keys too."""
        self.root.update()
        self.root.winfo_pointerxy()  # the answer of the screen comes after everything that it has sent before
        self.root.update()

    def until(self, condition: Callable[[], bool]) -> None:
        """Lets Tk work until something is so."""

        def there() -> bool:
            self.pump()
            return condition()

        wait_until(there)

    def ready(self) -> None:
        """The driver has done its work, and the window takes keys."""
        self.bench.step()
        self.until(lambda: self.title in TITLES)

    def press(self, *keysyms: str) -> None:
        """Keys, given to the window as Tk sees them."""
        for keysym in keysyms:
            target = self.window.top.focus_get() or self.window.top
            *modifiers, key = keysym.split("-")
            target.event_generate(f"<{''.join(f'{modifier}-' for modifier in modifiers)}KeyPress-{key}>")
            self.root.update()

    def commit(self, text: str) -> None:
        """What an input method gives at once."""
        self.window._card.field._key(Committed(text))  # type: ignore[arg-type]

    def picture(self, path: Path) -> Image.Image:
        """What the window shows, saved with few colours."""
        self.pump()
        top = self.window.top
        left, upper = top.winfo_rootx(), top.winfo_rooty()
        box = (left, upper, left + top.winfo_width(), upper + top.winfo_height())
        image = ImageGrab.grab(xdisplay=self.display).crop(box)
        path.parent.mkdir(parents=True, exist_ok=True)
        image.quantize(64, dither=Image.Dither.NONE).save(path, optimize=True)
        return image

    def close(self) -> None:
        """The end."""
        self.root.destroy()


@contextmanager
def stage(display: str, **wishes: object) -> Iterator[Stage]:
    """A stage for a while; the wishes are those of Stage."""
    made = Stage(display, **wishes)  # type: ignore[arg-type]
    try:
        yield made
    finally:
        made.close()


Open = Callable[..., Stage]


def texts_of(widget: tk.Misc) -> str:
    """All that a window says."""
    said = [str(widget["text"])] if isinstance(widget, tk.Label | tk.Button) and widget.winfo_ismapped() else []
    return "\n".join([*said, *(texts_of(child) for child in widget.winfo_children())])


def said(made: Stage) -> str:
    """All that the window says now, blanks that do not break as blanks."""
    made.pump()
    return texts_of(made.window.top).replace("\N{NO-BREAK SPACE}", " ")


def typed(made: Stage) -> str:
    """What is in the PIN field."""
    return made.window._card.field.text


def keys(made: Stage, screen: Screen, text: str) -> None:
    """Real keys, which Tk takes."""
    screen.type(text)
    made.pump()
