"""The error catalogue as a page: `python -m tests.dev.errors_page > docs/errors.md`."""

from agent.failures import catalogue

_HEAD = """# Error catalogue 錯誤代碼

Made from `agent/failures.toml` by `python -m tests.dev.errors_page`; the same codes are in the PIN window, the API,
the log and here.

| code | meaning 意義 | remedy 處理方式 | then |
|---|---|---|---|
"""


def errors_page() -> str:
    """The page in Markdown."""
    rows = (
        f"| `{row.code}` | {row.meaning.zh}<br>{row.meaning.en} | {row.remedy.zh}<br>{row.remedy.en} | {row.next} |"
        for row in catalogue()
    )
    return _HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    print(errors_page(), end="")
