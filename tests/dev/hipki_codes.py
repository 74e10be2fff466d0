"""The codes in docs/protocol/hipki.md, made from the code: `python -m tests.dev.hipki_codes` writes them anew."""

from pathlib import Path

from agent.failures import Code, FailureError
from agent.web.hipki.codes import MAJOR_TEXTS, MINOR_TEXTS, of_failure

PAGE = Path(__file__).resolve().parents[2] / "docs" / "protocol" / "hipki.md"
_BEGIN, _END = "<!-- codes -->\n", "<!-- end of codes -->\n"


def with_codes(page: str) -> str:
    """The page with its table as the code has it; the rest is as it was."""
    before, _, rest = page.partition(_BEGIN)
    after = rest.partition(_END)[2]
    return f"{before}{_BEGIN}\n{_major()}\n{_minor()}\n{_END}{after}"


def _major() -> str:
    head = "| `ret_code` | decimal | `message` | our `failure` |\n|---|---|---|---|\n"
    return head + "".join(
        f"| 0x{code:08X} | {int(code)} | {text} | {_failures_of(int(code))} |\n"
        for code, text in sorted(MAJOR_TEXTS.items())
    )


def _failures_of(ret_code: int) -> str:
    return ", ".join(f"`{code}`" for code in Code if of_failure(FailureError(code)).ret_code == ret_code)


def _minor() -> str:
    rows = sorted(MINOR_TEXTS.items(), key=lambda row: (row[0] < 0, row[0]))
    return "| `last_error` | `message2` |\n|---|---|\n" + "".join(f"| {number} | {text} |\n" for number, text in rows)


if __name__ == "__main__":
    PAGE.write_text(with_codes(PAGE.read_text("utf-8")), "utf-8")
