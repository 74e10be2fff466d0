"""Few tries for answers and saved codes: counted for account names, whether they exist or not.

Strangers wait longer and longer, together, and are at an end after `policy().most_wrong`; they cannot close the way for
a browser that the holder has used before, which has a few tries of its own.
"""

from dataclasses import dataclass

from django.http import HttpRequest

from portal.accounts import lockout
from portal.accounts.lockout import Kind, Source
from portal.accounts.sources import source_of
from portal.failures import RECOVERY_OUT_OF_USE, RECOVERY_TRIES, Failure
from portal.recovery.steps import Stage

_KINDS = {Stage.ANSWER: Kind.ANSWER, Stage.SAVED_CODE: Kind.SAVED_CODE}


@dataclass(frozen=True, slots=True)
class Try:
    """A try that was counted, or why there is none now."""

    account: str
    kind: Kind
    source: Source
    failure: Failure | None

    def was_right(self) -> None:
        """Forget the wrong ones that came from there."""
        lockout.right(self.account, self.source, self.kind)


def spend(request: HttpRequest, stage: Stage, account: str) -> Try:
    """Count a try before it is looked at; with a failure (recovery_tries, recovery_out_of_use) nothing is counted."""
    kind = _KINDS[stage]
    source = source_of(request, account, kind)
    before = lockout.begin(account, source, kind)
    if before.out_of_use:
        return Try(account, kind, source, RECOVERY_OUT_OF_USE)
    return Try(account, kind, source, None if before.may_try else RECOVERY_TRIES)
