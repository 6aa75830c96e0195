"""A plan for people, and its outcome."""

from collections.abc import Iterator
from difflib import unified_diff

import msgspec

from hairpin.answer.answer import CauseAnswer
from hairpin.answer.decisive import lacks_reading, undecided_readings
from hairpin.apply.compose import ComposeProposal
from hairpin.apply.kept_plan import KeptPlan, PlannedStep
from hairpin.apply.outcome import FixOutcome, FlowResult
from hairpin.apply.plan import PlannedRemedy, RepairPlan, Unplanned, Why
from hairpin.causes.proof import Proof
from hairpin.change.commands.text import brief_text, command_lines
from hairpin.change.step import Advise, LoadRules, ReplaceFile, Step
from hairpin.engines.missing import loss_text
from hairpin.message import Message, message, verbatim
from hairpin.remedy.remedy import OwnersDecision
from hairpin.report.paper import Paper
from hairpin.report.places import Places, naming_containers, places_of
from hairpin.report.questions import write_questions
from hairpin.report.text.cause_text import cause_numbers
from hairpin.report.text.configured import configured_text, decision_text, undoing_text
from hairpin.report.text.effects_text import effects_told, unasked_told
from hairpin.report.text.remedy_text import ALSO, left_by_firewalld, not_taken_back
from hairpin.report.unread import NOTE, as_far_as_read, write_unread
from hairpin.report.verdicts import flow_text, verdict_line
from hairpin.report.words import Words
from hairpin.walk.verdicts import VERDICTS, succeeds

_WHY: dict[Why, Message] = {
    "policy": message("somebody configured this, so hairpin repairs it only if you choose the repair"),
    "disruptive": message("the repair disrupts connections that work now"),
    "instead": message("the repair is an alternative to another repair"),
    "by-person": message("only a person can do this"),
    "later": message("the repair cannot succeed until a person has repaired the fault behind it"),
    "together": message("this repair alone lets no asked flow pass, and the plan leaves out the other one"),
    "opens": message("the repair opens flows that nobody asked about"),
    "closes": message("the repair closes flows that pass now"),
    "diverts": message("the repair diverts flows that pass now"),
    "covered": message("another repair in this plan restores the flows that this cause stops"),
    "unknown": message("hairpin knows no repair"),
    "event": message("this cause does harm only after an event"),
    "advice": message("no flow fails because of this cause"),
}
_JUDGES: dict[str, Message] = {
    "simulated": message("simulated with what hairpin read after the repair"),
    "replicated": message("hairpin read the host after the repair, and replayed the packets on this kernel"),
    "observed": message("a real connection that carried data in both directions"),
}
_FEW = 6
"""The greatest number of flows that are named one by one."""


def plan_text(
    plan: RepairPlan,
    words: Words,
    paper: Paper,
    *,
    lasting: bool,
    applying: bool,
    verbose: bool = False,
    proposals: tuple[ComposeProposal, ...] = (),
) -> str:
    """Return the plan.  ``lasting``: whether the files that keep the repairs after a reboot are written, too.
    ``applying``: whether the plan is about to be carried out.  ``proposals``: lines of compose files that a person has
    to write."""
    words = naming_containers(words, plan.answer)
    places = places_of(plan.answer, words)
    paper.prose(words(_first_line(plan)), style="strong")
    numbers, about_host = cause_numbers(plan.answer), plan.answer.network.about_host
    for number, each in enumerate(plan.repairs, 1):
        paper.gap()
        title = words(message("{title} ({id})", title=about_host(each.host, each.title), id=each.id))
        paper.prose(title, first=f"{number}. ", style="strong")
        _write_repair(each, numbers.get(each.cause.ref) if each.cause is not None else None, words, paper)
    choices = [each for each in plan.choices if each.why != "instead" or verbose]
    for heading, left in ((_TO_CHOOSE, choices), (_FOR_PERSON, list(plan.for_person))):
        named = [msgspec.structs.replace(each, title=about_host(each.host, each.title)) for each in left]
        _write_choices(heading, named, words, paper)
    _write_said(plan, words, paper)
    if proposals:
        _write_proposals(proposals, words, paper)
    write_questions(plan.answer, words, paper)
    write_unread(undecided_readings(plan.answer), words, paper)
    if plan.repairs:
        _write_end(plan, places, words, paper, lasting=lasting, applying=applying)
    return paper.text()


