"""The old component's answers (PKCS7 and PKCS1), so that a portal can move over page by page."""

from dataclasses import dataclass

from cardlogin_server.answers.cms import check_signature, check_signed_content, from_base64, usable_hash, usable_key
from cardlogin_server.answers.cms_decoding import LARGEST, CmsMalformed, SignedContent, read_signed_content
from cardlogin_server.certificates.families import USUAL_FAMILIES, Family
from cardlogin_server.certificates.path import Anchors
from cardlogin_server.challenge import Challenges, Purpose
from cardlogin_server.clock import Clock, utc_now
from cardlogin_server.failures import TokenMalformed
from cardlogin_server.holder import HolderChecks
from cardlogin_server.identity.identity import Identity
from cardlogin_server.revocation.check import Revocation

_LARGEST_CERTIFICATE = 8_192
_LARGEST_SIGNATURE = 1_024


@dataclass(frozen=True, slots=True)
class OldComponentAnswer:
    """Who signed, and what the client claims beside it.

    The two claims are signed by the holder's key and therefore only the holder's own word: the program on the
    holder's computer writes them. They prove nothing about a card and must never identify an account.
    """

    identity: Identity
    claimed_nonce: str | None
    claimed_card_number: str | None


class OldComponentVerifier:
    """Verifies the old component's answers; immutable and safe for threads.

    These answers are NOT bound to the portal's origin: a hostile site can pass this portal's challenge on to its own
    visitor and log in as the visitor. Use it for as short a time as the move to ``Verifier`` takes.
    ``ACCEPT_SHA1`` is for portals whose pages still ask for SHA-1; certificates are held to SHA-2 all the same.
    Raises ValueError for no policy or family.
    """

    def __init__(
        self,
        *,
        anchors: Anchors,
        challenges: Challenges,
        revocation: Revocation,
        policies: frozenset[str],
        families: frozenset[Family] = USUAL_FAMILIES,
        clock: Clock = utc_now,
        ACCEPT_SHA1: bool = False,
    ) -> None:
        self._challenges = challenges
        self._accept_sha1 = ACCEPT_SHA1
        self._holder = HolderChecks(
            anchors=anchors, revocation=revocation, policies=policies, families=families, clock=clock
        )

    def verify_pkcs7(self, answer: str, *, challenge: str, session_id: str, purpose: Purpose) -> OldComponentAnswer:
        """The holder whose card signed this session's challenge, from the field ``signature`` of a PKCS7 answer.

        ``answer`` is Base64 of an attached CMS SignedData whose content is the challenge's text (hipki.md section
        3.1; see ``read_signed_content`` for the shape). The challenge is spent unless the answer is malformed.
        Raises subclasses of CardLoginError, and nothing else.
        """
        signed = _read(answer)
        hash_ = usable_hash(signed.hash_name, self._accept_sha1)
        leaf = self._holder.read(signed.certificate)
        key = usable_key(signed.signature_kind, leaf.key)
        self._challenges.take(challenge, session_id, purpose)
        check_signed_content(signed, key, hash_, challenge)
        return OldComponentAnswer(self._holder.identify(leaf), signed.nonce, signed.card_number)

    def verify_pkcs1(
        self,
        signature: str,
        *,
        certificate: str,
        hash_algorithm: str = "SHA256",
        challenge: str,
        session_id: str,
        purpose: Purpose,
    ) -> Identity:
        """The holder whose card signed this session's challenge, from ``signature`` and ``certb64`` of a PKCS1 answer.

        RSASSA-PKCS1-v1_5 over the challenge's text (hipki.md section 3.2). ``hash_algorithm`` is what the portal's
        page asked for (SHA256, SHA384, SHA512), never what the browser says. Raises subclasses of CardLoginError.
        """
        signature_bytes = from_base64(signature, _LARGEST_SIGNATURE)
        leaf = self._holder.read(from_base64(certificate, _LARGEST_CERTIFICATE))
        hash_ = usable_hash(hash_algorithm.lower(), self._accept_sha1)
        key = usable_key("pkcs1", leaf.key)
        self._challenges.take(challenge, session_id, purpose)
        check_signature("pkcs1", key, signature_bytes, challenge.encode(), hash_)
        return self._holder.identify(leaf)


def unverified_certificate(answer: str) -> bytes:
    """The certificate (DER) inside a PKCS7 answer, of which nothing has been verified. Raises TokenMalformed."""
    return _read(answer).certificate


def _read(answer: str) -> SignedContent:
    try:
        return read_signed_content(from_base64(answer, LARGEST))
    except CmsMalformed as error:
        raise TokenMalformed(f"signed data: {error}") from error
