"""Makes the plan of one heal, and carries it out as ``hairpin fix --apply --yes`` does, but for its lasting steps.

Lost rules of an engine are put back without a search for causes.  Otherwise the causes of one flow for each place where
flows stop are found, which takes a fraction of the time of all flows.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

import msgspec

from hairpin.answer.answer import Answer, CauseAnswer, FlowAnswer
from hairpin.answer.ask import ask
from hairpin.answer.begin import network_asked
from hairpin.apply.fixing import Verifier, apply_plan
from hairpin.apply.hands import look_at
from hairpin.apply.outcome import FixOutcome
from hairpin.apply.plan import PlannedRemedy, RepairPlan, Unplanned, is_wanted, plan_of
from hairpin.apply.program.outpost import here
from hairpin.apply.program.outpost_ground import OutpostGround
from hairpin.apply.restoring import restore_plan
from hairpin.change.calls import ReloadNetworks
from hairpin.change.step import Ask, LoadRules, RunCommands
from hairpin.evidence.several import Source
from hairpin.expect.expectation import Expectation, HealRules
from hairpin.expect.holding import Holding, Holdings
from hairpin.guard.heal.allowed import touched_word, why_no_heal, why_not_by_guard
from hairpin.guard.heal.heal import NotHealed
from hairpin.guard.warm.reading import EVERYTHING, KeptReading
from hairpin.message import Message, message
from hairpin.network.network import Network
from hairpin.remedy.known_flows import flow_key
from hairpin.walk.decided import RuleDecided
from hairpin.walk.verdicts import Verdict, succeeds

_SWITCH_S = 60
"""The time after which the switch takes back a heal that this process did not confirm, in seconds."""
_PATIENCE_S = 1.0
"""A heal starts no service, so its flows pass at once, or somebody has changed the host meanwhile."""
_LIVE = ("links", "rules", "sets", "sysctls", "docker_all", "podman_and_pods")
"""The parts that are read again while a heal is carried out: rules, links and settings, which it changes, and engines,
whose networks and containers may be gone by then.  A heal changes no file, and starts no process."""
_LONGEST_NAME = 15
"""The kernel keeps so many characters of a process's name (TASK_COMM_LEN)."""
_MOST_FLOWS = 4
"""The greatest number of flows whose causes are found for one heal."""


def heal_plan(
    held: Holdings, broken: Sequence[Holding], sources: tuple[Source, ...], rules: HealRules
) -> tuple[RepairPlan | None, tuple[NotHealed, ...]]:
    """Return the plan that heals the broken expectations, and why others stay broken.

    ``held``: the verdicts of all expectations that are to be healed.  The plan is None if nothing is repaired."""
    expectations = tuple(each.expectation for each in broken)
    restoring = _restoring(held, broken)
    if restoring is not None:
        why = _why_not(restoring, rules)
        return (restoring, ()) if why is None else (None, (_not_healed(expectations, why, restoring.repairs),))
    musts = tuple(each for each in expectations if each.must)
    closed = tuple(each for each in expectations if not each.must)
    left: list[NotHealed] = []
    if closed:
        left.append(NotHealed(closed, message("somebody gets in, and a guard closes nothing by itself")))
    if not musts:
        return None, tuple(left)
    plan, reasons = _repairing(held, [each for each in broken if each.expectation.must], sources)
    left += (_not_healed(musts, why, (name,)) for name, why in reasons)
    why = _why_not(plan, rules) if plan.repairs else None
    if why is not None:
        left.append(_not_healed(musts, why, plan.repairs))
    if not plan.repairs and not left:
        left.append(NotHealed(musts, message("no repair is known")))
    return (plan if plan.repairs and why is None else None), tuple(left)


def _not_healed(
    expectations: tuple[Expectation, ...], why: Message, repairs: Iterable[PlannedRemedy | str]
) -> NotHealed:
    return NotHealed(expectations, why, tuple(each if isinstance(each, str) else each.id for each in repairs))


def _restoring(held: Holdings, broken: Sequence[Holding]) -> RepairPlan | None:
    """Return the plan that puts the rules of engines back, if a broken expectation is then kept."""
    plan = restore_plan(held.answer).plan
    if not plan.repairs:
        return None
    both = zip(plan.answer.flows, plan.then, strict=True)
    flows: dict[object, Verdict] = {flow_key(each.trace.flow): then for each, then in both}
    for each in broken:
        keys = (flow_key(flow.trace.flow) for one in each.breaches for flow in one.flows)
        if any(succeeds(flows[key]) is each.expectation.must for key in keys if key in flows):
            return plan
    return None


