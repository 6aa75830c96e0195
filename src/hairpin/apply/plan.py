"""The plan: the proven causes that hairpin repairs, in order, and the causes that it leaves to a user's choice or to a
person's work."""

from collections.abc import Iterator
from typing import Literal

import msgspec

from hairpin.answer.answer import Answer, CauseAnswer
from hairpin.apply.kept_plan import PlannedStep
from hairpin.apply.one_step_each import is_covered, one_step_each
from hairpin.apply.options import options_of, refuse_unknown
from hairpin.apply.plan_effects import CarriedRemedy, effects_of, events_against
from hairpin.causes.cause import Candidate
from hairpin.change.step import Step, nature
from hairpin.diagnose.examination import examine
from hairpin.engines.missing import Missing, missing_on
from hairpin.errors import UsageError
from hairpin.events.event import EventId
from hairpin.message import Message, message
from hairpin.network.network import Network
from hairpin.remedy.decisions import wall_of, with_decisions
from hairpin.remedy.effect import Effects, FlowEffect
from hairpin.remedy.in_turn import after
from hairpin.remedy.known_flows import flow_key
from hairpin.remedy.plan import remedies
from hairpin.remedy.remedy import Remedy
from hairpin.walk.verdicts import Verdict, succeeds
from hairpin.walk.walked import walked

Why = Literal[
    "policy", "disruptive", "instead", "by-person", "later", "together", "opens", "closes", "diverts", "covered",
    "unknown", "event", "advice",
]  # fmt: skip
"""Why a repair is no step of the plan.

``policy``: the repair undoes a setting or decision that a person made.  ``disruptive``: the repair disrupts working
flows.  ``instead``: the plan has another repair of the same cause.  ``by-person``: hairpin has no command for the
repair.  ``later``: a person must first repair another cause, from which the repair's cause follows.  ``together``: no
flow passes after the repair, because another cause of these flows is left out, too.  ``opens``, ``closes``,
``diverts``: the repair has this effect on flows that the question does not concern.  ``covered``: an earlier repair
already restored the repair's flows.  ``unknown``: no repair is known.  ``event``: the repair's cause waits for an
event.  ``advice``: no flow fails because of the cause."""
_NOT_CHOSEN: tuple[Why, ...] = ("by-person", "later", "covered", "unknown", "event", "advice")
_SAID: tuple[Why, ...] = ("covered", "unknown", "event", "advice")
"""The reasons for which the report has one line for each cause.  A plan names every cause of ``hairpin check``."""

_HELD = 3
"""The greatest number of flows that a plan closes and that are examined for a second fault."""


class PlannedRemedy(msgspec.Struct, frozen=True):
    """A repair of the plan.

    ``id``: the word for the repair on the command line.  ``remedy``: the repair's remedy, made for the state of the
    host after the earlier repairs.  ``cause``: the cause that is repaired; None if the repair restores an engine's lost
    rules, or completes other repairs.  ``chosen``: whether a person chose the repair."""

    id: str
    title: Message
    host: str
    remedy: Remedy
    cause: CauseAnswer | None = None
    chosen: bool = False
    candidate: Candidate | None = None

    @property
    def irreversible(self) -> tuple[Step, ...]:
        """The steps that cannot be undone."""
        return tuple(each for each in (*self.remedy.steps, *self.remedy.keeping) if nature(each) == "irreversible")

    @property
    def carried(self) -> CarriedRemedy:
        """The repair in the form in which its effects on the known flows are computed."""
        cause = self.cause
        # If a person's decision stops the flows, a repair without ``undoes`` only makes an exception from the decision.
        meant = cause is not None and cause.configured is not None and cause.decision is None
        return CarriedRemedy(self.host, self.remedy, self.candidate, meant=meant)


class Unplanned(msgspec.Struct, frozen=True):
    """A repair that is no step of the plan.  ``--choose ID`` adds it to the plan, except if only a person can make it.
    ``effects``: the effects that are the reason for leaving the repair out."""

    id: str
    title: Message
    host: str
    remedy: Remedy
    why: Why
    cause: CauseAnswer | None = None
    effects: tuple[FlowEffect, ...] = ()


