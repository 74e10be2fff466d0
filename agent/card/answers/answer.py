"""From an order and the chosen certificate to the bytes that the card signs, and from its signature to the answer."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from agent.card.answers.certificate import CertificateFacts
from agent.card.answers.token import card_input, make_token, message, scheme_for
from agent.card.frames import HostAnswer, HostOrder
from agent.card.old_asks import CmsAsk, Signed
from pkcs11_shims.keys import Scheme


@dataclass(frozen=True)
class Prepared:
    """One signature, from what the card gets to the answer.

    `message` is what is signed, `payload` what the card gets of it for `scheme`; `check` tells whether a signature is
    of the shown certificate's key, `finish` puts the answer together from one that is.
    """

    message: bytes
    payload: bytes
    scheme: Scheme
    check: Callable[[bytes], bool]
    finish: Callable[[bytes], HostAnswer]


def prepare(facts: CertificateFacts, order: HostOrder, card_number: str = "") -> Prepared:
    """What an order asks of the key of a certificate; `card_number` is for CMS SignedData that is to name the card.

    Raises FailureError for CMS SignedData that cannot be made (`agent.card.answers.cms.draft`).
    """
    scheme = scheme_for(facts, order)
    if order.old is not None and isinstance(order.old.work, CmsAsk):
        return _prepare_cms(facts, order.old.work, scheme, card_number)
    signed = message(facts, order.origin, order.challenge)
    return Prepared(
        message=signed,
        payload=card_input(facts, signed, scheme),
        scheme=scheme,
        check=lambda signature: facts.verifies(signature, signed, scheme),
        finish=lambda signature: HostAnswer(token=make_token(facts, signature, scheme)),
    )


def _prepare_cms(facts: CertificateFacts, ask: CmsAsk, scheme: Scheme, card_number: str) -> Prepared:
    # Imported here, because a log-in by token need not wait for the ASN.1 definitions.
    from agent.card.answers.cms import draft

    made = draft(facts, ask, card_number, datetime.now(UTC))
    signed = made.message
    return Prepared(
        message=signed,
        payload=card_input(facts, signed, scheme, made.hash),
        scheme=scheme,
        check=lambda signature: facts.verifies(signature, signed, scheme, made.hash),
        finish=lambda signature: HostAnswer(signed=Signed(made.signed(signature), facts.der, card_number)),
    )
