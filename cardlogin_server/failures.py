"""Every way a card log-in can fail on the server: one class, one stable code, meaning and remedy."""

from datetime import datetime
from typing import ClassVar

from cardlogin_server.messages import mark as _

_TRY_AGAIN = _("Reload the page and start the card log-in again.")
_ASK_PORTAL = _("Update the card log-in component and try again; if it still fails, log in another way.")
_ASK_ISSUER = _("Ask the office that issued the card about its state, or log in another way.")
_OTHER_CARD = _("Use the signing certificate of a citizen or company card, or log in another way.")


class CardLoginError(Exception):
    """The log-in is refused: ``code`` for programs, ``meaning`` and ``remedy`` for people, ``detail`` for the log.

    ``meaning`` and ``remedy`` are messages in English; ``cardlogin_server.messages.translate`` has them in the person's
    language. ``detail`` is English, names the failed check and holds neither a name nor a number of the holder.
    """

    code: ClassVar[str]
    meaning: ClassVar[str]
    remedy: ClassVar[str]

    def __init__(self, detail: str) -> None:
        super().__init__(f"{self.code}: {detail}")
        self.detail = detail


class TokenMalformed(CardLoginError):
    """The token is not exactly a ``web-eid:1.0`` token with a readable certificate."""

    code = "token_malformed"
    meaning = _("The answer of the card log-in component is malformed.")
    remedy = _ASK_PORTAL


class AlgorithmMismatch(CardLoginError):
    """The token's algorithm is not on the list or does not belong to the certificate's key."""

    code = "algorithm_mismatch"
    meaning = _("The signature algorithm named in the answer does not fit the certificate's key.")
    remedy = _ASK_PORTAL


class SignatureInvalid(CardLoginError):
    """The signature is not this key's over this origin and this challenge; nothing tells which of them is wrong."""

    code = "signature_invalid"
    meaning = _("The signature is wrong: it may have been made for another site or for another log-in.")
    remedy = _(
        "Check this page's address, reload it and try again; if you typed your PIN on a doubtful site, "
        "change the PIN at the office that issued the card."
    )


class ChallengeUnknown(CardLoginError):
    """The challenge was never issued here, or so long ago that its record is gone."""

    code = "challenge_unknown"
    meaning = _("This log-in attempt is not known to the site.")
    remedy = _TRY_AGAIN


class ChallengeExpired(CardLoginError):
    """The challenge is older than five minutes; ``expired_at`` says since when."""

    code = "challenge_expired"
    meaning = _("This log-in attempt took longer than five minutes.")
    remedy = _TRY_AGAIN

    def __init__(self, expired_at: datetime) -> None:
        super().__init__(f"challenge expired at {expired_at.isoformat()}")
        self.expired_at = expired_at


class ChallengeUsed(CardLoginError):
    """The challenge has been taken before."""

    code = "challenge_used"
    meaning = _("This log-in attempt has already been used.")
    remedy = _TRY_AGAIN


class ChallengePurposeWrong(CardLoginError):
    """The challenge was issued for something else: ``expected`` was asked for, ``found`` was signed."""

    code = "challenge_purpose"
    meaning = _("The card signed for another purpose than the one asked for here.")
    remedy = _("Go back to the page you came from and start again.")

    def __init__(self, expected: str, found: str) -> None:
        super().__init__(f"challenge is for {found}, not for {expected}")
        self.expected = expected
        self.found = found


class ChallengeSessionWrong(CardLoginError):
    """The challenge was issued to another browser session."""

    code = "challenge_session"
    meaning = _("This log-in attempt was begun in another browser session.")
    remedy = _TRY_AGAIN


class CertificateUnusable(CardLoginError):
    """The certificate may not be used for log-in: key usage, extended key usage, weak key, SHA-1, CA, or unreadable."""

    code = "certificate_unusable"
    meaning = _("This certificate cannot be used to log in.")
    remedy = _OTHER_CARD


class CertificatePolicyRefused(CardLoginError):
    """None of the certificate's policies is accepted here; ``found`` lists them (dotted OIDs)."""

    code = "certificate_policy"
    meaning = _("This site does not accept the certificate's policy.")
    remedy = _OTHER_CARD

    def __init__(self, found: frozenset[str]) -> None:
        super().__init__(f"policies found: {', '.join(sorted(found)) or 'none'}")
        self.found = found


class CertificateTypeRefused(CardLoginError):
    """The kind of holder is not accepted, or does not belong to the issuing CA; ``found`` is the subject type's OID."""

    code = "certificate_type"
    meaning = _("This site does not accept this kind of certificate.")
    remedy = _OTHER_CARD

    def __init__(self, found: str | None, detail: str = "") -> None:
        super().__init__(detail or f"subject type found: {found or 'none'}")
        self.found = found


class CertificateNotYetValid(CardLoginError):
    """The certificate's validity has not begun; ``not_before`` is its first moment (UTC)."""

    code = "certificate_not_yet_valid"
    meaning = _("This certificate is not valid yet.")
    remedy = _("Wait until its validity begins, or ask the office that issued the card.")

    def __init__(self, not_before: datetime) -> None:
        super().__init__(f"certificate is valid from {not_before.isoformat()}")
        self.not_before = not_before


class CertificateExpired(CardLoginError):
    """The certificate's validity is over; ``not_after`` is its last moment (UTC)."""

    code = "certificate_expired"
    meaning = _("This certificate has expired.")
    remedy = _("Have the card extended or replaced by the office that issued it; log in another way until then.")

    def __init__(self, not_after: datetime) -> None:
        super().__init__(f"certificate was valid until {not_after.isoformat()}")
        self.not_after = not_after


class CertificateUntrusted(CardLoginError):
    """No chain of valid signatures leads from the certificate to a configured anchor."""

    code = "certificate_untrusted"
    meaning = _("This certificate was not issued by an authority that this site trusts.")
    remedy = _OTHER_CARD


class CertificateRevoked(CardLoginError):
    """The issuing CA revoked the certificate for good: ``revoked_at`` (UTC) and ``reason`` (RFC 5280 name or None)."""

    code = "certificate_revoked"
    meaning = _("This certificate has been revoked.")
    remedy = _ASK_ISSUER

    def __init__(self, revoked_at: datetime, reason: str | None) -> None:
        super().__init__(f"revoked at {revoked_at.isoformat()}, reason {reason or 'not given'}")
        self.revoked_at = revoked_at
        self.reason = reason


class CertificateSuspended(CardLoginError):
    """The certificate is on hold (停用), which its issuer can undo; ``since`` says from when (UTC)."""

    code = "certificate_suspended"
    meaning = _("This certificate is suspended at present.")
    remedy = _("Ask the office that issued the card to lift the suspension, or log in another way.")

    def __init__(self, since: datetime) -> None:
        super().__init__(f"on hold since {since.isoformat()}")
        self.since = since


class RevocationUnknown(CardLoginError):
    """No fresh, genuine revocation list covers the certificate; ``attempts`` says why each one failed."""

    code = "revocation_unknown"
    meaning = _("It cannot be checked at present whether this certificate is still valid.")
    remedy = _("This is usually temporary: try again in a few minutes, or log in another way.")

    def __init__(self, attempts: tuple[str, ...]) -> None:
        super().__init__("; ".join(attempts))
        self.attempts = attempts


class IdentityMalformed(CardLoginError):
    """The certificate is genuine but the holder's name or number in it is not as its profile says."""

    code = "identity_malformed"
    meaning = _("The holder's data in the certificate cannot be read.")
    remedy = _("Log in another way; the office that issued the card can check it.")
