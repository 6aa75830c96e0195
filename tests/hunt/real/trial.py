"""One case from building the host to the repair: real exchanges before, after the change, after the printed repair."""

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from hairpin.answer.answer import Answer, FlowAnswer
from hairpin.answer.ask import ask as answered
from hairpin.collect.snapshot import save
from hairpin.errors import HairpinError, LabError
from hairpin.evidence.reading import Evidence
from hairpin.lab.build import Lab, running_lab
from hairpin.lab.node import Node
from hairpin.lab.plan import LabPlan
from hairpin.network.world import World
from hairpin.question.question import parse_question
from hairpin.report.documents.document import FlowDocument
from tests.hunt.elements import Element
from tests.hunt.real.case import Case, Mutation, change
from tests.hunt.real.flows import (
    Boxes,
    Outcomes,
    Seen,
    asked_as,
    boxes,
    forget_neighbours,
    measure,
    origin,
    prepare,
    target,
    ways,
)
from tests.hunt.real.hosts import PAGES, configured
from tests.hunt.real.judge import Miss, Named, What, is_made, named, names_address, names_hardware, touched, verdict
from tests.machine.hairpin import plain, read
from tests.machine.run import RAISED
from tests.score import diagnosis
from tests.score.all_flows import UNPUBLISHED, Way
from tests.score.diagnosis import Printed, blocking_causes, breaks, dispute_in, opens, printed_for
from tests.score.random_score import ICMP_PAUSE_S
from tests.score.repairing import run_all

_NAMED = 3
"""So many broken flows of a case have their causes judged."""
_EXPIRES_S = 8.0
"""A sender asks a neighbour that has another hardware address since: DELAY_PROBE_TIME, then three unicast requests."""
_ENDING = ("process", "engine option")
"""Kinds of changes that may end an engine: nothing can be said of a host whose engine does not answer."""
_HERE = Node("here", 0, ())


class Repaired(msgspec.Struct, frozen=True):
    """A printed repair, carried out.  ``by_hand``: the causes that no printed command removes."""

    flow: str
    causes: tuple[str, ...]
    commands: tuple[str, ...] = ()
    by_hand: tuple[str, ...] = ()
    works: bool = False
    said: str = ""


class Result(msgspec.Struct, frozen=True):
    """What became of a case.  ``broken``: the flows that passed before and do not now, with their outcome.  ``asked``:
    how many flows passed before.  ``trouble``: why the lab itself failed."""

    number: int
    host: str
    made: tuple[Mutation, ...] = ()
    asked: int = 0
    broken: tuple[tuple[str, str], ...] = ()
    conditional: int = 0
    status: int = 0
    named: tuple[Named, ...] = ()
    misses: tuple[Miss, ...] = ()
    repair: Repaired | None = None
    trouble: str = ""
    seconds: float = 0.0


class Watched(msgspec.Struct, frozen=True):
    """A changed host as it was read, for whoever keeps the case."""

    result: Result
    evidence: tuple[Evidence, ...] = ()
    flows: tuple[tuple[str, str, bool], ...] = ()
    """Start, target and whether it passes, of each flow that passed before."""


def try_case(case: Case) -> Watched:
    """Carry one case through."""
    began = time.monotonic()
    try:
        with running_lab(_prepared(case)) as lab:
            watched = _Trial(case, lab).run()
    except LabError as error:
        watched = Watched(Result(case.number, case.host, trouble=str(error).strip()[-300:]))
    seconds = round(time.monotonic() - began, 1)
    return msgspec.structs.replace(watched, result=msgspec.structs.replace(watched.result, seconds=seconds))


def _prepared(case: Case) -> LabPlan:
    """Return the lab whose services have their pages, and whose hosts have their network configuration."""
    plan, before = case.plan, (*PAGES, *configured(case.host))
    if not plan.hosts:
        return msgspec.structs.replace(plan, before_engine=(*before, *plan.before_engine))
    hosts = (msgspec.structs.replace(each, before_engine=(*before, *each.before_engine)) for each in plan.hosts)
    return msgspec.structs.replace(plan, hosts=tuple(hosts))


