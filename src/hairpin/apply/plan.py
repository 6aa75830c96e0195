"""The plan: of the proven causes those that hairpin repairs, in order, and those that it leaves to a choice or a
person."""

from collections.abc import Iterator
from typing import Literal

import msgspec

from hairpin.answer.answer import Answer, CauseAnswer
from hairpin.apply.options import options_of
from hairpin.apply.task import Task
from hairpin.change.step import Step, nature
from hairpin.diagnose.foreseen import BY_ITSELF, courses_on
from hairpin.errors import UsageError
from hairpin.events.event import EventId
from hairpin.message import Message, message
from hairpin.network.network import Network
from hairpin.remedy.in_turn import after
from hairpin.remedy.plan import remedies
from hairpin.remedy.remedy import Remedy
from hairpin.remedy.under_events import is_undone
from hairpin.walk.verdicts import Verdict, succeeds
from hairpin.walk.walked import walked

Why = Literal["policy", "disruptive", "instead", "by-person", "later"]
"""Why a repair is no step of the plan: somebody wrote down what it undoes, it disrupts what works, another one stands
for it, no command of hairpin's makes it, or it cannot succeed before a person has repaired what made its cause."""
_NOT_CHOSEN: tuple[Why, ...] = ("by-person", "later")


_HELD = 3
"""Flows that are held against events."""


class Repair(msgspec.Struct, frozen=True):
    """A repair of the plan; ``id``: the word for it on the command line.  ``remedy``: made for the host that the
    repairs before it leave.  ``cause``: what it repairs; None: what an engine has lost, whoever misses it."""

    id: str
    title: Message
    host: str
    remedy: Remedy
    cause: CauseAnswer | None = None

    @property
    def irreversible(self) -> tuple[Step, ...]:
        """The steps that nothing takes back."""
        return tuple(each for each in (*self.remedy.steps, *self.remedy.keeping) if nature(each) == "irreversible")


class Unplanned(msgspec.Struct, frozen=True):
    """A repair that is no step of the plan.  ``--choose ID`` makes it one, unless it is for a person."""

    id: str
    cause: CauseAnswer
    remedy: Remedy
    why: Why


class RepairPlan(msgspec.Struct, frozen=True):
    """``then``: the verdict of each asked flow after the repairs, in the order asked."""

    answer: Answer
    repairs: tuple[Repair, ...] = ()
    left_out: tuple[Unplanned, ...] = ()
    then: tuple[Verdict, ...] = ()
    lost_after: tuple[EventId, ...] = ()
    """The events that come by themselves and undo the plan, if what lasts is not written."""

    @property
    def choices(self) -> tuple[Unplanned, ...]:
        """What ``--choose`` makes a step."""
        return tuple(each for each in self.left_out if each.why not in _NOT_CHOSEN)

    @property
    def for_person(self) -> tuple[Unplanned, ...]:
        """What only a person can do."""
        return tuple(each for each in self.left_out if each.why in _NOT_CHOSEN)

    @property
    def needs_lasting(self) -> bool:
        """Whether a repair is nothing but what keeps a cause away."""
        return any(not each.remedy.steps for each in self.repairs)

    def tasks(self, *, lasting: bool, host: str | None = None) -> tuple[Task, ...]:
        """Return the tasks in order: the repairs of now, then what keeps them, if that is wanted.  ``host``: those of
        that host; None: all."""
        made = [each for each in self.repairs if host in (None, each.host)]
        now = (Task(each.id, step) for each in made for step in each.remedy.steps)
        kept = (Task(each.id, step, lasting=True) for each in made for step in each.remedy.keeping)
        return (*now, *(kept if lasting else ()))


def plan_of(answer: Answer, chosen: tuple[str, ...], *, with_latent: bool) -> RepairPlan:
    """Return the plan.  ``chosen``: the ids of ``--choose``.  Raises UsageError for an id that the plan has not."""
    wanted = [each for each in answer.causes if _is_wanted(each, with_latent=with_latent)]
    options = options_of(wanted)
    _refuse_unknown(chosen, [name for names in options.values() for name in names])
    picked: list[tuple[str, CauseAnswer, Remedy]] = []
    left_out: list[Unplanned] = []
    for cause in wanted:
        names = options[cause.ref]
        asked = [number for number, name in enumerate(names) if name in chosen]
        for number, (name, remedy) in enumerate(zip(names, cause.remedies, strict=True)):
            why = _why_not(cause, remedy, answer)
            if why == "later" and number in asked:
                raise UsageError(message("--choose {name}: {makers} goes first, and is for a person", name=name,
                                         makers=", ".join(_makers(cause, answer))))  # fmt: skip
            if number in asked or (not asked and number == 0 and why is None):
                _refuse_person(name, remedy)
                picked.append((name, cause, remedy))
            elif number == 0 or (why not in _NOT_CHOSEN and not asked):
                left_out.append(Unplanned(name, cause, remedy, why or "instead"))
    repairs, network = _in_turn(picked, answer)
    then = verdicts_in(network, answer)
    return RepairPlan(answer, repairs, tuple(left_out), then, tuple(_lost_after(answer, repairs, then)))