def _write_proposals(proposals: tuple[ComposeProposal, ...], words: Words, paper: Paper) -> None:
    paper.gap()
    paper.prose(words(message("changes to make by hand in the compose files:")), style="strong")
    for each in proposals:
        edit = each.edit
        facts = {"service": edit.container.service, "project": edit.container.project, "key": edit.key, "new": edit.new}
        if each.lines:
            paper.line("      ", (each.file, "strong"))
            for line in each.lines:
                paper.line("      ", (line, "good" if line.startswith("+") else "bad"))
        elif edit.old:
            said = message(
                "service {service} of project {project}, key {key}: {new} instead of {old}", old=edit.old, **facts
            )
            paper.prose(words(said), indent=2)
        else:
            paper.prose(words(message("service {service} of project {project}, key {key}: {new}", **facts)), indent=2)
        if each.file and not each.lines:
            paper.prose(words(message("in {file} (a form that hairpin does not edit)", file=each.file)), indent=4)


def _write_said(plan: RepairPlan, words: Words, paper: Paper) -> None:
    """Write why some causes of the answer are not part of the plan, and what else the engines have lost."""
    told = [each for each in plan.said if each.why in ("covered", "unknown")]
    if plan.said or plan.lost:
        paper.gap()
    for each in told:
        paper.prose(words(message("{title}: {why}", title=each.title, why=_WHY[each.why])))
    waiting = sum(each.why == "event" for each in plan.said)
    if waiting:
        said = message("1 cause does harm only after an event: --latent repairs it")
        if waiting > 1:
            said = message("{count} causes do harm only after an event: --latent repairs them", count=waiting)
        paper.prose(words(said))
    for kind, lost in plan.lost:
        said = message("{engine} has lost {lost}, which only `hairpin restore` puts back", engine=kind,
                       lost=loss_text(len(lost.rules), len(lost.chains)))  # fmt: skip
        paper.prose(words(said))


_THE_SAME = message("This repair undoes the same decision.")
_TO_CHOOSE = message("left to your choice (--choose ID):")
_FOR_PERSON = message("a person has to do:")


def _first_line(plan: RepairPlan) -> Message:
    count = len(plan.repairs)
    # The line names the hosts on which the steps are made; a plan without steps is about all hosts.
    steps = {each.host for each in plan.repairs}
    hosts = [each.name for each in plan.answer.network.hosts]
    host = ", ".join(each for each in hosts if not steps or each in steps) or ", ".join(hosts) or "-"
    if count and plan.answer.is_of_text:
        return message(
            "plan for {host}, if the rest of the host is ordinary (repairs: {count})", host=host, count=count
        )
    if count == 1:
        return message("plan for {host}: 1 repair", host=host)
    if count:
        return message("plan for {host}: {count} repairs", host=host, count=count)
    if plan.choices or plan.for_person:
        return message("plan for {host}: no repair that hairpin can make by itself", host=host)
    undecided = sum(each.verdict == "depends" for each in plan.answer.flows)
    failing = sum(not each.succeeds for each in plan.answer.flows) - undecided
    if undecided and failing:
        return message(
            "plan for {host}: {count} flows do not pass, and hairpin knows no repair for them; {undecided} more are "
            "undecided", host=host, count=failing, undecided=undecided)  # fmt: skip
    if undecided:
        return message(
            "plan for {host}: hairpin plans nothing for undecided flows ({count})", host=host, count=undecided
        )
    if failing == 1:
        return message("plan for {host}: 1 flow does not pass, and hairpin knows no repair for it", host=host)
    if failing:
        return message("plan for {host}: {count} flows do not pass, and hairpin knows no repair for them", host=host,
                       count=failing)  # fmt: skip
    return as_far_as_read(message("plan for {host}: nothing to do", host=host), lacks_reading(plan.answer))