def _repairing(
    held: Holdings, broken: Sequence[Holding], sources: tuple[Source, ...]
) -> tuple[RepairPlan, tuple[tuple[str, Message], ...]]:
    """Return the plan that repairs the causes that a guard may repair, and why others are left, by the causes' ids."""
    flows = tuple(each.trace.flow for each in _one_for_each_stop(broken))
    answer = ask(msgspec.structs.replace(held.answer.question, flows=flows), sources, depth="causes")
    reasons: dict[str, Message] = {}
    kept: list[CauseAnswer] = []
    for cause in answer.causes:
        why = _of_cause(cause) if is_wanted(cause, with_latent=False) else None
        if why is None:
            kept.append(_without_lasting(cause))
        else:
            reasons[cause.id] = why
    plan = plan_of(msgspec.structs.replace(answer, causes=tuple(kept)), (), with_latent=False)
    reasons |= {each.id: _of_plan(each) for each in plan.left_out if each.why not in ("event", "advice", "covered")}
    return plan, tuple(reasons.items())


def _one_for_each_stop(broken: Iterable[Holding]) -> list[FlowAnswer]:
    """Return failing flows, one for each place where flows stop."""
    found: dict[object, FlowAnswer] = {}
    for flow in (one for each in broken for breach in each.breaches for one in breach.flows):
        stop = flow.stop
        if stop is None:
            found.setdefault(None, flow)
            continue
        by = stop.decided_by
        place = by.place if isinstance(by, RuleDecided) else type(by)
        found.setdefault((stop.reason, stop.netns, stop.stage, stop.link, place), flow)
    return list(found.values())[:_MOST_FLOWS]


def _without_lasting(cause: CauseAnswer) -> CauseAnswer:
    """Return the cause with repairs without lasting steps, which a heal does not make."""
    remedies = tuple(msgspec.structs.replace(each, keeping=()) for each in cause.remedies)
    return msgspec.structs.replace(cause, remedies=remedies)


def _of_cause(cause: CauseAnswer) -> Message | None:
    if not cause.remedies:
        return message("no repair is known")
    return why_not_by_guard(cause, cause.remedies[0])


def _of_plan(left: Unplanned) -> Message:
    if left.why in ("opens", "closes", "diverts"):
        return message("the repair changes what other connections may do")
    if left.why in ("later", "together"):
        return message("another cause has to be repaired first")
    return message("the repair is a person's choice")


def _why_not(plan: RepairPlan, rules: HealRules) -> Message | None:
    """Return why a guard does not carry the plan out; None if it does."""
    for each in plan.repairs:
        why = why_no_heal(each.remedy)
        if why is not None:
            return why
    if plan.effects.unasked:
        return message("the repair changes what other connections may do")
    if plan.effects.cut:
        return message("the repair cuts open connections")
    ids = (*(each.remedy.id for each in plan.repairs), *_ids(plan.repairs))
    steps = tuple(each.step for each in plan.tasks(lasting=False))
    word = touched_word(rules.never, ids, steps, plan.answer.network.this)
    if word:
        return message("the file of expectations says that {word} is never changed", word=word)
    return None


def _ids(repairs: Iterable[PlannedRemedy]) -> Iterator[str]:
    for each in repairs:
        yield each.id
        if each.cause is not None:
            yield each.cause.id


def names_of_writers(plan: RepairPlan) -> frozenset[str]:
    """Return the names of the processes that make the plan's changes, as the kernel tells them."""
    found: set[str] = set()
    for each in plan.tasks(lasting=False):
        match each.step:
            case LoadRules(program=program):
                found |= {f"{program}{kind}-restore" for kind in ("", "-nft", "-legacy")} | {"nft"}
            case RunCommands(commands=commands):
                found |= {words[0].rpartition("/")[2] for words in commands if words}
            case Ask(call=ReloadNetworks()):
                found |= {"podman", "netavark", "nft"}
            case Ask():
                found.add("firewalld")
            case _:
                continue
    return frozenset(each[:_LONGEST_NAME] for each in found)


def carried_out(plan: RepairPlan, question: tuple[str, ...], kept: KeptReading) -> FixOutcome:
    """Carry the plan out, verified by the walk on fresh evidence; nothing is sent.  ``question``: the words that the
    journal keeps.  ``kept``: reads the host.  Raises ApplyError if the host has changed since the plan was made."""
    label = plan.answer.network.this.name
    asked = plan.answer.question

    def again() -> tuple[Source, ...]:
        kept.drain()
        return (kept.read(EVERYTHING, _LIVE),)

    def look() -> Answer:
        return ask(asked, again(), depth="flows")

    def read() -> Network:
        return network_asked(asked, again())

    verifier = Verifier(look, lambda _network, _flow: None, lambda _network: None, read, _PATIENCE_S)
    ground = OutpostGround(here(), _SWITCH_S, lambda _task, _said: None, partial(look_at, label))
    return apply_plan(plan, {label: ground}, verifier, lasting=False, question=question)
