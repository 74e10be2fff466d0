"""Who the holder is, as far as a certificate can say."""

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from cryptography.x509.oid import NameOID, ObjectIdentifier

from relying_party.directory_attributes import AttributesMalformed
from relying_party.failures import IdentityMalformed
from relying_party.families import BUSINESS_NUMBER, LAST_FOUR, Family
from relying_party.leaf import Leaf

# RFC 5280 appendix A: upper bound of a common name and of an organisation's name.
LONGEST_NAME = 64
# Control, format (which includes every bidirectional control), surrogate, line and paragraph separators.
# Private use stays: rare characters of old systems live there.
_FORBIDDEN_IN_NAMES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_CITIZEN_SERIAL = re.compile(r"[0-9]{16}")
_BUSINESS_NUMBER = re.compile(r"[0-9]{8}")
_LAST_FOUR = re.compile(r"[0-9A-Z]{4}")


@dataclass(frozen=True, slots=True)
class Identity:
    """The holder of a verified certificate.

    ``subject_serial`` is the 16-digit number of a citizen, or the business number (統一編號) of a company;
    ``last_four`` are the last characters of a citizen's ID: they confirm what a person typed and identify nobody.
    """

    family: Family
    holder_name: str
    subject_serial: str
    last_four: str | None
    business_number: str | None
    certificate_der: bytes
    certificate_sha256: str
    not_after: datetime

    @property
    def binding_key(self) -> str:
        """The key that ties an account to the holder: family, colon, number. Never made of name and last four."""
        return f"{self.family.value}:{self.business_number or self.subject_serial}"


def read_identity(leaf: Leaf, family: Family) -> Identity:
    """The holder named by a certificate of that family (GPKI certificate profile). Raises IdentityMalformed."""
    citizen = family is Family.CITIZEN
    number = None if citizen else _business_number(leaf)
    return Identity(
        family=family,
        holder_name=_name(leaf, NameOID.COMMON_NAME if citizen else NameOID.ORGANIZATION_NAME),
        subject_serial=number or _citizen_serial(leaf),
        last_four=_attribute(leaf, LAST_FOUR, _LAST_FOUR) if citizen else None,
        business_number=number,
        certificate_der=leaf.der,
        certificate_sha256=hashlib.sha256(leaf.der).hexdigest(),
        not_after=leaf.certificate.not_valid_after_utc,
    )


def _name(leaf: Leaf, kind: ObjectIdentifier) -> str:
    name = _subject(leaf, kind)
    if name is None or not 1 <= len(name) <= LONGEST_NAME or name != name.strip():
        raise IdentityMalformed("holder's name is missing, too long or padded")
    if any(unicodedata.category(character) in _FORBIDDEN_IN_NAMES for character in name):
        raise IdentityMalformed("holder's name has invisible characters")
    return name


def _citizen_serial(leaf: Leaf) -> str:
    serial = _subject(leaf, NameOID.SERIAL_NUMBER)
    if serial is None or not _CITIZEN_SERIAL.fullmatch(serial):
        raise IdentityMalformed("subject serial number is not 16 digits")
    return serial


def _business_number(leaf: Leaf) -> str:
    number = _attribute(leaf, BUSINESS_NUMBER, _BUSINESS_NUMBER)
    if number is None:
        raise IdentityMalformed("business number is missing")
    # Older company certificates have no subject serial number; where there is one it must agree.
    if _subject(leaf, NameOID.SERIAL_NUMBER) not in (None, number):
        raise IdentityMalformed("business number and subject serial number disagree")
    return number


def _attribute(leaf: Leaf, oid: str, shape: re.Pattern[str]) -> str | None:
    value = leaf.attributes().get(oid)
    if value is None:
        return None
    try:
        text = value.text()
    except AttributesMalformed as error:
        raise IdentityMalformed(f"attribute {oid}: {error}") from error
    if not shape.fullmatch(text):
        raise IdentityMalformed(f"attribute {oid} has an unexpected form")
    return text


def _subject(leaf: Leaf, kind: ObjectIdentifier) -> str | None:
    found = leaf.certificate.subject.get_attributes_for_oid(kind)
    if len(found) > 1:
        raise IdentityMalformed(f"subject has {len(found)} values of {kind.dotted_string}")
    if not found:
        return None
    value = found[0].value
    if not isinstance(value, str):
        raise IdentityMalformed(f"subject's {kind.dotted_string} is not a text")
    return value
