"""The texts of our pages by the names that pages and scripts use, as messages of the catalogues."""

from agent.messages import mark as _
from agent.selftest.words import CHECKS, FACTS, REASONS, SIGNS

_EVERYWHERE = {"title": _("CardLogin")}
_ASKING = {
    **_EVERYWHERE,
    "look": _("Please look at the CardLogin window and type your PIN there."),
    "press": _("Choose Continue if you want to log in to this site with your card."),
    "go_on": _("Continue"),
    "unanswered": _("CardLogin does not answer."),
    "go_back": _("Go back to the log-in page and choose card log-in again."),
}
POPUP = {
    **_ASKING,
    "connecting": _("Connecting to the site…"),
    "done": _("Done, please close this window."),
    "stranger": _("This window has to be opened by a log-in page."),
}
GO = {
    **_ASKING,
    "asks": _("This site asks you to log in with your card:"),
    "reading": _("Reading the request…"),
    "returning": _("Going back to the site…"),
    "unknown": _("This site does not take answers of CardLogin."),
    "tell": _("Go back to the log-in page, choose another way to log in, and tell the site."),
    "stranger": _("This page has to be opened by a log-in page."),
    "cancel": _("Cancel"),
}
_OLD = {
    **_EVERYWHERE,
    "press": _("Choose Continue if you want to use your card."),
    "go_on": _("Continue"),
    "look": _("Please look at the CardLogin window."),
    "connecting": _("Connecting to the site…"),
    "go_back": _("Go back to the site and try again."),
}
OLD_POPUP = {
    **_OLD,
    "signing": _("Signing…"),
    "certificates": _("Reading the certificate…"),
    "readers": _("Reading the data…"),
    "decrypting": _("Decrypting…"),
    "other": _("Answering the site…"),
    "stranger": _("This window is cut off from the page that has opened it."),
    "tell": _("Tell the site that it has to let its windows answer (Cross-Origin-Opener-Policy)."),
    "nameless": _("The page that has opened this window has no name, so it gets no answer."),
}
OLD_SITE = {
    **_OLD,
    "asks": _("Allow this site to use your card?"),
    "unanswered": _("CardLogin does not answer."),
    "allowed": _("Allowed. Please close this window."),
    "not_allowed": _("Not allowed. Please close this window."),
}
STATUS = {
    **_EVERYWHERE,
    "page_title": _("Status – CardLogin"),
    "running": _("CardLogin is running"),
    "version": _("Version"),
    "port": _("Port (HTTPS)"),
    "http_port": _("Fallback port (HTTP)"),
    "old_ports": _("Port for pages written for HiCOS (HTTP)"),
    "until": _("This computer's certificate is valid until"),
    "last_failure": _("Last failure"),
    "selftest": _("Self-test: find out what is wrong, and what to do"),
}
NONE = _("None")
# Checks, facts and signs by their names, after what they are; braces stand for what the script puts in.
SELFTEST = {
    **_EVERYWHERE,
    **{f"check_{name}": text for name, text in CHECKS.items()},
    **{f"fact_{name}": text for name, text in FACTS.items()},
    **{f"sign_{name}": text for name, text in SIGNS.items()},
    "page_title": _("Self-test – CardLogin"),
    "heading": _("Self-test"),
    "intro": _("This finds out whether card, reader, computer and browser are ready for card log-in."),
    "private": _("It takes less than a minute. Nothing leaves this computer unless you send it."),
    "site_asks": _("This site has sent you here. Whether it can be reached is checked as well:"),
    "start": _("Start the test"),
    "again": _("Test all again"),
    "try_signature": _("Trial signature (with PIN)"),
    "try_decryption": _("Trial decryption (with PIN)"),
    "look": _("Please look at the CardLogin window and type your PIN there."),
    "print": _("Print"),
    "open_report": _("Report…"),
    "progress": _("{n} of {m} checked"),
    "all_good": _("Everything is all right."),
    "with_notes": _("No fault found. Notes: {n}"),
    "faults": _("Faults found: {n}. The cause stands first."),
    "broken": _("The test broke off. Please start it again."),
    "unanswered": _("CardLogin does not answer."),
    "restart": _("Start CardLogin, open this page anew and start the test again."),
    "cause": _("Cause"),
    "code": _("Code"),
    "all_rows": _("All checks"),
    "waiting": _("checking…"),
    "one_again": _("Check again"),
    "taken": _("{n} s"),
    "because": _("Not checked because of: {check}"),
    **{f"because_{reason}": text for reason, text in REASONS.items()},
    "to_status": _("State of the program"),
    "report_title": _("Report for support"),
    "report_says": _(
        "This is all that would leave this computer; names and numbers of yours are masked. Nothing is sent yet."
    ),
    "made": _("Made (UTC)"),
    "report_version": _("Version of the program"),
    "installation": _("Random number of this computer"),
    "installation_says": _(
        "It was made by chance for these reports alone. "
        "By it support staff see which reports come from the same computer."
    ),
    "json": _("The very text of the report (JSON)"),
    "item": _("Check"),
    "result": _("Result"),
    "content": _("Details"),
    "save_json": _("Save (JSON)"),
    "save_html": _("Save (web page)"),
    "send_to": _("Only this site would receive it:"),
    "send": _("Send to support"),
    "sending": _("Asking the site whether it takes reports…"),
    "returning": _("Going back to the site…"),
    "unknown": _("This site does not take answers of CardLogin."),
    "close": _("Close"),
    # The rows that people know from the old component (docs/hicos.md).
    "old_heading": _("IC card function test"),
    "old_item": _("Item"),
    "old_content": _("What was found"),
    "old_system": _("Operating system"),
    "old_browser": _("Browser"),
    "old_version": _("Component version"),
    "old_driver": _("Driver"),
    "old_reader": _("Choice of reader and card"),
    "old_pin": _("Type the PIN and start the test"),
    "old_pin_says": _("Our own window asks for the PIN; this page never sees it."),
    "old_signature": _("Signature test"),
    "old_decryption": _("Encryption and decryption test"),
    "old_signing": _("Signing certificate"),
    "old_encryption": _("Encryption certificate"),
    "old_holder": _("Subject"),
    "old_serial": _("Serial number"),
    "old_validity": _("Validity"),
    "old_span": _("from {since} to {until}"),
    "old_usage": _("Key usage"),
    "old_again": _("Start the test again"),
    "old_newest": _("no update needed"),
    "old_update": _("please update to {newest}"),
}
ERROR = {**_EVERYWHERE, "code": _("Code")}
NOT_FOUND = (
    _("There is no page here."),
    _("Close this page and use card log-in from the site's log-in page."),
)
