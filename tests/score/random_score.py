"""Scores hairpin on random sets of faults: the truth is the real connection, before the faults, with them, repaired."""

import functools
import itertools
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

import msgspec

from hairpin.errors import LabError
from hairpin.lab.build import Lab
from hairpin.lab.probe import Outcome
from hairpin.lab.run import whole_network
from hairpin.lab.scenario import Flow, Scenario
from hairpin.lab.topology import HOST, PUBLIC
from hairpin.lab.trial import break_host, running_scenario, say
from tests.score.all_flows import UNPUBLISHED, Way, containers
from tests.score.diagnosis import CHECK, Answer, Printed, ask, describes, printed_for, stop_reason
from tests.score.judging import judge, judge_everything
from tests.score.outcome import outcome_now, passes
from tests.score.random_faults import Draw, kinds
from tests.score.repairing import RepairScore, Seen, after_boot, carry_out, left_by, look
from tests.score.score import Judge, LabScore, Score, score_labs, share

MOST_FLOWS = 3
MOST_REPAIRS = 3
ICMP_PAUSE_S = 6.0
"""In this time the kernel's allowance for ICMP errors to one host fills up: net/ipv4/route.c ip_error()."""
_CONTAINERS = "172."
"""How the addresses begin that Docker gives: of its default pools in a lab that has few networks."""
_FLUSHES = frozenset({"docker-nat-chain-missing", "docker-filter-chain-missing"})


def score_random(
    labs: Iterable[Draw],
    seed: int,
    out: Callable[[str], object] = say,
    *,
    parallel: int = 1,
    command: tuple[str, ...] = CHECK,
) -> Score:
    """Break the labs, which were drawn with the seed; ``out`` gets a line for each of them and for each miss."""
    out(f"seed {seed}")
    number = itertools.count(1)
    carry = functools.partial(score_draw, command=command)
    judge = Judge(carry, lambda lab: draw_lines(lab, next(number)), random_summary)
    return score_labs(labs, judge, out, parallel=parallel, seed=seed)


def score_draw(draw: Draw, command: tuple[str, ...] = CHECK) -> LabScore:
    """Build the lab of a draw, break it, ask, repair; raise LabError if the lab does not work as it should."""
    chance = random.Random(draw.name)  # noqa: S311 (a test's choice)
    stated = "\n".join(dict.fromkeys(fault.outside for fault in draw.faults if fault.outside))
    stage = Scenario(name=draw.name, title="", flows=(), lab=draw.plan, listeners=draw.listeners, outside=stated)
    with running_scenario(stage) as lab, whole_network(lab, stage) as options:
        seen = look(lab, draw.plan)
        flows = tuple(_with_options(flow, options) for flow in _chosen_flows(lab, draw, seen, chance))
        left_out = tuple(fault.name for fault in draw.faults if not _broken_by(lab, fault))
        flows = tuple(flow for flow in flows if _starts(lab, flow))
        answers = [(flow, *_asked(lab, flow, command)) for flow in flows]
        held = {name: box.addresses for name, box in containers(lab).items()}
        asked = [judge(flow, outcome, (_truths(draw, flow, held),), answer) for flow, outcome, answer in answers]
        if draw.healthy is not None and draw.healthy.everything and draw.healthy.healthy:
            asked.append(judge_everything(ask(lab.host, (), command)))
        fault = left_by(lab, seen)
        repairs = _repaired(lab, flows, seen, command)
        left = left_by(lab, seen)
    boot = after_boot(draw.plan, fault, left, seen) if any(repair.lasts for repair in repairs) else ()
    return LabScore(draw.name, not draw.faults, left_out=left_out, asked=tuple(asked), repairs=repairs, boot=boot)


def _repaired(lab: Lab, flows: tuple[Flow, ...], seen: Seen, command: tuple[str, ...]) -> tuple[RepairScore, ...]:
    """Ask about each flow that still fails, and carry out what is printed, until that brings no flow back."""
    scores: list[RepairScore] = []
    done: list[Printed] = []
    for flow in flows:
        if len(scores) == MOST_REPAIRS:
            break
        outcome, answer = _asked(lab, flow, command)
        printed = _printed(answer)
        if outcome is Outcome.DELIVERED or printed is None:
            continue
        scores.append(carry_out(lab, flow, printed, seen, tuple(done)))
        done.append(printed)
        if not scores[-1].works:
            break
    return tuple(scores)


def _broken_by(lab: Lab, fault: Scenario) -> bool:
    try:
        break_host(lab, fault)
    except LabError:
        return False
    return True


def _chosen_flows(lab: Lab, draw: Draw, seen: Seen, chance: random.Random) -> tuple[Flow, ...]:
    """Return flows to ask about, all delivered before the faults: some of the scenarios', and one of the whole lab."""
    of_lab = [
        _flow(lab, way)
        for way, outcome in sorted(seen.flows.items())
        if outcome is Outcome.DELIVERED and not way.source and way.port != str(UNPUBLISHED)
    ]
    chance.shuffle(of_lab)
    of_scenarios = list(draw.flows)
    if len(of_scenarios) > MOST_FLOWS:
        of_scenarios = chance.sample(of_scenarios, MOST_FLOWS)
    told = {(flow.start, flow.to) for flow in of_scenarios}
    further = [flow for flow in of_lab if (flow.start, flow.to) not in told][:1]
    return tuple(flow for flow in (*of_scenarios, *further) if passes(lab, flow))


