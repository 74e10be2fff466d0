"""What a kind of log-in certificate must look like, as data: the Taiwanese cards' profile, or another scheme's."""

from dataclasses import dataclass

from cardlogin_server.certificates.families import subject_types

ASSURANCE_LEVEL_3 = "2.16.886.101.0.3.3"
TEST_POLICY = "2.16.886.101.0.3.0"
"""The policy of the government's test authorities: nobody has checked who holds such a card."""
ANY_POLICY = "2.5.29.32.0"
PRODUCTION_POLICIES = frozenset({ASSURANCE_LEVEL_3})


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafProfile:
    """The rules a log-in certificate is held to, beyond those that hold for every one (``leaf.py``).

    ``policies``: one of these object identifiers must be in the certificate and in every authority below the anchor;
    anyPolicy never counts and cannot be named here.
    ``subject_types``: the accepted values of attribute 2.16.886.1.100.2.1; None does not ask for it.
    ``client_auth``: whether extended key usage must be there (where it is, it must always say clientAuth).
    ``ACCEPTS_THE_TEST_POLICY`` lets cards in that nobody was identified for: for test sites alone.
    Raises ValueError for no policy, for anyPolicy, and for the test policy without its switch.
    """

    policies: frozenset[str] = PRODUCTION_POLICIES
    subject_types: frozenset[str] | None = subject_types()
    client_auth: bool = False
    ACCEPTS_THE_TEST_POLICY: bool = False

    def __post_init__(self) -> None:
        """Refuses sets of policies that would let everybody in."""
        if not self.policies:
            raise ValueError("at least one certificate policy must be accepted")
        if ANY_POLICY in self.policies:
            raise ValueError("anyPolicy is not a policy that can be accepted")
        if TEST_POLICY in self.policies and not self.ACCEPTS_THE_TEST_POLICY:
            raise ValueError("the test policy needs ACCEPTS_THE_TEST_POLICY: nobody was identified for its cards")


TAIWAN = LeafProfile()
"""Citizen and company cards in production."""
