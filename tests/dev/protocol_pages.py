"""The documents of the protocol that are made from the code: `python -m tests.dev.protocol_pages` writes them."""

import json
import re
from pathlib import Path

import yaml
from typing_extensions import override

from agent.failures import catalogue
from tests.dev.protocol_openapi import openapi
from tests.dev.protocol_schemas import documents
from tests.stand.parts import ROOT

FOLDER = ROOT / "docs" / "protocol"
_NOTE = "# Made by `python -m tests.dev.protocol_pages`; a test compares it with the code.\n"
_CODES = re.compile(r"(?<=<!-- codes: made by tests\.dev\.protocol_pages -->\n).*?(?=<!-- end of codes -->)", re.S)


class _Dumper(yaml.SafeDumper):
    """Writes every part out where it stands, and texts of several lines as they are."""

    @override
    def ignore_aliases(self, data: object) -> bool:
        """No anchors: many readers of OpenAPI do not know them."""
        return True


_Dumper.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None),
)


def pages() -> dict[str, str]:
    """The text of every made document, by its path below docs/protocol."""
    made = {f"schemas/{name}": _json(document) for name, document in documents().items()}
    made["openapi.yaml"] = _NOTE + yaml.dump(openapi(), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
    made["README.md"] = with_codes((FOLDER / "README.md").read_text("utf-8"))
    return made


def with_codes(text: str) -> str:
    """The prose with the table of codes as the catalogue has it; raises ValueError for a text without its place."""
    page, count = _CODES.subn(lambda _: codes_table(), text)
    if count != 1:
        raise ValueError("README.md has no place for the codes")
    return page


def codes_table() -> str:
    """Every code with its status and what may be done next."""
    rows = (f"| `{row.code.value}` | {row.status} | {row.next.value} | {row.meaning} |" for row in catalogue())
    return "\n".join(("| code | status | then | meaning |", "|---|---|---|---|", *rows, ""))


def write(folder: Path = FOLDER) -> None:
    """Writes all made documents."""
    for name, text in pages().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def _json(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    write()
