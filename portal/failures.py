"""Everything the portal refuses by itself: stable code, meaning and remedy.

The sentences stand here in English, which is also what sessions keep of them; a page translates what it shows.
"""

from dataclasses import asdict, dataclass
from typing import Self

from django.utils.translation import gettext_noop as _

from cardlogin_server import CardLoginError
from portal.languages import in_every_language


@dataclass(frozen=True, slots=True)
class Failure:
    """One refusal as a person and a program read it; `code` never changes once published.

    `meaning` and `remedy` are messages of the portal's catalogue or of cardlogin_server's (portal.languages.in_words).
    """

    code: str
    meaning: str
    remedy: str

    @classmethod
    def of(cls, error: CardLoginError) -> Self:
        """Return the same failure in the portal's own form."""
        return cls(error.code, error.meaning, error.remedy)

    def as_dict(self) -> dict[str, str]:
        """Return plain texts for the session or a template."""
        return asdict(self)

    def as_problem(self, status: int) -> dict[str, object]:
        """Return the body of a problem document (RFC 9457) in the shape the component uses too."""
        return {
            "type": "about:blank",
            "title": self.meaning,
            "status": status,
            "code": self.code,
            "meaning": in_every_language(self.meaning),
            "remedy": in_every_language(self.remedy),
        }


