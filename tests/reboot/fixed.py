"""Breaks a host for good, repairs it by ``apply_plan`` as another host, and takes that back: with a real reboot after
each of the three."""

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack

import msgspec

from hairpin.answer.answer import Answer
from hairpin.answer.ask import ask
from hairpin.apply.fixing import Verifier, apply_plan
from hairpin.apply.kept_plan import PlannedStep
from hairpin.apply.plan import RepairPlan, plan_of
from hairpin.apply.program.outpost import Outpost
from hairpin.apply.program.outpost_ground import OutpostGround, plan_taken_back
from hairpin.change.commands.text import command_lines
from hairpin.cli.answering import second_judge
from hairpin.errors import HairpinError
from hairpin.host.read.parse import parse
from hairpin.lab.probe import Outcome
from hairpin.lab.scenario import Flow
from hairpin.lab.trial import listening
from hairpin.message import Message
from hairpin.network.network import Network
from hairpin.network.world import World
from hairpin.question.question import parse_question
from tests.guests.qemu import GuestError
from tests.reboot.host import Host
from tests.reboot.parts import Part, of_command, of_steps
from tests.reboot.runner import GuestRunner, evidence_of
from tests.reboot.scenarios import Reboot, Row
from tests.reboot.trial import EVENTS, prepare, require_outcome, settled
from tests.score.all_flows import lead_by_host
from tests.score.host_state import OTHER_ORDER, State, differences, state_of

_RACES = 4
DEADLINE_S = 3600
"""Of the switch: an emulated host is read in half a minute."""
_APART: frozenset[Part] = frozenset({"engine at boot", "network connection", "ufw rule file"})
"""Kinds whose fault hides the others', or is another one's, too: each has a host of its own."""
_WIPES = "grep -q '^flush ruleset' /etc/nftables.conf"
"""The script takes the engine's rules along whenever it is loaded, on a healthy host as well."""
RELOADS: Mapping[str, tuple[str, str]] = {
    event: (f"{check} && ! {_WIPES}" if event == "nftables-reload" else check, command)
    for event, (check, command) in EVENTS.items()
    if event in ("sysctl-system", "ufw-reload", "saved-rules-restore", "nftables-reload", "firewalld-reload")
}
"""The reloads of what keeps a repair, each with what tells that the host has it."""


class Stage(msgspec.Struct, frozen=True):
    """The asked connection of one scenario after one of the things that were done; ``wanted``: how it should end."""

    after: str
    outcome: str
    wanted: str

    @property
    def is_right(self) -> bool:
        return self.outcome == self.wanted


class FixedRow(msgspec.Struct, frozen=True):
    """One scenario.  ``repairs``: the ids of the plan's repairs; ``stages``: its connection; ``wrong``: a sentence for
    each fault besides."""

    row: Row
    repairs: tuple[str, ...]
    stages: tuple[Stage, ...]
    wrong: tuple[str, ...]

    @property
    def holds(self) -> bool:
        return not self.wrong and all(each.is_right for each in self.stages)

    def lines(self) -> Iterator[str]:
        """Yield the scenario's line, and a further one for each thing that is not as it should be."""
        ways = ", ".join(f"{each.after}: {each.outcome}" for each in self.stages)
        verdict = "holds" if self.holds else "WRONG"
        yield f"{self.row.part:<22} {self.row.scenario:<34} {verdict:<6} {', '.join(self.repairs)}; {ways}"
        for each in self.stages:
            if not each.is_right:
                yield f"    after {each.after} the connection is {each.outcome}, and should be {each.wanted}"
        yield from (f"    {each}" for each in self.wrong)


class _Applied(msgspec.Struct, frozen=True):
    """A plan that was carried out.  ``ids``: in the journal there, none if it was not; ``complaint``: why not."""

    row: Row
    plan: RepairPlan | None = None
    ids: tuple[str, ...] = ()
    complaint: str = ""

    @property
    def repairs(self) -> tuple[str, ...]:
        return tuple(each.id for each in self.plan.repairs) if self.plan is not None else ()


def hosts_of(reboots: tuple[Reboot, ...]) -> tuple[Reboot, ...]:
    """Return the scenarios of each host: those that are broken all at once, and each that needs one of its own."""
    return tuple(
        msgspec.structs.replace(reboot, rows=rows)
        for reboot in reboots
        for rows in (
            tuple(row for row in reboot.rows if row.part not in _APART),
            *((row,) for row in reboot.rows if row.part in _APART),
        )
        if rows
    )


