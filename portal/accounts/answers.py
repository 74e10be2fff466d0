"""Password questions and their answers (F049, F085); asked in the profile `egov-compat` only."""

import unicodedata

from django.contrib.auth.hashers import check_password, make_password
from django.utils.translation import gettext_lazy as _

# A fixed list: what an account may ask can be shown for a name that is none, too.
QUESTIONS = (
    ("school", _("What was your first school called?")),
    ("street", _("In which street did you live as a child?")),
    ("friend", _("What was your best friend in childhood called?")),
    ("teacher", _("Which teacher do you remember best?")),
    ("book", _("Which book did you love first?")),
    ("journey", _("Where did your first long journey lead?")),
)
LONGEST_ANSWER = 60


def normal_answer(text: str) -> str:
    """Return the form that is hashed and compared: NFKC, without case, blanks and punctuation."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in folded if character.isalnum())


def answer_hash(text: str) -> str:
    """Return what is kept of an answer: hashed like a password."""
    return make_password(normal_answer(text))


def answer_fits(text: str, kept: str) -> bool:
    """Return whether the answer is the one whose hash is kept; an empty hash costs the same time and fits nothing."""
    if not kept:
        make_password(normal_answer(text))
        return False
    return check_password(normal_answer(text), kept)
