"""The words about what a page written for the old component asks for: who, what, and what to beware of."""

from __future__ import annotations

from functools import partial

from agent.card.frames import HostOrder
from agent.card.harmless import LONGEST
from agent.card.old_asks import OldAsk
from agent.card.prompts import texts
from agent.card.prompts.content_text import Caution, Content, Form, cautions_of, content_of
from agent.card.prompts.words import Said
from agent.card.view import Topic, YesNo
from agent.messages import Translator
from agent.messages import mark as _
from agent.order import purpose_of

SITE = _("Site, as the page says")
READ = _("Read the card, without a PIN")
EMPTY = _("Sign an empty text")
HIDDEN = _("Sign something that cannot be shown")
LEFT = _("The page has stopped waiting.")
LEFT_HOW = _("You can still type your PIN; then choose the button on the site's page again.")

CAUTIONS = {
    Caution.OLD_DIGEST: _("Warning: SHA-1 is an outdated digest method that can be forged."),
    Caution.FIXED: _("Warning: the text never changes; others could log in with this signature."),
    Caution.REPEATED: _("Warning: same text as before; others could log in with this signature."),
}


def caption(order: HostOrder) -> str:
    """What stands before the site: of an old page's only the page itself can tell it."""
    return texts.SITE if order.old is None else SITE


def purpose(order: HostOrder) -> Said:
    """What the order is for."""
    if order.old is None:
        return texts.PURPOSES[purpose_of(order.challenge)]
    content = content_of(order.old)
    return READ if content is None else partial(_purpose, content=content)


def cautions(old: OldAsk | None) -> list[str]:
    """What to beware of, as messages."""
    return [CAUTIONS[caution] for caution in cautions_of(old)] if old is not None else []


def below_purpose(content: Content) -> str:
    """What is shown of the content itself; empty where the purpose has said everything."""
    if content.form in (Form.BINARY, Form.DIGEST):
        return f"{content.method}: {content.shown}" if content.method else content.shown
    return content.shown


def detail(question: YesNo, order: HostOrder) -> str:
    """What a question is about: the driver's file, or the digest."""
    if question.topic is Topic.RAW and order.old is not None:
        content = content_of(order.old)
        return below_purpose(content) if content is not None else ""
    return question.path


def _purpose(translator: Translator, content: Content) -> str:
    size = content.size
    if content.form is Form.EMPTY:
        return translator.gettext(EMPTY)
    if content.form is Form.DIGEST:
        return translator.gettext(HIDDEN)
    if content.cut:
        said = translator.gettext("Sign this text (first {shown} of {count} characters)")
    elif content.form is Form.TEXT:
        said = translator.ngettext("Sign this text ({count} character)", "Sign this text ({count} characters)", size)
    elif content.form is Form.BINARY:
        said = translator.ngettext("Sign binary data ({count} byte)", "Sign binary data ({count} bytes)", size)
    else:
        said = translator.ngettext("Decrypt data ({count} byte)", "Decrypt data ({count} bytes)", size)
    return said.format(count=f"{size:,}", shown=f"{LONGEST:,}")
