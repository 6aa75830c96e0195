"""Scores hairpin on random sets of faults: the truth is the real connection, before the faults, with them, repaired."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

import msgspec

from hairpin.errors import LabError
from hairpin.lab.all_flows import UNPUBLISHED, Way, containers
from hairpin.lab.build import Lab
from hairpin.lab.diagnosis import CHECK, Answer, Printed, ask, blocking_causes, describes, printed_for, stop_reason
from hairpin.lab.judging import judge_everything
from hairpin.lab.probe import Outcome
from hairpin.lab.random_faults import NO_FAULT, Draw, kinds
from hairpin.lab.repairing import RepairScore, Seen, after_boot, carry_out, left_by, look
from hairpin.lab.say import say
from hairpin.lab.scenario import Flow, Scenario
from hairpin.lab.topology import HOST, PUBLIC
from hairpin.lab.trial import break_host, running_scenario, settled_outcome

MOST_FLOWS = 3
MOST_REPAIRS = 3
ICMP_PAUSE_S = 6.0
"""In this time the kernel's allowance for ICMP errors to one host fills up: net/ipv4/route.c ip_error()."""
_CONTAINERS = "172."
"""How the addresses begin that Docker gives: of its default pools in a lab that has few networks."""
_FLUSHES = frozenset({"docker-nat-chain-missing", "docker-filter-chain-missing"})


class AskedScore(msgspec.Struct, frozen=True):
    """One question about a randomly broken host. ``needed``: whether the cause named first is the truth of one of the
    faults; None if none had to be named."""

    flow: str
    truth: str
    verdict: str
    named: tuple[str, ...]
    needed: bool | None
    seconds: float
    wrong: tuple[str, ...] = ()


class DrawScore(msgspec.Struct, frozen=True):
    """One random lab: the kinds of its faults, those that could not be carried out there, the answers, the repairs one
    after the other."""

    name: str
    again: str
    left_out: tuple[str, ...] = ()
    asked: tuple[AskedScore, ...] = ()
    repairs: tuple[RepairScore, ...] = ()
    boot: tuple[str, ...] = ()
    trouble: str = ""

    @property
    def misses(self) -> tuple[str, ...]:
        """What is wrong, a sentence for each."""
        return (
            *(f"{asked.flow}: {wrong}" for asked in self.asked for wrong in asked.wrong),
            *(
                f"repair of {repair.flow} ({', '.join(repair.causes)}): {wrong}"
                for repair in self.repairs
                for wrong in repair.wrong
            ),
            *(f"after a reboot: {each}" for each in self.boot),
        )


class RandomReport(msgspec.Struct, frozen=True, kw_only=True):
    """The figures over all draws.  ``kinds``: how often each kind of fault was carried out."""

    seed: int
    draws: int
    healthy: int
    false_alarms: int
    verdicts_right: int
    verdicts_asked: int
    first_right: int
    first_asked: int
    repairs_working: int
    repairs_tried: int
    repairs_made: int
    opened_or_broken: int
    not_twice: int
    boots: int
    boots_right: int
    left_out: int
    troubles: tuple[str, ...]
    kinds: dict[str, int]
    rows: tuple[DrawScore, ...]
    schema: str = "hairpin.lab-random/1"

    @property
    def perfect(self) -> bool:
        return not self.troubles and not any(row.misses for row in self.rows)


def random_score(
    labs: Iterable[Draw],
    seed: int,
    out: Callable[[str], object] = say,
    *,
    parallel: int = 1,
    command: tuple[str, ...] = CHECK,
) -> RandomReport:
    """Break the labs, which were drawn with the seed; ``out`` gets a line for each of them and for each miss."""
    out(f"seed {seed}")

    def scored(draw: Draw) -> DrawScore:
        return score_draw(draw, command)

    rows: list[DrawScore] = []
    pool = ThreadPoolExecutor(parallel)
    try:
        for row in pool.map(scored, labs):
            rows.append(row)
            out(draw_lines(row, len(rows)))
    finally:
        pool.shutdown(cancel_futures=True)
    report = _report(seed, tuple(rows))
    out(random_summary(report))
    return report


def score_draw(draw: Draw, command: tuple[str, ...] = CHECK) -> DrawScore:
    """Build the lab of a draw, break it, ask, repair; a lab that does not work as it should is ``trouble``."""
    row = DrawScore(draw.name, draw.again)
    try:
        return _scored(draw, row, command)
    except LabError as error:
        return msgspec.structs.replace(row, trouble=str(error))


