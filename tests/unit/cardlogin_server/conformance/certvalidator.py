"""pyhanko-certvalidator's verdict."""

import asyncio
import warnings
from datetime import timedelta

from asn1crypto import x509
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import PathBuildingError, PathError, ValidationError
from pyhanko_certvalidator.policy_decl import PKIXValidationParams

from tests.unit.cardlogin_server.conformance.question import Question, Verdict


def judge(question: Question) -> Verdict:
    """What certvalidator says; revocation lists must cover every certificate of the path when they are asked for."""
    context = ValidationContext(
        trust_roots=[x509.Certificate.load(question.root)],
        crls=list(question.lists),
        moment=question.now,
        allow_fetching=False,
        revocation_mode="require" if question.revocation else "soft-fail",
        weak_hash_algos={"md2", "md5"},
        time_tolerance=timedelta(0),
    )
    others = [x509.Certificate.load(other) for other in question.others]
    validator = CertificateValidator(
        x509.Certificate.load(question.leaf), others, context, pkix_params=_parameters(question)
    )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            asyncio.run(validator.async_validate_usage(set()))  # type: ignore[no-untyped-call]
    except (ValidationError, PathError, PathBuildingError, ValueError) as error:
        return Verdict(False, str(error).replace("\n", " "))
    return Verdict(True)


def _parameters(question: Question) -> PKIXValidationParams:
    return PKIXValidationParams(
        user_initial_policy_set=frozenset(question.policies or ("any_policy",)),
        initial_policy_mapping_inhibit=question.inhibit_map,
        initial_explicit_policy=question.explicit,
        initial_any_policy_inhibit=question.inhibit_any,
    )