class _Trial:
    """A case in its running lab."""

    def __init__(self, case: Case, lab: Lab) -> None:
        self.case = case
        self.lab = lab
        self.misses: list[Miss] = []

    def run(self) -> Watched:
        prepare(self.lab)
        known = boxes(self.lab, {})
        healthy = plain(read(*self.lab.hosts))
        asked = ((each.trace.flow.start_text(), each.trace.flow.target_text()) for each in healthy.flows)
        before = measure(self.lab, ways(self.lab, self.case.plan, asked), known)
        sound = read(*self.lab.hosts)
        passing = tuple(way for way, seen in before.items() if seen.passes and way.port != str(UNPUBLISHED))
        made = change(self.case, self.lab, known, passing)
        now = boxes(self.lab, known)
        forget_neighbours(self.lab, () if any("neighbour" in each.kind for each in made) else now.values())
        after = measure(self.lab, before, now, before)
        broken = {way: after[way] for way in passing if not after[way].passes and _starts(way, now)}
        evidence = read(*self.lab.hosts)
        result = Result(
            self.case.number, self.case.host, made, len(passing), tuple((str(w), s.outcome) for w, s in broken.items())
        )
        flows = tuple(
            (origin(way), asked_as(way, now), after[way].passes)
            for way in passing
            if target(way, now) and _starts(way, now)
        )
        if not made:
            return Watched(msgspec.structs.replace(result, trouble="nothing drawn could be made"))
        healthy_network = plain(sound).network
        answers = self._ask_all(evidence, passing, after, now, made)
        changed: frozenset[Element] = frozenset()
        for answer, _ in list(answers.values())[:1]:
            changed = touched(healthy_network, answer.network, made)
        names = tuple(self._named(answers, broken, changed, made))
        status = self._whole(passing, broken, made)
        repair = self._repaired(broken, before, after, now)
        conditional = sum(flow.verdict == "depends" for _, flow in answers.values())
        result = msgspec.structs.replace(
            result, named=names, status=status, repair=repair, misses=tuple(self.misses), conditional=conditional
        )
        return Watched(result, evidence, flows)

    def _miss(self, miss: Miss | None) -> None:
        if miss is not None:
            self.misses.append(miss)

    def _ask_all(
        self, evidence: tuple[Evidence, ...], passing: tuple[Way, ...], after: Outcomes, now: Boxes,
        made: tuple[Mutation, ...],
    ) -> Mapping[Way, tuple[Answer, FlowAnswer]]:  # fmt: skip
        """Ask about each flow, all of one start at once, and judge the verdicts."""
        by_start: dict[str, list[Way]] = defaultdict(list)
        for way in passing:
            if target(way, now) and _starts(way, now):
                by_start[origin(way)].append(way)
        found: dict[Way, tuple[Answer, FlowAnswer]] = {}
        for start, of_start in by_start.items():
            question = parse_question("check", tuple(asked_as(way, now) for way in of_start), start, (), World())
            try:
                answer = answered(question, evidence)
            except RAISED as error:
                what: What = "refused" if isinstance(error, HairpinError) else "exit 4"
                self._miss(Miss(what, start, f"{type(error).__name__}: {error}"[:200]))
                continue
            for way in of_start:
                flow = next((each for each in answer.flows if _is_about(each, way, now)), None)
                if flow is None:
                    self._miss(Miss("refused", str(way), "the answer has no such flow"))
                    continue
                found[way] = (answer, flow)
                miss = verdict(way, after[way], answer, flow, made)
                if miss is not None and miss.what in ("other kind", "false alarm"):
                    # An error may have been held back by the kernel's limit; entries may have expired before the host
                    # was read, as those of a frozen node's peers do.
                    time.sleep(ICMP_PAUSE_S)
                    miss = verdict(way, measure(self.lab, (way,), now)[way], answer, flow, made)
                self._miss(miss)
        return found

    def _named(
        self, answers: Mapping[Way, tuple[Answer, FlowAnswer]], broken: Mapping[Way, Seen],
        changed: frozenset[Element], made: tuple[Mutation, ...],
    ) -> Iterator[Named]:  # fmt: skip
        failing = [way for way in broken if way in answers and not answers[way][1].succeeds]
        for way in dict.fromkeys((*failing[:1], *failing[len(failing) // 2 :][:1], *failing[-1:])):
            each = named(way, *answers[way], changed, made)
            yield each
            if not each.causes:
                stop = answers[way][1].stop
                at = f"{stop.reason} {stop.stage} {stop.link}" if stop is not None else answers[way][1].verdict
                self._miss(Miss("no cause", str(way), at))
            elif not each.right:
                self._miss(Miss("round", str(way), ", ".join(each.causes)))

    def _whole(self, passing: tuple[Way, ...], broken: Mapping[Way, Seen], made: tuple[Mutation, ...]) -> int:
        """Ask the command itself about everything, and judge its status.

        A question for names that no exchange has asked before the change proves no false alarm."""
        heard = {_question_of(way) for way in passing}
        answer = self._check(())
        if answer.report is None:
            self._miss(Miss("exit 4" if answer.status == 4 else "refused", "(everything)", answer.complaint[-200:]))
            return answer.status
        unheard = {each.id for each in answer.report.flows if _asks_names(each) and (each.origin, each.to) not in heard}
        alarming = (
            each for each in blocking_causes(answer.report) if not each.flows or not unheard.issuperset(each.flows)
        )
        blocking = tuple(dict.fromkeys(each.id for each in alarming if not is_made(each.id, made)))
        said = {(each.origin, each.to) for each in answer.report.flows if each.verdict in ("delivered", "leaves")}
        of_question = [each for each in broken if _question_of(each) in said]
        asked = " ".join(each.text for each in answer.report.questions)
        assumed = " ".join(text for each in answer.report.flows for text in each.assumed)
        if disputed := dispute_in(answer.report):
            self._miss(Miss("disputed", "(everything)", disputed))
        elif not broken and blocking:
            self._miss(Miss("alarm", "(everything)", ", ".join(blocking)))
        elif not broken and answer.status == 3 and not any(each.kind in _ENDING for each in made):
            self._miss(Miss("undecided", "(everything)", "status 3 although everything passes"))
        elif (
            of_question
            and answer.status == 0
            and not (answer.report.notes or names_address(asked, made) or names_hardware(assumed, made))
        ):
            self._miss(Miss("whole all-clear", str(of_question[0]), "status 0"))
        return answer.status

    def _check(self, arguments: tuple[str, ...]) -> diagnosis.Answer:
        """Run ``hairpin check`` in the only host, or on snapshots of the several."""
        if len(self.lab.hosts) == 1:
            return diagnosis.ask(self.lab.host, arguments)
        with TemporaryDirectory() as folder:
            options: list[str] = []
            for host, evidence in zip(self.lab.hosts, read(*self.lab.hosts), strict=True):
                path = Path(folder, f"{host.name}.hairpin")
                save(evidence, path)
                options += ["--snapshot", f"{host.name}={path}"]
            return diagnosis.ask(_HERE, (*arguments, *options))

    def _repaired(self, broken: Mapping[Way, Seen], before: Outcomes, after: Outcomes, now: Boxes) -> Repaired | None:
        """Ask the command about one broken flow, carry out what it prints, and judge what came of it."""
        candidates = [way for way in broken if target(way, now)]
        if not candidates:
            return None
        way = self.case.random.choice(candidates)
        answer = self._check((asked_as(way, now), "--from", origin(way)))
        if answer.report is None or not answer.report.flows:
            self._miss(Miss("exit 4" if answer.status == 4 else "refused", str(way), answer.complaint[-200:]))
            return None
        flow = answer.report.flows[0]
        if disputed := dispute_in(answer.report):
            self._miss(Miss("disputed", str(way), disputed))
        printed = printed_for(answer.report, flow)
        commands = tuple(f"{host}: {command}" if host else command for host, command in printed.commands)
        if not printed.causes:
            return Repaired(str(way), (), said=flow.verdict)
        if not printed.commands:
            return Repaired(str(way), printed.causes, by_hand=printed.by_hand)
        failed = run_all(self.lab, printed.commands)
        later = boxes(self.lab, now)
        repaired = measure(self.lab, before, later, before)
        if not (failed or repaired[way].passes):
            time.sleep(_EXPIRES_S)
            repaired |= measure(self.lab, (way,), later, before)
        works = repaired[way].passes and not failed
        if not works and not printed.by_hand:
            self._miss(
                Miss("repair fails", str(way), f"{failed or repaired[way].outcome.value}: {'; '.join(commands)}")
            )
        self._judge_harm(printed, before, after, repaired)
        said = failed or repaired[way].outcome.value
        return Repaired(str(way), printed.causes, commands, printed.by_hand, works, said)

    def _judge_harm(self, printed: Printed, before: Outcomes, after: Outcomes, repaired: Outcomes) -> None:
        told = printed.side_effects
        # What the sender itself answers, by a route of its own, is open to nobody else.
        now_open = (way for way, seen in repaired.items() if seen.passes and seen.by != way.start)
        opened = [way for way in now_open if not before[way].passes and not after[way].passes]
        broke = [way for way, seen in repaired.items() if not seen.passes and before[way].passes and after[way].passes]
        commands = "; ".join(command for _, command in printed.commands)
        if opened and not any(map(opens, told)):
            self._miss(Miss("opened", str(opened[0]), f"{len(opened)} flows: {commands}"))
        if broke and not any(map(breaks, told)):
            self._miss(Miss("broke", str(broke[0]), f"{len(broke)} flows: {commands}"))


def _starts(way: Way, now: Boxes) -> bool:
    """Return whether the flow's sender is there: a container that has ended asks nothing."""
    return not way.start.startswith("container:") or way.start in now


def _is_about(flow: FlowAnswer, way: Way, now: Boxes) -> bool:
    return flow.trace.flow.target_text() == asked_as(way, now)


def _asks_names(flow: FlowDocument) -> bool:
    return flow.to.endswith((":53/udp", ":53/tcp"))


def _question_of(way: Way) -> tuple[str, str]:
    """Return the flow in the words of hairpin's report."""
    start = f"lan ({origin(way)})" if way.start == "neighbour" else origin(way)
    return start, f"{way.to}:{way.port}" if way.port.endswith("/udp") else f"{way.to}:{way.port}/tcp"
