"""Takes a plan back: undoes the tasks from the last to the first, but undoes a task only if the host still has the
state that the task made.  Settles an interrupted plan: completes the plan's lasting tasks if the plan was verified, and
takes it back otherwise.  The journal does not tell whether the change of an interrupted task is on the host."""

from typing import Literal

import msgspec

from hairpin.apply.backups import give_back
from hairpin.apply.hands import Hands
from hairpin.apply.kept_plan import KeptPlan, PlannedStep, PlanState, StepState
from hairpin.apply.program.plan_book import PlanBook, StepMark
from hairpin.apply.ready import ReadFile
from hairpin.carry.act import FileState
from hairpin.change.change import Change, DeleteRule, RuleEdit
from hairpin.change.commands.carrying import carrying, taking_empty_chains
from hairpin.change.expect import ManagerRuns
from hairpin.change.simulation.in_turn import renumbered_deletion
from hairpin.change.simulation.simulate import simulate
from hairpin.change.step import Ask, LoadRules, ReplaceFile, RunCommands, Step, done_by
from hairpin.change.steps import after_steps, refusal_of, steps
from hairpin.errors import ChangeError, HairpinError
from hairpin.message import Message, message
from hairpin.network.network import Network

Standing = Literal["as-before", "made", "neither"]


def take_back(book: PlanBook, plan: KeptPlan, hands: Hands, network: Network | None = None) -> PlanState:
    """Take back all tasks in force of a plan that this process has seized, and return the plan's new state.

    ``network``: the network of the host, if it was just read.  Each undo is simulated on this network.  After a call to
    an owner the host is read again, because the journal does not contain the call's effect.  Each file is read when it
    is replaced."""
    in_force = [(number, each) for number, each in enumerate(plan.tasks) if each.is_in_force]
    network = hands.look() if in_force and network is None else network
    rebooted = network is not None and plan.boot_id not in ("", network.this.boot_id or "")
    left = False
    marks: list[StepMark] = []  # one request writes the marks of two successive tasks, because each request takes time
    for number, task in reversed(in_force):
        assert network is not None
        if task.state != "stays":
            book.mark(plan.id, *marks, (number, "taking-back", ""))
            marks = []
        state, said, network = _taken_back(task, network, hands)
        if state == "stays" and rebooted and _ends_with_kernel(task.step):
            state, said = "gone", None  # the present state was made after the reboot and not by the step
        if state != "stays":
            _tidy_up(task.step, hands)
        marks.append((number, state, str(said or "")))
        hands.told(msgspec.structs.replace(task, state=state), said)
        left = left or state == "stays"
    if marks:
        book.mark(plan.id, *marks)
    ended: PlanState = "partly" if left else "taken-back"
    book.end(plan.id, ended)
    return ended


def _ends_with_kernel(step: Step) -> bool:
    """Return whether a reboot undoes the step."""
    return isinstance(step, RunCommands | LoadRules) and step.undo is not None


def _tidy_up(step: Step, hands: Hands) -> None:
    """Remove the leftovers of an undone step: empty chains that iptables made, and files that firewalld wrote."""
    if isinstance(step, LoadRules):
        hands.carrier(taking_empty_chains(step))
    give_back(step, hands.read, lambda each: hands.carrier(carrying(each)))


def _taken_back(task: PlannedStep, network: Network, hands: Hands) -> tuple[StepState, Message | None, Network]:
    """Undo the task.

    Return its new state, why it stays (None if the task does not stay), and the network after the undo."""
    step = task.step
    # An interrupted undo may have restored the value that the step expects, but not the value's side effects.  For
    # example, ip_forward is written before the interfaces' forwarding values, to which the kernel copies it.
    told = task.state != "taking-back" or (isinstance(step, Ask) and not is_doubtful(step))
    if told and standing_of(step, network, hands.read) == "as-before":
        if isinstance(step, ReplaceFile) and task.state == "running":
            remove_leavings(step, step.before, hands)
        return ("gone" if task.state == "done" else "taken-back"), None, network
    if step.undo is None:
        return "stays", message("no command takes it back"), network
    refused: Message | None = None
    for back in step.undo:
        fitted = _fitted(back, network)
        if isinstance(back, ReplaceFile) and standing_of(back, network, hands.read) == "made":
            if task.state == "taking-back":
                remove_leavings(back, back.after, hands)
            continue
        said = refusal_of(fitted, network)
        if said is not None and not isinstance(back, ReplaceFile):
            refused = refused or said
            continue
        said = hands.carrier(carrying(fitted))
        if said is not None:
            network = _read_anew(hands, network)
            # the undo of another task has undone this task, too
            if standing_of(step, network, hands.read) == "as-before":
                return "taken-back", None, network
            return "stays", said, network
        network = _after(fitted, network, hands)
    if refused is not None and standing_of(step, network, hands.read) != "as-before":
        return "stays", refused, network
    return "taken-back", None, network


