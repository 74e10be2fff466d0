"""The certificates on the card, as far as they can be judged without a PIN, and the state of the PIN."""

from datetime import UTC, datetime, timedelta
from typing import ClassVar

from agent.failures import Code
from agent.selftest.certificates_look import told
from agent.selftest.context import Context
from agent.selftest.results import Outcome, bad, good, left
from pkcs11_shims.families import UNKNOWN, recognise

# A person is told so long before the end: time enough to go to an office.
SOON = timedelta(days=60)
_FEW = 2
_UNKNOWN = "revocation_unknown"


class Certificates:
    """A certificate that can log in is on the card."""

    name: ClassVar[str] = "certificates"
    needs: ClassVar[tuple[str, ...]] = ("token",)

    async def run(self, context: Context) -> Outcome:
        """By their key usage."""
        seen = await context.certificates()
        if seen is None:
            return left("token")
        if seen.signing is not None:
            return good(**told(seen.signing))
        if seen.unreadable:  # it may have been the one that logs in
            return bad("certificate_unreadable")
        if seen.encryption is not None:
            return bad(Code.CERTIFICATE_ENCRYPTION_ONLY, **told(seen.encryption))
        return bad(Code.NO_CERTIFICATE)


class Validity:
    """The certificate is in its time."""

    name: ClassVar[str] = "validity"
    needs: ClassVar[tuple[str, ...]] = ("certificates", "clock")

    async def run(self, context: Context) -> Outcome:
        """By this computer's clock."""
        seen, now = await context.certificates(), datetime.now(UTC)
        if seen is None or seen.signing is None:
            return left("certificates")
        facts = {"since": f"{seen.signing.not_before:%Y-%m-%d}", "until": f"{seen.signing.not_after:%Y-%m-%d}"}
        if now > seen.signing.not_after:
            return bad(Code.CERTIFICATE_EXPIRED, **facts)
        if now < seen.signing.not_before:
            return bad(Code.CERTIFICATE_NOT_YET_VALID, **facts)
        return bad("certificate_ending", **facts) if seen.signing.not_after - now < SOON else good(**facts)


class Chain:
    """The certificate leads to the government's anchors, and is one that portals take."""

    name: ClassVar[str] = "chain"
    needs: ClassVar[tuple[str, ...]] = ("certificates", "validity")

    async def run(self, context: Context) -> Outcome:
        """By the server library's own rules."""
        seen, rules = await context.certificates(), await context.rules()
        if seen is None or seen.signing is None:
            return left("certificates")
        code = rules.chain(seen.signing.der)
        authority = next(iter(seen.signing.issuer_names), "")
        return bad(code, authority=authority) if code else good(authority=authority)


class Revocation:
    """The certificate has not been revoked, and whoever says so can be reached."""

    name: ClassVar[str] = "revocation"
    needs: ClassVar[tuple[str, ...]] = ("chain",)

    async def run(self, context: Context) -> Outcome:
        """By lists and responders; what the portal will see is its own look, so only a refusal fails here."""
        seen = await context.revocation()
        lists = [one for one in seen.addresses if not one.responder]
        responders = [one for one in seen.addresses if one.responder]
        facts = {"status": ", ".join(f"{one.url} {'✓' if one.reached else '✗'}" for one in seen.addresses)}
        if seen.code not in ("", _UNKNOWN):
            return bad(seen.code, **facts)
        if lists and not any(one.reached for one in lists):
            return bad("list_unreachable", **facts)
        if seen.code and any(one.reached for one in lists):
            return bad(seen.code, **facts)
        if responders and not any(one.reached for one in responders):
            return bad("responder_unreachable", **facts)
        return bad(seen.code, **facts) if seen.code else good(**facts)


class Pin:
    """The PIN is set and not locked, as far as the card tells without a try."""

    name: ClassVar[str] = "pin"
    needs: ClassVar[tuple[str, ...]] = ("token",)

    async def run(self, context: Context) -> Outcome:
        """By the card's own word; no PIN is asked for and none is tried."""
        token, seen = await context.token(), await context.certificates()
        if token is None:
            return left("token")
        facts = {"tries": "" if token.tries is None else str(token.tries)}
        if seen is not None and seen.signing is not None:
            family = recognise(seen.signing.issuer_names)
            if family != UNKNOWN:
                facts |= {"page": family.unlock_page, "telephone": family.telephone}
        if token.tries == 0:
            return bad(Code.PIN_LOCKED, **facts)
        if not token.activated:
            return bad(Code.CARD_NOT_ACTIVATED, **facts)
        if token.tries == 1:
            return bad("pin_last_try", **facts)
        return bad("pin_tries_few", **facts) if token.tries is not None and token.tries < _FEW + 1 else good(**facts)
