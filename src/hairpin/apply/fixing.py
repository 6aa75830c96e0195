"""Carries a plan out: checks the hosts, writes the plan into their journals, starts the switches that take the plan
back at its deadline, does the steps, verifies them on fresh evidence, and keeps the plan or takes it back."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import groupby

import msgspec

from hairpin.answer.answer import Answer
from hairpin.apply.ground import Begin, Begun, Ground
from hairpin.apply.kept_plan import KeptPlan, PlanState
from hairpin.apply.outcome import FixOutcome, FlowResult, counted_rules
from hairpin.apply.plan import RepairPlan
from hairpin.apply.ready import made_ready, networks_gone
from hairpin.change.step import nature
from hairpin.errors import ApplyError, CollectError
from hairpin.evidence.reading import utc_text
from hairpin.live.connection import Observed
from hairpin.message import Message, message
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.remedy.effect import Kind, Nature
from hairpin.remedy.effects import MAX_OF_PLAN, comes_back, flow_told, others_of, services_of
from hairpin.remedy.known_flows import flow_key
from hairpin.walk.verdicts import Verdict, succeeds
from hairpin.walk.walk import walk_flow
from hairpin.walk.walked import walked

_PATIENCE_S = 6.0
_EVERY_S = 0.5


class Verifier(msgspec.Struct, frozen=True):
    """The functions by which this module reads the hosts and tests its result.

    ``look`` reads the hosts and answers the same question again.  ``connect`` makes a real connection of a flow.
    ``is_safe`` returns why the user's own connection may be lost, or None if this connection still works.  ``reading``
    only reads the hosts, in a fraction of ``look``'s time; if it is None, ``look`` is used.  ``patience_s``: the time
    after the last step within which a service has to answer, in seconds."""

    look: Callable[[], Answer]
    connect: Callable[[Network, Flow], Observed | None]
    is_safe: Callable[[Network], Message | None]
    reading: Callable[[], Network] | None = None
    patience_s: float = _PATIENCE_S

    def read(self) -> Network:
        """Return the hosts as they are now."""
        return self.reading() if self.reading is not None else self.look().network


Grounds = Mapping[str, Ground]
"""The hosts that the plan changes, by their labels."""


def apply_plan(
    plan: RepairPlan,
    grounds: Grounds,
    verifier: Verifier,
    *,
    lasting: bool,
    question: tuple[str, ...],
    confirmed_later: bool = False,
) -> FixOutcome:
    """Carry the plan out.  Raises ApplyError before the first step if a host is no longer as it was when the plan was
    made.

    The plan is written to the journals of all hosts before the first step.  ``confirmed_later``: the switches, which
    take the plan back at its deadline, stay armed until ``hairpin fix --confirm`` (``--try``)."""
    with ExitStack() as holding:
        begins = {label: holding.enter_context(ground.held()) for label, ground in grounds.items()}
        fresh = verifier.read()
        ready = _made_ready(plan, grounds, fresh, lasting=lasting, question=question)
        begun = _begin_all(plan, begins, ready, fresh, lasting=lasting)
        with ExitStack() as cleanup:
            # The plan is also taken back if an interrupt ends this process.  The switches undo the steps that this
            # process cannot undo.
            cleanup.callback(_take_all_back, begun, verifier)
            results, verified, complaint = _done_and_verified(plan, begun, fresh, verifier)
            if complaint is None and not confirmed_later:
                complaint = next(filter(None, (each.confirm() for each in begun.values())), None)
            cleanup.pop_all()
        ids = tuple(each.plan for each in begun.values())
        if complaint is None:
            until = min(each.deadline for each in begun.values()) if confirmed_later else ""
            final = frozenset(
                each.plan
                for label, each in begun.items()
                if not any(nature(task.step) == "reversible" for task in ready[label].tasks)
            )
            return FixOutcome(ids, results, until=until, final=final, verified=verified)
        ended = _take_all_back(begun, verifier)
        late = tuple((host, begun[host].deadline) for host, state in ended.items() if state == "open")
        return FixOutcome(ids, results, complaint, left="partly" in ended.values(), late=late)


def _made_ready(
    plan: RepairPlan, grounds: Grounds, now: Network, *, lasting: bool, question: tuple[str, ...]
) -> dict[str, KeptPlan]:
    """Return the plan for each host's journal.  Raises ApplyError if a host is no longer as it was when the plan was
    made."""
    ready: dict[str, KeptPlan] = {}
    read = {each.name for each in now.hosts}
    for label, ground in grounds.items():
        if label not in read:
            raise ApplyError(message("{host} cannot be read any more, and nothing was done", host=label))
        own, planned = now.seen_from(label), plan.answer.network.host(label)
        tasks = made_ready(plan.tasks(lasting=lasting, host=label), planned, own, ground.read)
        ready[label] = KeptPlan("", label, own.this.boot_id or "", utc_text(datetime.now(UTC)), question, tasks=tasks)
    return ready


def _begin_all(
    plan: RepairPlan, begins: Mapping[str, Begin], ready: Mapping[str, KeptPlan], now: Network, *, lasting: bool
) -> dict[str, Begun]:
    """Write the plan into every host's journal and start the host's switch.  If one host refuses the plan, the journals
    of the other hosts record that nothing of the plan was carried out."""
    begun: dict[str, Begun] = {}
    with ExitStack() as cleanup:
        for label, begin in begins.items():
            made = tuple(each.step for each in plan.tasks(lasting=lasting, host=label))
            begun[label] = begin(ready[label], made, now.seen_from(label))
            cleanup.callback(begun[label].disown)
        cleanup.pop_all()
    return begun


def _take_all_back(plans: Mapping[str, Begun], verifier: Verifier) -> dict[str, PlanState]:
    """Take the plan back on every host, starting with the last host, and return the plan's state on each host."""
    try:
        network = verifier.read()  # if a host cannot be read, its switch still takes the plan back at the deadline
    except CollectError:
        network = None
    read = tuple(each.name for each in network.hosts) if network is not None else ()
    return {
        label: begun.take_back(network.seen_from(label) if network is not None and label in read else None)
        for label, begun in reversed(tuple(plans.items()))
    }


