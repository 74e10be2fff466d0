"""Who asks: the one rule that turns a browser's origin into a caller, and the lists that refuse or permit one."""

from collections.abc import Callable

from agent.domains import registered
from agent.failures import Code, FailureError
from agent.origins import MAX_ORIGIN, Origin, Patterns, parse
from agent.permissions import Permissions
from agent.settings import HipkiSettings, WebSettings

__all__ = ["MAX_ORIGIN", "Callers", "caller", "site_of"]


def caller(origin: str | None, *, developer: bool = False) -> str:
    """The origin that may ask, exactly as the browser wrote it and as it is signed.

    Only https origins may ask; with the developer switch also http on this computer itself.
    Raises FailureError(origin_refused) for anything else: absent, opaque ("null"), another scheme, or a spelling
    that no browser produces.
    """
    return _named(origin, lambda _, part: developer and part.loopback)


def _named(origin: str | None, http: Callable[[str, Origin], bool]) -> str:
    part = parse(origin) if origin is not None else None
    if origin is None or part is None or (part.scheme == "http" and not http(origin, part)):
        raise FailureError(Code.ORIGIN_REFUSED)
    return origin


def site_of(origin: str) -> str:
    """What an origin has in common with all others of the same owner: its registrable domain, else its host.

    Reads a file, so it is not for the event loop.
    """
    part = parse(origin)
    if part is None or part.is_address:
        return "" if part is None else part.host
    host = part.host.removesuffix(".")
    return registered(host) or host


class Callers:
    """The rule together with the settings' lists and the remembered decisions of this user.

    With `old`, those of the old component's protocol: http pages may ask as well, of this computer or named there.
    """

    def __init__(self, settings: WebSettings, permissions: Permissions, old: HipkiSettings | None = None) -> None:
        self.developer = settings.developer
        self._allow = None if settings.allow is None else Patterns(settings.allow)
        self._deny = Patterns(settings.deny)
        self._permissions = permissions
        self._http = None if old is None else Patterns(old.http)
        self._page_pin = Patterns(() if old is None else old.page_pin)

    def name(self, origin: str | None) -> str:
        """The origin, if one of this kind may ask at all; raises FailureError(origin_refused)."""
        named = self._http
        if named is None:
            return caller(origin, developer=self.developer)
        return _named(origin, lambda text, part: _of_this_computer(part) or named.name(text))

    def admit(self, origin: str | None) -> str:
        """The origin that may ask now.

        Raises FailureError: origin_refused; origin_denied for one that is on a list of refused origins or missing on
        the list of allowed ones; permissions_unreadable while nobody can tell who was refused.
        """
        name = self.name(origin)
        if self._listed_out(name) or self._permissions.denied(name):
            raise FailureError(Code.ORIGIN_DENIED)
        return name

    def permitted(self, origin: str) -> bool:
        """Whether an admitted origin may be told about reader and card without a PIN: only after a remembered yes."""
        return not self._listed_out(origin) and self._permissions.allowed(origin)

    def may_send_pin(self, origin: str) -> bool:
        """Whether the pages of an admitted origin may send the PIN; raises FailureError(permissions_unreadable)."""
        return self._page_pin.name(origin) or self._permissions.may_send_pin(origin)

    def _listed_out(self, origin: str) -> bool:
        return self._deny.cover(origin) or (self._allow is not None and not self._allow.name(origin))


def _of_this_computer(part: Origin) -> bool:
    # RFC 6761, 6.3: browsers resolve every name below localhost to this computer by themselves.
    return part.loopback or part.host.endswith(".localhost")
