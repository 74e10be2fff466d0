"""The policy profiles: every number and choice in which old manuals and today's guidance differ; and the staff's."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from django.conf import settings

ProfileName = Literal["modern", "egov-compat", "tw-staff"]


@dataclass(frozen=True, slots=True)
class PasswordPolicy:
    """Which new passwords are accepted; a log-in never asks it (K1: an old password stays valid)."""

    shortest: int  # characters, when the password is the only way in
    shortest_with_second_factor: int
    longest: int
    letters_and_digits: bool  # K2: at least one of each, printable ASCII only
    refuse_common: bool  # K4: False warns and goes on


@dataclass(frozen=True, slots=True)
class LockOutPolicy:
    """What wrong passwords lead to; counted per account, and never in the way of a card (K10)."""

    wait: tuple[int, ...]  # seconds to wait after the 1st, 2nd, … wrong password; the last one repeats
    captcha_after: int
    lock_after: int
    locked_for: timedelta | None  # None: until activation, unlocking or reset
    forget_after: timedelta


@dataclass(frozen=True, slots=True)
class RecoveryPolicy:
    """How a forgotten password is replaced beside the card (K5, K6)."""

    question: bool  # the old question, with a second proof
    saved_code: bool  # one saved recovery code of 80 bits in its place
    unconfirmed_mobile: bool  # codes go to a mobile as it was typed at the registration, too


@dataclass(frozen=True, slots=True)
class SessionPolicy:
    """Life of a session without use and in all (NIST SP 800-63B-4, 2.1.3 and 2.2.3)."""

    idle: timedelta
    total: timedelta


@dataclass(frozen=True, slots=True)
class Policy:
    """One profile. `version` is stored beside every password that was set under it."""

    name: ProfileName
    version: str
    password: PasswordPolicy
    lock_out: LockOutPolicy
    recovery: RecoveryPolicy
    session: SessionPolicy
    confirm_within: timedelta  # K7: life of the link in the confirmation mail
    password_alone: bool = True  # False: a code or a card is obligatory
    most_cards: int = 2  # of one person on one account
    text_code_life: timedelta = timedelta(minutes=10)
    mail_code_life: timedelta = timedelta(hours=24)
    code_tries: int = 5
    # Seconds to wait after the 1st, 2nd, … wrong answer or saved code of strangers; the last one repeats.
    recovery_wait: tuple[int, ...] = (0, 0, 0, 0, 60, 120, 240, 480, 900)
    known_tries: int = 5  # wrong ones in a row from one known browser or one open session, in all
    most_wrong: int = 100  # in a row from all strangers, in all, without success (NIST SP 800-63B-4, 3.2.2)
    most_devices: int = 20  # known browsers of one account
    device_life: timedelta = timedelta(days=365)
    nobodys_tries_kept: timedelta = timedelta(days=30)  # counts of names that no account has
    most_nobodys: int = 100_000  # names that no account has, with a count
    recovery_step: timedelta = timedelta(minutes=30)  # from the first page to the code; one in a mail lives as long
    proof_life: timedelta = timedelta(minutes=10)  # from the proof to the new password, and again to look through
    rescue_wait: timedelta = timedelta(hours=72)  # from a change of rescue mobile or question until it serves a reset
    delete_grace: timedelta = timedelta(hours=24)
    deleted_name_kept: timedelta = timedelta(days=180)  # how long nobody else gets the name of a deleted account
    reauthenticate_within: timedelta = timedelta(seconds=300)


MODERN = Policy(
    name="modern",
    version="modern-1",
    password=PasswordPolicy(15, 8, 128, letters_and_digits=False, refuse_common=True),
    lock_out=LockOutPolicy((0, 0, 1, 2, 4), 3, 5, timedelta(minutes=15), timedelta(hours=12)),
    recovery=RecoveryPolicy(question=False, saved_code=True, unconfirmed_mobile=False),
    session=SessionPolicy(timedelta(hours=1), timedelta(hours=24)),
    confirm_within=timedelta(hours=24),
)
EGOV_COMPAT = Policy(
    name="egov-compat",
    version="egov-compat-1",
    password=PasswordPolicy(8, 8, 15, letters_and_digits=True, refuse_common=False),
    lock_out=LockOutPolicy((5,), 3, 5, None, timedelta(hours=12)),
    recovery=RecoveryPolicy(question=True, saved_code=False, unconfirmed_mobile=True),
    session=SessionPolicy(timedelta(minutes=30), timedelta(hours=8)),
    confirm_within=timedelta(days=7),
)
# Of single accounts of the staff; no installation can choose it, because the public could not enter then.
STAFF = Policy(
    name="tw-staff",
    version="tw-staff-1",
    password=PasswordPolicy(15, 15, 128, letters_and_digits=False, refuse_common=True),
    lock_out=MODERN.lock_out,
    recovery=MODERN.recovery,
    session=SessionPolicy(timedelta(minutes=15), timedelta(hours=8)),
    confirm_within=timedelta(hours=24),
    password_alone=False,
)
PROFILES: dict[str, Policy] = {policy.name: policy for policy in (MODERN, EGOV_COMPAT)}


def policy() -> Policy:
    """The profile of this installation (setting CARDLOGIN_PROFILE); raises KeyError for a name that is none."""
    return PROFILES[settings.CARDLOGIN_PROFILE]
