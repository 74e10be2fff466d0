"""New passwords: what the profile asks of them, why one is refused, and what is said beside one that is not."""

import re
import unicodedata
from functools import cache
from typing import Any

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from portal.accounts.models import User
from portal.policy import policy

# What a guesser tries first on this site (ASVS 6.2.11), compared as parts of the password without case.
CONTEXT_WORDS = ("cardlogin", "portal", "示範入口網", "我的e政府", "egov")
_PRINTABLE = re.compile(r"[\x21-\x7e]*")


def normal_password(password: str) -> str:
    """The form that is hashed: NFKC, so that one password typed on two systems is one (NIST SP 800-63B-4, 3.1.1.2)."""
    return unicodedata.normalize("NFKC", password)


def refusals(password: str, account: str, *, second_factor: bool = False) -> list[str]:
    """Why a new password is refused, in the language in use; empty for a good one. The whole password is looked at."""
    rules = policy().password
    reasons = _length(password, rules.shortest_with_second_factor if second_factor else rules.shortest, rules.longest)
    if rules.letters_and_digits:
        reasons += _composition(password)
    if account and password.casefold() == account.casefold():
        reasons.append(gettext("The password must not be the account name."))
    if rules.refuse_common and is_common(password):
        reasons.append(gettext("This password is too common and easily guessed."))
    return reasons


def warnings(password: str) -> list[str]:
    """What is said of a password that is accepted all the same (K4); messages, to be translated when they are shown."""
    if not policy().password.refuse_common and is_common(password):
        return [_("This password is common; a different one is safer.")]
    return []


def is_common(password: str) -> bool:
    """Whether a password is on the list of often-used ones, or is little more than a word of this site."""
    text = normal_password(password).casefold()
    rest = text
    for word in CONTEXT_WORDS:
        rest = rest.replace(word, "")
    return text.strip() in _common() or _is_put_together(text) or (rest != text and len(rest) < 8)


def _is_put_together(text: str) -> bool:
    """Whether a password is two of the list, or one short text again and again: the usual ways to make one long."""
    common = _common()
    if any(text[:cut] in common and text[cut:] in common for cut in range(1, len(text))):
        return True
    return any(text == (text[:size] * len(text))[: len(text)] for size in range(1, min(8, len(text) // 2) + 1))


def set_password(user: User, password: str) -> None:
    """Hash a new password and note the policy it was set under; the caller saves the user."""
    user.set_password(normal_password(password))
    user.password_policy = policy().version


class PolicyValidator:
    """The profile's rules as Django's forms ask for them."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ValidationError with every reason."""
        reasons = refusals(password, getattr(user, "username", "") or "")
        if reasons:
            raise ValidationError([ValidationError(reason, code="password_refused") for reason in reasons])

    def get_help_text(self) -> str:
        """Return the rule in words."""
        return rule_text()


def rule_text() -> str:
    """The rule of the active profile in the language in use, as a form shows it."""
    rules = policy().password
    text = gettext(
        "%(shortest)s to %(longest)s characters of any kind, spaces included; not a common password and not the "
        "account name."
    )
    if rules.letters_and_digits:
        text = gettext(
            "%(shortest)s to %(longest)s letters, digits and symbols, with at least one letter and one digit; "
            "case-sensitive; not the account name."
        )
    return text % {"shortest": rules.shortest, "longest": rules.longest}


def _length(password: str, shortest: int, longest: int) -> list[str]:
    count = len(normal_password(password))
    if count < shortest:
        return [gettext("The password needs at least %(number)s characters.") % {"number": shortest}]
    if count > longest:
        return [gettext("The password may have at most %(number)s characters.") % {"number": longest}]
    return []


def _composition(password: str) -> list[str]:
    reasons = []
    if not _PRINTABLE.fullmatch(password):
        reasons.append(gettext("Only half-width letters, digits and symbols are accepted, no spaces."))
    if not (re.search("[A-Za-z]", password) and re.search("[0-9]", password)):
        reasons.append(gettext("The password needs at least one letter and one digit."))
    return reasons


@cache
def _common() -> frozenset[str]:
    # Django's own list: 20,000 passwords, offline.
    return frozenset(CommonPasswordValidator().passwords)