def fixed(host: Host, reboot: Reboot) -> tuple[FixedRow, ...]:
    """Carry the scenarios of one host out; raises GuestError if one cannot be carried through."""
    with ExitStack() as stack:
        for port in sorted({port for row in reboot.rows for port in row.of().listeners}):
            stack.enter_context(listening(host.client, port))
        lead_by_host(host.neighbour)
        prepare(host, reboot)
        return _fixed(host, reboot.rows)


def _fixed(host: Host, rows: tuple[Row, ...]) -> tuple[FixedRow, ...]:
    _make_ready(host, rows)
    reloads = _survived(host, rows)
    for row in reversed(rows):
        _all(host, row.faults)
    _rebooted(host)
    was, broken = _state(host), _outcomes(host, rows)
    for row in rows:
        _all(host, row.fleeting)
    stages: dict[Row, list[Stage]] = {row: [] for row in rows}
    applied = [_applied(host, row) for row in rows]
    _pass(host, "apply", stages)
    for event in reloads:
        host.must(RELOADS[event][1])
        _pass(host, event, stages)
    _rebooted(host)
    _pass(host, "reboot", stages)
    stays = {each.row: _taken_back(host, each) for each in reversed(applied)}
    _rebooted(host)
    # Between two scenarios of one host no difference can be told to be the one's or the other's.
    left = tuple(f"after undo and reboot {each}" for each in _left(was, host))
    after = _outcomes(host, rows, broken)
    return tuple(
        FixedRow(
            each.row,
            each.repairs,
            (*stages[each.row], Stage("undo and reboot", after[each.row], broken[each.row])),
            (*_complaints(each, applied), *stays[each.row], *left),
        )
        for each in applied
    )


def _make_ready(host: Host, rows: tuple[Row, ...]) -> None:
    """Do what the administrator has done before.  Of the faults then the first comes last: it stops a container, and
    the others save the rules as they are."""
    for row in rows:
        _all(host, row.prepare)
    _require_healthy(host, rows)


def _require_healthy(host: Host, rows: tuple[Row, ...]) -> None:
    for row in rows:
        flow = row.flow()
        require_outcome(settled(host, flow, flow.before), flow.before, f"{row.part}: {row.scenario}, before its fault")


def _survived(host: Host, rows: tuple[Row, ...]) -> tuple[str, ...]:
    """Return the reloads of the healthy host that it survives: none of them may undo a repair.  firewalld's drops what
    somebody else has put into iptables."""
    survived: list[str] = []
    for event, (check, command) in RELOADS.items():
        if host.run(check).status:
            continue
        host.must(command)
        if all(settled(host, row.flow(), row.flow().before) is row.flow().before for row in rows):
            survived.append(event)
        else:
            _rebooted(host)
            _require_healthy(host, rows)
    return tuple(survived)


def _all(host: Host, commands: tuple[str, ...]) -> None:
    for command in commands:
        host.must(command)


def _rebooted(host: Host) -> None:
    """Reboot, and wait until the engine has started what it starts."""
    host.reboot()
    time.sleep(host.settle_s)


def _state(host: Host) -> State:
    return state_of(host.must)


def _left(was: State, host: Host) -> tuple[str, ...]:
    """Return in what the host is not as it was.  Where only an order is another one it boots again: engines that start
    at the same moment race for the places of their rules."""
    for _ in range(_RACES):
        found = _differing(was, host)
        if not found or not all(each.endswith(OTHER_ORDER) for each in found):
            return found
        _rebooted(host)
    return _differing(was, host)


def _differing(was: State, host: Host) -> tuple[str, ...]:
    """Return in what the host is not as it was, once its engine has had its time."""
    left = differences(was, _state(host))
    if left:
        time.sleep(host.settle_s)
        left = differences(was, _state(host))
    return left


def _outcomes(host: Host, rows: tuple[Row, ...], wanted: Mapping[Row, str] | None = None) -> dict[Row, str]:
    return {row: _outcome(host, row.flow(), wanted[row] if wanted else row.flow().after.value) for row in rows}


def _outcome(host: Host, flow: Flow, wanted: str) -> str:
    """Return how the flow's real connection ends."""
    expected = Outcome(wanted) if wanted in [each.value for each in Outcome] else Outcome.DELIVERED
    try:
        return settled(host, flow, expected).value
    except GuestError:
        if flow.start.startswith("container:"):
            return "not running"
        raise