def has_repairs(answer: Answer) -> bool:
    """Return whether the plan repairs something without ``--choose``."""
    wanted = (each for each in answer.causes if _is_wanted(each, with_latent=False) and each.remedies)
    return any(_why_not(each, each.remedies[0], answer) is None for each in wanted)


def verdicts_in(network: Network, answer: Answer) -> tuple[Verdict, ...]:
    """Return the verdict of each asked flow in another network."""
    return tuple(walked(network, each.trace.flow).verdict for each in answer.flows)


def _lost_after(answer: Answer, repairs: tuple[Repair, ...], then: tuple[Verdict, ...]) -> Iterator[EventId]:
    """Yield the events after which a cause is there again, if only the steps of now are carried out."""
    network = answer.network
    for each in repairs:
        network = after(msgspec.structs.replace(each.remedy, keeping=()), answer.network, network)
    passing = {flow.ref: flow.trace.flow for flow, verdict in zip(answer.flows, then, strict=True) if succeeds(verdict)}
    causes = [each.cause for each in repairs if each.cause is not None]
    stopped = [(each, tuple(passing[ref] for ref in each.flows if ref in passing)[:_HELD]) for each in causes]
    for event, course in courses_on(network, network.this, BY_ITSELF) if repairs else ():
        if not course.missing and any(is_undone(cause.id, network, course, flows) for cause, flows in stopped):
            yield event


def _is_wanted(cause: CauseAnswer, *, with_latent: bool) -> bool:
    return cause.severity == "blocking" or (with_latent and cause.severity == "latent")


def _why_not(cause: CauseAnswer, remedy: Remedy, answer: Answer) -> Why | None:
    if _is_for_person(remedy):
        return "by-person"
    if _makers(cause, answer):
        return "later"
    if cause.configured is not None and not answer.question.targets:
        return "policy"
    return "disruptive" if remedy.disruptive else None


def _makers(cause: CauseAnswer, answer: Answer) -> tuple[str, ...]:
    """Return the ids of the causes that made this one, go before it, and are for a person."""
    makers = (each for each in answer.causes if each.ref in cause.follows_from and each.candidate.goes_first)
    return tuple(each.id for each in makers if not each.remedies or _is_for_person(each.remedies[0]))


def _is_for_person(remedy: Remedy) -> bool:
    """Return whether no command of hairpin's makes the repair, or not all of what has to be done now."""
    natures = [nature(each) for each in (*remedy.steps, *remedy.keeping)]
    return (
        remedy.by_person
        or all(each == "for-a-person" for each in natures)
        or "for-a-person" in natures[: len(remedy.steps)]
    )


def _refuse_unknown(chosen: tuple[str, ...], known: list[str]) -> None:
    for name in chosen:
        if name not in known:
            said = message("--choose {name}: the plan has no such repair", name=name)
            if known:
                said = message("{said}; it has {names}", said=said, names=", ".join(known))
            raise UsageError(said)


def _refuse_person(name: str, remedy: Remedy) -> None:
    """Raise UsageError for what was chosen and is for a person."""
    if _is_for_person(remedy):
        raise UsageError(message("--choose {name}: no command makes this repair; it is for a person", name=name))


def _in_turn(picked: list[tuple[str, CauseAnswer, Remedy]], answer: Answer) -> tuple[tuple[Repair, ...], Network]:
    """Return the repairs, each made for the network that those before it leave, and the network after all of them.

    What nothing takes back comes last.  A repair of which the flows pass already is left out: an earlier one has
    brought them back."""
    network = answer.network
    made: list[Repair] = []
    for name, cause, remedy in sorted(picked, key=lambda each: not each[2].reversible):
        if made and cause.flows and all(_passes(flow, answer, network) for flow in cause.flows) and remedy.steps:
            continue
        fitted = next(_fitted(cause, remedy, answer.network, network), remedy)
        made.append(Repair(name, cause.candidate.title, cause.host, fitted, cause))
        network = after(fitted, answer.network, network)
    return tuple(made), network


def _passes(ref: str, answer: Answer, network: Network) -> bool:
    flow = next(each.trace.flow for each in answer.flows if each.ref == ref)
    return walked(network, flow).succeeds


def _fitted(cause: CauseAnswer, remedy: Remedy, was: Network, now: Network) -> Iterator[Remedy]:
    """Yield the same remedy as it is made for the network by now."""
    if was is now:
        return
    for each in remedies(cause.id, cause.candidate, was.seen_from(cause.host), now.seen_from(cause.host)):
        if (each.id, each.change) == (remedy.id, remedy.change):
            keeping = each.keeping if remedy.keeping else ()
            yield msgspec.structs.replace(remedy, steps=each.steps, keeping=keeping)
