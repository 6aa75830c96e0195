"""The result of a walk: a flow's trace, with a branch for each path that the flow can take."""

from typing import Literal

import msgspec

from hairpin.change.change import Change
from hairpin.host.netns import Netns
from hairpin.message import Message
from hairpin.netfilter.evaluate.chain import Condition, Place
from hairpin.network.flow import Flow
from hairpin.network.prefix import Version
from hairpin.walk.decided import RuleDecided
from hairpin.walk.state import Step, Stop
from hairpin.walk.verdicts import Verdict, succeeds
from hairpin.wanted import Wanted


class ForeignSource(msgspec.Struct, frozen=True, tag="foreign-source"):
    """A packet with the address of the uplink ``home`` that leaves by the uplink ``link``, to a router that may drop
    it."""

    netns: Netns
    version: Version
    source: int
    home: str
    link: str


class LongPackets(msgspec.Struct, frozen=True, tag="long-packets"):
    """Packets longer than ``mtu_bytes`` that come in by ``link`` for containers.  The containers told the senders a
    larger size."""

    netns: Netns
    version: Version
    link: str
    mtu_bytes: int


class OpenQuestion(msgspec.Struct, frozen=True):
    """A fact outside the host that only the user knows.

    ``if_yes`` and ``if_no``: the flow's fate with that answer.  ``wanted``: the facts that answer the question, each by
    itself; the surest fact comes first.  ``breaks_if``: the answer with which the flow fails, although the walk finds
    that it succeeds; empty if there is no such answer.  ``about``: the grant that a careful outside may refuse.
    ``undecided``: whether the flow has no verdict without
    the answer, because a packet of it meets what was not read, or because the host itself has seen such a packet fail.
    ``repair``: the change with which the flow passes with either answer.  ``yes_repair`` and ``no_repair``: the change
    that repairs the flow with that answer; the answer's sentence has a place ``{repair}`` for its commands."""

    text: Message
    if_yes: Message
    if_no: Message
    wanted: tuple[Wanted, ...]
    breaks_if: Literal["", "yes", "no"] = ""
    about: ForeignSource | LongPackets | None = None
    undecided: bool = False
    repair: Change | None = None
    yes_repair: Change | None = None
    no_repair: Change | None = None


class Branch(msgspec.Struct, frozen=True):
    """One possible outcome of the flow, with the conditions under which it happens.  ``data`` has the first data
    packet's steps, if this packet is lost."""

    verdict: Verdict
    request: tuple[Step, ...]
    reply: tuple[Step, ...] = ()
    data: tuple[Step, ...] = ()
    stop: Stop | None = None
    conditions: tuple[Condition, ...] = ()
    assumed: tuple[Message, ...] = ()
    questions: tuple[OpenQuestion, ...] = ()

    @property
    def succeeds(self) -> bool:
        """Whether this branch serves the sender, according to the readings."""
        return succeeds(self.verdict)

    def ends_in(self, container: str) -> bool:
        """Return whether the request ends in the container's own namespace."""
        return bool(self.request) and self.request[-1].netns.name == f"container:{container}"

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps of the branch: the request's steps, the answer's steps and the data's steps."""
        return (*self.request, *self.reply, *self.data)


class Trace(msgspec.Struct, frozen=True):
    """A walked flow.  ``verdict`` is ``depends`` if branches end differently.  The first of ``branches`` is the usual
    branch."""

    flow: Flow
    verdict: Verdict
    branches: tuple[Branch, ...]

    @property
    def succeeds(self) -> bool:
        """Whether the flow serves its sender, according to the readings."""
        return succeeds(self.verdict)

    @property
    def usual(self) -> Branch:
        """The branch that an ordinary first packet takes."""
        return self.branches[0]

    @property
    def stopping_rule(self) -> RuleDecided | None:
        """The rule or policy that stops the usual packet; None if nothing or something else stops it."""
        decided = self.usual.stop.decided_by if self.usual.stop is not None else None
        return decided if isinstance(decided, RuleDecided) else None

    @property
    def like(self) -> "Trace":
        """The trace of the alike flow that was walked instead of this flow; this trace itself, if this flow was
        walked."""
        return self

    @property
    def assumed(self) -> tuple[Message, ...]:
        """The assumptions of the usual branch."""
        return self.usual.assumed

    @property
    def questions(self) -> tuple[OpenQuestion, ...]:
        """The open questions of all branches."""
        return tuple(each for branch in self.branches for each in branch.questions)

    @property
    def bounds(self) -> tuple[Condition, ...]:
        """The limits over time that stop the sender if it sends more than they allow; empty if the flow fails.

        A packet alone stays below them, so no single packet shows whether the flow does."""
        found: dict[tuple[Place | None, Message], Condition] = {}
        above = [
            [each for each in branch.conditions if each.load and not each.usual]
            for branch in (self.like.branches if self.succeeds else ())
            if not branch.succeeds
        ]
        for conditions in sorted(above, key=len):
            keys = {(each.place, each.said): each for each in conditions if each.bound is not None}
            if keys and found.keys().isdisjoint(keys):
                found.update(keys)
        for each in self.like.usual.conditions if self.succeeds else ():
            if each.bound is not None and each.place is None:  # a link's limit, which stops nobody below it
                found.setdefault((None, each.said), each)
        return tuple(found.values())

    @property
    def rests_on_grant(self) -> bool:
        """Whether the flow succeeds only if a router outside passes on a packet that a careful router drops."""
        return any(isinstance(each.about, ForeignSource) for each in self.questions)

    def asking(self, question: OpenQuestion) -> "Trace":
        """Return the trace with one more question on its usual branch."""
        first, *others = self.branches
        asked = msgspec.structs.replace(first, questions=(*first.questions, question))
        return msgspec.structs.replace(self, branches=(asked, *others))

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The conditions of the verdict ``depends``; empty for any other verdict.  Conditions of load decide no
        verdict."""
        if self.verdict != "depends":
            return ()
        found = [each for branch in self.branches for each in branch.conditions if not each.load]
        return tuple(
            dict.fromkeys(msgspec.structs.replace(each, holds=True, usual=True, reply=False) for each in found)
        )


def trace_of(flow: Flow, branches: tuple[Branch, ...]) -> Trace:
    """Return the trace with these branches.  Branches that are taken only under load do not count for the verdict.  If
    the kernel takes all branches in turn, the flow fails as its first branch that fails."""
    lost = next((each for each in branches if not each.succeeds and each.verdict != "depends"), None)
    if lost is not None and all(any(one.in_turn for one in each.conditions) for each in branches):
        return Trace(flow, lost.verdict, (lost, *(each for each in branches if each is not lost)))
    verdicts: set[Verdict] = {branch.verdict for branch in branches if not only_under_load(branch)}
    if len(verdicts) == 1:
        (verdict,) = verdicts
        return Trace(flow, verdict, branches)
    return Trace(flow, "depends", branches)


def only_under_load(branch: Branch) -> bool:
    """Return whether the branch is taken only while a rate or a number of connections is exceeded."""
    return any(condition.load and not condition.usual for condition in branch.conditions)
