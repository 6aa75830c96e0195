"""What came of a plan that was carried out."""

import msgspec

from hairpin.answer.answer import Judge
from hairpin.apply.counting import Counted
from hairpin.evidence.reading import Evidence
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
    """What came of a plan.  ``plans``: its id in the journal of each host.  ``complaint``: why it was taken back; None:
    it was not.

    ``left``: something could not be taken back.  ``late``: the hosts that could not be reached, and when their switches
    take it back.  ``results``: of the asked flows.  ``until``: when it is taken back by itself, RFC 3339 (``--try``);
    empty: it stays.  ``hosts``: the other hosts that it changed, as ``--host`` names them; empty: it changed this
    one.  ``verified``: what was read of the hosts after the last step; empty: a step failed, or no host could be
    read."""

    plans: tuple[str, ...]
    results: tuple[FlowResult, ...]
    complaint: Message | None = None
    left: bool = False
    until: str = ""
    late: tuple[tuple[str, str], ...] = ()
    hosts: tuple[str, ...] = ()
    verified: tuple[Evidence, ...] = ()

    @property
    def undo(self) -> tuple[str, ...]:
        """The arguments of the ``hairpin undo`` for each host that take it back."""
        if not self.hosts:
            return self.plans
        return tuple(f"--host {host} {plan}" for host, plan in zip(self.hosts, self.plans, strict=True))

    @property
    def stays(self) -> bool:
        """Whether it was carried out and not taken back."""
        return self.complaint is None

    @property
    def is_well(self) -> bool:
        """Whether all that was planned works now."""
        return self.stays and all(each.is_well for each in self.results)

    @property
    def is_served(self) -> bool:
        """Whether each asked flow passes now."""
        return self.is_well and all(succeeds(each.after) for each in self.results)
