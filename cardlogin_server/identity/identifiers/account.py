"""Account names, the manuals' passwords, PINs, captchas, names and mail addresses, as the manuals define them."""

import re
from typing import Final

import idna

from cardlogin_server.identity.identifiers.plain_text import plain_text

_ACCOUNT: Final = re.compile(r"[A-Za-z][A-Za-z0-9]{4,14}")
_OLD_PASSWORD: Final = re.compile(r"(?=.*[A-Za-z])(?=.*[0-9])[\x21-\x7e]{8,15}")
_PIN: Final = re.compile(r"[\x21-\x7e]{6,8}")
_CAPTCHA: Final = re.compile(r"[A-Za-z0-9]{4,6}")
_LONGEST_MAIL: Final = 254
_LONGEST_NAME: Final = 50
_MASK: Final = "*" * 6


def is_account_name(text: str) -> bool:
    """Whether it is 5 to 15 letters and digits, a letter first; names are compared without case (F037)."""
    return bool(_ACCOUNT.fullmatch(text))


def is_egov_password(text: str, account: str) -> bool:
    """Whether the password fits the profile ``egov-compat``: 8 to 15, a letter and a digit, not the account (F038)."""
    return bool(_OLD_PASSWORD.fullmatch(text)) and text.lower() != account.lower()


def is_card_pin(text: str) -> bool:
    """Whether it can be a card's PIN: 6 to 8 printable ASCII characters, nothing trimmed (F071)."""
    return bool(_PIN.fullmatch(text))


def has_full_width(text: str) -> bool:
    """Whether an input method wrote characters that only look like ASCII: reason for a hint, never for a change."""
    return any("\uff01" <= character <= "\uff5e" for character in text)


def is_captcha_answer(text: str) -> bool:
    """Whether it has the form of a captcha's answer: 4 to 6 letters and digits; compared without case."""
    return bool(_CAPTCHA.fullmatch(text))


def name_form(text: str) -> str:
    """A person's name in the form in which names are stored and compared: see `plain_text`, 1 to 50 characters.

    Rare characters and variants stay as they are. Raises ValueError; `UnfitText` where a character is refused.
    """
    name = plain_text(text)
    if not 1 <= len(name) <= _LONGEST_NAME:
        raise ValueError("a name has 1 to 50 characters")
    return name


def mail_form(text: str) -> str:
    """A mail address in the form in which addresses are stored and compared: lower case, domain in punycode.

    The domain is read as IDNA 2008 (RFC 5891) after the mapping of UTS 46, which keeps apart what its predecessor made
    one: straße.de is not strasse.de. Raises ValueError for a text that is no address; `UnfitText` where a character is
    refused. Only a mail that arrives proves one.
    """
    typed = text.strip()
    if len(typed) > _LONGEST_MAIL:
        raise ValueError("a mail address has at most 254 characters")
    plain_text(typed)  # UTS 46 would drop from a domain what nobody sees
    local, at, domain = typed.rpartition("@")
    try:
        ascii_domain = idna.encode(domain, uts46=True, std3_rules=True).decode()
    except UnicodeError as error:
        raise ValueError("the domain of the address is malformed") from error
    address = f"{local.lower()}{at}{ascii_domain}"
    if not local or len(address) > _LONGEST_MAIL or not _one_word(local) or not _is_host(ascii_domain):
        raise ValueError("not a mail address")
    return address


def _is_host(ascii_domain: str) -> bool:
    return "." in ascii_domain and not ascii_domain.endswith(".")


def _one_word(local: str) -> bool:
    return local.isprintable() and not set(local) & set(' @"(),:;<>[\\]')


def masked_account(name: str) -> str:
    """The first two characters and six stars, whatever the length (F129)."""
    return name[:2] + _MASK
