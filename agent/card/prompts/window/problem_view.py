"""Why nothing can be typed: meaning, remedy, the issuer's page and telephone, and which certificates were found."""

from __future__ import annotations

import tkinter as tk

from agent.card.prompts import texts
from agent.card.prompts.window.card_view import CAPTIONS
from agent.card.prompts.window.lists import ReasonList
from agent.card.prompts.window.theme import Theme
from agent.card.prompts.window.widgets import Line, Notice, PushButton, Speaker
from agent.card.view import Trouble
from agent.failures import Code, Next, failure

# Where the issuer can help: unlocking, activating and renewing are done on its own page only.
_ISSUERS_MATTER = frozenset({Code.PIN_LOCKED, Code.CARD_NOT_ACTIVATED, Code.CERTIFICATE_EXPIRED})


class ProblemView(tk.Frame):
    """The notice, the issuer's block and the list beneath."""

    def __init__(self, parent: tk.Misc, theme: Theme, speaker: Speaker) -> None:
        super().__init__(parent, bg=theme.palette.paper)
        self._theme, self._speaker = theme, speaker
        self._notice = Notice(self, theme, speaker)
        self._notice.pack(fill="x", pady=(theme.px(10), 0))
        self._issuer = _Issuer(self, theme, speaker)
        self._found = ReasonList(self, theme, speaker)

    def copy(self) -> None:
        """Copies the issuer's address, where one is shown."""
        self._issuer.copy()

    def show(self, trouble: Trouble) -> None:
        """Shows a trouble; one that the person mends with a card or a reader is no alarm."""
        row = failure(trouble.code)
        self._notice.tell(row.meaning, row.remedy, alert=row.next is not Next.WAIT)
        for part in (self._issuer, self._found):
            part.pack_forget()
        gap = (self._theme.px(10), 0)
        if trouble.card is not None and trouble.code in _ISSUERS_MATTER and self._issuer.tell(trouble):
            self._issuer.pack(fill="x", pady=gap)
        if len(trouble.cards) > 1:
            self._found.tell(texts.FOUND, trouble.cards)
            self._found.pack(fill="x", pady=gap)


class _Issuer(tk.Frame):
    """Address and telephone of the issuer. The address is copied, never opened: the person's browser is theirs."""

    def __init__(self, parent: tk.Misc, theme: Theme, speaker: Speaker) -> None:
        palette, px = theme.palette, theme.px
        super().__init__(parent, bg=palette.panel, padx=px(14), pady=px(8))
        self._speaker = speaker
        self.columnconfigure(1, weight=1)
        captions = px(CAPTIONS)
        self.columnconfigure(0, minsize=captions)
        self._rows: list[tuple[Line, Line]] = []
        for row, name in enumerate((texts.KIND, texts.ISSUER_PAGE, texts.TELEPHONE)):
            caption = Line(self, theme, font=theme.small, color=palette.soft)
            speaker.say(caption, name)
            caption.grid(row=row, column=0, sticky="nw", pady=px(1))
            value = Line(self, theme, width=theme.content - captions - px(28))
            value.grid(row=row, column=1, sticky="w", pady=px(1))
            self._rows.append((caption, value))
        self._copy = PushButton(self, theme, self._put_on_clipboard, mnemonic="d")
        self._copy.grid(row=3, column=1, sticky="w", pady=(px(6), 0))
        speaker.say(self._copy, texts.COPY)
        self._page = ""

    def tell(self, trouble: Trouble) -> bool:
        """Shows what is known of a card's issuer, in no row what is not; False when nothing is."""
        family = trouble.card.family if trouble.card is not None else None
        if family is None or not (family.unlock_page or family.telephone):
            return False
        self._page = family.unlock_page
        kind, page, telephone = (value for _, value in self._rows)
        self._speaker.say(kind, texts.FAMILIES[family.key])
        page.configure(text=family.unlock_page)
        telephone.configure(text=family.telephone)
        for row, text in zip(self._rows, (family.key, family.unlock_page, family.telephone), strict=True):
            for part in row:
                part.grid() if text else part.grid_remove()
        self._copy.grid() if self._page else self._copy.grid_remove()
        self._speaker.say(self._copy, texts.COPY)
        return True

    def copy(self) -> None:
        """Copies the address, by the mnemonic too."""
        if self.winfo_ismapped() and self._page:
            self._put_on_clipboard()

    def _put_on_clipboard(self) -> None:
        self.clipboard_clear()
        self.clipboard_append(self._page)
        self._speaker.say(self._copy, texts.COPIED)
