"""The result of a walk: a flow's trace, with a branch for each path that the flow can take."""

from typing import Literal

import msgspec

from hairpin.change.change import Change, ReplaceEntry, one
from hairpin.host.link import Address
from hairpin.host.netns import Netns
from hairpin.host.route import TABLE_DEFAULT, TABLE_LOCAL, TABLE_MAIN, Neighbour, WithoutGateway
from hairpin.message import Message, message
from hairpin.netfilter.evaluate.chain import Condition
from hairpin.netfilter.rule_address import write_mac
from hairpin.network.flow import Flow
from hairpin.network.prefix import Version, address_text, prefix_text
from hairpin.network.routing import route_text
from hairpin.walk.decided import Assumed, RouteDecided
from hairpin.walk.state import Step, Stop
from hairpin.walk.verdicts import Verdict, succeeds
from hairpin.wanted import Wanted, ask_hardware_address, ask_neighbour


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
    """Return the trace with these branches.  Branches that are taken only under load do not count for the verdict."""
    verdicts: set[Verdict] = {branch.verdict for branch in branches if not only_under_load(branch)}
    if len(verdicts) == 1:
        (verdict,) = verdicts
        return Trace(flow, verdict, branches)
    return Trace(flow, "depends", branches)


def only_under_load(branch: Branch) -> bool:
    """Return whether the branch is taken only while a rate or a number of connections is exceeded."""
    return any(condition.load and not condition.usual for condition in branch.conditions)


def assuming_of_neighbours(branch: Branch, flow: Flow) -> Branch:
    """Return the branch with the assumptions of its steps about neighbours that were not read.

    If an address of the link puts a machine on the link, hairpin asks about the machine only if the user or a container
    names it."""
    steps = (step for step in (*branch.request, *branch.reply) if step.stage == "neighbour")
    found = [(step, step.decided_by) for step in steps if isinstance(step.decided_by, Assumed)]
    if not found:
        return branch
    open_ = [(step, each) for step, each in found if each.entry is not None and not (each.own and flow.names_no_client)]
    told = [each for step, each in found if (step, each) not in open_ or not each.own]
    said = dict.fromkeys(each.said for each in told if each.entry is None or not each.entry.static)
    asked = dict.fromkeys(
        _of_entry(step, each.entry, each, _rule_before(branch, step)) for step, each in open_ if each.entry is not None
    )
    questions = (*asked, *branch.questions) if branch.stop is None else branch.questions
    return msgspec.structs.replace(branch, assumed=(*branch.assumed, *said), questions=questions)


def _rule_before(branch: Branch, step: Step) -> str:
    """Return the policy rule that led to the table of the packet's route; empty if the route is in a usual table."""
    steps = (*branch.request, *branch.reply)
    before = (each.decided_by for each in reversed(steps[: steps.index(step)]) if each.netns == step.netns)
    by = next((each.by for each in before if isinstance(each, RouteDecided)), None)
    return by.text if by is not None and by.table not in (TABLE_LOCAL, TABLE_MAIN, TABLE_DEFAULT) else ""


def _of_entry(step: Step, entry: Neighbour, assumed: Assumed, rule: str) -> OpenQuestion:
    if assumed.own and not entry.static:
        return _is_on_link(step, entry, assumed.own)
    if assumed.by is not None and not entry.static:
        return _without_gateway(step, entry, assumed.by)
    return _is_right(step, entry) if entry.static else _is_silent(step, entry, rule)


def _is_on_link(step: Step, entry: Neighbour, own: tuple[Address, ...]) -> OpenQuestion:
    """Return the question whether the machine answers on the link.  The network of an address of the link contains the
    machine, but the machine may be behind a router."""
    found = own[0]
    facts = {
        "address": address_text(entry.value, entry.version),
        "link": entry.link,
        "state": entry.state,
        "network": str(found.prefix),
        "own": prefix_text(found.value, found.prefix_length, found.version),
        "netns": step.netns.name,
    }
    text = (
        message(
            "Does {address} answer on {link}? Because of the address {own}, this host expects all of {network} on this "
            "link. The kernel asked there for {address}, and nobody answered (neighbour entry: {state})",
            **facts,
        )
        if step.netns.is_host
        else message(
            "Does {address} answer on {link} of {netns}? Because of the address {own}, this namespace expects all of "
            "{network} on this link. The kernel asked there for {address}, and nobody answered (neighbour entry: "
            "{state})",
            **facts,
        )
    )
    return OpenQuestion(
        text=text,
        if_yes=message("{address} accepts the packets, and the verdict above stands", **facts),
        if_no=_not_there(facts, left_over=len(own) > 1),
        wanted=(ask_neighbour(facts["address"], entry.link),),
        breaks_if="no",
        undecided=True,
    )


