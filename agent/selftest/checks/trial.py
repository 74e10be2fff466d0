"""What needs a PIN, and is done only when a person has asked for it; and what only a portal can tell."""

import os
from typing import ClassVar

import msgspec
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from agent.card.client import CardHost
from agent.card.frames import HostAnswer, HostOrder
from agent.card.old_asks import DecryptAsk, OldAsk
from agent.drivers import FILE as DRIVERS
from agent.drivers import DriverAnswers
from agent.failures import Code, FailureError
from agent.language import FILE as LANGUAGE
from agent.language import ChosenLanguage
from agent.order import make_order
from agent.selftest.certificates_look import told
from agent.selftest.context import Context
from agent.selftest.results import Outcome, bad, good, left


class Signature:
    """A signature that goes the whole way, from the window for the PIN to the verifier that portals use."""

    name: ClassVar[str] = "signature"
    needs: ClassVar[tuple[str, ...]] = ("host", "certificates", "pin")

    async def run(self, context: Context) -> Outcome:
        """For this computer's own origin and with the purpose `test`: no portal takes it for anything."""
        if context.ask.trial != "signature":
            return left("asked")
        rules, origin = await context.rules(), _origin(context)
        challenge = rules.issue()
        order = make_order(origin, challenge, context.ask.language)
        try:
            answer = await _carry_out(context, HostOrder(order.origin, challenge, order.language, tells=True))
            token = answer.token
            if token is None:
                return bad(Code.HOST_FAILED)
        except FailureError as error:
            return bad(error.code.value, tries="" if error.tries_left is None else str(error.tries_left))
        code, holder = rules.verify(msgspec.to_builtins(token), challenge, origin)
        return bad(code) if code else good(holder=holder, purpose="test")


class Decryption:
    """Something encrypted for the card, decrypted by it."""

    name: ClassVar[str] = "decryption"
    needs: ClassVar[tuple[str, ...]] = ("host", "certificates", "pin")

    async def run(self, context: Context) -> Outcome:
        """By random bytes that only the card can give back."""
        seen = await context.certificates()
        if seen is None:
            return left("certificates")
        facts = told(seen.encryption) if seen.encryption is not None else {}
        if context.ask.trial != "decryption":
            return left("asked", **facts)
        if seen.encryption is None or not isinstance(seen.encryption.key, rsa.RSAPublicKey):
            return bad("no_encryption_certificate")
        secret = os.urandom(32)
        cipher = seen.encryption.key.encrypt(secret, padding.PKCS1v15())
        old = OldAsk(DecryptAsk(cipher, enveloped=False), permitted=True, key_id=seen.encryption_id)
        try:
            answer = await _carry_out(
                context, HostOrder(_origin(context), "", context.ask.language, old=old, tells=True)
            )
        except FailureError as error:
            return bad(error.code.value, tries="" if error.tries_left is None else str(error.tries_left))
        return good(**facts) if answer.plain == secret else bad(Code.CIPHER_UNREADABLE)


class Account:
    """What a portal would answer; its own page has that."""

    name: ClassVar[str] = "account"
    needs: ClassVar[tuple[str, ...]] = ()

    async def run(self, context: Context) -> Outcome:
        """Nothing is sent to a portal from here."""
        return left("portal")


async def _carry_out(context: Context, order: HostOrder) -> HostAnswer:
    """The answer to an order by a card host of our own; raises FailureError. A host that dies has its code."""
    state = context.settings.state
    chosen, answers = ChosenLanguage(state / LANGUAGE), DriverAnswers(state / DRIVERS)
    host = CardHost(context.settings.card, chosen, answers, lambda _: None)
    try:
        return await host.carry_out(order)
    finally:
        await host.close()


def _origin(context: Context) -> str:
    return f"https://localhost:{context.ask.port or context.settings.web.ports[0]}"
