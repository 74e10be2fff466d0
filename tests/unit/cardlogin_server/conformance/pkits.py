"""The NIST suite as questions."""

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from cardlogin_server.certificates.profile import LeafProfile
from tests.unit.cardlogin_server.conformance.question import Question

FOLDER = Path(__file__).parents[3] / "vectors" / "pkits"
# Inside the validity of everything in the suite that is meant to be valid.
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
TEST_POLICIES = tuple(f"2.16.840.1.101.3.2.1.48.{number}" for number in range(1, 11))
LONGEST_PATH = 8


@cache
def questions() -> tuple[Question, ...]:
    """All 246 cases, in the suite's order."""
    return tuple(_question(case) for case in json.loads((FOLDER / "cases.json").read_text()))


def _question(case: dict[str, object]) -> Question:
    settings = case.get("params") or {}
    assert isinstance(settings, dict)
    policies = tuple(settings.get("user_initial_policy_set", ()))
    return Question(
        suite="PKITS",
        name=f"{case['id']} {case['name']}",
        root=_file("certs", "TrustAnchorRootCertificate.crt"),
        leaf=_file("certs", case["cert"]),
        others=_files("certs", case.get("other_certs", ())),
        crls=(_file("crls", "TrustAnchorRootCRL.crl"), *_files("crls", case.get("crls", ()))),
        now=NOW,
        expected=case["verdict"] == "accept",
        profile=LeafProfile(policies=frozenset(policies or TEST_POLICIES), subject_types=None),
        longest_path=LONGEST_PATH,
        revocation=case.get("revocation", True) is not False,
        policies=policies,
        explicit=bool(settings.get("initial_explicit_policy")),
        inhibit_map=bool(settings.get("initial_policy_mapping_inhibit")),
        inhibit_any=bool(settings.get("initial_any_policy_inhibit")),
    )


def _files(kind: str, names: object) -> tuple[bytes, ...]:
    assert isinstance(names, list | tuple)
    return tuple(_file(kind, name) for name in names)


def _file(kind: str, name: object) -> bytes:
    return (FOLDER / kind / str(name)).read_bytes()