def _without_gateway(step: Step, entry: Neighbour, by: WithoutGateway) -> OpenQuestion:
    """Return the question whether the machines of a route without a gateway are on its link.

    Some providers answer there for every address (proxy ARP, RFC 1027)."""
    route, version = by.route, entry.version
    hop = msgspec.structs.replace(route.next_hops[0], gateway=by.router) if by.router is not None else None
    facts = {
        "address": address_text(entry.value, version),
        "link": entry.link,
        "state": entry.state,
        "netns": step.netns.name,
        "route": route_text(route),
        "prefix": str(route.prefix) if route.prefix_length else "default",
        "ip": "ip -6" if version == 6 else "ip",
    }
    return OpenQuestion(
        text=message(
            "Does {address} answer on {link}? The route `{route}` has no gateway, so the kernel asks there for each "
            "address. Nobody answered for {address} (neighbour entry: {state})",
            **facts,
        )
        if step.netns.is_host
        else message(
            "Does {address} answer on {link} of {netns}? The route `{route}` has no gateway, so the kernel asks there "
            "for each address. Nobody answered for {address} (neighbour entry: {state})",
            **facts,
        ),
        if_yes=message("{address} accepts the packets, and the verdict above stands", **facts),
        if_no=message(
            "The flow fails, because the route lacks its gateway. Give the route its router: `{ip} route replace "
            "{prefix} via GATEWAY dev {link}`",
            **facts,
        )
        if hop is None
        else message("The flow fails, because the route lacks its gateway. Give the route its router: `{repair}`"),
        wanted=(ask_neighbour(facts["address"], entry.link),),
        breaks_if="no",
        undecided=True,
        no_repair=one(ReplaceEntry(step.netns, route, msgspec.structs.replace(route, next_hops=(hop,))))
        if hop is not None
        else None,
    )


def _not_there(facts: dict[str, str], *, left_over: bool) -> Message:
    if left_over:
        return message(
            "The flow fails. If {address} is behind a router, {own} does not belong on {link}: delete it. Otherwise "
            "{address} is off, or no machine has it",
            **facts,
        )
    return message(
        "The flow fails: {address} is off, or no machine has it. If {address} is behind a router, the prefix length of "
        "{own} is wrong: add the address with the right length first, then delete {own}",
        **facts,
    )


def _is_silent(step: Step, entry: Neighbour, rule: str) -> OpenQuestion:
    """Return the question whether a next hop that did not answer the kernel's last ARP request still does not answer.

    ``rule``: the policy rule that led to the route; empty if the route is in a usual table."""
    facts = {
        "gateway": address_text(entry.value, entry.version),
        "link": entry.link,
        "state": entry.state,
        "netns": step.netns.name,
    }
    text = _of_neighbour(step, facts) if step.packet.daddr == entry.value else _of_gateway(step, facts)
    return OpenQuestion(
        text=text,
        if_yes=message("The flow fails: give the route a gateway that answers", **facts)
        if not rule
        else message(
            "The flow fails: give the route a gateway that answers, or delete the policy rule that led to the route: "
            "`{rule}`",
            rule=rule,
        ),
        if_no=message("{gateway} accepts the packets, and the verdict above stands", **facts),
        wanted=(ask_neighbour(facts["gateway"], entry.link),),
        breaks_if="yes",
        undecided=True,
    )


def _is_right(step: Step, entry: Neighbour) -> OpenQuestion:
    """Return the question whether a permanent entry has the hardware address of the machine."""
    facts = {
        "address": address_text(entry.value, entry.version),
        "link": entry.link,
        "mac": write_mac(entry.mac) if entry.mac is not None else "",
        "netns": step.netns.name,
    }
    text = (
        message("Does {address} have the hardware address {mac}? Somebody entered this address for {link}", **facts)
        if step.netns.is_host
        else message(
            "Does {address} have the hardware address {mac}? Somebody entered this address for {link} of {netns}",
            **facts,
        )
    )
    return OpenQuestion(
        text=text,
        if_yes=message("{address} accepts the packets, and the verdict above stands", **facts),
        if_no=message(
            "The packets are lost. Enter the right hardware address, or delete the entry: the kernel then asks for the "
            "address itself",
            **facts,
        ),
        wanted=(ask_hardware_address(facts["address"], entry.link),),
        breaks_if="no",
    )


def _of_gateway(step: Step, facts: dict[str, str]) -> Message:
    if step.netns.is_host:
        return message(
            "The next hop {gateway} was silent on {link} (neighbour entry: {state}). Is it still silent?", **facts
        )
    return message(
        "The next hop {gateway} was silent on {link} of {netns} (neighbour entry: {state}). Is it still silent?",
        **facts,
    )


def _of_neighbour(step: Step, facts: dict[str, str]) -> Message:
    """Return the question about the packet's destination.  A route puts the destination on the link."""
    if step.netns.is_host:
        return message(
            "A route leads directly to {gateway} on {link}, and {gateway} was silent there (neighbour entry: {state}). "
            "Is it still silent?",
            **facts,
        )
    return message(
        "A route leads directly to {gateway} on {link} of {netns}, and {gateway} was silent there (neighbour entry: "
        "{state}). Is it still silent?",
        **facts,
    )