def _scored(draw: Draw, row: DrawScore, command: tuple[str, ...]) -> DrawScore:
    chance = random.Random(draw.name)  # noqa: S311 (a test's choice)
    stage = Scenario(name=draw.name, title="", flows=(), lab=draw.plan, listeners=draw.listeners)
    with running_scenario(stage) as lab:
        seen = look(lab, draw.plan)
        flows = _chosen_flows(lab, draw, seen, chance)
        left_out = tuple(fault.name for fault in draw.faults if not _broken_by(lab, fault))
        flows = tuple(flow for flow in flows if _starts(lab, flow))
        answers = [(flow, *_asked(lab, flow, command)) for flow in flows]
        held = {name: box.addresses for name, box in containers(lab).items()}
        asked = [_judged(_truths(draw, flow, held), flow, outcome, answer) for flow, outcome, answer in answers]
        if draw.healthy is not None and draw.healthy.everything and draw.healthy.healthy:
            asked.append(_everything(draw.healthy, ask(lab.host, (), command)))
        fault = left_by(lab, seen)
        repairs = _repaired(lab, flows, seen, command)
        left = left_by(lab, seen)
    row = msgspec.structs.replace(row, left_out=left_out, asked=tuple(asked), repairs=repairs)
    if not any(repair.lasts for repair in repairs):
        return row
    return msgspec.structs.replace(row, boot=after_boot(draw.plan, fault, left, seen))


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
        scores.append(carry_out(lab, "", flow, printed, seen, tuple(done)))
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
    return tuple(flow for flow in (*of_scenarios, *further) if _delivered(lab, flow))


def _delivered(lab: Lab, flow: Flow) -> bool:
    try:
        return settled_outcome(lab, flow, Outcome.DELIVERED) is Outcome.DELIVERED
    except LabError:
        return False


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
    outcome = _now(lab, flow)
    # A port alone asks about several addresses, of which the connection is one.
    answer = ask(lab.host, flow.arguments(target=flow.to), command)
    if not _disagrees(answer, outcome):
        return outcome, answer
    if outcome is Outcome.TIMEOUT and not _disagrees(answer, Outcome.UNREACHABLE):
        time.sleep(ICMP_PAUSE_S)
    return _now(lab, flow), answer


def _now(lab: Lab, flow: Flow) -> Outcome:
    try:
        outcome = lab.probe(flow.start, flow.to, padding_bytes=flow.padding_bytes)
        # A busy machine may be late with an answer, so a timeout is asked once more.
        return (
            lab.probe(flow.start, flow.to, padding_bytes=flow.padding_bytes) if outcome is Outcome.TIMEOUT else outcome
        )
    except LabError:
        return Outcome.UNREACHABLE  # the container that the flow starts from does not run


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


