"""What a half-way state of an account is worth: as much as the account's ways in, as they were when it was made."""

from portal.accounts.models import User
from portal.sealing import index


def stamp(user: User) -> str:
    """Return a keyed hash of the account's number and password; another one makes half-way states worthless."""
    return index(f"{user.pk} {user.password}", "epoch")