def _done_and_verified(
    plan: RepairPlan, begun: Mapping[str, Begun], was: Network, verifier: Verifier
) -> tuple[tuple[FlowResult, ...], Answer | None, Message | None]:
    """Carry out all steps except lasting steps.

    Return the results of the asked flows, the answer that contains them, and why the plan must be taken
    back (None if the plan is kept)."""
    for label, numbers in _in_order(plan):
        complaint = begun[label].carry(numbers)
        if complaint is not None:
            return (), None, complaint
    try:
        results, answer = _verified(plan, verifier)
        results, after = _with_counters(results, answer, verifier)
    except CollectError as error:
        return (), None, error.said
    complaint = next(_faults(plan, results, was, after), None) or verifier.is_safe(after)
    return results, answer, complaint


def _in_order(plan: RepairPlan) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield all steps except lasting steps, in the plan's order.

    Each value is a host and the numbers of consecutive tasks of this host."""
    counts: Counter[str] = Counter()
    for label, repairs in groupby(plan.repairs, key=lambda each: each.host):
        ids = {each.id for each in repairs}
        count = sum(each.repair in ids for each in plan.tasks(lasting=False, host=label))
        yield label, tuple(range(counts[label], counts[label] + count))
        counts[label] += count


def _verified(plan: RepairPlan, verifier: Verifier) -> tuple[tuple[FlowResult, ...], Answer]:
    """Return the results of the asked flows, and the answer that contains them.  The hosts are read again until every
    flow does what the plan said, or until the verifier's patience is over."""
    until = time.monotonic() + verifier.patience_s
    while True:
        answer = verifier.look()
        results = tuple(_results(plan, answer, verifier))
        if all(each.is_well for each in results) or time.monotonic() > until:
            return results, answer
        time.sleep(_EVERY_S)


def _with_counters(
    results: tuple[FlowResult, ...], answer: Answer, verifier: Verifier
) -> tuple[tuple[FlowResult, ...], Network]:
    """Return the results with the rules that counted the real connections, and the network from which these counters
    were read."""
    if all(each.judge != "observed" for each in results):
        return results, answer.network
    then = verifier.read()
    traces = {flow_key(each.trace.flow): each.trace for each in answer.flows}
    return tuple(
        msgspec.structs.replace(each, counted=counted_rules(traces[flow_key(each.flow)], answer.network, then))
        if each.judge == "observed"
        else each
        for each in results
    ), then