class RepairPlan(msgspec.Struct, frozen=True):
    """The plan of all repairs for one answer.

    ``then``: the verdict of each asked flow after the repairs, in the question's order.  ``effects``: the effects on
    all other known flows.  ``lost``: the missing rules and chains of each engine of this host after the plan, with the
    engine's kind."""

    answer: Answer
    repairs: tuple[PlannedRemedy, ...] = ()
    left_out: tuple[Unplanned, ...] = ()
    then: tuple[Verdict, ...] = ()
    effects: Effects = Effects()
    lost: tuple[tuple[str, Missing], ...] = ()

    @property
    def lost_after(self) -> tuple[EventId, ...]:
        """The events that undo the plan if its lasting steps are left out.  They are found whenever they are asked for:
        a guard never asks."""
        both = zip(self.answer.flows, self.then, strict=True)
        passing = {flow.ref: flow.trace.flow for flow, verdict in both if succeeds(verdict)}
        return events_against(self.answer.network, [(each.remedy, each.cause) for each in self.repairs], passing)

    @property
    def choices(self) -> tuple[Unplanned, ...]:
        """The repairs that ``--choose`` can add."""
        return tuple(each for each in self.left_out if each.why not in _NOT_CHOSEN)

    @property
    def for_person(self) -> tuple[Unplanned, ...]:
        """The repairs that only a person can make."""
        return tuple(each for each in self.left_out if each.why in _NOT_CHOSEN and each.why not in _SAID)

    @property
    def said(self) -> tuple[Unplanned, ...]:
        """The causes that need no repair, or for which hairpin knows no repair."""
        return tuple(each for each in self.left_out if each.why in _SAID)

    @property
    def needs_lasting(self) -> bool:
        """Whether a repair of the plan consists of lasting steps only."""
        return any(not each.remedy.steps for each in self.repairs)

    def tasks(self, *, lasting: bool, host: str | None = None) -> tuple[PlannedStep, ...]:
        """Return the tasks in order: first the steps of all repairs, and then, if ``lasting`` is true, the steps that
        keep the repairs.  Equal commands are returned once.  ``host``: the host whose tasks are returned, or None for
        the tasks of all hosts."""
        made = [each for each in self.repairs if host in (None, each.host)]
        now = (PlannedStep(each.id, step) for each in made for step in each.remedy.steps)
        kept = (PlannedStep(each.id, step, lasting=True) for each in made for step in each.remedy.keeping)
        return one_step_each((*now, *(kept if lasting else ())))


def plan_of(answer: Answer, chosen: tuple[str, ...], *, with_latent: bool) -> RepairPlan:
    """Return the plan for the answer.  ``chosen``: the ids of ``--choose``.  Raises UsageError for an id that no repair
    of the plan has."""
    wanted = [each for each in answer.causes if is_wanted(each, with_latent=with_latent)]
    options = options_of(wanted)
    all_pass = all(each.succeeds for each in answer.flows)
    refuse_unknown(chosen, [name for names in options.values() for name in names], all_pass=all_pass)
    picked: list[PlannedRemedy] = []
    left_out: list[Unplanned] = []
    for cause in wanted:
        names = options[cause.ref]
        asked = [number for number, name in enumerate(names) if name in chosen]
        for number, (name, remedy) in enumerate(zip(names, cause.remedies, strict=True)):
            why = why_not(cause, remedy, answer)
            if why == "later" and number in asked:
                raise UsageError(message("--choose {name}: a person has to repair {makers} first", name=name,
                                         makers=", ".join(_makers(cause, answer))))  # fmt: skip
            if number in asked or (not asked and number == 0 and why is None):
                _refuse_person(name, remedy)
                facts = (name, cause.candidate.title, cause.host, remedy, cause)
                picked.append(PlannedRemedy(*facts, chosen=number in asked, candidate=cause.candidate))
            elif number == 0 or (why not in _NOT_CHOSEN and not asked):
                left_out.append(_unplanned(name, cause, remedy, why or "instead"))
        if not cause.remedies:
            left_out.append(_unplanned(cause.id, cause, Remedy("none", ()), "unknown"))
    left_out += _told(answer, wanted)
    return without_harm(answer, tuple(picked), tuple(left_out))


def _unplanned(name: str, cause: CauseAnswer, remedy: Remedy, why: Why) -> Unplanned:
    return Unplanned(name, cause.candidate.title, cause.host, remedy, why, cause)


def _told(answer: Answer, wanted: list[CauseAnswer]) -> Iterator[Unplanned]:
    """Yield the causes of the answer that the plan only names: latent causes and advice."""
    for each in answer.causes:
        if each not in wanted:
            why: Why = "event" if each.severity == "latent" else "advice"
            yield _unplanned(each.id, each, next(iter(each.remedies), Remedy("none", ())), why)


def without_harm(answer: Answer, picked: tuple[PlannedRemedy, ...], left_out: tuple[Unplanned, ...]) -> RepairPlan:
    """Return the plan of the picked repairs.

    The plan also repairs faults that the picked repairs would uncover.  Repairs with effects on flows that the question
    does not concern are left out, except repairs that a person chose."""
    accepted = _harm(answer, tuple(each for each in picked if each.chosen))
    plan = _planned(answer, picked, left_out)
    while harm := _beyond(accepted, plan):
        whole = _made_whole(plan, picked, left_out)
        if whole is not None and not _beyond(accepted, whole):
            return whole
        culprit = _culprit(answer, picked, len(harm))
        picked = tuple(each for each in picked if each is not culprit)
        refused = Unplanned(culprit.id, culprit.title, culprit.host, culprit.remedy, harm[0].kind, culprit.cause, harm)
        left_out = (*left_out, refused)
        plan = _planned(answer, picked, left_out)
    return _without_vain(answer, plan, picked, left_out)


