"""The order in which transactions take locks: the accounts' rows first, then what belongs to them.

A transaction that locks more than one row of an account (by changing it, by SELECT FOR UPDATE, or by adding a row that
refers to it) holds the account's own row before. So two of them never hold what the other one waits for, which
PostgreSQL would end with an error ("deadlock detected"; its manual, section 13.3.4).
"""

from portal.accounts.models import User


def hold_rows(*accounts: int) -> None:
    """Hold the rows of these accounts, in the order of their numbers, until the transaction ends.

    A number that no account has costs the same. `portal.accounts.epoch.hold` does more, for whoever is logged in.
    """
    # Not the key: others may add rows that refer to the account meanwhile, as long as they add nothing else.
    rows = User.objects.select_for_update(no_key=True).filter(pk__in=accounts).order_by("pk")
    list(rows.values_list("pk", flat=True))