def _write_repair(repair: PlannedRemedy, cause: int | None, words: Words, paper: Paper) -> None:
    """Write the repair below its title.  ``cause``: the number of the repair's cause in the answer of ``hairpin
    check``."""
    if cause is not None:
        paper.prose(words(message("repairs cause {number} of `hairpin check`", number=cause)), indent=3, style="faint")
    elif repair.cause is None and repair.candidate is not None:
        said = message("without this repair, the repairs below would stop flows that pass now")
        paper.prose(words(said), indent=3, style="faint")
    for step in repair.remedy.steps:
        _write_step(step, words, paper)
    if repair.remedy.keeping:
        paper.prose(words(message("to keep the repair after a reboot (--persist):")), indent=3)
        for step in repair.remedy.keeping:
            _write_step(step, words, paper)
    decision = repair.remedy.undoes or (repair.cause.decision if repair.cause is not None else None)
    if decision is not None:
        said = undoing_text(decision) if repair.remedy.undoes is not None else decision_text(decision)
        paper.prose(words(said), indent=3, style="unsure")
    if repair.cause is not None and repair.cause.proof is not None:
        paper.prose(words(_proof(repair.cause, repair.cause.proof, words)), indent=3, style="faint")
    for effect in repair.remedy.side_effects:
        paper.prose(words(message("also: {effect}", effect=effect.text)), indent=3)
    for said in repair.remedy.advice:
        paper.prose(words(said), indent=3, first=f"{words(NOTE)} ")
    if repair.irreversible:
        paper.prose(words(not_taken_back(repair.remedy)), indent=3, style="unsure")


def _proof(cause: CauseAnswer, proof: Proof, words: Words) -> Message:
    before, then = (words(VERDICTS[each]) for each in (proof.without_change, proof.with_change))
    if cause.event is not None:
        return message("{before} after {event}, {then} with this repair", before=before, event=cause.event, then=then)
    return message("{before} now, {then} after this repair", before=before, then=then)


def _write_step(step: Step, words: Words, paper: Paper) -> None:
    if isinstance(step, ReplaceFile):
        paper.line("      ", (step.path, "strong"))
        for line in changed_lines(step):
            paper.line("      ", (line, "good" if line.startswith("+") else "bad"))
        return
    if isinstance(step, Advise):
        if step.said is not None:
            paper.prose(words(step.said), indent=6)
        return
    for command in command_lines(step, guarded=False):
        for line in command.split("\n"):
            paper.line("      ", (line, "command"))


def changed_lines(step: ReplaceFile) -> Iterator[str]:
    """Yield the lines that the step adds to a file or removes from it, each with ``+`` or ``-`` before it."""
    before, after = (each.content.splitlines() if each is not None else [] for each in (step.before, step.after))
    for line in unified_diff(before, after, lineterm="", n=0):
        if line[:1] in "+-" and not line.startswith(("+++", "---")):
            yield f"{line[0]} {line[1:]}"


def _write_choices(heading: Message, left: list[Unplanned], words: Words, paper: Paper) -> None:
    """Write the left-out repairs under their heading.  If several repairs undo the same decision, only the first says
    which."""
    if left:
        paper.gap()
        paper.prose(words(heading), style="strong")
    before: OwnersDecision | None = None
    for one in left:
        undone = one.remedy.undoes
        _write_left_out(one, words, paper, again=undone is not None and undone == before)
        before = undone


