"""Shapes of paths in the generated matrix: generations of one name, impostors, cross certificates, longer chains."""

from dataclasses import dataclass, replace

from cryptography import x509

from tests.unit.cardlogin_server import pki
from tests.unit.cardlogin_server.conformance.matrix_authorities import ISSUER, ROOT, Plan, root
from tests.unit.cardlogin_server.conformance.matrix_leaves import Change
from tests.unit.cardlogin_server.pki import Authority, Profile


@dataclass(frozen=True)
class Shape:
    """The authorities offered, the first being the one that the leaf names; ``signer`` when another one signed."""

    accepted: bool
    authorities: tuple[Authority, ...]
    signer: Authority | None = None

    def claim(self, change: Change, issuer: Authority) -> Change:
        """The change, and the name and key identifier of the issuer whoever signs."""

        def changed(profile: Profile) -> Profile:
            return replace(change(profile), authority_key_id=issuer.key_identifier)

        return changed


def _plan(label: str, path_length: int | None = 0, **changes: object) -> Plan:
    constraints = x509.BasicConstraints(ca=True, path_length=path_length)
    return replace(ISSUER, label=label, constraints=constraints, **changes)  # type: ignore[arg-type]


_MIDDLE = pki.ca_name("中間憑證管理中心")
_SECOND = pki.ca_name("第二憑證管理中心")
_OTHER_ROOT = replace(ROOT, label="other root").build(None)
_GOOD = ISSUER.build(root())
_NEWER = _plan("newer").build(root())
_OLDEST = _plan("oldest").build(root())
_IMPOSTOR = _plan("impostor").build(_OTHER_ROOT)
_CROSS = replace(ROOT, label="other root", policies=ISSUER.policies).build(root())
_ISSUED_BELOW_CROSS = _plan("below").build(_CROSS)
_SELF_ISSUED = _plan("newer", None).build(_plan("moica", None).build(root()))


def _chain(*lengths: int | None) -> tuple[Authority, ...]:
    """Authorities with those path lengths, from the root down, given back from the bottom up."""
    found: list[Authority] = []
    for depth, length in enumerate(lengths):
        last = depth == len(lengths) - 1
        subject = ISSUER.subject if last else (_MIDDLE, _SECOND)[depth]
        plan = _plan(f"chain {depth}", length, subject=subject)
        found.append(plan.build(found[-1] if found else root()))
    return tuple(reversed(found))


SHAPES: dict[str, Shape] = {
    "one issuer": Shape(True, (_GOOD,)),
    "two generations, the older": Shape(True, (_GOOD, _NEWER)),
    "two generations, the newer": Shape(True, (_NEWER, _GOOD)),
    "three generations": Shape(True, (_OLDEST, _NEWER, _GOOD)),
    "impostor beside the real one": Shape(True, (_GOOD, _IMPOSTOR)),
    "impostor alone": Shape(False, (_IMPOSTOR,)),
    "impostor, real one offered": Shape(False, (_IMPOSTOR, _GOOD)),
    "impostor claims the real key": Shape(False, (_GOOD,), _IMPOSTOR),
    "impostor claims the real key, both offered": Shape(False, (_GOOD, _IMPOSTOR), _IMPOSTOR),
    "other generation claims this key": Shape(False, (_GOOD, _NEWER), _NEWER),
    "issuer of an unknown root": Shape(False, (_ISSUED_BELOW_CROSS,)),
    "cross certificate between roots": Shape(True, (_ISSUED_BELOW_CROSS, _CROSS)),
    "self-issued generation": Shape(True, (_SELF_ISSUED, _plan("moica", None).build(root()))),
    "two authorities": Shape(True, _chain(1, 0)),
    "two authorities, no length said": Shape(True, _chain(None, None)),
    "two authorities, first allows none": Shape(False, _chain(0, 0)),
    "three authorities": Shape(True, _chain(2, 1, 0)),
    "three authorities, second allows none": Shape(False, _chain(2, 0, 0)),
    "three authorities, first allows one": Shape(False, _chain(1, None, None)),
}
"""By name: whether RFC 5280 accepts a good certificate at the end of it, and what it is made of."""