class Refusal(Exception):
    """Raised by a flow that stops; carries the `Failure` to show."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.code)
        self.failure = failure


CARD_NOT_BOUND = Failure(
    "card_not_bound",
    _("This card is valid, but it is not linked to any account yet."),
    _("Log in with your password and link this card to your account, or register with it."),
)
CARD_NOT_YOURS = Failure(
    "card_not_yours",
    _("This card is not one of this account's cards."),
    _("Use a card that is linked to this account, or your password."),
)
CARD_TAKEN = Failure(
    "card_taken",
    _("This card is linked to another account."),
    _("A card can be linked to one account only; log in to that account and unlink it first."),
)
CARD_NAME_DIFFERS = Failure(
    "card_name_differs",
    _("The name on the card does not match this account."),
    _("Only your own card can be linked to your account; under a new name, register a new account."),
)
CARD_ID_DIFFERS = Failure(
    "card_id_differs",
    _("The last four characters of the ID number on the card do not match this account."),
    _("Use your own card. If the ID number among your data is wrong, register a new account with your card."),
)
CARD_KIND_OTHER = Failure(
    "card_kind_other",
    _("This kind of card cannot be linked to a person's account."),
    _("Use your citizen card for your own account; with a company card, log in as the company."),
)
CARD_OF_COMPANY = Failure(
    "card_of_company",
    _("This is a company card; it cannot be used here by a person."),
    _("Use your own citizen card, or log in as the company on the page for company cards."),
)
CARD_OF_CITIZEN = Failure(
    "card_of_citizen",
    _("This is not a company card; it cannot be used to log in as a company."),
    _("Insert the company card; to log in as yourself, use the member log-in."),
)
TOO_MANY_CARDS = Failure(
    "too_many_cards",
    _("This account has the most cards it may have."),
    _("First unlink a card that is no longer used."),
)
LAST_WAY_IN = Failure(
    "last_way_in",
    _("This is the only way to log in to this account and cannot be unlinked."),
    _("Set a password first, then unlink the card."),
)
CARD_CHANGED = Failure(
    "card_changed",
    _("This is not the card that the registration began with."),
    _("Insert the first card and sign again, or start the registration again."),
)
STEP_OUT_OF_ORDER = Failure(
    "step_out_of_order",
    _("The steps of the registration come in order; the page just sent was dealt with already."),
    _("Go on from this step; to change earlier data, press “Back”."),
)
ACCOUNT_TAKEN = Failure(
    "account_taken",
    _("This account name is in use."),
    _("Choose another account name."),
)
CONFIRM_LINK_EXPIRED = Failure(
    "confirm_link_expired",
    _("This confirmation link has expired and no longer works."),
    _("Use “Send the confirmation email again”, and confirm with the new one."),
)
CONFIRM_LINK_USED = Failure(
    "confirm_link_used",
    _("This confirmation link was used already, or a newer confirmation email took its place."),
    _("Log in if your account is active; otherwise use the newest confirmation email, or have it sent again."),
)
CONFIRM_LINK_UNKNOWN = Failure(
    "confirm_link_unknown",
    _("This confirmation link does not exist or is incomplete."),
    _("Copy the whole link from the email, or have the confirmation email sent again."),
)
CONFIRM_CODE_WRONG = Failure(
    "confirm_code_wrong",
    _("The account or the confirmation code is wrong, or the code no longer works."),
    _(
        "Check the newest confirmation email. After some wrong tries a code no longer works: use the link in the "
        "email, or have it sent again."
    ),
)
MAIL_TAKEN = Failure(
    "mail_taken",
    _("This email address belongs to another account and cannot be confirmed."),
    _("Log in to that account, or use another email address."),
)
ACCOUNT_INACTIVE = Failure(
    "account_inactive",
    _("This account is not activated or has been locked."),
    _(
        "Activate the account with your citizen card, or use “Send the confirmation email again”; if neither "
        "helps, register a new account."
    ),
)
PASSWORD_WRONG = Failure(
    "password_wrong",
    _("The account or the password is not correct."),
    _("Check capital letters and your input method, then try again."),
)
ACCOUNT_LOCKED = Failure(
    "account_locked",
    _("Too many wrong passwords: password log-in to this account is locked."),
    _("Log in or unlock the account with your card, or set a new password."),
)
WAIT_A_MOMENT = Failure(
    "wait_a_moment",
    _("After a wrong password there is a short wait."),
    _("Wait a few seconds, then log in again."),
)
CAPTCHA_NEEDED = Failure(
    "captcha_needed",
    _("The verification code is missing or wrong."),
    _("Fill in the code below and log in again; this did not count as a wrong password."),
)
FORM_INCOMPLETE = Failure(
    "form_incomplete",
    _("Both the account and the password are needed."),
    _("Fill in both fields and log in again."),
)
RATE_LIMITED = Failure(
    "rate_limited",
    _("Too many attempts in a short time."),
    _("Wait a few minutes, then try again."),
)
REQUEST_MALFORMED = Failure(
    "request_malformed",
    _("The data sent by the page are not in the expected form."),
    _("Reload the page and try again."),
)
PAGE_OUTDATED = Failure(
    "page_outdated",
    _("This page has expired, or the browser does not accept cookies."),
    _("Allow cookies for this site, reload the page and try again."),
)
PORTAL_UNREACHABLE = Failure(
    "portal_unreachable",
    _("This site cannot be reached."),
    _("Check the network connection and try again."),
)
PAGE_INSECURE = Failure(
    "page_insecure",
    _("This page was opened without a secure connection (https)."),
    _("Open the page again with an address that begins with “https://”."),
)
SECOND_FACTOR_WRONG = Failure(
    "second_factor_wrong",
    _("The code is wrong, used or expired."),
    _(
        "Type the six digits your app shows now. If they are still wrong, check the clock of your mobile, use a "
        "backup code, or log in with your card."
    ),
)
PASSWORD_TOO_SHORT_ALONE = Failure(
    "password_too_short_alone",
    _("Your password is too short to be used alone."),
    _("Set a longer password first, then switch two-step log-in off."),
)
RECOVERY_REFUSED = Failure(
    "recovery_refused",
    _("This card cannot do this for this account."),
    _(
        "Check the account name and use your own card that is linked to this account; or recover access another way, "
        "or try again later."
    ),
)
ACCOUNT_NOT_ACTIVATED = Failure(
    "account_not_activated",
    _("This account is not activated yet."),
    _("Activate it with your citizen card first, or use the link in the confirmation email."),
)
ACCOUNT_CLOSED = Failure(
    "account_closed",
    _("This account was closed and cannot be activated here."),
    _("Log in to another account of yours, or register a new one."),
)
ANSWER_WRONG = Failure(
    "answer_wrong",
    _("The answer is not correct."),
    _("Try again, or use your card or a text message; after five wrong answers there is a wait."),
)
CODE_WRONG = Failure(
    "code_wrong",
    _("The code is wrong, used or expired."),
    _(
        "Type the newest code you received. After five wrong codes, or if none came, ask for another code or use "
        "another way."
    ),
)
SAVED_CODE_WRONG = Failure(
    "saved_code_wrong",
    _("The recovery code is wrong or was used already."),
    _("Compare it with the code you saved and try again, or use your card or a text message."),
)
RECOVERY_TRIES = Failure(
    "recovery_tries",
    _("Too many wrong tries: this way is suspended for now."),
    _("Use your card, another way or a browser where you have logged in before, or try again in a quarter of an hour."),
)
NO_SECOND_PROOF = Failure(
    "no_second_proof",
    _("This account has no confirmed email address and no rescue mobile to send a code to."),
    _("Set a new password with a card that is linked to this account."),
)
PROOF_ENDED = Failure(
    "proof_ended",
    _("This step has expired or was used already."),
    _("Start again from one of the ways below; if you have just set a new password, log in with it."),
)
NAME_REFUSED = Failure(
    "name_refused",
    _("This name cannot be used for the card."),
    _("Type up to 30 visible characters, without accents alone and without characters of your own making."),
)
NUMBER_HAD_ENOUGH = Failure(
    "number_had_enough",
    _("Too many messages were sent to this number; no other one can be sent now."),
    _("Use the newest code you received, or try again tomorrow."),
)
CARD_RENEWED = Failure(
    "card_renewed",
    _("This new certificate has not been confirmed for the account yet."),
    _(
        "Log in with this card once and confirm it with your password. If you have forgotten the password, set a new "
        "one first by text message or another way without the card."
    ),
)
COMPANY_CARDS_ONLY = Failure(
    "company_cards_only",
    _("A company's account is opened by the company's cards only."),
    _("Log in with the company's card; such an account has no password and no other way in."),
)
ID_NUMBER_PROVEN = Failure(
    "id_number_proven",
    _("The holder of another account has proven this ID number with a card."),
    _("If that account is yours, log in to it, or recover access to it with your card."),
)
NUMBER_NOT_THE_CARDS = Failure(
    "number_not_the_cards",
    _("This ID number does not match a card that is linked to this account."),
    _("Check every character; to a citizen card belongs a national ID or resident number."),
)
ID_CHECK_UNAVAILABLE = Failure(
    "id_check_unavailable",
    _("The ID number cannot be checked at the moment."),
    _("Try again later."),
)
NEEDS_CARD = Failure(
    "needs_card",
    _("A code from a message is not enough to remove this."),
    _("Log in and remove it in your member area, or set the password anew with your card."),
)
FACTORS_WRONG = Failure(
    "factors_wrong",
    _("The password or the code is not right."),
    _("Type your password and the six digits your app shows now, both again; or use your card."),
)
PASSWORD_OUT_OF_USE = Failure(
    "password_out_of_use",
    _("After a hundred wrong passwords in a row, the password no longer works in browsers the account does not know."),
    _(
        "Log in with your card, or in a browser where you have logged in before, and set a new password there; or set "
        "a new password with one of the ways below."
    ),
)
LOGGED_OUT_WRONG = Failure(
    "logged_out_wrong",
    _("You were logged out because a wrong password was typed too many times."),
    _("Log in again. If it was not you, set a new password and look at your devices."),
)
RECOVERY_OUT_OF_USE = Failure(
    "recovery_out_of_use",
    _("After a hundred wrong tries in a row, this way no longer works in browsers the account does not know."),
    _(
        "Use your card, another way, or a browser where you have logged in before; a new password makes this way work "
        "again."
    ),
)
SECOND_FACTOR_OUT_OF_USE = Failure(
    "second_factor_out_of_use",
    _("After a hundred wrong codes in a row, codes no longer work in browsers the account does not know."),
    _("Log in with your card, or in a browser where you have logged in before; then make a new code for your app."),
)
SECOND_FACTOR_NEEDED = Failure(
    "second_factor_needed",
    _("The page you asked for is open only to accounts with two-step log-in."),
    _("Switch two-step log-in on here, then open that page again."),
)
REPORT_UNKNOWN = Failure(
    "report_unknown",
    _("There is no report with this code: it is wrong, the report was deleted, or 30 days are over."),
    _("Have the code read out again, letter by letter; otherwise ask for a new report."),
)
REPORT_CODE_UNLIKELY = Failure(
    "report_code_unlikely",
    _("This cannot be the code of a report."),
    _(
        "A code has eight letters and digits. It never has a zero, a one, or the letters I, L, O and U: look again "
        "which character stands there. This did not count as a try."
    ),
)
REPORT_TRIES = Failure(
    "report_tries",
    _("Ten codes were typed within an hour; no more can be looked up now."),
    _("Try again later; the reports you have opened stay open."),
)
REPORT_REFUSED = Failure(
    "report_refused",
    _("What was sent is no report of a self-test."),
    _("Run the self-test again, and send the report from there."),
)
REPORTS_FULL = Failure(
    "reports_full",
    _("No further report can be kept at the moment."),
    _("Try again later; the page of the self-test can save the report meanwhile."),
)
REPORTS_LIMITED = Failure(
    "reports_limited",
    _("Too many reports were sent from this network address within an hour."),
    _("Try again in an hour; the page of the self-test can save the report meanwhile."),
)