def _without_vain(
    answer: Answer, plan: RepairPlan, picked: tuple[PlannedRemedy, ...], left_out: tuple[Unplanned, ...]
) -> RepairPlan:
    """Return the plan without vain repairs.  After a vain repair, no flow of its cause passes, because another repair
    that these flows need is left out.  A chosen repair stays, with the verdict that its flows then have."""
    then: dict[str, Verdict] = {flow.ref: verdict for flow, verdict in zip(answer.flows, plan.then, strict=True)}
    plan = msgspec.structs.replace(plan, repairs=tuple(_told_alone(each, then) for each in plan.repairs))
    vain = [each for each in plan.repairs if not each.chosen and each.cause is not None and _is_vain(each.cause, then)]
    if not vain:
        return plan
    names = {each.id for each in vain}
    told = tuple(
        Unplanned(each.id, each.title, each.host, each.remedy, "together", each.cause)
        for each in picked
        if each.id in names
    )
    kept = tuple(each for each in picked if each.id not in names)
    return _planned(answer, kept, (*told, *left_out))


def _told_alone(repair: PlannedRemedy, then: dict[str, Verdict]) -> PlannedRemedy:
    """Return the repair.  If the repair is vain, its verdict is the verdict after this plan, and not after the repairs
    of all causes."""
    if (cause := repair.cause) is None or cause.proof is None or not cause.flows or not _is_vain(cause, then):
        return repair
    proof = msgspec.structs.replace(cause.proof, with_change=then[cause.flows[0]])
    return msgspec.structs.replace(repair, cause=msgspec.structs.replace(cause, proof=proof))


def _is_vain(cause: CauseAnswer, then: dict[str, Verdict]) -> bool:
    """Return whether the cause's flows need other causes repaired as well, and all fail after the plan."""
    needs_others = len(cause.together) > 1 and cause.severity == "blocking"
    return needs_others and not any(succeeds(then[ref]) or then[ref] == "depends" for ref in cause.flows)


def _planned(answer: Answer, picked: tuple[PlannedRemedy, ...], left_out: tuple[Unplanned, ...]) -> RepairPlan:
    repairs, network, covered = _in_turn(picked, answer)
    then = verdicts_in(network, answer)
    effects = effects_of(answer, tuple(each.carried for each in repairs))
    is_told = network.this.told is not None  # what no text tells has not been lost
    lost = () if is_told else tuple((engine.kind, each) for engine, each in missing_on(network.this) if each)
    # a latent cause that the repairs remove along needs no --latent
    waiting = (
        each for each in left_out if each.why != "event" or not is_covered(each.cause, each.remedy, answer, network)
    )
    return RepairPlan(answer, repairs, (*waiting, *covered), then, effects, lost)


def _harm(answer: Answer, chosen: tuple[PlannedRemedy, ...]) -> frozenset[object]:
    """Return the unasked effects of the chosen repairs.

    Unasked effects of chosen repairs count as accepted, because hairpin told them to the person who chose the repairs.
    """
    if not chosen:
        return frozenset()
    repairs, _, _ = _in_turn(chosen, answer)
    effects = effects_of(answer, tuple(each.carried for each in repairs))
    return frozenset((each.kind, flow_key(each.flow)) for each in effects.unasked)


def _beyond(accepted: frozenset[object], plan: RepairPlan) -> tuple[FlowEffect, ...]:
    """Return the plan's unasked effects that no person has accepted.  Effects that close flows come first."""
    found = (each for each in plan.effects.unasked if (each.kind, flow_key(each.flow)) not in accepted)
    return tuple(sorted(found, key=lambda each: _ORDER.index(each.kind)))


_ORDER = ("closes", "opens", "diverts")


def _culprit(answer: Answer, picked: tuple[PlannedRemedy, ...], harm: int) -> PlannedRemedy:
    """Return the last repair without which the plan has fewer unasked effects.

    If there is no such repair, return the last repair.  A repair that a person chose counts only if all are chosen."""
    own = [each for each in picked if not each.chosen] or list(picked)
    for each in reversed(own):
        rest = tuple(other for other in picked if other is not each)
        if len(_beyond(frozenset(), _planned(answer, rest, ()))) < harm:
            return each
    return own[-1]


