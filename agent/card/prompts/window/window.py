"""The window as a whole: built before the order is known, then shows what the operation says and decides nothing."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from functools import cached_property, partial
from typing import TYPE_CHECKING

from agent.card.frames import HostOrder
from agent.card.prompts import old_texts, texts
from agent.card.prompts.window import quiet
from agent.card.prompts.window.card_view import CardView
from agent.card.prompts.window.heading import Band, Heading
from agent.card.prompts.window.icon import draw_icon
from agent.card.prompts.window.lists import ChoiceView
from agent.card.prompts.window.problem_view import ProblemView
from agent.card.prompts.window.question_view import QuestionView
from agent.card.prompts.window.quiet import Quiet
from agent.card.prompts.window.theme import Palette, Theme, work_area
from agent.card.prompts.window.widgets import PushButton, Speaker
from agent.card.prompts.words import Said, failure_texts
from agent.card.view import Offer, Topic, Trouble, YesNo, first_questions
from agent.failures import Code
from agent.settings import PinForm

if TYPE_CHECKING:
    from agent.card.card import Card

# A screen so wide is several side by side.
_SEVERAL_SCREENS = 2.4
# What a window manager puts above the window, in pixels at 96 dpi.
_FRAME = 30


class Window:
    """The PIN window. The callbacks get what the person does; `on_submit` a PIN (None: on the reader) and its form."""

    def __init__(self, root: tk.Tk, form: PinForm, palette: Palette, scale: float) -> None:
        self.top = tk.Toplevel(root, class_="CardLogin")
        self.top.withdraw()
        self._theme = Theme(root, palette, scale)
        self._speaker = Speaker()
        self.on_submit: Callable[[bytearray | None, bool, PinForm], None] = lambda pin, confirmed, form: None
        self.on_choose: Callable[[bytes], None] = lambda der: None
        self.on_other: Callable[[], None] = lambda: None
        self.on_cancel: Callable[[], None] = lambda: None
        self.on_tell: Callable[[], None] = lambda: None
        self.on_permit: Callable[[bool], None] = lambda allowed: None
        self.on_language: Callable[[str], None] = lambda language: None
        self.on_destroyed: Callable[[], None] = lambda: None
        self._quiet = Quiet(self.top)
        self._quiet.on_settled = self._settled
        self._quiet.on_unsettled = self._unsettled
        self._quiet.on_swallowed = self._swallowed
        self._early = False  # a key was swallowed, and the person is to know
        self._waiting: Said | None = texts.READING
        self._shown: bytes | None = None  # the certificate whose PIN is asked
        self._pinpad = False
        self._order = HostOrder("", "", "")
        self._topic: Topic | None = None  # of the question that is shown
        self._secret = False  # the site is not told what is wrong, unless the person wants it
        self._tell_timer = ""
        self._destroyed = False
        self._area = work_area(self.top)
        self._left = False  # the person has gone on to another program
        self._build(form)
        self._quiet.guard(self.top)
        self._warm()

    def begin(self, order: HostOrder) -> None:
        """Shows who asks and why, and that the card is being read: in front, with the keyboard."""
        self._speak(order.language)
        self._secret = not order.tells
        self._order = order
        self._heading.tell(order)
        self._quiet.guard(self._heading)
        if order.old is not None:
            self._card.facts.compact()
        self._wait(texts.READING)
        if order.old is not None:
            self._fit()
        self._place()
        top = self.top
        top.deiconify()
        top.attributes("-topmost", True)
        top.lift()
        self._left = False
        self._focus(self._card.field)
        if questions := first_questions(order):
            self.ask(questions[0])  # not the card first, for a moment
        self._quiet.shown()

    def emphasise(self) -> None:
        """Makes the registered part of the site's name stand out; apart from `begin`, because it takes longer."""
        self._heading.emphasise()

    def hide(self) -> None:
        """Takes the window away."""
        if not self._destroyed:
            self._card.field.clear()
            self.top.withdraw()
            self.top.update_idletasks()

    def show_choice(self, offer: Offer, chosen: bytes) -> None:
        """Several certificates to choose from, and those that cannot be used."""
        anew = self._view is not self._choice
        if anew:
            self._choice.list.begin_anew()
            self._quiet.again()
        self._choice.show(offer, chosen)
        self._stage(self._choice)
        if anew:
            self._focus(self._choice.list)
        self._buttons(first=texts.USE)
        self._go_on()

    def show_card(self, card: Card, others: int) -> None:
        """A card is ready: holder, reader, tries left, and an empty PIN field; so many other certificates are there."""
        anew = self._view is self._card and self._shown in (None, card.facts.der)
        self._quiet.opening() if anew else self._quiet.again()
        self._shown, self._pinpad = card.facts.der, card.pinpad
        self._card.show(card)
        self._stage(self._card)
        self._buttons(first=texts.PINPAD_START if card.pinpad else texts.SIGN, others=others)
        if self._order.old is not None:
            self._fit()
        self._focus_on_card()
        self._go_on()

    def show_problem(self, trouble: Trouble) -> None:
        """Nothing can be typed now; the catalogue says why and what to do."""
        self._card.field.clear()
        self._quiet.again()
        self._problem.show(trouble)
        self._stage(self._problem)
        self._buttons(first=None)
        if self._secret:
            self._offer_to_tell()
        self._focus(self._cancel)
        self._go_on()

    def ask(self, question: YesNo) -> None:
        """A question: the keyboard is on "no", so that no key says yes by mistake."""
        self._quiet.asking()
        what, how, yes, no = texts.QUESTIONS[question.topic]
        self._question.show(what, how, old_texts.detail(question, self._order))
        self._stage(self._question)
        self._topic = question.topic
        self._buttons(first=yes)
        self._speaker.say(self._refuse, no)
        self._refuse.pack(side="left")
        self._focus(self._refuse)
        self._go_on()

    def show_note(self, code: Code, tries_left: int | None) -> None:
        """The last PIN was not right; another can be typed."""
        self._card.field.clear()
        self._card.say(*failure_texts(code, tries_left, self._card.field.form))

    def ask_last_try(self) -> None:
        """The typed PIN waits until the person has confirmed the last try."""
        self._card.last_try.focus_set()

    def show_signing(self) -> None:
        """The card is at work; the PIN is gone from the window."""
        self._work(texts.SIGNING)

    def show_countdown(self, seconds: int) -> None:
        """The PIN is being typed on the reader; so many seconds are left for it."""
        self._work(partial(texts.countdown, seconds=seconds), texts.PINPAD_CANCEL, title=texts.PINPAD)

    def show_cancelling(self) -> None:
        """The person has cancelled while the card is at work."""
        self._work(texts.CANCELLING)
        self._cancel.enable(False)

    def show_left(self) -> None:
        """Nobody waits at the page any more."""
        self._card.page_left()

    def _build(self, form: PinForm) -> None:
        theme, speaker, palette = self._theme, self._speaker, self._theme.palette
        top = self.top
        top.configure(bg=palette.paper)
        top.resizable(False, False)
        top.protocol("WM_DELETE_WINDOW", lambda: self.on_cancel())
        self._band = Band(top, theme, speaker)
        self._band.pack(fill="x")
        self._band.on_language = self._choose_language
        draw_icon(top, palette)
        self._footer = tk.Frame(top, bg=palette.panel, padx=theme.margin, pady=theme.px(8))
        self._footer.pack(fill="x", side="bottom")
        body = tk.Frame(top, bg=palette.paper, padx=theme.margin, width=theme.width)
        body.pack(fill="both", expand=True, pady=theme.px(8))
        tk.Frame(body, bg=palette.paper, width=theme.content, height=1).pack()  # holds the width
        self._heading = Heading(body, theme, speaker)
        self._heading.pack(fill="x")
        self._card = CardView(body, theme, speaker, form)
        self._body = body
        self._view: tk.Frame = self._card
        self._card.pack(fill="x")
        # Tab goes from the middle to the buttons, and to the languages at last.
        self._footer.lift()
        self._band.lift()
        self._first = PushButton(self._footer, theme, self._go, mnemonic="c", first=True)
        self._cancel = PushButton(self._footer, theme, lambda: self.on_cancel(), mnemonic="a")
        self._other = PushButton(self._footer, theme, lambda: self.on_other(), mnemonic="o")
        self._tell = PushButton(self._footer, theme, lambda: self.on_tell(), mnemonic="t")
        speaker.say(self._tell, texts.TELL)
        self._refuse = PushButton(self._footer, theme, lambda: self._permit(allowed=False), mnemonic="n")
        self._cancel.pack(side="right")
        self._bind()

    # Most orders need none of these three; they are built when one does.
    @cached_property
    def _choice(self) -> ChoiceView:
        view = ChoiceView(self._body, self._theme, self._speaker)
        view.list.on_take = self._go
        self._quiet.guard(view)
        return view

    @cached_property
    def _problem(self) -> ProblemView:
        view = ProblemView(self._body, self._theme, self._speaker)
        self._quiet.guard(view)
        return view

    @cached_property
    def _question(self) -> QuestionView:
        view = QuestionView(self._body, self._theme, self._speaker)
        self._quiet.guard(view)
        return view

    def _speak(self, language: str) -> None:
        self._speaker.speak(language)
        self._band.mark(language)
        self._entitle()

    def _choose_language(self, language: str) -> None:
        """The person wants another language, now and from now on."""
        self._speak(language)
        self.on_language(language)

    def _bind(self) -> None:
        card, top = self._card, self.top
        card.field.on_submit = self._go
        for key in ("<Return>", "<KP_Enter>"):
            for check in (card.last_try, card.switch):
                check.bind(key, lambda _: self._go())
        top.bind("<Escape>", lambda _: self.on_cancel())
        top.bind("<Destroy>", self._lost, add=True)
        top.bind("<Configure>", self._stay, add=True)
        top.bind("<FocusIn>", lambda event: self._keyboard(event, left=False), add=True)
        top.bind("<FocusOut>", lambda event: self._keyboard(event, left=True), add=True)
        for letter, act in (
            *((letter, self._first.invoke) for letter in "cusy"), *((letter, self._cancel.invoke) for letter in "ae"),
            ("o", lambda: press(self._other)), ("t", lambda: press(self._tell)), ("n", lambda: press(self._refuse)),
            ("l", self._press_switch), ("k", self._press_last_try), ("d", self._press_copy),
        ):  # fmt: skip
            top.bind(f"<Alt-{letter}>", lambda _, act=act: act())  # type: ignore[misc]

    def _lost(self, event: tk.Event[tk.Misc]) -> None:
        if event.widget is self.top:  # another program has destroyed it
            self._destroyed = True
            self._quiet.stop()
            if self._tell_timer:
                self.top.after_cancel(self._tell_timer)
            self.on_destroyed()

    def _stay(self, event: tk.Event[tk.Misc]) -> None:
        """The window has become longer: its buttons stay on the screen, above a task bar."""
        if event.widget is self.top and self.top.winfo_y() + event.height > self._area.bottom:
            # Not at once: Tk is still waiting for the resize that this event tells of, and would forget the move.
            self.top.after(1, self._move_up)

    def _move_up(self) -> None:
        area = self._area
        self.top.geometry(f"+{self.top.winfo_x()}+{max(area.bottom - self.top.winfo_height(), area.top)}")

    def _press_switch(self) -> None:
        if self._card.switch.winfo_ismapped():
            self._card.switch.toggle()

    def _press_last_try(self) -> None:
        if self._card.last_try.winfo_ismapped():
            self._card.last_try.toggle()

    def _press_copy(self) -> None:
        if self._view is self._problem:
            self._problem.copy()

    def _warm(self) -> None:
        """Loads fonts and lays out once, so that nothing of it is left for when the order comes."""
        self._buttons(first=texts.SIGN)
        self.top.update_idletasks()

    def _place(self) -> None:
        """In the middle of what panels leave of the screen, or of the one with the pointer where several make one."""
        top = self.top
        top.update_idletasks()
        area = self._area
        wide, high = area.right - area.left, area.bottom - area.top
        middle = top.winfo_pointerx() if wide > _SEVERAL_SCREENS * high else area.left + wide // 2
        left = min(max(middle - top.winfo_reqwidth() // 2, area.left), area.right - top.winfo_reqwidth())
        # A third down: there is room beneath for what comes later.
        top.geometry(f"+{left}+{area.top + max((high - top.winfo_reqheight()) // 3, 0)}")

    def _fit(self) -> None:
        """Less of what is signed is seen at once where the window would be taller than the screen."""
        room = self._area.bottom - self._area.top - self._theme.px(_FRAME)
        self.top.update_idletasks()
        heading, card = self._heading, self._card
        while self.top.winfo_reqheight() > room and (heading.shrink() or card.shrink() or heading.drop_caption()):
            self.top.update_idletasks()

    def _stage(self, view: tk.Frame) -> None:
        self._topic = None
        if view is not self._view:
            self._view.pack_forget()
            view.pack(fill="x")
            self._view = view
        self._heading.show_purpose(view is self._card)

    def _buttons(self, *, first: str | None, others: int = 0) -> None:
        say, gap = self._speaker.say, (0, self._theme.px(10))
        self._cancel.mnemonic = "a" if first else "e"
        say(self._cancel, texts.CANCEL if first else texts.CLOSE)
        self._cancel.enable(True)
        for button in (self._first, self._other, self._tell, self._refuse):
            button.pack_forget()
        if first is not None:
            self._first.mnemonic = first[0].lower()
            say(self._first, first)
            self._first.pack(side="right", padx=gap)
        if others:
            say(self._other, partial(texts.others, count=others))
            self._other.pack(side="left")

    def _offer_to_tell(self) -> None:
        self._tell.enable(False)
        self._tell.pack(side="left")
        if self._tell_timer:
            self.top.after_cancel(self._tell_timer)
        self._tell_timer = self.top.after(int(quiet.BEFORE_TELLING * 1000), lambda: self._tell.enable(True))

    def _focus_on_card(self) -> None:
        self._focus(self._first if self._pinpad else self._card.field)

    def _focus(self, widget: tk.Misc) -> None:
        """Gives a part of the window the keyboard, and the window too unless the person has left it.

        Tk keeps one such wish until the part is on the screen and forgets it with the next, so each is made in full.
        That Tk says the window has the keyboard is not relied on: it may say so before the screen has agreed.
        """
        widget.focus_set() if self._left else widget.focus_force()

    def _keyboard(self, event: tk.Event[tk.Misc], *, left: bool) -> None:
        if event.widget is self.top:
            self._left = left

    def _wait(self, text: Said) -> None:
        self._card.wait()
        self._stage(self._card)
        self._buttons(first=texts.SIGN)
        self._pause(text)

    def _work(self, text: Said, how: Said = "", *, title: Said | None = None) -> None:
        self._card.work(text, how)
        for button in (self._other, self._tell):
            button.pack_forget()
        self._pause(title or text)

    def _pause(self, text: Said) -> None:
        """Nothing is taken but Escape; the title says so too, for the task bar."""
        self._waiting = text
        self._first.enable(False)
        self._entitle()

    def _go_on(self) -> None:
        """What is shown can be answered, as soon as the keyboard is quiet."""
        self._waiting = None
        self._first.enable(False)
        if self._quiet.settled:
            self._settled()
        else:
            self._unsettled()

    def _settled(self) -> None:
        if self._waiting is not None:
            return
        self._first.enable(True)
        if self._view is self._card:
            self._card.take(early=self._early)
        self._early = False
        self._entitle()

    def _unsettled(self) -> None:
        self._entitle()

    def _entitle(self) -> None:
        """The title says while the window cannot be answered, and why."""
        title = self._speaker.text(texts.TITLE)
        if self._waiting is not None:
            title = f"{title} – {self._speaker.text(self._waiting)}"
        elif not self._quiet.settled:
            title = f"{title} …"
        self.top.title(title)

    def _swallowed(self) -> None:
        self._early = True

    def _go(self) -> None:
        """Return, or the first button."""
        if self._waiting is not None or not self._quiet.settled:
            return
        if self._view is self._card:
            field = self._card.field
            self.on_submit(None if self._pinpad else field.secret(), self._card.last_try.on, field.form)
        elif self._topic is not None:
            self._permit(allowed=True)
        elif self._view is self._choice and self._choice.list.marked is not None:
            self.on_choose(self._choice.list.marked.facts.der)

    def _permit(self, *, allowed: bool) -> None:
        if self._waiting is None and self._quiet.settled:
            if allowed and self._topic is Topic.SITE:
                self._secret = False
            self._wait(texts.READING)
            self.on_permit(allowed)


def press(button: PushButton) -> None:
    """What a mnemonic does, where its button is on the screen."""
    if button.winfo_ismapped():
        button.invoke()
