"""Whether the program at the other end of a connection is of our operating-system user."""

import asyncio
import weakref
from collections.abc import Callable

from agent.failures import Code, FailureError
from agent.platform import peer_is_ours


class Peers:
    """Asks the system once for each connection, when its first request comes."""

    def __init__(self, is_ours: Callable[[object, object], bool] = peer_is_ours) -> None:
        self._is_ours = is_ours
        self._known: weakref.WeakKeyDictionary[asyncio.BaseTransport, bool] = weakref.WeakKeyDictionary()

    def check(self, connection: asyncio.BaseTransport | None) -> None:
        """Raises FailureError(other_user) for a stranger's connection, and for one that is closed already."""
        if connection is None:
            raise FailureError(Code.OTHER_USER)
        if connection not in self._known:
            ends = (connection.get_extra_info(name) for name in ("peername", "sockname"))
            self._known[connection] = self._is_ours(*ends)
        if not self._known[connection]:
            raise FailureError(Code.OTHER_USER)
