"""The generated matrix: paths in the citizen profile, each with what RFC 5280 says of it."""

from collections.abc import Iterator
from functools import cache

from cardlogin_server.certificates.profile import LeafProfile
from tests.unit.cardlogin_server.conformance import matrix_authorities, matrix_leaves, matrix_lists
from tests.unit.cardlogin_server.conformance.matrix_authorities import ROOT, Plan, root
from tests.unit.cardlogin_server.conformance.matrix_shapes import SHAPES, Shape
from tests.unit.cardlogin_server.conformance.question import Question
from tests.unit.cardlogin_server.pki import HOST, NOW, POLICY, Authority
from tests.unit.cardlogin_server.revocation.crls import List

ROOT_LIST = f"http://{HOST}/crl/root.crl"
PROFILE = LeafProfile(policies=frozenset({POLICY}))
# Every authority meets these leaves and lists, every leaf these lists.
_SHORT_LEAVES = ("good", "other policy", "expired", "client authentication")
_SHORT_LISTS = ("good", "revoked", "complete only")


@cache
def questions() -> tuple[Question, ...]:
    """All paths, each once, in a fixed order."""
    found = [*_by_authority(), *_by_leaf(), *_by_list(), *_by_shape()]
    return tuple({question.name: question for question in found}.values())


def about_leaves() -> list[Question]:
    """The part where only the leaf and the lists change: one issuing authority, a good certificate first."""
    return list(_by_leaf())


def _by_authority() -> Iterator[Question]:
    for authority in matrix_authorities.VARIANTS:
        for leaf in _SHORT_LEAVES:
            yield _question(authority, leaf, "good")
        yield _question(authority, "good", "revoked")


def _by_leaf() -> Iterator[Question]:
    for leaf in matrix_leaves.VARIANTS:
        for lists in _SHORT_LISTS:
            yield _question("good", leaf, lists)


def _by_list() -> Iterator[Question]:
    for lists in matrix_lists.VARIANTS:
        for authority in ("sha384", "two policies"):
            yield _question(authority, "good", lists)


def _by_shape() -> Iterator[Question]:
    for name, shape in SHAPES.items():
        for leaf in ("good", "expired"):
            yield _shaped(name, shape, leaf)


@cache
def _authority(name: str) -> Authority:
    return matrix_authorities.VARIANTS[name][0].build(root())


@cache
def _impostor() -> Authority:
    return Plan(label="impostor").build(Plan(label="other root", subject=ROOT.subject).build(None))


def _question(authority: str, leaf: str, lists: str) -> Question:
    issuer = _authority(authority)
    change, leaf_good = matrix_leaves.VARIANTS[leaf]
    make, lists_good = matrix_lists.VARIANTS[lists]
    return _ask(
        f"authority {authority}; leaf {leaf}; lists {lists}",
        matrix_leaves.leaf(issuer, change),
        (issuer,),
        make(issuer, _impostor()),
        matrix_authorities.VARIANTS[authority][1] and leaf_good and lists_good,
    )


def _shaped(name: str, shape: Shape, leaf: str) -> Question:
    change, leaf_good = matrix_leaves.VARIANTS[leaf]
    issuer = shape.authorities[0]
    files = matrix_lists.VARIANTS["good"][0](issuer, _impostor())
    for number, authority in enumerate(shape.authorities[1:]):
        files[f"http://{HOST}/crl/other-{number}.crl"] = List(issuer=authority).der()
    der = matrix_leaves.leaf(shape.signer or issuer, shape.claim(change, issuer))
    return _ask(f"shape {name}; leaf {leaf}", der, shape.authorities, files, shape.accepted and leaf_good)


def _ask(
    name: str, leaf: bytes, authorities: tuple[Authority, ...], files: dict[str, bytes], expected: bool
) -> Question:
    return Question(
        suite="matrix",
        name=name,
        root=root().der,
        leaf=leaf,
        others=tuple(authority.der for authority in authorities),
        now=NOW,
        expected=expected,
        profile=PROFILE,
        files=files | {ROOT_LIST: List(issuer=root(), revoked=()).der()},
        policies=(POLICY,),
        explicit=True,
    )
