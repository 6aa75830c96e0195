"""Carries a plan out: ready, written down, under the switch, verified on fresh evidence, and kept or taken back."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime

import msgspec

from hairpin.answer.answer import Answer
from hairpin.apply.backups import keep_backups
from hairpin.apply.carrying_out import Carrier, Hands, Told, carry_out_tasks
from hairpin.apply.counting import counted_rules
from hairpin.apply.journal import Journal
from hairpin.apply.outcome import FixOutcome, FlowResult
from hairpin.apply.plan import RepairPlan
from hairpin.apply.ready import made_ready, read_file
from hairpin.apply.taking_back import take_back
from hairpin.apply.task import PlanState, Undertaking
from hairpin.carry.run import carry_out
from hairpin.live.connection import Observed
from hairpin.message import Message, message
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.remedy.effects import flow_told, others_of
from hairpin.remedy.other_flows import flow_key
from hairpin.walk.verdicts import Verdict, succeeds
from hairpin.walk.walk import walk_flow

_PATIENCE_S = 6.0
"""How long a service may take until it answers after the last step."""
_EVERY_S = 0.5


class Deed(msgspec.Struct, frozen=True):
    """What has to be done to the outside of this module.

    ``look``: asks the same question of the host as it is now.  ``connect``: a real connection of a flow.  ``arm``:
    starts the switch for a plan.  ``is_safe``: why the user's own way in was not seen to live on; None: it was.
    ``told``: is told each step.  ``carrier``: does the acts of a step."""

    look: Callable[[], Answer]
    connect: Callable[[Network, Flow], Observed | None]
    arm: Callable[[str], None]
    is_safe: Callable[[Network], Message | None]
    told: Told
    carrier: Carrier = carry_out

    @property
    def hands(self) -> Hands:
        """What reaches the host, without the question."""
        return Hands(lambda: self.look().network, self.told, carrier=self.carrier)


def apply_plan(
    plan: RepairPlan,
    journal: Journal,
    deed: Deed,
    *,
    lasting: bool,
    question: tuple[str, ...],
    confirmed_later: bool = False,
) -> FixOutcome:
    """Carry the plan out.  Raises ApplyError before the first step, if the host is no longer the one planned for.

    ``confirmed_later``: nobody tells the switch now; ``hairpin fix --confirm`` does (``--try``)."""
    with journal.locked():
        fresh = deed.look()
        tasks = made_ready(plan.tasks(lasting=lasting), plan.answer.network.this, fresh.network, read_file)
        host = fresh.network.this
        begun = journal.begin(Undertaking("", host.name, host.boot_id or "", _now(), question, tasks=tasks))
        with ExitStack() as cleanup:
            cleanup.callback(journal.end, begun.id, "taken-back")
            keep_backups(journal.folder, begun, deed.carrier)
            deed.arm(begun.id)
            cleanup.pop_all()
        with ExitStack() as cleanup:
            # Also when an interrupt ends this process; what this cannot take back, the switch does.
            cleanup.callback(_take_all_back, journal, begun, deed)
            results, complaint = _done_and_verified(plan, journal, begun, fresh.network, deed)
            if complaint is None and not confirmed_later:
                complaint = confirm(journal, begun, deed.hands)
            cleanup.pop_all()
        if complaint is None:
            return FixOutcome(begun.id, results)
        return FixOutcome(begun.id, results, complaint, left=_take_all_back(journal, begun, deed) != "taken-back")


def _take_all_back(journal: Journal, begun: Undertaking, deed: Deed) -> PlanState:
    network = deed.look().network  # the switch still watches, in case the host cannot be read
    if not journal.seize(begun.id):
        while journal.is_watched(begun.id) and journal.known(begun.id).state == "ending":
            time.sleep(_EVERY_S)  # the switch takes it back
        ended = journal.known(begun.id).state
        if ended in ("taken-back", "partly"):
            return ended
    return take_back(journal, journal.known(begun.id), Hands(lambda: network, deed.told, carrier=deed.carrier))


def _done_and_verified(
    plan: RepairPlan, journal: Journal, begun: Undertaking, was: Network, deed: Deed
) -> tuple[tuple[FlowResult, ...], Message | None]:
    """Carry out the steps of now; return what became of the asked flows, and why the plan has to be taken back."""
    others = _passing_others(was)
    of_now = [number for number, each in enumerate(begun.tasks) if not each.lasting]
    complaint = carry_out_tasks(journal, begun, of_now, deed.hands)
    if complaint is not None:
        return (), complaint
    results, after = _verified(plan, deed)
    return results, next(_faults(plan, results, others, after), None) or deed.is_safe(after)


def confirm(journal: Journal, plan: Undertaking, hands: Hands) -> Message | None:
    """Tell the switch that all is well, and write what lasts; return why that failed."""
    if not journal.pass_on(plan.id):
        return message("the plan is being taken back by another process")
    lasting = [number for number, each in enumerate(plan.tasks) if each.lasting and each.state == "planned"]
    complaint = carry_out_tasks(journal, plan, lasting, hands)
    if complaint is None:
        journal.end(plan.id, "applied")
    return complaint


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _passing_others(network: Network) -> dict[object, Flow]:
    return {flow_key(each.flow): each.flow for each in others_of(network).traces if each.succeeds}


def _verified(plan: RepairPlan, deed: Deed) -> tuple[tuple[FlowResult, ...], Network]:
    """Return what became of the asked flows, on evidence that is read until they are well or the patience ends."""
    until = time.monotonic() + _PATIENCE_S
    while True:
        answer = deed.look()
        results = tuple(_results(plan, answer, deed))
        if all(each.is_well for each in results) or time.monotonic() > until:
            return _with_counters(results, answer, deed)
        time.sleep(_EVERY_S)


def _with_counters(
    results: tuple[FlowResult, ...], answer: Answer, deed: Deed
) -> tuple[tuple[FlowResult, ...], Network]:
    """Return the results with what the rules have counted of the real connections, and the host as it is then."""
    if all(each.judge != "observed" for each in results):
        return results, answer.network
    then = deed.look().network
    traces = {flow_key(each.trace.flow): each.trace for each in answer.flows}
    return tuple(
        msgspec.structs.replace(each, counted=counted_rules(traces[flow_key(each.flow)], answer.network, then))
        if each.judge == "observed"
        else each
        for each in results
    ), then


def _results(plan: RepairPlan, answer: Answer, deed: Deed) -> Iterator[FlowResult]:
    now = {flow_key(each.trace.flow): each for each in answer.flows}
    for before, then in zip(plan.answer.flows, plan.then, strict=True):
        found = now.get(flow_key(before.trace.flow))
        expected = succeeds(then)
        if found is None:  # the repair has given the host other addresses: the question asks these now
            after: Verdict = walk_flow(answer.network, before.trace.flow).verdict
            yield FlowResult(before.trace.flow, before.verdict, after, "simulated", expected)
            continue
        after, judge = found.verdict, found.judge
        observed = deed.connect(answer.network, found.trace.flow) if not succeeds(before.verdict) else None
        if observed == "answered":
            judge = "observed"
            after = after if after == "leaves" else "delivered"
        elif observed in ("refused", "timeout") and after == "delivered":  # what leaves may end anywhere outside
            judge = "observed"
            after = "refused" if observed == "refused" else "dropped"
        yield FlowResult(before.trace.flow, before.verdict, after, judge, expected)


def _faults(
    plan: RepairPlan, results: tuple[FlowResult, ...], others: dict[object, Flow], after: Network
) -> Iterator[Message]:
    """Yield why the plan is taken back: a flow that does not pass as planned, or another one that no longer does."""
    for each in results:
        if not each.is_well:
            yield message("{flow} does not pass after it", flow=flow_told(each.flow))
    said = {one.flow for each in plan.repairs for one in each.remedy.side_effects}
    still = _passing_others(after)
    for key, flow in others.items():
        if key not in still and flow_told(flow) not in said and not walk_flow(after, flow).succeeds:
            yield message("{flow} passed before it, and does not after it", flow=flow_told(flow))