def _write_left_out(left: Unplanned, words: Words, paper: Paper, *, again: bool = False) -> None:
    """Write a left-out repair, and why it is left out.  ``again``: whether the repair before it undoes the same
    decision."""
    paper.prose(words(left.title), indent=2, first=f"{left.id}: ", first_style="strong")
    why = _WHY[left.why]
    if left.why == "policy" and left.cause is not None and left.cause.configured is not None:
        why = configured_text(left.cause.configured)
    decided = left.remedy.undoes or (left.cause.decision if left.cause is not None else None)
    if left.why == "policy" and decided is not None:
        why = undoing_text(decided) if left.remedy.undoes is not None else decision_text(decided)
    paper.prose(words(_THE_SAME if again else why), indent=4)
    effects = left.effects or (left.remedy.effects.found if left.remedy.effects is not None else ())
    for said in unasked_told(effects, words):
        paper.prose(words(said), indent=4, first=f"{words(ALSO)} ")
    if left.why == "by-person":
        for said in left.remedy.advice:
            if said in map(verbatim, left.remedy.typed):
                paper.line("    ", (words(said), "command"))
            else:
                paper.prose(words(said), indent=4)
        return
    # Several repairs may undo the same decision, and the files of all of them would be a long list.
    brief = left.remedy.undoes is not None and left.remedy.steps
    for step in left.remedy.steps if brief else (*left.remedy.steps, *left.remedy.keeping):
        _write_step(step, words, paper)


def _write_end(plan: RepairPlan, places: Places, words: Words, paper: Paper, *, lasting: bool, applying: bool) -> None:
    """Write what becomes of the flows.

    If the plan is about to be carried out, only the flows that will not pass are written.  The outcome then lists all
    flows, as verified."""
    known = list(zip(plan.answer.flows, plan.then, strict=True))
    shown = [each for each in known if not applying or not succeeds(each[1])]
    effects = tuple(effects_told(plan.effects, words))
    if shown or effects or plan.effects.left_out:
        paper.gap()
        paper.prose(words(message("after the plan:")), style="strong")
    for flow, verdict in shown[:_FEW]:
        verdict_line(verdict, flow_text(flow.trace.flow, places), words, paper)
    if len(shown) > _FEW or (applying and shown):
        passing = sum(succeeds(verdict) for _, verdict in known)
        said = message("{passing} of {count} flows pass after this plan", passing=passing, count=len(known))
        paper.prose(words(said), indent=2)
    for told in effects:
        paper.prose(words(told), indent=2, first=f"{words(ALSO)} ")
    if plan.effects.left_out:
        said = message("{count} further flows were not checked.", count=plan.effects.left_out)
        paper.prose(words(said), indent=2, style="faint")
    if not lasting and (events := plan.lost_after):
        paper.gap()
        said = message("Without --persist, the repair is lost after {events}.", events=", ".join(events))
        paper.prose(words(said), style="unsure")
    if not applying and not plan.answer.is_of_text:
        paper.gap()
        paper.prose(words(_with_persist(plan) if plan.needs_lasting and not lasting else _UNCHANGED))


_UNCHANGED = message("Nothing was changed.  The same command with --apply carries the plan out.")


def _with_persist(plan: RepairPlan) -> Message:
    """Return the sentence for a plan in which a repair consists only of files."""
    events = (each.cause.event for each in plan.repairs if not each.remedy.steps and each.cause is not None)
    named = ", ".join(dict.fromkeys(each for each in events if each is not None))
    return message(
        "Nothing was changed.  The same command with --persist --apply carries the plan out: changed files alone "
        "prevent the faults after {events}.", events=named or message("an event"))  # fmt: skip


def task_line(task: PlannedStep, complaint: Message | None, words: Words, paper: Paper) -> str:
    """Return the line about a step of the plan that has ended."""
    mark, style = ("✓", "good") if complaint is None else ("✗", "bad")
    shown = words(_briefly(task))
    if task.state in _ENDS:
        shown = words(message("{said}: {shown}", said=_ENDS[task.state], shown=shown))
    paper.line((f"{mark} ", "good" if style == "good" else "bad"), shown)
    added = complaint or (left_by_firewalld(task.step) if task.state == "taken-back" else None)
    if added is not None:
        paper.prose(words(added), indent=4)
    return paper.text()


