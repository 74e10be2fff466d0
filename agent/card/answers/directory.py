"""Reads the subject directory attributes of a certificate (RFC 5280, 4.2.1.8); hostile input."""

from typing import Any, ClassVar

from asn1crypto import core

MAX_ATTRIBUTES = 16
_TEXTS = (core.UTF8String, core.PrintableString, core.IA5String)
# asn1crypto decodes as it is asked, and reports what it meets by any of these.
_UNREADABLE = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError)


class _Values(core.SetOf):  # type: ignore[misc]  # asn1crypto has no types
    _child_spec = core.Any


class _Attribute(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar[list[Any]] = [("type", core.ObjectIdentifier), ("values", _Values)]


class _Attributes(core.SequenceOf):  # type: ignore[misc]
    _child_spec = _Attribute


def directory_attributes(der: bytes) -> dict[str, str]:
    """The first value of each attribute by dotted OID, where it is a text or an OID; empty when it cannot be read."""
    try:
        attributes = _Attributes.load(der, strict=True)
        return {kind: text for kind, text in map(_read, list(attributes)[:MAX_ATTRIBUTES]) if text}
    except _UNREADABLE:
        return {}


def _read(attribute: _Attribute) -> tuple[str, str]:
    value = attribute["values"][0].parse()
    text = value.dotted if isinstance(value, core.ObjectIdentifier) else ""
    return attribute["type"].dotted, value.native if isinstance(value, _TEXTS) else text
