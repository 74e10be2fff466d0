"""The words of the PIN window, as messages of the catalogues."""

from agent.card.pin import MAX_PIN
from agent.card.prompts.origin_text import Remark
from agent.card.view import Topic
from agent.messages import Translator
from agent.messages import mark as _
from agent.order import Purpose

TITLE = _("CardLogin")
LEAD = _("Check site and purpose, then type your PIN.")
LEAD_HOW = _("The PIN goes to your card only, never to the site.")
SITE = _("Site that asks")
READABLE = _("In its own letters")
PURPOSE = _("Purpose")
HOLDER = _("Card holder")
KIND = _("Kind")
VALID = _("Valid until")
READER = _("Reader")
TRIES = _("Tries left")
PIN = _("PIN")
SIGN = _("Confirm")
CANCEL = _("Cancel")
CLOSE = _("Close")
TELL = _("Tell the site")
READING = _("Reading the card…")
SIGNING = _("The card is signing, please leave it in…")
CANCELLING = _("Cancelling, as soon as the card has finished…")
LAST_TRY = _("I know that one more wrong PIN locks the card")
ASK_LAST_TRY = _("This is the last try.")
ASK_LAST_TRY_HOW = _(
    "One more wrong PIN locks the card. If you are sure of your PIN, tick the box below, then press Confirm."
)
ASK_LAST_TRY_PINPAD = _(
    "One more wrong PIN locks the card. If you are sure of your PIN, tick the box below, press Start, then type it on "
    "the reader."
)
TRIES_UNKNOWN = _("not known; wrong PINs lock the card")

FORM_SWITCH = _("My PIN has letters or symbols")
HINT = {
    "digits": _("6 to 8 digits"),
    "printable": _("6 to 8 letters, digits or symbols; capitals matter"),
}
# The catalogue of failures speaks of digits, which is not the whole truth once the switch is set.
MALFORMED_PRINTABLE = _("A PIN has 6 to 8 characters.")
NOTE_FULL_WIDTH = _("Full-width characters were changed to ordinary ones.")
NOTE_DIGITS_ONLY = _("Digits only; if yours has letters or symbols, tick the box below.")
NOTE_NOT_PRINTABLE = _("Letters, digits and symbols only, no blanks.")
NOTE_PASTE = _("To protect your PIN, pasting is off: please type it.")
NOTE_EARLY = _("Keys pressed as the window came up were not taken; please type again.")
NOTE_CAPITALS = _("Caps Lock is on.")

PINPAD = _("Enter the PIN on the reader.")
PINPAD_START = _("Start")
PINPAD_HOW = _("The PIN does not pass through the computer. Press Start, then type it on the keys of the reader.")
PINPAD_CANCEL = _("To cancel, press the cancel key of the reader.")

# The answers to the questions of `QUESTIONS`; the first letter of a yes is its mnemonic.
DRIVER = _("A card driver that no administrator has installed wants to be used")
DRIVER_HOW = _(
    "It would see your PIN. Use it only if you put this file there yourself. The answer is remembered until the file "
    "changes."
)
DRIVER_YES = _("Use this driver")
DRIVER_NO = _("Do not use it")
SITE_ASKED = _("May this site use your card?")
SITE_ASKED_HOW = _(
    "It could see your reader, card number and certificate without a PIN. Each signature still needs your PIN. If you "
    "allow it, you are not asked again."
)
SITE_YES = _("Yes, allow it")
SITE_NO = _("Do not allow")
RAW_ASKED = _("Sign something that cannot be shown?")
RAW_ASKED_HOW = _(
    "The site sends only a digest, so nobody can see here what you sign. Sign it only if you trust this site and know "
    "what it is for."
)
RAW_YES = _("Sign it")
RAW_NO = _("Do not sign")

CHOOSE = _("Choose a certificate")
CHOOSE_HOW = _("Arrow keys to choose, then Enter")
USE = _("Use this one")
NEXT = _("Next certificate")
GO_ON = _("Continue")
CHOOSE_NUMBER = _("Type the number of a certificate, then Enter")
TYPE_PIN = _("PIN (not shown)")
PRESS_ENTER = _("Enter to go on, Ctrl-C to cancel")
TO_CANCEL = _("Ctrl-C to close")
TO_TELL = _("Ctrl-C to close, or t and Enter to tell the site")
UNUSABLE = _("Certificates that cannot be used")
FOUND = _("Certificates found")
ISSUER_PAGE = _("Issuer's page")
TELEPHONE = _("Telephone")
COPY = _("Copy address")
COPIED = _("Copied: paste it before you close this")

REMARKS = {
    Remark.FOREIGN_LETTERS: _("The address has letters of another alphabet; please check it."),
    Remark.LOOK_ALIKE: _(
        "Warning: look-alike characters may imitate another site. Type no PIN unless you are sure of the address."
    ),
    Remark.ADDRESS: _("A bare IP address: there is no site name to check."),
    Remark.THIS_COMPUTER: _("A page on this computer (for developers)"),
    Remark.NOT_ENCRYPTED: _("A page without encryption: others on the network could have changed it."),
}

# What is asked, what that means, yes, and no.
QUESTIONS = {
    Topic.DRIVER: (DRIVER, DRIVER_HOW, DRIVER_YES, DRIVER_NO),
    Topic.SITE: (SITE_ASKED, SITE_ASKED_HOW, SITE_YES, SITE_NO),
    Topic.RAW: (RAW_ASKED, RAW_ASKED_HOW, RAW_YES, RAW_NO),
}

PURPOSES = {
    Purpose.LOGIN: _("Log in"),
    Purpose.BIND: _("Link this card to an account"),
    Purpose.ACTIVATE: _("Activate an account"),
    Purpose.UNLOCK: _("Unlock an account"),
    Purpose.RESET: _("Reset a password"),
    Purpose.UNBIND: _("Unlink this card from an account"),
    Purpose.TEST: _("Test this computer (nothing is opened)"),
    Purpose.IDENTIFY: _("Prove who you are"),
}

# By the keys of pkcs11_shims/families.toml.
FAMILIES = {
    "moica": _("Citizen Digital Certificate"),
    "moeaca": _("Company certificate card"),
    "xca": _("Organisation certificate card"),
    "gca": _("Government agency certificate card"),
    "hca": _("Health personnel certificate card"),
    "unknown": _("Certificate card"),
}


def tries(translator: Translator, left: int | None) -> str:
    """How many PIN tries are left, in words."""
    if left is None:
        return translator.gettext(TRIES_UNKNOWN)
    return translator.ngettext("{left} try", "{left} tries", left).format(left=left)


def note_too_long(translator: Translator) -> str:
    """Why a further character is not taken."""
    return translator.gettext("At most {most} characters; no more are taken.").format(most=MAX_PIN)


def others(translator: Translator, count: int) -> str:
    """The button that leads to the other certificates."""
    return translator.gettext("Others ({count})").format(count=count)


def yes_or_no(translator: Translator, yes: str, no: str) -> str:
    """How a question is answered on the terminal."""
    said = translator.gettext("Type 1 for “{yes}” or 2 for “{no}”, then Enter")
    return said.format(yes=translator.gettext(yes), no=translator.gettext(no))


def more(translator: Translator, count: int) -> str:
    """What stands at the end of a list that is too long."""
    return translator.gettext("{count} more").format(count=count)


def countdown(translator: Translator, seconds: int) -> str:
    """How long the reader still waits for the PIN."""
    return translator.gettext("Enter the PIN on the reader: {seconds} s left").format(seconds=seconds)
