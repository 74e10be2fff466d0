"""The modules that p11-kit is configured with: *.module files (pkcs11.conf(5)); they are size-limited hostile input."""

from collections.abc import Iterable, Mapping
from pathlib import Path

MAX_FILE = 16 * 1024
MAX_FILES = 64
# By this name a configuration may let a module be used by us alone, or by all but us.
OUR_NAME = "cardlogin"
Fields = Mapping[str, str]


def module_names(files: Iterable[Path]) -> list[str]:
    """What the `module:` lines of *.module files say, in the order of their names; files come weakest first.

    A file changes single fields of a same-named weaker one. Left out: trust modules (they hold no keys), p11-kit's own
    modules (they stand for other modules) and what is disabled for us.
    """
    merged: dict[str, dict[str, str]] = {}
    for file in files:
        merged.setdefault(file.name, {}).update(_read(file))
    return [fields["module"] for _, fields in sorted(merged.items()) if _usable(fields)]


def parse(text: str) -> Fields:
    """The fields of a file: `name: value` lines; others, and comments, say nothing."""
    fields: dict[str, str] = {}
    for line in text.splitlines():
        name, separator, value = line.partition(":")
        if separator and not name.lstrip().startswith("#"):
            fields[name.strip()] = value.strip()
    return fields


def _read(file: Path) -> Fields:
    try:
        with file.open("rb") as stream:
            head = stream.read(MAX_FILE + 1)
        return parse(head.decode("utf-8")) if len(head) <= MAX_FILE else {}
    except (OSError, UnicodeDecodeError):
        return {}


def _usable(fields: Fields) -> bool:
    module = fields.get("module", "")
    ours = module.replace("\\", "/").rpartition("/")[2].startswith("p11-kit-")
    only, never = (_programs(fields.get(name)) for name in ("enable-in", "disable-in"))
    if not module or ours or fields.get("trust-policy", "no").lower() == "yes":
        return False
    return OUR_NAME in only if only is not None else OUR_NAME not in (never or ())


def _programs(value: str | None) -> frozenset[str] | None:
    return None if value is None else frozenset(value.replace(",", " ").split())