def _truths(draw: Draw, flow: Flow, held: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    """Return the causes that the faults made.  A fault that takes a container's address away makes one more for the
    flow that asks for this address; one that moves the sender to another network has the engine keep it apart, for the
    flow was delivered before.  One that deletes all rules deletes Podman's, too.  ``held``: the addresses that each
    container has."""
    of_faults = frozenset(cause for fault in draw.faults for alternatives in fault.causes for cause in alternatives)
    if draw.plan.podman and of_faults & _FLUSHES:
        of_faults |= {"podman-rules-missing"}
    address = flow.to.rpartition(":")[0]
    if not address.startswith(_CONTAINERS):
        return of_faults
    if not any(address in addresses for addresses in held.values()):
        return of_faults | {"container-address-not-assigned"}
    own = held.get(flow.start, ())
    apart = bool(own) and all(_network(each) != _network(address) for each in own)
    return of_faults | ({"isolation-drops-between-bridges"} if apart else frozenset[str]())


def _network(address: str) -> str:
    return address.rsplit(".", 2)[0]


def _judged(truths: frozenset[str], flow: Flow, outcome: Outcome, answer: Answer) -> AskedScore:
    asked = f"{flow.start} → {flow.to}"
    if answer.report is None or not answer.report.flows:
        said = answer.complaint.splitlines()[-1] if answer.complaint else "it printed nothing"
        wrong: tuple[str, ...] = (f"status {answer.status}, no report: {said}",)
        return AskedScore(asked, outcome.value, "none", (), None, answer.seconds, wrong)
    found = answer.report.flows[0]
    named = tuple(cause.id for cause in blocking_causes(answer.report, found))
    failing = outcome is not Outcome.DELIVERED
    needed = bool(named) and named[0] in truths if failing else None
    if _disagrees(answer, outcome):
        wrong = (f"the connection was {outcome.value}, hairpin says {found.verdict}",)
    elif answer.status not in _right_statuses(answer, failing=failing):
        wrong = (f"exit status {answer.status}, should be {int(failing)}",)
    else:
        wrong = ()
    if named and not failing:
        wrong += (f"false alarm: {', '.join(named)}",)
    if needed is False:
        wrong += (f"named first: {', '.join(named) or 'nothing'}; the faults are {', '.join(sorted(truths))}",)
    return AskedScore(asked, outcome.value, found.verdict, named, needed, answer.seconds, wrong)


def _right_statuses(answer: Answer, *, failing: bool) -> tuple[int, ...]:
    """Return what ``hairpin check`` may exit with: a flow that passes is no all-clear while the engine does not run."""
    causes = answer.report.causes if answer.report is not None else ()
    is_unknown = not failing and any(cause.id == "docker-daemon-not-running" for cause in causes)
    return (3,) if is_unknown else (int(failing),)


def _everything(scenario: Scenario, answer: Answer) -> AskedScore:
    row = judge_everything(scenario, answer)
    return AskedScore(row.flow, row.truth, row.verdict, row.named, None, row.seconds, (row.wrong,) if row.wrong else ())


def draw_lines(row: DrawScore, number: int) -> str:
    """Return a line for a draw, and one for each miss."""
    left_out = f" (not carried out: {', '.join(row.left_out)})" if row.left_out else ""
    wrong = [*([f"could not be carried through: {row.trouble}"] if row.trouble else []), *row.misses]
    again = [f"       again: hairpin lab score {row.again}"] if wrong else []
    head = f"{number:4} {'miss' if wrong else 'ok  '} {row.name}{left_out}"
    return "\n".join((head, *(f"       {each}" for each in wrong), *again))


def _report(seed: int, rows: tuple[DrawScore, ...]) -> RandomReport:
    asked = [one for row in rows for one in row.asked]
    repairs = [repair for row in rows for repair in row.repairs]
    booted = [row for row in rows if any(repair.lasts for repair in row.repairs)]
    whole = [repair for repair in repairs if not repair.by_hand]
    healthy = [row for row in rows if row.name.startswith(NO_FAULT) and not row.trouble]
    done: Counter[str] = Counter({kind.name: 0 for kind in kinds()})
    for row in rows:
        if row not in healthy and not row.trouble:
            done.update(name for name in row.name.split(" + ") if name not in row.left_out)
    return RandomReport(
        seed=seed,
        draws=len(rows),
        healthy=len(healthy),
        false_alarms=sum(any(one.named for one in row.asked) for row in healthy),
        verdicts_right=sum(
            not any("hairpin says" in wrong or "no report" in wrong for wrong in one.wrong) for one in asked
        ),
        verdicts_asked=len(asked),
        first_right=sum(one.needed is True for one in asked),
        first_asked=sum(one.needed is not None for one in asked),
        repairs_working=sum(repair.works for repair in whole),
        repairs_tried=len(whole),
        repairs_made=len(repairs),
        opened_or_broken=sum(bool(repair.harm) for repair in repairs),
        not_twice=sum(bool(repair.twice or repair.kept_twice) for repair in repairs),
        boots=len(booted),
        boots_right=sum(not row.boot for row in booted),
        left_out=sum(len(row.left_out) for row in rows),
        troubles=tuple(f"{row.again}: {row.trouble}" for row in rows if row.trouble),
        kinds=dict(sorted(done.items())),
        rows=rows,
    )


def random_summary(report: RandomReport) -> str:
    """Return the figures in words.  Kinds that were never carried out are only counted."""
    carried_out = {name: count for name, count in report.kinds.items() if count}
    return "\n".join(
        (
            "",
            *(f"{count:4} {name}" for name, count in carried_out.items()),
            "",
            f"seed                 {report.seed}",
            f"kinds of fault       {len(carried_out)} of {len(report.kinds)} carried out",
            f"labs                 {report.draws}, {report.healthy} of them healthy",
            f"faults left out      {report.left_out} could not be carried out in their lab",
            f"verdict = reality    {report.verdicts_right}/{report.verdicts_asked}",
            f"top-1                {report.first_right}/{report.first_asked} broken flows: a fault's cause named first",
            f"false alarms         {report.false_alarms} in {report.healthy} healthy labs",
            f"repairs              {report.repairs_working}/{report.repairs_tried} bring the connection back",
            f"opened or broken     {report.opened_or_broken} of {report.repairs_made} repairs",
            f"not the same twice   {report.not_twice} of {report.repairs_made}",
            f"after a reboot       {report.boots_right}/{report.boots} have every flow as before the faults",
            f"not carried through  {len(report.troubles)}",
        )
    )
