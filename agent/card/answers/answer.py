"""From an order and the chosen certificate to the bytes that the card gets, and from what it makes to the answer."""

from collections.abc import Callable
from dataclasses import dataclass

from agent.card.answers.certificate import CertificateFacts
from agent.card.answers.token import card_input, make_token, message, scheme_for
from agent.card.frames import HostAnswer, HostOrder
from pkcs11_shims.keys import Scheme


@dataclass(frozen=True)
class Prepared:
    """One use of a key, from what the card gets to the answer.

    `message` is what is signed, `payload` what the card gets of it for `scheme`; without a scheme the payload is a
    block to decrypt. `check` tells whether a signature is of the shown certificate's key. `finish` puts the answer
    together from one that is, or from what was decrypted; of that it raises FailureError(cipher_unreadable).
    """

    message: bytes
    payload: bytes
    scheme: Scheme | None
    check: Callable[[bytes], bool]
    finish: Callable[[bytes], HostAnswer]


def prepare(facts: CertificateFacts, order: HostOrder, card_number: str = "") -> Prepared:
    """What an order asks of the key of a certificate; `card_number` goes with what pages of the old component get.

    Raises FailureError for what such a page asks and cannot have (`agent.card.answers.old.prepare_old`).
    """
    scheme = scheme_for(facts, order)
    if order.old is not None:
        # Imported here, because a log-in by token need not wait for the ASN.1 definitions.
        from agent.card.answers.old import prepare_old

        return prepare_old(facts, order.old.work, scheme, card_number)
    signed = message(facts, order.origin, order.challenge)
    return Prepared(
        message=signed,
        payload=card_input(facts, signed, scheme),
        scheme=scheme,
        check=lambda signature: facts.verifies(signature, signed, scheme),
        finish=lambda signature: HostAnswer(token=make_token(facts, signature, scheme)),
    )
