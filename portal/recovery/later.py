"""Work that is done once the answer has left, so that the answer's time does not tell whether there was any."""

import logging
from collections.abc import Callable
from contextvars import copy_context
from functools import partial

from django.http import HttpResponseRedirect
from typing_extensions import override

_log = logging.getLogger("portal.recovery")


class ThenWork(HttpResponseRedirect):
    """A redirect; `work` runs when the server has sent it (PEP 3333: `close` is called then, whatever happened)."""

    def __init__(self, to: str, work: Callable[[], None]) -> None:
        super().__init__(to)
        # As part of this request: the audit log still knows who asked.
        self._work: Callable[[], None] | None = partial(copy_context().run, work)

    @override
    def close(self) -> None:
        """Do the work once, then end the request. What fails is logged: nobody is left to be told."""
        work, self._work = self._work, None
        try:
            if work is not None:
                work()
        except Exception as error:
            _log.error("after the answer: %s", type(error).__name__)
        finally:
            super().close()
