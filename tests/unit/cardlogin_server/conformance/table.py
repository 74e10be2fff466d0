"""Rows of verdicts, each in agreement or explained, and the table made of them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.unit.cardlogin_server.conformance import certvalidator, openssl, ours
from tests.unit.cardlogin_server.conformance.question import Question, Verdict
from tests.unit.cardlogin_server.conformance.reasons import Why, why_other, why_refused

FILE = Path(__file__).parents[4] / "build" / "verdicts.md"


@dataclass(frozen=True)
class Row:
    """One path: what is expected of it, and what the three judges say."""

    question: Question
    ours: Verdict
    openssl: Verdict
    certvalidator: Verdict

    @property
    def wrongly_accepted(self) -> bool:
        """Whether we accept what must be refused: always a bug."""
        return self.ours.accepted and not self.question.expected

    @property
    def agrees(self) -> bool:
        """Whether all three say what is expected."""
        return {v.accepted for v in (self.ours, self.openssl, self.certvalidator)} == {self.question.expected}

    @property
    def why(self) -> Why | None:
        """The reason on the list for our refusal of what may be accepted."""
        refused = self.question.expected and not self.ours.accepted
        return why_refused(self.question.name, self.ours.why) if refused else None

    @property
    def explanations(self) -> list[str] | None:
        """One sentence for every judge that differs from what is expected; None when one is missing."""
        found: list[str | None] = []
        if self.ours.accepted != self.question.expected:
            found.append(self.why.value if self.why else None)
        for judge, verdict in (("openssl", self.openssl), ("certvalidator", self.certvalidator)):
            if verdict.accepted != self.question.expected:
                found.append(why_other(judge, self.question.name))
        sentences = [sentence for sentence in found if sentence]
        return sentences if len(sentences) == len(found) else None

    @property
    def explained(self) -> bool:
        """Whether it does not agree, and every difference has its sentence."""
        return not self.agrees and bool(self.explanations)

    def line(self) -> str:
        """The row of the table; our own word for a refusal stands in it in any case."""
        cells = [
            self.question.suite,
            self.question.name,
            "accept" if self.question.expected else "refuse",
            str(self.ours),
            str(self.openssl),
            str(self.certvalidator),
            "; ".join(self.explanations or ["**not explained**"]) if not self.agrees else "",
            self.ours.why[:160],
        ]
        return f"| {' | '.join(cell.replace('|', '/').replace(chr(10), ' ') for cell in cells)} |"


def judged(question: Question, folder: Path) -> Row:
    """The three verdicts on a path; ``folder`` takes OpenSSL's files."""
    verdicts = (ours.judge(question), openssl.judge(question, folder), certvalidator.judge(question))
    return Row(question, *verdicts)


def summary(rows: Sequence[Row]) -> str:
    """The closing line: on how many of how many paths all agree, and how many differences are explained."""
    agree, explained = sum(row.agrees for row in rows), sum(row.explained for row in rows)
    return f"verdicts: {agree} agree of {len(rows)}, {explained} explained"


def write(rows: Sequence[Row], file: Path = FILE) -> None:
    """Writes the table to build/verdicts.md."""
    reasons = Counter(row.why for row in rows if row.why)
    strict = [f"| {number} | {why.value} |" for why, number in reasons.most_common()]
    lines = [
        "# Verdicts on paths, side by side",
        "",
        summary(rows) + ".",
        "",
        "Expected is the verdict of the suite, or of RFC 5280 for the generated matrix. The library's is that of its",
        "path and list code, with as many authorities allowed as the suite's longest path has (production: one), and",
        "in the suite with its lists asked about authorities too (production: they are pinned with the library). No",
        "row is accepted by the library that should be refused; where it refuses what may be accepted, it means to:",
        "",
        "| rows | why |",
        "|---|---|",
        *strict,
        "",
        "| suite | path | expected | ours | OpenSSL | certvalidator | difference | our word for a refusal |",
        "|---|---|---|---|---|---|---|---|",
        *(row.line() for row in rows),
    ]
    file.parent.mkdir(exist_ok=True)
    file.write_text("\n".join(lines) + "\n")
