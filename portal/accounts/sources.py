"""From where a try comes, as portal.accounts.lockout counts it."""

from django.http import HttpRequest

from portal.accounts import devices, lockout
from portal.accounts.lockout import STRANGER, From, Kind, Source
from portal.accounts.session_life import number


def source_of(request: HttpRequest, account: str, kind: str = Kind.PASSWORD) -> Source:
    """Return the open session of that account's holder, else the known browser of the account, else "a stranger".

    A known browser that has spent its tries counts as a stranger's: for a password when its lock is over, too.
    """
    if request.user.is_authenticated and request.user.get_username() == account.strip().lower():
        return Source(From.SESSION, number(request))
    device = devices.known(request, account)
    if device is None:
        return STRANGER
    source = Source(From.DEVICE, device.token)
    stands = lockout.standing(account, source, kind)
    return STRANGER if stands.out_of_use and not stands.locked else source
