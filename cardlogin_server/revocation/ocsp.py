"""Asks an authority's OCSP responder about one certificate and believes only a genuine, fresh, fitting answer."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from cardlogin_server.certificates.leaf import Leaf
from cardlogin_server.clock import Clock
from cardlogin_server.failures import CertificateRevoked, CertificateSuspended
from cardlogin_server.revocation.fetching.breaker import Breaker
from cardlogin_server.revocation.fetching.fetch import FetchFailed, StatusRefused, allowed, host_of
from cardlogin_server.revocation.lists import MOST_ADDRESSES, Undecided
from cardlogin_server.revocation.ocsp_signer import AnswerRefused, CheckResponder, check_signer
from cardlogin_server.revocation.policy import Nonce, RevocationPolicy

REQUEST_TYPE = "application/ocsp-request"
LARGEST_ANSWER = 65_536
NONCE_BYTES = 32

Post = Callable[[str, bytes, str, int], bytes]
"""Sends a request of that media type and gets an answer of at most so many bytes, or raises FetchFailed."""


@dataclass(frozen=True, slots=True)
class Responders:
    """The OCSP responders that certificates name; safe for threads."""

    hosts: frozenset[str]
    post: Post
    clock: Clock
    breaker: Breaker

    def check(
        self, leaf: Leaf, issuer: x509.Certificate, policy: RevocationPolicy, responder_check: CheckResponder
    ) -> None:
        """Returns only when a responder says in a genuine and fresh answer that the certificate is good.

        Raises CertificateRevoked, CertificateSuspended or Undecided.
        """
        attempts = []
        for url in responder_addresses(leaf):
            try:
                request = make_request(leaf, issuer, policy)
                content = self._asked(url, request.public_bytes(Encoding.DER))
                answer = read_answer(content, request, issuer, policy, self.clock(), responder_check)
                _decide(answer)
            except (FetchFailed, AnswerRefused) as error:
                attempts.append(f"{url}: {error}")
            else:
                return
        raise Undecided(tuple(attempts) or ("certificate names no responder",))

    def _asked(self, url: str, body: bytes) -> bytes:
        if not allowed(url, self.hosts):
            raise FetchFailed("host is not allowed")
        host = host_of(url)
        self.breaker.require_closed(host)
        try:
            content = self.post(url, body, REQUEST_TYPE, LARGEST_ANSWER)
        except StatusRefused:
            self.breaker.worked(host)
            raise
        except FetchFailed:
            self.breaker.failed(host)
            raise
        self.breaker.worked(host)
        return content


def responder_addresses(leaf: Leaf) -> list[str]:
    """The addresses of OCSP responders that the certificate names, at most four (RFC 5280 section 4.2.2.1)."""
    access = leaf.extension(x509.AuthorityInformationAccess) or ()
    names = [
        description.access_location.value
        for description in access
        if description.access_method == AuthorityInformationAccessOID.OCSP
        and isinstance(description.access_location, x509.UniformResourceIdentifier)
    ]
    return list(dict.fromkeys(names))[:MOST_ADDRESSES]


def make_request(leaf: Leaf, issuer: x509.Certificate, policy: RevocationPolicy) -> ocsp.OCSPRequest:
    """The request about one certificate (RFC 6960 section 4.1), with a fresh nonce if the policy says so."""
    # The hash only names the certificate; nothing rests on its strength.
    kind = hashes.SHA1() if policy.old_certificate_id else hashes.SHA256()  # noqa: S303
    builder = ocsp.OCSPRequestBuilder().add_certificate(leaf.certificate, issuer, kind)
    if policy.nonce is not Nonce.NEVER:
        builder = builder.add_extension(x509.OCSPNonce(secrets.token_bytes(NONCE_BYTES)), critical=False)
    return builder.build()


def read_answer(
    content: bytes,
    request: ocsp.OCSPRequest,
    issuer: x509.Certificate,
    policy: RevocationPolicy,
    now: datetime,
    responder_check: CheckResponder,
) -> ocsp.OCSPSingleResponse:
    """The one answer in the bytes, verified (RFC 6960 section 3.2). Raises AnswerRefused."""
    if len(content) > LARGEST_ANSWER:
        raise AnswerRefused("answer is too large")
    try:
        response = ocsp.load_der_ocsp_response(content)
        if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise AnswerRefused(f"responder says {response.response_status.name.lower()}")
        answer = _single(response, request)
        _check_nonce(response, request, policy)
        _check_age(response, answer, policy, now)
        check_signer(response, issuer, policy, now, responder_check)
    except (
        ValueError,
        TypeError,
        UnsupportedAlgorithm,
        x509.InvalidVersion,
        x509.DuplicateExtension,
        x509.UnsupportedGeneralNameType,
    ) as error:
        raise AnswerRefused("answer cannot be read") from error
    return answer


def _single(response: ocsp.OCSPResponse, request: ocsp.OCSPRequest) -> ocsp.OCSPSingleResponse:
    answers = list(response.responses)
    if len(answers) != 1:
        raise AnswerRefused("answer is not about exactly one certificate")
    answer = answers[0]
    same = (
        answer.hash_algorithm.name == request.hash_algorithm.name
        and answer.issuer_name_hash == request.issuer_name_hash
        and answer.issuer_key_hash == request.issuer_key_hash
        and answer.serial_number == request.serial_number
    )
    if not same:
        raise AnswerRefused("answer is about another certificate")
    for extension in (*response.extensions, *response.single_extensions):
        if extension.critical and extension.oid.dotted_string != "1.3.6.1.5.5.7.48.1.2":
            raise AnswerRefused("answer has a critical extension that is not understood")
    return answer


def _check_nonce(response: ocsp.OCSPResponse, request: ocsp.OCSPRequest, policy: RevocationPolicy) -> None:
    sent, got = _nonce(request), _nonce(response)
    if got is None:
        if policy.nonce is Nonce.REQUIRED:
            raise AnswerRefused("answer has no nonce")
    elif got != sent:
        raise AnswerRefused("answer has another nonce")


def _nonce(message: ocsp.OCSPRequest | ocsp.OCSPResponse) -> bytes | None:
    try:
        return message.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
    except x509.ExtensionNotFound:
        return None


def _check_age(
    response: ocsp.OCSPResponse, answer: ocsp.OCSPSingleResponse, policy: RevocationPolicy, now: datetime
) -> None:
    made = answer.this_update_utc
    if max(made, response.produced_at_utc) > now + policy.skew:
        raise AnswerRefused("answer is from the future")
    stale = answer.next_update_utc is not None and answer.next_update_utc <= now
    if stale or made + policy.longest_answer_age <= now:
        raise AnswerRefused("answer is stale")


def _decide(answer: ocsp.OCSPSingleResponse) -> None:
    status = answer.certificate_status
    if status is ocsp.OCSPCertStatus.UNKNOWN:
        raise AnswerRefused("responder does not know the certificate")
    if status is ocsp.OCSPCertStatus.GOOD:
        return
    since, reason = answer.revocation_time_utc, answer.revocation_reason
    if since is None:
        raise AnswerRefused("answer says no time of revocation")
    if reason is x509.ReasonFlags.certificate_hold:
        raise CertificateSuspended(since)
    raise CertificateRevoked(since, reason.value if reason else None)