def _pass(host: Host, after: str, stages: dict[Row, list[Stage]]) -> None:
    """Write down how each connection ends after a thing that leaves every repair in force."""
    for row, own in stages.items():
        own.append(Stage(after, _outcome(host, row.flow(), row.flow().before.value), row.flow().before.value))


def _applied(host: Host, row: Row) -> _Applied:
    """Plan and apply, as `hairpin fix --apply --persist --host` does.  An earlier repair of this host may have been
    this one's as well: then the plan is empty."""
    question = parse_question("check", (row.flow().target or row.flow().to,), row.flow().origin(), (), World())
    waiting = False

    def look() -> Answer:
        nonlocal waiting
        time.sleep(host.settle_s if waiting else 0)
        waiting = False
        return ask(question, (evidence_of(host),), second_judge())

    def told(task: PlannedStep, said: Message | None) -> None:
        nonlocal waiting
        waiting = True
        with (host.talk / "steps").open("a", encoding="utf-8") as steps:
            steps.write(f"{row.part}: {task.state} {_told(task)} {said or ''}\n")

    try:
        plan = _planned(look())
        if not plan.repairs:
            return _Applied(row, plan)
        label = plan.answer.network.this.name
        grounds = {label: OutpostGround(_outpost(host), DEADLINE_S, told, lambda: _look(host, label))}
        verifier = Verifier(look, lambda _network, _flow: None, lambda _network: None)
        outcome = apply_plan(plan, grounds, verifier, lasting=True, question=("fix", *row.flow().arguments()))
    except HairpinError as error:
        return _Applied(row, complaint=f"the plan is refused: {error.said}")
    if outcome.stays:
        return _Applied(row, plan, outcome.plans)
    return _Applied(row, plan, complaint=f"the plan was taken back: {outcome.complaint}")


def _told(task: PlannedStep) -> str:
    """Return the step in a line: of a file only how its commands begin."""
    return "; ".join(line.partition("\n")[0] for line in command_lines(task.step))


def _planned(answer: Answer) -> RepairPlan:
    """Return the plan; where it leaves all to a choice, with what it offers chosen."""
    plan = plan_of(answer, (), with_latent=False)
    chosen = tuple(each.id for each in plan.choices if each.why in ("disruptive", "policy"))
    return plan if plan.repairs or not chosen else plan_of(answer, chosen, with_latent=False)


def _outpost(host: Host) -> Outpost:
    return Outpost(GuestRunner(host), "guest")


def _look(host: Host, label: str) -> Network:
    return Network((parse(msgspec.structs.replace(evidence_of(host), label=label)),))


def _taken_back(host: Host, applied: _Applied) -> tuple[str, ...]:
    """Take the plan back, as `hairpin undo --host` does; return a sentence for each step that stays and should not."""
    if applied.plan is None or not applied.ids:
        return ()
    label = applied.plan.answer.network.this.name
    ground = OutpostGround(_outpost(host), DEADLINE_S, lambda _task, _said: None, lambda: _look(host, label))
    (number,) = applied.ids
    try:
        tasks = plan_taken_back(ground, number, again=True).tasks
    except HairpinError as error:
        return (f"undo is refused: {error.said}",)
    return tuple(
        f"after undo `{_told(each)}` is {each.state}: {each.said}"
        for each in tasks
        if each.state not in ("taken-back", "gone") and each.step.undo is not None
    )


def _complaints(own: _Applied, all_of_host: list[_Applied]) -> Iterator[str]:
    if own.complaint:
        yield own.complaint
    elif own.plan is not None and not own.plan.repairs and len(all_of_host) == 1:
        yield "the plan is empty"
    found = {part for each in all_of_host if each.ids and each.plan is not None for part in parts_of(each.plan)}
    if own.row.part not in found:
        yield f"the lasting part is {', '.join(sorted(found)) or 'none'}"


def parts_of(plan: RepairPlan) -> frozenset[Part]:
    """Return the kinds of lasting parts of a plan; what an owner keeps by itself is one, too."""
    tasks = plan.tasks(lasting=True)
    kept = of_steps(each.step for each in tasks if each.lasting)
    return frozenset((*kept, *_made_now(tasks)))


def _made_now(tasks: tuple[PlannedStep, ...]) -> Iterator[Part]:
    for line in (line for each in tasks if not each.lasting for line in command_lines(each.step)):
        part = of_command(line)
        if part is not None:
            yield part