def _results(plan: RepairPlan, answer: Answer, verifier: Verifier) -> Iterator[FlowResult]:
    now = {flow_key(each.trace.flow): each for each in answer.flows}
    for before, then in zip(plan.answer.flows, plan.then, strict=True):
        found = now.get(flow_key(before.trace.flow))
        expected = succeeds(then)
        if found is None:  # the repair changed the host's addresses, so the question now asks about other flows
            after: Verdict = walk_flow(answer.network, before.trace.flow).verdict
            yield FlowResult(before.trace.flow, before.verdict, after, "simulated", expected)
            continue
        after, judge = found.verdict, found.judge
        observed = verifier.connect(answer.network, found.trace.flow) if not succeeds(before.verdict) else None
        if observed == "answered":
            judge = "observed"
            after = after if after == "leaves" else "delivered"
        # a flow with the verdict ``leaves`` may fail beyond the host
        elif observed in ("refused", "timeout") and after == "delivered":
            judge = "observed"
            after = "refused" if observed == "refused" else "dropped"
        yield FlowResult(before.trace.flow, before.verdict, after, judge, expected)


def _helps_nothing(plan: RepairPlan, results: tuple[FlowResult, ...]) -> bool:
    """Return whether the plan repairs causes of failing flows, but each flow that failed before still fails.  Only a
    user's choice leads to such a plan, because the other repairs that it needs were left out.  Lost rules of an engine
    are restored in any case."""
    meant = any(each.cause is not None and each.cause.severity == "blocking" for each in plan.repairs)
    failed = [each for each in results if each.before != "depends" and not succeeds(each.before)]
    return meant and bool(failed) and not any(succeeds(each.after) or each.after == "depends" for each in failed)


def _faults(plan: RepairPlan, results: tuple[FlowResult, ...], was: Network, after: Network) -> Iterator[Message]:
    """Yield the reasons to take the plan back: an asked flow does not pass as planned, or a known flow was closed or
    opened although the plan did not announce this effect, or a flow that the engine's rules should close again passes.

    The known flows were walked when the plan was made.  A flow that changed before the first step is no fault of the
    plan.  ``was`` is the network that was read just before the first step."""
    for each in results:
        if not each.is_well:
            yield message("{flow} does not pass after the repair", flow=flow_told(each.flow))
    for label in dict.fromkeys(each.host for each in plan.repairs):
        for name in networks_gone(was.host(label), after.host(label)):
            yield message("the network {network} was removed meanwhile", network=name)
    if _helps_nothing(plan, results):
        yield message("the repair did not help: each asked flow that failed before it still fails")
    foretold = {(each.kind, flow_key(each.flow)) for each in plan.effects.found}
    for effect in plan.effects.closes:
        if effect.again and walked(after, effect.flow).succeeds:
            yield message("{flow} still passes after the repair, which should close it", flow=flow_told(effect.flow))
    asked = tuple(each.trace.flow for each in plan.answer.flows)
    own = set(map(flow_key, asked))
    for label in dict.fromkeys(each.host for each in plan.repairs):
        others = others_of(plan.answer.network.seen_from(label), asked, MAX_OF_PLAN)
        natures: set[Nature] = {each.carried.nature for each in plan.repairs if each.host == label}
        for known, trace in zip(others.known, others.traces, strict=True):
            flow, passes = known.flow, trace.succeeds
            kind: Kind = "closes" if passes else "opens"
            if flow_key(flow) in own or (kind, flow_key(flow)) in foretold or walked(after, flow).succeeds is passes:
                continue
            if walk_flow(was, flow).succeeds is not passes:
                continue
            if passes:
                yield message("{flow} passed before the repair, and does not pass after it", flow=flow_told(flow))
            elif not any(comes_back(known, each) for each in natures) and others.services.isdisjoint(
                services_of(flow, others.network)
            ):
                yield message("{flow} did not pass before the repair, and passes after it", flow=flow_told(flow))
