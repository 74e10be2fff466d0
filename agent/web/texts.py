"""The texts of our pages by the names that pages and scripts use, as messages of the catalogues."""

from agent.messages import mark as _

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
}
NONE = _("None")
ERROR = {**_EVERYWHERE, "code": _("Code")}
NOT_FOUND = (
    _("There is no page here."),
    _("Close this page and use card log-in from the site's log-in page."),
)
