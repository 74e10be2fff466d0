"""Whether a card is the account holder's own (binding rules of the portal, 2.10 number 5)."""

import logging
import unicodedata

from django.conf import settings
from django.http import HttpRequest
from django.utils.module_loading import import_string

from cardlogin_server import Identity
from cardlogin_server.certificates.families import Family
from cardlogin_server.identity.confirm import Confirmation, ConfirmerUnavailable, IdentityConfirmer, Pair
from portal.accounts.models import IdKind, Person, User
from portal.cards import renewal
from portal.cards.models import CardBinding
from portal.failures import CARD_RENEWED, COMPANY_CARDS_ONLY, Refusal
from portal.sealing import SealBroken

_log = logging.getLogger("portal.recovery")


def holds(identity: Identity, account: str, request: HttpRequest) -> User | None:
    """The account of that name, if the verified card is its holder's: bound to it, or confirmed for its full ID number.

    Name and last four characters alone never suffice: they fit many people. None for everything else, without saying
    what; a confirmer that cannot be asked confirms nothing. The use of a bound card is noted. Raises `Refusal`:
    card_renewed for a bound card with a certificate that nobody has confirmed, the confirmer neither; and
    company_cards_only, which only the company's card gets to know.
    """
    bound = CardBinding.objects.select_related("user").filter(binding_key=identity.binding_key, user__username=account)
    person = Person.objects.select_related("user").filter(user__username=account, user__certificate_only=False).first()
    binding = bound.first()
    if binding is not None and binding.user.is_company:
        raise Refusal(COMPANY_CARDS_ONLY)
    if binding is not None and not renewal.needs_confirmation(binding, identity):
        return _used(binding, identity, request)
    if person is not None and _owns_number(identity, person):
        return person.user if binding is None else _used(binding, identity, request, confirmed=True)
    if binding is not None:
        raise Refusal(CARD_RENEWED)
    return None


def _used(binding: CardBinding, identity: Identity, request: HttpRequest, *, confirmed: bool = False) -> User:
    renewal.use(binding, identity, request, confirmed=confirmed)
    found: User = binding.user
    return found


def _owns_number(identity: Identity, person: Person) -> bool:
    try:
        return _plausible(identity, person) and _confirmed(Pair(identity.subject_serial, person.id_number))
    except SealBroken:
        _log.error("ID number of person %s cannot be opened", person.pk)
        return False


def _plausible(identity: Identity, person: Person) -> bool:
    # Only then is the ID number shown to the confirmer at all. One without an index was typed by somebody whose number
    # it may not be: it belongs to another account.
    if identity.family is not Family.CITIZEN or person.id_index is None:
        return False
    if person.id_kind not in (IdKind.NATIONAL, IdKind.RESIDENT):
        return False
    same_name = _plain(identity.holder_name) == _plain(person.user.name)
    return same_name and bool(identity.last_four) and identity.last_four == person.last_four


def _confirmed(pair: Pair) -> bool:
    confirmer = _confirmer()
    if confirmer is None:
        return False
    try:
        (outcome,) = confirmer.confirm([pair])
    except ConfirmerUnavailable as error:
        _log.warning("confirmer: %s", error)
        return False
    if outcome is not Confirmation.CONFIRMED:
        _log.info("confirmer: %s", outcome.name.lower())
    return outcome is Confirmation.CONFIRMED


def _confirmer() -> IdentityConfirmer | None:
    if settings.CARDLOGIN_CONFIRMER is None:
        return None
    made: IdentityConfirmer = import_string(settings.CARDLOGIN_CONFIRMER)()
    return made


def _plain(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).split())
