"""What the page's half (``browser/cardlogin.js``) says of the failures that it finds out by itself.

``./dev messages`` writes these texts, in every language, into ``browser/messages.js``.
"""

from typing import Final, NamedTuple

from cardlogin_server.messages import mark as _


class BrowserFailure(NamedTuple):
    """What has happened and what the person can do, as messages in English."""

    meaning: str
    remedy: str


BROWSER_FAILURES: Final = {
    "agent_not_found": BrowserFailure(
        _("The card log-in component does not answer; it may not be installed or not started."),
        _("Install or start the card log-in component, then try again."),
    ),
    "tls_not_trusted": BrowserFailure(
        _("The browser does not trust the local certificate of the card log-in component."),
        _("Repair the component's certificate trust, restart the browser and try again."),
    ),
    "permission_denied": BrowserFailure(
        _("The browser does not allow this site to reach programs on this computer."),
        _("Allow access to apps on this device in the browser's site settings, then try again."),
    ),
    "popup_blocked": BrowserFailure(
        _("The browser blocked the log-in window."),
        _("Allow pop-ups for this site in the address bar, then try again."),
    ),
    "opener_cut": BrowserFailure(
        _("This site's security settings keep the log-in window from answering."),
        _("Use another way to log in, or another browser."),
    ),
    "navigation_unfinished": BrowserFailure(
        _("The log-in was not completed: the card log-in component did not answer, or you left its page."),
        _("Check that the card log-in component is installed, running and trusted by this browser, then try again."),
    ),
    "page_closed": BrowserFailure(
        _("The log-in window was closed before the log-in was complete."),
        _("Start the card log-in again when you want to log in."),
    ),
    "timed_out": BrowserFailure(
        _("The log-in was not completed in time."),
        _("Start the card log-in again."),
    ),
    "answer_malformed": BrowserFailure(
        _("The answer received is incomplete or malformed."),
        _("Reload the page and try again."),
    ),
}
