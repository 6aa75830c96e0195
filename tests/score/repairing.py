"""Carries out a printed repair in a broken host, twice, and finds out what else it has done to the host's flows.

Then its lasting part is carried out, twice as well, and the host is built anew as a reboot would bring it back.
"""

from collections.abc import Callable, Iterator, Mapping

import msgspec

from hairpin.errors import LabError
from hairpin.lab.build import Lab, running_lab
from hairpin.lab.engine import write
from hairpin.lab.node import Node
from hairpin.lab.plan import LabPlan
from hairpin.lab.probe import Outcome
from hairpin.lab.scenario import Flow
from hairpin.lab.trial import settled_outcome
from hairpin.report.documents.effects_document import SideEffectDocument
from tests.score.all_flows import Outcomes, all_ways, broken, opened, settled_all
from tests.score.diagnosis import Printed, breaks, opens
from tests.score.host_state import State, differences, host_state
from tests.score.reboot import Disk, booted, written

# How long a host may take after a repair until its other flows are as they were.
PATIENCE_S = 10.0


class Seen(msgspec.Struct, frozen=True):
    """A lab before its fault: the outcome of each way, and the state of its hosts."""

    flows: Outcomes
    state: State


class Left(msgspec.Struct, frozen=True):
    """A lab as a reboot finds it: its hosts' disks, and the outcome of each way."""

    disks: Mapping[str, Disk]
    flows: Outcomes


class EventTrial(msgspec.Struct, frozen=True):
    """One event, carried out after a repair and its lasting part.

    ``said``: whether the repair says that the event undoes it.  ``outcome``: of the asked connection, or how the event
    failed.  ``ended``: the engines and managers that ran before it and do not run after it.  ``named``: the causes that
    hairpin then names.  ``by_itself``: the same comes of the event on the host without fault and repair."""

    event: str
    said: bool
    passes: bool
    outcome: str
    ended: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    by_itself: bool = False

    @property
    def agrees(self) -> bool:
        """Whether what was said is what came."""
        return self.passes is not self.said and not self.ended

    @property
    def wrong(self) -> tuple[str, ...]:
        """What is wrong, a sentence for each."""
        if self.by_itself:
            return ()
        named = ", ".join(self.named) or "nothing"
        return (
            *(
                [f"{self.event} undoes it unsaid: {self.outcome} (named: {named})"]
                * (not self.passes and not self.said)
            ),
            *([f"it is said to be gone after {self.event}, and is not"] if self.passes and self.said else ()),
            *(f"{each} does not run after {self.event}" for each in self.ended),
        )


