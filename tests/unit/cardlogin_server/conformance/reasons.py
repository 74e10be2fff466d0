"""Why verdicts differ: a fixed list. What is not on it is a fault, of the library or of the list."""

from enum import Enum


class Why(Enum):
    """A refusal of ours that others do not share; the value is the sentence of the table."""

    HASH = "only SHA-256, SHA-384 and SHA-512 sign a certificate: no SHA-1, and with it no DSA"
    KEY = "a key that the strict parser does not read (DSA without its own parameters)"
    DATES = "a date before 2050 must be a UTCTime, as RFC 5280 section 4.1.2.5 demands"
    NAMES = "names are compared byte for byte, as DER writes them: no folding of case, white space or string type"
    SERIAL = "a serial number must be positive and of at most 20 bytes, as RFC 5280 section 4.1.2.2 demands"
    CONSTRAINTS = "basic constraints of an authority must be critical"
    ONE_KEY = "an authority signs certificates and lists with one key: it needs both usages, and all extensions for it"
    LIST_KEY = "a list must name and bear the key that signed the certificate: no separate key, no other generation's"
    INDIRECT = "lists for other authorities, or for some reasons only, are not used"
    NUMBER = "a list needs a number, or an older one could be put in its place"
    PARTITION = "a partition is known by its address; directory names are not addresses"
    ANY_POLICY = "a named policy must stand in the leaf and in every authority below the anchor; anyPolicy is none"
    MAPPING = "policies are not mapped"
    TEST_POLICY = "a certificate that names the test policy is a test certificate"
    NAME_KINDS = "constraints on directory names and URIs are refused, because the engine does not decide them"
    SAME_NAME = "a path over an authority that certifies its own name (roll-over, cross certificate) is not looked for"
    LENGTH = "one authority stands between card and root; more are not looked for"
    ANCHOR = "no card is issued by a root itself"
    AUTHORITY_LEAF = "an authority's certificate is not a log-in certificate"
    NOT_FOR_LOG_IN = "the certificate, or its authority, is not for log-in: key usage, extended key usage"
    HOLDER = "the holder's kind is missing, unknown or unreadable"
    CRITICAL = "a critical extension that plays no part in a log-in is refused"
    KEY_IDENTIFIER = "the issuer is found by key identifier alone, never by name"


# The first that is found in our own word for the refusal counts.
_OURS = (
    ("hash that is not accepted", Why.HASH),
    ("certificate cannot be read", Why.KEY),
    ("must be UtcTime", Why.DATES),
    ("serial number out of range", Why.SERIAL),
    ("invalid extension: 2.5.29.19", Why.CONSTRAINTS),
    ("lacks basic constraints or key usage", Why.ONE_KEY),
    ("indirect or of some reasons only", Why.INDIRECT),
    ("another partition's", Why.PARTITION),
    ("names another authority key", Why.LIST_KEY),
    ("list has another issuer's name", Why.LIST_KEY),
    ("has no number", Why.NUMBER),
    ("2.5.29.33", Why.MAPPING),
    ("2.16.886.101.0.3.0", Why.TEST_POLICY),
    ("certificate_policy", Why.ANY_POLICY),
    ("unsupported directoryName constraint", Why.NAME_KINDS),
    ("unsupported name constraint", Why.NAME_KINDS),
    ("names of a kind that is not applied", Why.NAME_KINDS),
    ("exceeds max depth", Why.LENGTH),
    ("signature does not match", Why.SAME_NAME),
    ("no interior errors", Why.NAMES),
    ("no issuing authority is offered", Why.ANCHOR),
    ("certificate of an authority", Why.AUTHORITY_LEAF),
    ("key usage", Why.NOT_FOR_LOG_IN),
    ("certificate_type", Why.HOLDER),
    ("identity_malformed", Why.HOLDER),
    ("critical extension", Why.CRITICAL),
    ("key identifier", Why.KEY_IDENTIFIER),
    ("authority key", Why.KEY_IDENTIFIER),
)

_MAPPED = ("valid_policy_mapping_test2_with", "valid_policy_mapping_test3_with", "valid_policy_mapping_test5_with")
_DSA = "valid_dsa_parameter_inheritance_test5"
OTHERS = (
    ("certvalidator", "valid_dsa_signatures_test4", "certvalidator too refuses DSA with SHA-1"),
    ("certvalidator", _DSA, "certvalidator too refuses DSA with SHA-1"),
    ("openssl", _DSA, "OpenSSL does not take DSA parameters over from the issuer"),
    ("openssl", "valid_crlissuer_test30", "OpenSSL does not follow a list issuer whose list is its own"),
    ("openssl", "ends this second", "OpenSSL counts the last second of the validity as over"),
)
"""Judge, part of the path's name, and why that judge stands alone against the expected verdict."""


def why_refused(name: str, word: str) -> Why | None:
    """The reason for our refusal of that path, by our own word; None when it is not on the list."""
    if word.startswith("certificate_policy") and any(mapped in name for mapped in (*_MAPPED, "policy_mapping_test6")):
        return Why.MAPPING
    return next((why for part, why in _OURS if part in word), None)


def why_other(judge: str, name: str) -> str | None:
    """The known peculiarity of another judge at that path, or None."""
    return next((text for who, part, text in OTHERS if who == judge and part in name), None)
