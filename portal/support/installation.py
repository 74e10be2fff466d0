"""移除及安裝步驟手冊: what works today, step by step; the page and docs/installation*.md are made from these texts."""

from dataclasses import dataclass

from django.utils.translation import gettext_noop as _


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture below portal/static/portal/manual/, and what it shows."""

    file: str
    shows: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do; `commands` are typed into a terminal, line by line."""

    text: str
    commands: tuple[str, ...] = ()
    picture: Picture | None = None

    @property
    def lines(self) -> str:
        """The commands below each other."""
        return "\n".join(self.commands)


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the manual: its heading, what to know before, numbered steps, what to know after."""

    key: str
    title: str
    before: tuple[str, ...]
    steps: tuple[Step, ...] = ()
    after: tuple[str, ...] = ()


_READER = Picture("reader.svg", _("A card reader, connected by USB."), 320, 180)
_CARD = Picture("card_up.svg", _("The card goes in with its golden chip up and in front."), 320, 180)
_TRUST = Picture("trust.png", _("The program's own page of its state."), 900, 520)
_PERMISSION = Picture("permission.svg", _("The browser's question, below its address bar: allow."), 320, 180)
_WINDOW = Picture("window.png", _("CardLogin's own window: the site above, the PIN below."), 500, 574)

SECTIONS = (
    Section(
        "today",
        _("What works today"),
        (
            _("There is no installer yet, for any system. They are to come for Windows, macOS and Debian packages."),
            _(
                "On Debian 12 and its relatives CardLogin is installed from its source, in about five minutes; see "
                "below."
            ),
            _("On Windows and macOS it cannot be used yet: its parts for them are written, but were never run there."),
        ),
    ),
    Section(
        "before",
        _("Have ready"),
        (),
        (
            Step(_("Connect the card reader. Most need no driver; some need the one of their maker."), picture=_READER),
            Step(_("Insert the card, chip up, as far as it goes."), picture=_CARD),
            Step(
                _(
                    "Install the driver of your card, if it is not there yet: for citizen and company cards it comes "
                    "with HiCOS, from the office that issued the card."
                )
            ),
        ),
    ),
    Section(
        "old",
        _("Remove the old web component"),
        (
            _("This is not a must: both may be installed, and the one that was started first holds the port."),
            _(
                "Only the web component (HiPKILocalSignServer) may go. The card driver (HiCOS PKI Smart Card) must "
                "stay: CardLogin reads the card through it."
            ),
        ),
        (
            Step(_("Close all browser windows.")),
            Step(
                _(
                    "Windows: open Settings, Apps, Installed apps, choose the web component and then Uninstall. Leave "
                    "everything else of HiCOS as it is."
                )
            ),
            Step(
                _(
                    "macOS: open System Settings, General, Login Items, and switch com.node.HIPKILocalServer.cht off. "
                    "Do not delete its folder: the card driver lies in it."
                )
            ),
            Step(
                _(
                    "Linux: end the component and take its start.sh out of the programs that start with the session. "
                    "Do not delete its folder: the card driver lies in it."
                )
            ),
            Step(_("Start the computer anew.")),
            Step(
                _(
                    "Open http://localhost:61161/selfTest.htm in a browser. If no page comes, or CardLogin's own, the "
                    "old component is gone."
                )
            ),
        ),
        (_("If the driver was removed by mistake: install it again. That does no harm to the card."),),
    ),
    Section(
        "install",
        _("Install CardLogin on Debian, from its source"),
        (_("You need Debian 12 or a relative of it, and the folder with the source of CardLogin."),),
        (
            Step(
                _("Install what the system brings along. This asks for the administrator's password."),
                (
                    "sudo apt install python3 python3-venv python3-dev python3-tk gcc libc6-dev swig libpcsclite-dev "
                    "pcscd libnss3-tools",
                ),
            ),
            Step(
                _("Open a terminal in the folder with the source and type these four lines, one after the other."),
                (
                    "python3 -m venv agent-venv",
                    "agent-venv/bin/pip install --no-deps --require-hashes -r requirements/build.lock",
                    "agent-venv/bin/pip install --no-deps --require-hashes --no-build-isolation -r "
                    "requirements/agent.lock",
                    "agent-venv/bin/pip install --no-deps --no-build-isolation .",
                ),
            ),
            Step(
                _(
                    "Let your browsers trust this computer's own certificate. It can vouch for localhost only, and for "
                    "no other site; no administrator is needed."
                ),
                ("agent-venv/bin/cardlogin trust install",),
            ),
            Step(
                _("Start CardLogin, and leave this terminal open. It does not start by itself yet."),
                ("agent-venv/bin/cardlogin run",),
            ),
            Step(
                _(
                    "Close the browser, start it again, and open https://localhost:61171/status. If the page comes "
                    "without a warning, browser and CardLogin trust each other."
                ),
                picture=_TRUST,
            ),
            Step(
                _(
                    "Open the log-in page of a portal and press its button for the card. If the browser asks whether "
                    "the site may reach this computer, allow it."
                ),
                picture=_PERMISSION,
            ),
            Step(
                _("Look at the address in CardLogin's window, and type your PIN there. Never type it into a web page."),
                picture=_WINDOW,
            ),
        ),
    ),
    Section(
        "remove",
        _("Remove CardLogin"),
        (),
        (
            Step(
                _("Take this computer's certificate out of your browsers."), ("agent-venv/bin/cardlogin trust remove",)
            ),
            Step(_("End CardLogin: press Ctrl and C in its terminal.")),
            Step(
                _(
                    "Delete the folder agent-venv, and the folder with CardLogin's own files: keys, decisions, log of "
                    "changes."
                ),
                ("rm -r agent-venv ~/.local/share/cardlogin",),
            ),
            Step(_("Close the browser and start it again.")),
        ),
        (_("The card, its PIN, the card driver and the reader stay as they are."),),
    ),
)