def _with_options(flow: Flow, options: tuple[str, ...]) -> Flow:
    """Return the flow, asked with what the faults' scenarios state about the outside: no host shows it."""
    return msgspec.structs.replace(flow, options=(*flow.options, *options))


def _starts(lab: Lab, flow: Flow) -> bool:
    """Return whether the place that the flow starts from still runs: a stopped container sends nothing."""
    try:
        lab.probe(flow.start, flow.to, padding_bytes=flow.padding_bytes)
    except LabError:
        return False
    return True


def _flow(lab: Lab, way: Way) -> Flow:
    address = containers(lab)[way.to].address if way.to.startswith("container:") else way.to
    # What the gateway maps is known to nobody but the user.
    stated = ("--public", f"{PUBLIC}={HOST}") if address == PUBLIC else ()
    return Flow(start=way.start, to=f"{address}:{way.port}", options=stated)


def _asked(lab: Lab, flow: Flow, command: tuple[str, ...]) -> tuple[Outcome, Answer]:
    """Return what the connection does, and what hairpin says; the connection is made before and after the question."""
    outcome = outcome_now(lab, flow, flow.source_port)
    # A port alone asks about several addresses, of which the connection is one.
    answer = ask(lab.host, flow.arguments(target=flow.to), command)
    if not _disagrees(answer, outcome):
        return outcome, answer
    if outcome is Outcome.TIMEOUT and not _disagrees(answer, Outcome.UNREACHABLE):
        time.sleep(ICMP_PAUSE_S)
    return outcome_now(lab, flow, flow.source_port), answer


def _disagrees(answer: Answer, outcome: Outcome) -> bool:
    if answer.report is None or not answer.report.flows:
        return True
    asked = answer.report.flows[0]
    return not describes(asked.verdict, stop_reason(asked), outcome)


def _printed(answer: Answer) -> Printed | None:
    if answer.report is None or not answer.report.flows:
        return None
    printed = printed_for(answer.report, answer.report.flows[0])
    return printed if printed.remedies else None


def _truths(draw: Draw, flow: Flow, held: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the causes that the faults made, each as right as any other.  A fault that takes a container's address
    away makes one more for the flow that asks for this address; one that moves the sender to another network has the
    engine keep it apart, for the flow was delivered before.  One that deletes all rules deletes Podman's, too.
    ``held``: the addresses that each container has."""
    causes = {cause for fault in draw.faults for alternatives in fault.causes for cause in alternatives}
    if draw.plan.podman and causes & _FLUSHES:
        causes.add("podman-rules-missing")
    address, own = flow.to.rpartition(":")[0], held.get(flow.start, ())
    if address.startswith(_CONTAINERS) and not any(address in addresses for addresses in held.values()):
        causes.add("container-address-not-assigned")
    elif address.startswith(_CONTAINERS) and own and all(_network(each) != _network(address) for each in own):
        causes.add("isolation-drops-between-bridges")
    return tuple(sorted(causes))


def _network(address: str) -> str:
    return address.rsplit(".", 2)[0]


def draw_lines(lab: LabScore, number: int) -> str:
    """Return a line for a draw, one for each miss, and one with the words that repeat it."""
    left_out = f" (not carried out: {', '.join(lab.left_out)})" if lab.left_out else ""
    head = f"{number:4} {'miss' if lab.misses else 'ok  '} {lab.name}{left_out}"
    again = [f"again: python -m tests.score --together {' '.join(_kinds_of(lab))}"] if lab.misses else []
    return "\n".join((head, *(f"       {each}" for each in (*lab.misses, *again))))


def _kinds_of(lab: LabScore) -> list[str]:
    return lab.name.split(" + ")


def random_summary(score: Score) -> str:
    """Return the figures in words.  Kinds that were never carried out are only counted."""
    done = Counter(
        name
        for lab in score.labs
        if not lab.healthy and not lab.trouble
        for name in _kinds_of(lab)
        if name not in lab.left_out
    )
    healthy = [lab for lab in score.labs if lab.healthy]
    alarms = sum(any(row.named for row in lab.asked) for lab in healthy)
    first = share(row.is_cause_right for row in score.asked if row.expected is not None)
    repairs = score.repairs
    booted = share(not lab.boot for lab in score.labs if any(repair.lasts for repair in lab.repairs))
    left_out = sum(len(lab.left_out) for lab in score.labs)
    return "\n".join(
        (
            "",
            *(f"{count:4} {name}" for name, count in sorted(done.items())),
            "",
            f"seed                 {score.seed}",
            f"kinds of fault       {len(done)} of {len(kinds())} carried out",
            f"labs                 {len(score.labs)}, {len(healthy)} of them healthy",
            f"faults left out      {left_out} could not be carried out in their lab",
            f"verdict = reality    {share(row.agrees for row in score.asked)}",
            f"top-1                {first} broken flows: a fault's cause named first",
            f"false alarms         {alarms} in {len(healthy)} healthy labs",
            f"repairs              {share(each.works for each in score.whole_repairs)} bring the connection back",
            f"opened or broken     {sum(bool(each.harm) for each in repairs)} of {len(repairs)} repairs",
            f"not the same twice   {sum(not each.repeats for each in repairs)} of {len(repairs)}",
            f"after a reboot       {booted} have every flow as before the faults",
            f"not carried through  {score.troubles}",
        )
    )