class RepairScore(msgspec.Struct, frozen=True):
    """What came of one printed repair.

    ``causes``: those in the answer's set. ``by_hand``: those of them that no printed command removes. ``outcome``: of
    the asked connection after the commands, or how a command failed. ``twice`` and ``kept_twice``: how the host differs
    if all is carried out again. ``opened`` and ``broken``: other flows. ``kept_opened`` and ``kept_broken``: by the
    lasting part. ``boot``: flows that are not as before the fault when the host comes back. ``said``: the side effects
    that the repair names itself. ``events``: what came of it in events.
    """

    flow: str
    causes: tuple[str, ...]
    commands: tuple[str, ...]
    by_hand: tuple[str, ...] = ()
    outcome: str = ""
    works: bool = False
    twice: tuple[str, ...] = ()
    opened: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    lasts: bool = False
    files: tuple[str, ...] = ()
    lost_lines: tuple[str, ...] = ()
    kept_twice: tuple[str, ...] = ()
    kept_opened: tuple[str, ...] = ()
    kept_broken: tuple[str, ...] = ()
    boot: tuple[str, ...] = ()
    said: tuple[SideEffectDocument, ...] = ()
    events: tuple[EventTrial, ...] = ()

    @property
    def wrong(self) -> tuple[str, ...]:
        """What is wrong with the repair, a sentence for each."""
        return (
            *([] if self.works or self.by_hand else [f"the printed repair does not repair: {self.outcome}"]),
            *(f"a second time: {each}" for each in self.twice),
            *self.harm,
            *(f"the lasting part a second time: {each}" for each in self.kept_twice),
            *(f"the lasting part takes an earlier repair's line out of {each}" for each in self.lost_lines),
            *(f"after a reboot: {each}" for each in self.boot),
            *(wrong for each in self.events for wrong in each.wrong),
        )

    @property
    def repeats(self) -> bool:
        """Whether the repair and its lasting part leave the same host a second time."""
        return not self.twice and not self.kept_twice

    @property
    def harm(self) -> tuple[str, ...]:
        """The flows that were opened or broken without a word about such a flow."""
        opened = (*(f"opened {flow}" for flow in self.opened), *self._kept("opened", self.kept_opened))
        broken = (*(f"broke {flow}" for flow in self.broken), *self._kept("broke", self.kept_broken))
        return (*(() if any(map(opens, self.said)) else opened), *(() if any(map(breaks, self.said)) else broken))

    def _kept(self, word: str, flows: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(f"the lasting part {word} {flow}" for flow in flows)


def look(lab: Lab, plan: LabPlan) -> Seen:
    """Return the lab as it is before its fault."""
    # A service may listen a moment after its container has started.
    ways = dict.fromkeys(all_ways(lab, plan), Outcome.DELIVERED)
    return Seen(settled_all(lab, ways, patience_s=0.7), host_state(lab))


def carry_out(lab: Lab, flow: Flow, printed: Printed, seen: Seen, earlier: tuple[Printed, ...] = ()) -> RepairScore:
    """Carry out a printed repair, now and lasting, in the broken lab; return what came of it, but for a reboot.

    ``earlier``: the repairs that were carried out in this lab before.
    """
    faulty = settled_all(lab, seen.flows, patience_s=0.1)
    opened_by_fault = tuple(_opened_policies(lab, seen.state))
    failed = run_all(lab, printed.commands)
    outcome = failed or settled_outcome(lab, flow, flow.before).value
    score = RepairScore(
        flow=str(flow),
        causes=printed.causes,
        commands=tuple(command for _, command in printed.commands),
        by_hand=printed.by_hand,
        outcome=outcome,
        works=outcome == flow.before.value,
        lasts=printed.lasts,
        files=tuple(each.file for remedy in printed.remedies for each in remedy.persist),
        lost_lines=_lost_lines(earlier, printed),
        said=printed.side_effects,
    )
    after = settled_all(lab, seen.flows, PATIENCE_S)
    new = _newly(opened(seen.flows, after), opened(seen.flows, faulty))
    score = msgspec.structs.replace(
        score,
        opened=_open_behind(lab, opened_by_fault, seen.flows, new) if new and opened_by_fault else new,
        broken=broken(seen.flows, faulty, after),
        twice=() if failed else _again(lab, lambda: run_all(lab, printed.commands)),
    )
    return _kept_now(lab, printed, seen, after, score) if printed.lasts and not failed else score


def _kept_now(lab: Lab, printed: Printed, seen: Seen, after: Outcomes, score: RepairScore) -> RepairScore:
    failed = keep(lab, printed)
    if failed:
        return msgspec.structs.replace(score, kept_twice=(failed,))
    kept = settled_all(lab, after, PATIENCE_S)
    return msgspec.structs.replace(
        score,
        kept_opened=_newly(opened(seen.flows, kept), opened(seen.flows, after)),
        kept_broken=broken(seen.flows, after, kept),
        kept_twice=_again(lab, lambda: keep(lab, printed)),
    )


def _newly(opened_now: tuple[str, ...], open_before: tuple[str, ...]) -> tuple[str, ...]:
    """Return the flows that a step opened, without those that were open when it began: the fault opened these."""
    return tuple(flow for flow in opened_now if flow not in open_before)


def _lost_lines(earlier: tuple[Printed, ...], printed: Printed) -> tuple[str, ...]:
    """Return ``FILE: LINE`` for each line that a repair wrote into a file and the next one does not."""
    wrote = {each.file: each.content for one in earlier for remedy in one.remedies for each in remedy.persist}
    return tuple(
        f"{each.file}: {line}"
        for remedy in printed.remedies
        for each in remedy.persist
        for line in wrote.get(each.file, "").splitlines()
        if line not in each.content.splitlines()
    )


def after_boot(plan: LabPlan, broken_by: Left, left: Left, seen: Seen) -> tuple[str, ...]:
    """Boot the plan's hosts with the disks that the repairs left; return the flows that are neither as they were before
    the fault nor as the repairs left them.

    A fault that is on the disk (``broken_by``) lasts, too.  What a reboot without the repairs does to other flows is
    not theirs."""
    try:
        found = _booted(plan, left, seen)
        new = _newly(opened(seen.flows, found), opened(seen.flows, left.flows))
        lost = broken(seen.flows, left.flows, found)
        if new or lost:
            unrepaired = _booted(plan, broken_by, seen)
            new = _newly(new, opened(seen.flows, unrepaired))
            closed = broken(seen.flows, broken_by.flows, unrepaired)
            lost = tuple(each for each in lost if each not in closed)
    except LabError as error:
        return (str(error).splitlines()[-1],)
    return (*(f"opened {flow}" for flow in new), *(f"broke {flow}" for flow in lost))


def _booted(plan: LabPlan, left: Left, seen: Seen) -> Outcomes:
    with running_lab(booted(plan, left.disks)) as lab:
        all_ways(lab, plan)
        return settled_all(lab, seen.flows, PATIENCE_S)


def left_by(lab: Lab, seen: Seen) -> Left:
    """Return what the lab's hosts have written on their disks since before the fault, and what the flows do now."""
    return Left(written(lab, seen.state), settled_all(lab, seen.flows, patience_s=0.5))


def _again(lab: Lab, carry: Callable[[], str]) -> tuple[str, ...]:
    """Carry something out once more; return how the host differs. To fail and to change nothing is right, too."""
    once = host_state(lab)
    failed = carry()
    changed = differences(once, host_state(lab))
    return (f"it fails half-way: {failed}", *changed) if failed and changed else changed


def _opened_policies(lab: Lab, before: State) -> Iterator[tuple[Node, str]]:
    """Yield host and program of each FORWARD policy that was DROP and is ACCEPT since the fault."""
    for host in lab.hosts:
        for program in ("iptables", "ip6tables"):
            was_closed = ":FORWARD DROP" in before.get(f"{host.name} {program}", "")
            if was_closed and "-P FORWARD ACCEPT" in host.run(f"{program} -S FORWARD"):
                yield host, program


def _open_behind(
    lab: Lab, policies: tuple[tuple[Node, str], ...], before: Outcomes, new: tuple[str, ...]
) -> tuple[str, ...]:
    """Return those of the newly open flows that are open behind the old policies, too.  The others the fault opened:
    their containers did not answer until the repair."""
    for host, program in policies:
        host.run(f"{program} -P FORWARD DROP")
    behind = opened(before, settled_all(lab, {way: before[way] for way in before if str(way) in new}, PATIENCE_S))
    for host, program in policies:
        host.run(f"{program} -P FORWARD ACCEPT")
    return behind


def run_all(lab: Lab, commands: tuple[tuple[str, str], ...]) -> str:
    """Run the commands in order until one fails; return its words."""
    for label, command in commands:
        try:
            host_of(lab, label).run(command)
        except LabError as error:
            return f"`{command}`: {str(error).strip().splitlines()[-1]}"
    return ""


def keep(lab: Lab, printed: Printed) -> str:
    """Write the files and run the commands that keep the repair; return the words of what fails."""
    for remedy in printed.remedies:
        for each in remedy.persist:
            write(host_of(lab, remedy.host), each.file, each.content)
        failed = run_all(lab, tuple((remedy.host, command) for command in remedy.persist_commands))
        if failed:
            return failed
    return ""


def host_of(lab: Lab, label: str) -> Node:
    """Return the host of that label; the first one for a label that no host has."""
    return next((host for host in lab.hosts if host.name == label), lab.host)
