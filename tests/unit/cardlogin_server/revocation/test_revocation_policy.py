"""Hard fail, grace period, soft fail, ages and skew: what each issuer's policy makes of a missing answer."""

import logging
from datetime import timedelta

import pytest

from cardlogin_server import Anchors, CrlRevocation
from cardlogin_server.certificates.leaf import read_leaf
from cardlogin_server.failures import CertificateRevoked, CertificateSuspended, RevocationUnknown
from cardlogin_server.revocation.policy import RevocationPolicies, RevocationPolicy, WhenUnknown
from tests.unit.cardlogin_server.pki import COMPLETE, HOST, NOW, PARTITION, Profile, company, issue, moeaca, moica, root
from tests.unit.cardlogin_server.revocation.crls import COMPROMISE, HOLD, Web, complete, partition
from tests.unit.cardlogin_server.site import Time

SERIAL = Profile().serial_number
GRACE = RevocationPolicy(when_unknown=WhenUnknown.GRACE_PERIOD, grace=timedelta(hours=3))
SOFT = RevocationPolicy(when_unknown=WhenUnknown.SOFT_FAIL_LETS_REVOKED_CARDS_IN)
END = timedelta(hours=12)  # of the life of the lists of ``crls``


class Parts:
    """A revocation check with one policy for the citizens' authority and the default for others."""

    def __init__(self, policy: RevocationPolicy) -> None:
        self.time, self.web = Time(), Web()
        policies = RevocationPolicies(by_issuer={moica().key_identifier: policy})
        anchors = Anchors.from_der([root().der], [moica().der, moeaca().der])
        self.revocation = CrlRevocation(anchors, frozenset({HOST}), self.web, self.time, policies=policies)

    def check(self, profile: Profile | None = None) -> None:
        self.revocation.check(read_leaf(issue(profile).der))

    def cut(self, after: timedelta) -> None:
        """The network goes, and time."""
        self.web.files.clear()
        self.time.now = NOW + after


def test_default_is_hard_fail() -> None:
    assert RevocationPolicies().of(b"any").when_unknown is WhenUnknown.HARD_FAIL
    parts = Parts(RevocationPolicy())
    parts.check()
    parts.cut(END)
    with pytest.raises(RevocationUnknown):
        parts.check()


def test_grace_period_ends(caplog: pytest.LogCaptureFixture) -> None:
    parts = Parts(GRACE)
    parts.check()
    parts.cut(END + timedelta(hours=3) - timedelta(seconds=1))
    with caplog.at_level(logging.WARNING):
        parts.check()
    assert f"grace period: {PARTITION}" in caplog.text
    parts.time.pass_by(1)
    with pytest.raises(RevocationUnknown):
        parts.check()


def test_grace_period_needs_a_list_that_was_good_once() -> None:
    parts = Parts(GRACE)
    parts.cut(timedelta())
    with pytest.raises(RevocationUnknown):
        parts.check()


@pytest.mark.parametrize(("reason", "failure"), [(COMPROMISE, CertificateRevoked), (HOLD, CertificateSuspended)])
@pytest.mark.parametrize("policy", [GRACE, SOFT], ids=["grace", "soft"])
def test_what_was_revoked_stays_revoked(policy: RevocationPolicy, reason: object, failure: type[Exception]) -> None:
    parts = Parts(policy)
    parts.web.files[PARTITION] = partition(revoked=((SERIAL, reason),))
    with pytest.raises(failure):
        parts.check()
    parts.cut(END + timedelta(hours=1))
    with pytest.raises(failure):
        parts.check()


def test_fresh_complete_list_comes_before_a_stale_partition() -> None:
    parts = Parts(GRACE)
    parts.check()
    parts.cut(END)
    parts.web.files[COMPLETE] = complete(next_update=NOW + 2 * END, revoked=((SERIAL, COMPROMISE),))
    with pytest.raises(CertificateRevoked):
        parts.check()


def test_soft_fail_shouts(caplog: pytest.LogCaptureFixture) -> None:
    parts = Parts(SOFT)
    parts.cut(timedelta())
    with caplog.at_level(logging.WARNING):
        parts.check()
    assert "SOFT FAIL" in caplog.text
    assert str(SERIAL) not in caplog.text


def test_policy_of_one_issuer_is_not_the_others() -> None:
    parts = Parts(SOFT)
    parts.cut(timedelta())
    with pytest.raises(RevocationUnknown):
        parts.check(company())


def test_list_older_than_the_policy_allows() -> None:
    parts = Parts(RevocationPolicy(longest_list_age=timedelta(minutes=30)))
    with pytest.raises(RevocationUnknown, match="older than its policy"):
        parts.check()


def test_list_ages_in_the_cache_too() -> None:
    parts = Parts(RevocationPolicy(longest_list_age=timedelta(hours=2)))
    parts.check()
    parts.cut(timedelta(minutes=61))
    with pytest.raises(RevocationUnknown):
        parts.check()


@pytest.mark.parametrize(("skew", "good"), [(6, True), (5, False)])
def test_skew_of_the_authoritys_clock(skew: int, good: bool) -> None:
    parts = Parts(RevocationPolicy(skew=timedelta(minutes=skew)))
    parts.web.files = {PARTITION: partition(this_update=NOW + timedelta(minutes=6))}
    if good:
        parts.check()
    else:
        with pytest.raises(RevocationUnknown, match="from the future"):
            parts.check()


@pytest.mark.parametrize(
    "limits",
    [
        {"grace": timedelta(-1)},
        {"skew": timedelta(-1)},
        {"skew": timedelta(hours=2)},
        {"longest_list_age": timedelta()},
        {"longest_answer_age": timedelta()},
    ],
)
def test_odd_limits(limits: dict[str, timedelta]) -> None:
    with pytest.raises(ValueError, match="policy"):
        RevocationPolicy(**limits)  # type: ignore[arg-type]
