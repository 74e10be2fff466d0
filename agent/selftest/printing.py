"""The self-test on a terminal: each check as soon as those before it are there, then the cause and what to do."""

from agent.messages import mark as _
from agent.messages import translator
from agent.selftest.results import BeginLine, CheckLine, EndLine, Line
from agent.selftest.words import CHECKS, FACTS, REASONS, SIGNS

_MARKS = {"ok": "✓", "warn": "!", "fail": "✗", "skip": "–"}
_CAUSE = _("Cause")
_ALL_RIGHT = _("No link is broken.")


class Printer:
    """Prints the lines of a run in the order of the checks, in one language."""

    def __init__(self, language: str) -> None:
        self._language, self._say = language, translator(language).gettext
        self._order: tuple[str, ...] = ()
        self._found: dict[str, CheckLine] = {}
        self._shown = 0

    def take(self, line: Line) -> None:
        """Prints what can be printed by now."""
        if isinstance(line, BeginLine):
            self._order = line.checks
        elif isinstance(line, CheckLine):
            self._found[line.check] = line
            while self._shown < len(self._order) and self._order[self._shown] in self._found:
                self._print(self._found[self._order[self._shown]])
                self._shown += 1
        else:
            self._close(line)

    def _print(self, line: CheckLine) -> None:
        facts = ", ".join(f"{self._say(FACTS[fact.name])} {fact.value}" for fact in line.facts)
        told = "".join(f"  {text}" for text in (self._why(line), facts) if text)
        print(f"{_MARKS[line.sign]} {self._say(SIGNS[line.sign])}  {self._say(CHECKS[line.check])}{told}", flush=True)
        if line.code:
            said = line.said[self._language]
            print(f"    {line.code}: {said.meaning}")
            for number, step in enumerate(said.steps, 1):
                print(f"    {number}. {step}")

    def _why(self, line: CheckLine) -> str:
        if not line.because:
            return ""
        why = REASONS.get(line.because) or CHECKS[line.because]
        return f"({self._say(why)})"

    def _close(self, end: EndLine) -> None:
        cause = next((line for line in self._found.values() if line.code == end.first and line.sign == "fail"), None)
        print()
        if cause is None:
            print(self._say(_ALL_RIGHT))
        else:
            print(f"{self._say(_CAUSE)}: {self._say(CHECKS[cause.check])} – {cause.said[self._language].meaning}")