def _fitted(back: Step, network: Network) -> Step:
    """Return the step with the present numbers of its rules.  Other rules may have been inserted or deleted."""
    if not isinstance(back, LoadRules):
        return back
    now, moved = network, list[RuleEdit]()
    try:
        for edit in back.does:
            moved.append(renumbered_deletion(edit, now) if isinstance(edit, DeleteRule) else edit)
            now = simulate(Change((moved[-1],)), now)
        made = steps(Change(tuple(moved)), network)
    except ChangeError:
        return back
    return made[0] if len(made) == 1 and made[0].undo is not None else back


def remove_leavings(step: ReplaceFile, held: FileState | None, hands: Hands) -> None:
    """Remove the temporary file that a killed process may have left beside the file.

    The replaced file itself already has the wanted content."""
    hands.carrier(carrying(msgspec.structs.replace(step, before=held, after=held)))


def _read_anew(hands: Hands, network: Network) -> Network:
    try:
        return hands.look()
    except HairpinError:  # the network could not be read again, so the remaining undo steps use the earlier reading
        return network


def _after(step: Step, network: Network, hands: Hands) -> Network:
    if isinstance(step, Ask):
        return _read_anew(hands, network)
    try:
        return after_steps((step,), network) if done_by(step) else network
    except ChangeError:
        return network


def standing_of(step: Step, network: Network, read: ReadFile) -> Standing:
    """Return whether the host has the state before the step or the state after the step.

    ``neither``: another program has changed the same state since, or the step was interrupted halfway.  The only
    expectation of some calls is that the called manager runs, which is true before and after the call.  A call of this
    kind counts as made, so in the worst case its undo is done twice.  If the owner reports the result of a call, such
    as a container's state or an open port, the standing of the call is certain."""
    if isinstance(step, ReplaceFile):
        found = read(step.path)
        content = found.content if found is not None else None
        if content == (step.after.content if step.after is not None else None):
            return "made"
        return "as-before" if content == (step.before.content if step.before is not None else None) else "neither"
    made = all(refusal_of(each, network) is None for each in step.undo or ())
    if step.expects and refusal_of(step, network) is None and not (made and is_doubtful(step)):
        return "as-before"
    return "made" if made else "neither"


def is_doubtful(step: Step) -> bool:
    """Return whether no evidence can show that the step's call was made.

    A call of this kind may be repeated, because the called manager accepts it a second time."""
    return isinstance(step, Ask) and bool(step.undo) and all(isinstance(each, ManagerRuns) for each in step.expects)


def settle(book: PlanBook, plan: KeptPlan, hands: Hands) -> PlanState:
    """Settle the plan, and return the plan's new state.  Raises ApplyError if another process works on the plan."""
    if plan.state == "keeping" and _goes_on(book, plan, hands):
        return "applied"
    if book.seize(plan.id, again=True) is None:
        return book.known(plan.id).state
    return take_back(book, book.known(plan.id), hands)


def _goes_on(book: PlanBook, plan: KeptPlan, hands: Hands) -> bool:
    """Carry out the remaining lasting tasks of the plan; return whether all of them are done."""
    book.hold(plan.id)
    plan = book.known(plan.id)
    left = [number for number, each in enumerate(plan.tasks) if each.lasting and each.state in ("planned", "running")]
    network = hands.look()
    again: list[int] = []
    for number in left:
        task = plan.tasks[number]
        stands = standing_of(task.step, network, hands.read) if task.state == "running" else "as-before"
        if stands == "neither":
            return False
        if stands == "made" and not is_doubtful(task.step):
            if isinstance(task.step, ReplaceFile):
                remove_leavings(task.step, task.step.after, hands)
            book.mark(plan.id, (number, "done", ""))
        else:
            again.append(number)
    return book.confirm(plan, tuple(again), hands.told) is None
