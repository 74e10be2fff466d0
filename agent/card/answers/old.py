"""What pages written for the old component ask of a key: signatures in three forms, and decryption (hipki.md, 3)."""

from datetime import UTC, datetime

from agent.card.answers.answer import Prepared
from agent.card.answers.certificate import CertificateFacts
from agent.card.answers.cms import HASHES, MAX_CONTENT, draft
from agent.card.answers.token import card_input, hash_of
from agent.card.frames import HostAnswer
from agent.card.old_asks import CmsAsk, DecryptAsk, ListAsk, Pkcs1Ask, RawAsk, Signed, SiteAsk
from agent.failures import Code, FailureError
from pkcs11_shims.keys import Scheme

Work = CmsAsk | Pkcs1Ask | RawAsk | DecryptAsk | ListAsk | SiteAsk


def prepare_old(facts: CertificateFacts, work: Work, scheme: Scheme, card_number: str) -> Prepared:
    """The use of a key that is asked for. Raises FailureError before a PIN is spent:

    certificate_not_wanted for a key that is not RSA where only RSA can do it; request_malformed for content of more
    than 1 MiB, a DigestInfo that is none of our four hashes, and what needs no key; as `agent.card.answers.cms.draft`
    and `agent.card.answers.enveloped` do.
    """
    if isinstance(work, CmsAsk):
        return _cms(facts, work, scheme, card_number)
    if facts.elliptic:
        raise FailureError(Code.CERTIFICATE_NOT_WANTED)
    if isinstance(work, Pkcs1Ask):
        return _pkcs1(facts, work, card_number)
    if isinstance(work, RawAsk):
        return _raw(facts, work, card_number)
    if isinstance(work, DecryptAsk):
        return _decryption(facts, work)
    raise FailureError(Code.REQUEST_MALFORMED)


def _cms(facts: CertificateFacts, ask: CmsAsk, scheme: Scheme, card_number: str) -> Prepared:
    made = draft(facts, ask, card_number, datetime.now(UTC))
    signed = made.message
    return Prepared(
        message=signed,
        payload=card_input(facts, signed, scheme, made.hash),
        scheme=scheme,
        check=lambda signature: facts.verifies(signature, signed, scheme, made.hash),
        finish=lambda signature: _signed(facts, made.signed(signature), card_number),
    )


def _pkcs1(facts: CertificateFacts, ask: Pkcs1Ask, card_number: str) -> Prepared:
    if len(ask.content) > MAX_CONTENT:
        raise FailureError(Code.REQUEST_MALFORMED)
    hash_ = HASHES[ask.hash]
    return Prepared(
        message=ask.content,
        payload=card_input(facts, ask.content, Scheme.PKCS1, hash_),
        scheme=Scheme.PKCS1,
        check=lambda signature: facts.verifies(signature, ask.content, Scheme.PKCS1, hash_),
        finish=lambda signature: _signed(facts, signature, card_number),
    )


def _raw(facts: CertificateFacts, ask: RawAsk, card_number: str) -> Prepared:
    if hash_of(ask.digest_info) is None:
        raise FailureError(Code.REQUEST_MALFORMED)
    return Prepared(
        message=ask.digest_info,
        payload=ask.digest_info,
        scheme=Scheme.PKCS1,
        check=lambda signature: facts.recovers(signature, ask.digest_info),
        finish=lambda signature: _signed(facts, signature, card_number),
    )


def _decryption(facts: CertificateFacts, ask: DecryptAsk) -> Prepared:
    from agent.card.answers.enveloped import open_block, read_enveloped

    made = read_enveloped(ask.cipher, facts) if ask.enveloped else open_block(ask.cipher, facts)
    return Prepared(
        message=b"",
        payload=made.block,
        scheme=None,
        check=lambda _: True,
        finish=lambda found: HostAnswer(plain=made.plain(found)),
    )


def _signed(facts: CertificateFacts, value: bytes, card_number: str) -> HostAnswer:
    return HostAnswer(signed=Signed(value, facts.der, card_number))
