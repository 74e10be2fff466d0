"""The library's verdict: the production path and list code, on certificates and lists as they are offered."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from urllib.parse import urlsplit

from cryptography import x509

from cardlogin_server import Anchors, CardLoginError, CrlRevocation
from cardlogin_server.certificates.leaf import Leaf, check_profile, read_leaf
from cardlogin_server.certificates.path import check_dates
from cardlogin_server.failures import RevocationUnknown
from cardlogin_server.revocation.crl import ListRefused, read_list
from cardlogin_server.revocation.fetching.fetch import FetchFailed
from tests.unit.cardlogin_server.conformance.question import Question, Verdict


def judge(question: Question, anchors: Anchors | None = None) -> Verdict:
    """What the library says; ``why`` is the failure with the cause below it. Fresh anchors unless some are given."""
    try:
        _judge(question, anchors or configured(question))
    except (CardLoginError, ValueError) as error:
        cause = error.__cause__
        return Verdict(False, f"{error}" + (f" <- {cause}" if cause else ""))
    return Verdict(True)


def configured(question: Question) -> Anchors:
    """The anchors that an operator could make of what is offered. Raises ValueError."""
    return Anchors.from_der([question.root], _authorities(question), longest_path=question.longest_path)


def _judge(question: Question, anchors: Anchors) -> None:
    leaf = read_leaf(question.leaf)
    check_profile(leaf, question.profile)
    check_dates(leaf, question.now)
    issuer = anchors.issuer_named_by(leaf)
    path = anchors.check_path(leaf, issuer, question.now, policies=question.profile.policies)
    if question.revocation and question.files:
        _ask_addresses(question, anchors, leaf)
    elif question.revocation:
        for certificate, above in pairwise(path):
            _ask_lists(question, certificate, above)


def _authorities(question: Question) -> list[bytes]:
    """What an operator could configure: the library refuses to start with anything else."""
    found, refused = [], "no issuing authority is offered"
    for other in question.others:
        try:
            Anchors.from_der([question.root], [other])
        except ValueError as error:
            refused = str(error)
        else:
            found.append(other)
    if not found:
        raise ValueError(refused)
    return found


def _ask_addresses(question: Question, anchors: Anchors, leaf: Leaf) -> None:
    hosts = frozenset(urlsplit(url).netloc for url in question.files)

    def fetch(url: str) -> bytes:
        if url not in question.files:
            raise FetchFailed("unreachable")
        return question.files[url]

    CrlRevocation(anchors, hosts, fetch, lambda: question.now).check(leaf)


def _ask_lists(question: Question, certificate: x509.Certificate, issuer: x509.Certificate) -> None:
    """Every list of the issuer is believed or not by ``read_list``; a delta counts only on top of a base."""
    attempts: list[str] = []
    verdict = None
    for der in question.crls:
        for url in _urls(certificate):
            try:
                verdict = _asked(question, der, url, certificate, issuer)
            except ListRefused as error:
                attempts.append(str(error))
    if verdict is None:
        raise RevocationUnknown(tuple(attempts) or ("no list",))


def _asked(question: Question, der: bytes, url: str, certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    base = read_list(der, url, issuer, question.now)
    if _for_people_only(der) and _is_authority(certificate):
        raise ListRefused("list is not about certificates of authorities")
    for other in question.crls:
        with suppress(ListRefused):
            delta = read_list(other, url, issuer, question.now, base=base.index.header).index
            if delta.find(certificate.serial_number):
                delta.check(certificate.serial_number)
                return True
    base.check(certificate.serial_number)
    return True


def _urls(certificate: x509.Certificate) -> Iterator[str]:
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except x509.ExtensionNotFound:
        points = x509.CRLDistributionPoints([x509.DistributionPoint([x509.DNSName("none")], None, None, None)])
    names = [name for point in points for name in point.full_name or ()]
    yield from [name.value for name in names if isinstance(name, x509.UniformResourceIdentifier)] or [""]


def _is_authority(certificate: x509.Certificate) -> bool:
    with suppress(x509.ExtensionNotFound):
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    return False


def _for_people_only(der: bytes) -> bool:
    with suppress(x509.ExtensionNotFound):
        extensions = x509.load_der_x509_crl(der).extensions
        return extensions.get_extension_for_class(x509.IssuingDistributionPoint).value.only_contains_user_certs
    return False
