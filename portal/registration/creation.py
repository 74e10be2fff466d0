"""The end of a registration: account, address, person, card and audit line come together or not at all."""

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.http import HttpRequest

from cardlogin_server import Identity
from cardlogin_server.identity.identifiers.roc_calendar import from_compact
from portal.accounts import lockout
from portal.accounts.models import IdKind, Person, User
from portal.accounts.recovery_codes import hash_of
from portal.audit.log import record
from portal.cards.waiting import reserve
from portal.failures import ACCOUNT_TAKEN, CARD_CHANGED, Refusal
from portal.languages import in_use
from portal.registration.advanced import TEXTS
from portal.registration.confirmation import Writer, belongs_to_another, send_confirmation
from portal.registration.draft import CardFacts, Draft


def create(
    draft: Draft, may_write: Writer, identity: Identity | None = None, request: HttpRequest | None = None
) -> None:
    """Make the account of a finished draft, inactive until its address is confirmed; link the card that signed to it.

    A draft sent twice, even at the same time, makes one account and is answered alike twice. An address that belongs to
    another account gives the same answer as well: the account is made and keeps its name, but it is never confirmed,
    its card stays free, and a mail tells whom it concerns. An ID number takes nothing from anybody before the account
    is confirmed (portal.registration.activation). Raises `Refusal`: account_taken, card_changed, and those of `bind`.
    """
    if draft.card is not None and (identity is None or not _same(identity, draft.card)):
        raise Refusal(CARD_CHANGED)
    try:
        with transaction.atomic():
            _make(draft, may_write, identity, request)
    except IntegrityError:
        if not was_made(draft):
            raise Refusal(ACCOUNT_TAKEN) from None


def was_made(draft: Draft) -> bool:
    """Whether the account of this very draft is there already."""
    # The hash has a salt of its own, so the same hash is the same draft.
    return bool(draft.password) and User.objects.filter(username=draft.account, password=draft.password).exists()


def _same(identity: Identity, card: CardFacts) -> bool:
    known = (card.binding_key, card.certificate_sha256)
    return (identity.binding_key, identity.certificate_sha256) == known


def _make(draft: Draft, may_write: Writer, identity: Identity | None, request: HttpRequest | None) -> None:
    user = User(username=draft.account, is_active=False, password=draft.password, password_policy=draft.policy)
    user.name, user.email, user.nickname = (draft.basic[name] for name in ("name", "email", "nickname"))
    user.language, user.official_wanted = in_use(), draft.official
    user.save(force_insert=True)
    # What strangers did to the name before there was such an account is not its holder's.
    lockout.lift(user.username, second_factor=True)
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=False)
    _keep_person(user, draft)
    if identity is not None and not belongs_to_another(user):
        # Its second step has asked the confirmer for the number, where there is one.
        reserve(user, identity, draft.number, request)
    record(
        "register", account=user.pk, request=request, method="card" if identity else "password", profile=draft.policy
    )
    send_confirmation(user, may_write, draft.next)


def _keep_person(user: User, draft: Draft) -> None:
    rescue = draft.rescue
    person = Person(
        user=user, rescue_mobile=rescue.get("rescue_mobile", ""), question=rescue.get("question", ""),
        answer_hash=rescue.get("answer_hash", ""),
        recovery_code_hash=hash_of(draft.recovery_code) if draft.recovery_code else "",
    )  # fmt: skip
    fill(person, draft.details)
    if draft.number:
        person.note_id_number(IdKind(draft.id_kind), draft.number)
    person.save()


def fill(person: Person, told: dict[str, str]) -> None:
    """Write a draft's advanced data into a person's row, which the caller saves."""
    for name in TEXTS:
        setattr(person, name, told.get(name, ""))
    person.birthday = from_compact(told["birthday"]) if told.get("birthday") else None
