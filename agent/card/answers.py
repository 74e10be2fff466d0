"""From an order and the chosen certificate to the bytes that the card signs, and from its signature to the answer."""

from collections.abc import Callable
from dataclasses import dataclass

from agent.card.certificate import CertificateFacts
from agent.card.frames import HostAnswer, HostOrder
from agent.card.token import make_token, message


@dataclass(frozen=True)
class Prepared:
    """`message` is what is signed (hashed by the host); `finish` puts the answer together from the signature."""

    message: bytes
    finish: Callable[[bytes], HostAnswer]


def prepare(facts: CertificateFacts, order: HostOrder) -> Prepared:
    """What an order asks of the key of a certificate."""
    return Prepared(
        message(facts, order.origin, order.challenge),
        lambda signature: HostAnswer(token=make_token(facts, signature)),
    )
