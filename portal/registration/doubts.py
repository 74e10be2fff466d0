"""Forms of the steps; what may be right but is asked about once before the step is taken."""

from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.utils.functional import Promise as StrPromise

from portal.registration.draft import Draft
from portal.registration.steps import Step

_SEEN = "seen"
_MOST = 200


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something unusual in what was typed: a code, and the question."""

    code: str
    text: StrPromise


class StepForm(forms.Form):
    """A step's form over the registration it belongs to; `take` writes what was typed into the draft."""

    step: ClassVar[Step]

    def __init__(self, draft: Draft, data: Any = None, **options: Any) -> None:
        self.draft = draft
        super().__init__(data, initial={**self.told(draft), **options.pop("initial", {})}, **options)

    @classmethod
    def told(cls, draft: Draft) -> dict[str, Any]:
        """What the fields show to somebody who has been at this step before; never a password."""
        return {}

    def take(self) -> None:
        """Write the checked values into the draft."""

    def doubts(self) -> list[Doubt]:
        """What is asked about in a form that is valid."""
        return []

    def open_doubts(self) -> list[Doubt]:
        """The doubts, unless each of them was shown before and the form was sent again all the same."""
        found = self.doubts()
        shown = set(str(self.data.get(_SEEN, ""))[:_MOST].split(","))
        return [] if {doubt.code for doubt in found} <= shown else found