def _made_whole(
    plan: RepairPlan, picked: tuple[PlannedRemedy, ...], left_out: tuple[Unplanned, ...]
) -> RepairPlan | None:
    """Return the plan with additional repairs, which open again the flows that the plan closes.

    Additional repairs are needed because a second fault may show only after the first fault is repaired.  Return None
    if no additional repair is found, or if one of the second faults cannot be repaired without a person."""
    answer = plan.answer
    closed = tuple(each.flow for each in plan.effects.closes if not each.again)[:_HELD]
    network = answer.network
    for each in plan.repairs:
        network = after(each.remedy, answer.network, network)
    more: list[PlannedRemedy] = []
    for found in examine(network, closed).causes if closed else ():
        seen = answer.network.seen_from(found.host)
        wall = wall_of(found.candidate, found.stop, seen) if found.stop is not None else None
        made = with_decisions(remedies(found.id, found.candidate, seen), found.candidate, wall, seen)
        remedy = next((each for each in made if not _is_for_person(each) and not each.disruptive), None)
        if remedy is None or remedy.undoes is not None:
            return None
        more.append(PlannedRemedy(found.id, found.candidate.title, found.host, remedy, candidate=found.candidate))
    return _planned(answer, (*more, *picked), left_out) if more else None


def verdicts_in(network: Network, answer: Answer) -> tuple[Verdict, ...]:
    """Return the verdict that each asked flow would have in the other network."""
    return tuple(walked(network, each.trace.flow).verdict for each in answer.flows)


def is_wanted(cause: CauseAnswer, *, with_latent: bool) -> bool:
    """Return whether the plan is about the cause."""
    is_shown = cause.likely and bool(cause.remedies)  # a pasted text shows the fault, and the rest is supposed
    return cause.severity == "blocking" or is_shown or (with_latent and cause.severity == "latent")


def why_not(cause: CauseAnswer, remedy: Remedy, answer: Answer) -> Why | None:
    """Return why the plan leaves out the repair if no person chooses it; None if the plan makes it."""
    if _is_for_person(remedy):
        return "by-person"
    if _makers(cause, answer):
        return "later"
    if remedy.undoes is not None:
        return "policy"
    return "disruptive" if remedy.disruptive else None


def _makers(cause: CauseAnswer, answer: Answer) -> tuple[str, ...]:
    """Return the ids of the causes from which the cause follows, and which a person must repair first."""
    makers = answer.repaired_before(cause)
    return tuple(each.id for each in makers if not each.remedies or _is_for_person(each.remedies[0]))


def _is_for_person(remedy: Remedy) -> bool:
    """Return whether only a person can make the repair, or one of the steps that make it now."""
    natures = [nature(each) for each in (*remedy.steps, *remedy.keeping)]
    return (
        remedy.by_person
        or all(each == "for-a-person" for each in natures)
        or "for-a-person" in natures[: len(remedy.steps)]
    )


def _refuse_person(name: str, remedy: Remedy) -> None:
    """Raise UsageError if only a person can make the chosen repair."""
    if _is_for_person(remedy):
        raise UsageError(message("--choose {name}: no command makes this repair; a person has to make it", name=name))


def _in_turn(
    picked: tuple[PlannedRemedy, ...], answer: Answer
) -> tuple[tuple[PlannedRemedy, ...], Network, tuple[Unplanned, ...]]:
    """Return the repairs, the network after all repairs, and the repairs that are not needed.

    Each repair is made for the network after the earlier repairs.  A repair is not needed if an earlier repair already
    restored its flows.  Repairs that cannot be undone come last."""
    network = answer.network
    made: list[PlannedRemedy] = []
    covered: list[Unplanned] = []
    for each in sorted(picked, key=lambda one: not one.remedy.reversible):
        cause, remedy = each.cause, each.remedy
        if made and is_covered(each.cause, remedy, answer, network):
            covered.append(Unplanned(each.id, each.title, each.host, remedy, "covered", cause))
            continue
        # Only the remedy of the answer's first cause was made for the hosts as they are.  Each other remedy was made
        # for the hosts after the repairs of the earlier causes, and the plan may lack these earlier repairs.
        is_fit = cause is None or (network is answer.network and cause is answer.causes[0])
        fitted = remedy if is_fit else next(_fitted(each, answer.network, network), remedy)
        made.append(msgspec.structs.replace(each, remedy=fitted))
        network = after(fitted, answer.network, network)
    return tuple(made), network, tuple(covered)


def _fitted(repair: PlannedRemedy, was: Network, now: Network) -> Iterator[Remedy]:
    """Yield the given remedy, made for the network ``now``."""
    remedy, cause = repair.remedy, repair.cause
    if cause is None:
        return
    for each in remedies(cause.id, cause.candidate, was.seen_from(cause.host), now.seen_from(cause.host)):
        if (each.id, each.change) == (remedy.id, remedy.change):
            keeping = each.keeping if remedy.keeping else ()
            yield msgspec.structs.replace(remedy, steps=each.steps, keeping=keeping)
