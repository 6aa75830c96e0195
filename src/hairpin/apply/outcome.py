"""What came of a plan that was carried out."""

import msgspec

from hairpin.answer.answer import Judge
from hairpin.apply.counting import Counted
from hairpin.message import Message
from hairpin.network.flow import Flow
from hairpin.walk.verdicts import Verdict, succeeds


class FlowResult(msgspec.Struct, frozen=True):
    """One asked flow before and after.  ``judge``: the strongest that confirmed the second."""

    flow: Flow
    before: Verdict
    after: Verdict
    judge: Judge
    expected: bool
    """Whether the plan said that it would pass."""
    counted: tuple[Counted, ...] = ()
    """The rules on its way that counted the real connection."""

    @property
    def is_well(self) -> bool:
        """Whether the flow does what the plan said."""
        return succeeds(self.after) or not self.expected


class FixOutcome(msgspec.Struct, frozen=True):
    """What came of a plan.  ``plan``: its id in the journal.  ``complaint``: why it was taken back; None: it was not.

    ``left``: what could not be taken back.  ``results``: of the asked flows.  ``until``: when it is taken back by
    itself, RFC 3339 (``--try``); empty: it stays."""

    plan: str
    results: tuple[FlowResult, ...]
    complaint: Message | None = None
    left: bool = False
    until: str = ""

    @property
    def stays(self) -> bool:
        """Whether it was carried out and not taken back."""
        return self.complaint is None

    @property
    def is_well(self) -> bool:
        """Whether all that was planned works now."""
        return self.stays and all(each.is_well for each in self.results)
