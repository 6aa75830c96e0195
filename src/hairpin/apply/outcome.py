"""The outcome of a plan that was carried out, and the rules on a flow's path that counted a real connection."""

from collections.abc import Iterator

import msgspec

from hairpin.answer.answer import Answer, Judge
from hairpin.message import Message
from hairpin.netfilter.evaluate.chain import Place, rule_at
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.walk.decided import RuleDecided
from hairpin.walk.trace import Trace
from hairpin.walk.verdicts import Verdict, succeeds


class Counted(msgspec.Struct, frozen=True):
    """A rule that decides about the flow, with its packet counter before the connection and after it."""

    place: Place
    before: int
    after: int


class FlowResult(msgspec.Struct, frozen=True):
    """The verdicts of one asked flow before and after the plan.  ``judge``: the strongest judge that confirmed the
    verdict after the plan."""

    flow: Flow
    before: Verdict
    after: Verdict
    judge: Judge
    expected: bool
    """Whether the plan said that the flow would pass."""
    counted: tuple[Counted, ...] = ()
    """The rules on the flow's path that counted the real connection."""

    @property
    def is_well(self) -> bool:
        """Whether the flow does what the plan said."""
        return succeeds(self.after) or not self.expected


class FixOutcome(msgspec.Struct, frozen=True):
    """The outcome of a plan.

    ``plans``: the plan's id in the journal of each host.  ``complaint``: why the plan was taken back; None if the plan
    was not taken back.  ``left``: whether a step could not be undone.  ``late``: the hosts that could not be reached,
    and the times at which their switches take the plan back.  ``results``: the results of the asked flows.  ``until``:
    the time in RFC 3339 at which the switches take the plan back if it is not confirmed (``--try``); empty if the plan
    stays.  ``hosts``: the other hosts that the plan changed, as ``--host`` names them; empty if the plan changed this
    host.  ``final``: the ids of the plans in which no step has an undo.  ``verified``: the answer from what was read
    after the last step; None if a step failed, or if a host could not be read."""

    plans: tuple[str, ...]
    results: tuple[FlowResult, ...]
    complaint: Message | None = None
    left: bool = False
    until: str = ""
    late: tuple[tuple[str, str], ...] = ()
    hosts: tuple[str, ...] = ()
    final: frozenset[str] = frozenset()
    verified: Answer | None = None

    @property
    def undo(self) -> tuple[str, ...]:
        """The arguments of ``hairpin undo``, one for each host on which a step can be taken back."""
        words = (
            [f"--host {host} {plan}" for host, plan in zip(self.hosts, self.plans, strict=True)]
            if self.hosts
            else self.plans
        )
        return tuple(each for each, plan in zip(words, self.plans, strict=True) if plan not in self.final)

    @property
    def stays(self) -> bool:
        """Whether the plan was carried out and not taken back."""
        return self.complaint is None

    @property
    def is_well(self) -> bool:
        """Whether every asked flow does what the plan said."""
        return self.stays and all(each.is_well for each in self.results)

    @property
    def is_served(self) -> bool:
        """Whether each asked flow passes after the plan."""
        return self.is_well and all(succeeds(each.after) for each in self.results)


def counted_rules(trace: Trace, before: Network, after: Network) -> tuple[Counted, ...]:
    """Return the rules on the flow's path whose packet counters rose.

    ``before`` and ``after``: the network read before the connection and after it.  A nat rule counts only the first
    packet of a connection.  Packets of other flows also raise the counters."""
    return tuple(each for each in dict.fromkeys(_rules(trace, before, after)) if each.after > each.before)


def _rules(trace: Trace, before: Network, after: Network) -> Iterator[Counted]:
    for step in (*trace.usual.request, *trace.usual.reply):
        decided = step.decided_by
        if not isinstance(decided, RuleDecided) or step.netns not in before or step.netns not in after:
            continue
        was, now = (rule_at(each.namespace(step.netns).ruleset, decided.place) for each in (before, after))
        if was is None or now is None or was.text != now.text or None in (was.packets, now.packets):
            continue
        yield Counted(decided.place, was.packets or 0, now.packets or 0)
