"""Reads a Windows security descriptor as text (SDDL): who owns a file, and who may change it; pure."""

import re

# Who may own and change the file: administrators, the system itself, and its installer service.
_TRUSTED = frozenset(
    {"BA", "SY", "S-1-5-32-544", "S-1-5-18", "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"}
)
_DESCRIPTOR = re.compile(r"O:([A-Z]{2}|S-[0-9-]+)(?:G:(?:[A-Z]{2}|S-[0-9-]+))?D:([A-Z]*)((?:\([^()]*\))*)(?:S:.*)?")
# Read, execute and their generic forms; [MS-DTYP] section 2.5.1.1 has the letters, winnt.h the bits.
_READING_LETTERS = frozenset({"FR", "FX", "GR", "GX", "RC"})
_READING_BITS = 0x1 | 0x8 | 0x20 | 0x80 | 0x20000 | 0x100000 | 0x20000000 | 0x80000000
_INHERIT_ONLY = "IO"


def doubt_of_descriptor(sddl: str) -> str:
    """Why somebody else than an administrator could have written a file; empty when nobody could."""
    match = _DESCRIPTOR.fullmatch(sddl)
    if match is None or "NO_ACCESS_CONTROL" in sddl:
        return "has no access list that can be read"
    owner, _, entries = match.groups()
    if owner not in _TRUSTED:
        return f"belongs to {owner}"
    for entry in re.findall(r"\(([^()]*)\)", entries):
        doubt = _doubt_of_entry(entry)
        if doubt:
            return doubt
    return ""


def _doubt_of_entry(entry: str) -> str:
    fields = entry.split(";")
    if len(fields) < 6:
        return "has an access list that cannot be read"
    kind, flags, rights, who = fields[0], fields[1], fields[2], fields[5]
    inherit_only = _INHERIT_ONLY in re.findall("..", flags)
    if kind in ("D", "OD", "XD") or inherit_only or who in _TRUSTED or (kind == "A" and _reading(rights)):
        return ""
    return f"can be written by {who}"


def _reading(rights: str) -> bool:
    if rights.startswith("0x"):
        return int(rights, 16) & ~_READING_BITS == 0
    return all(letters in _READING_LETTERS for letters in re.findall("..?", rights))