def _briefly(task: PlannedStep) -> Message:
    """Return a step in one line: the path of a file, the table of a ruleset that is loaded, or else the step's first
    command."""
    match task.step:
        case LoadRules(does=does, program=program, table=table) if len(does) > 1:
            return message("{program}, table {table}: {count} changes in one load", program=program, table=table,
                           count=len(does))  # fmt: skip
        case _:
            return verbatim(brief_text(task.step) or task.repair)


_ENDS = {"taken-back": message("taken back"), "gone": message("already gone"), "stays": message("stays")}


def outcome_text(outcome: FixOutcome, words: Words, paper: Paper, places: Places) -> str:
    """Return the text about the outcome of the plan."""
    for each in outcome.results[:_FEW]:
        _write_result(each, words, paper, places)
    if len(outcome.results) > _FEW:
        well = sum(succeeds(each.after) for each in outcome.results)
        paper.prose(words(message("{passing} of {count} flows pass", passing=well, count=len(outcome.results))))
    paper.gap()
    if outcome.complaint is not None:
        said = message("hairpin undid the whole plan: {why}", why=outcome.complaint)
        if outcome.left:
            said = message("The plan was undone only in part: {why}.  `hairpin undo --list` says what is left",
                           why=outcome.complaint)  # fmt: skip
        if outcome.late:
            said = message("The plan was not completed: {why}.", why=outcome.complaint)
        paper.prose(words(said), style="bad")
        for host, time in outcome.late:
            said = message("{host} cannot be reached.  It undoes the plan by itself at {time}.", host=host, time=time)
            paper.prose(words(said), style="unsure")
        return paper.text()
    if outcome.until:
        said = message("hairpin undoes the plan at {time}, unless you run `hairpin fix --confirm`.", time=outcome.until)
        if outcome.hosts:
            named = " ".join(f"--host {each}" for each in outcome.hosts)
            said = message("hairpin undoes the plan at {time}, unless you run `hairpin fix --confirm {hosts}`.",
                           time=outcome.until, hosts=named)  # fmt: skip
        paper.prose(words(said), style="unsure")
    for plan in outcome.undo:
        paper.prose(words(message("to undo the plan: `hairpin undo {plan}`", plan=plan)))
    return paper.text()


def _write_result(result: FlowResult, words: Words, paper: Paper, places: Places) -> None:
    before, judge = words(VERDICTS[result.before]), _JUDGES[result.judge]
    text = flow_text(result.flow, places)
    if result.before != result.after or result.judge == "observed":
        text = words(message("{flow}: {before} before the plan; {judge}", flow=text, before=before, judge=judge))
    verdict_line(result.after, text, words, paper)
    for each in result.counted:
        said = message("packets that {rule} has counted: {before} → {after}", rule=each.place.text, before=each.before,
                       after=each.after)  # fmt: skip
        paper.prose(words(said), indent=4, style="faint")


def plans_text(plans: tuple[KeptPlan, ...], words: Words, paper: Paper) -> str:
    """Return the list of plans, with the parts of each plan that stay in force."""
    if not plans:
        paper.prose(words(message("hairpin has carried out no plan on this host")))
    for each in plans:
        asked = " ".join(each.question) or "-"
        head = f"{each.id}  {each.begun_at}  {each.host}  {asked}  "
        paper.line(head, (words(each.said), "strong"))
        for task in each.tasks:
            if task.state in ("stays", "failed", "running", "taking-back"):
                shown = words(_briefly(task))
                paper.prose(f"{shown}: {task.said}" if task.said else shown, indent=4)
    return paper.text()
