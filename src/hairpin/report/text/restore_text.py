"""The rules and chains that an engine has lost, for people, and the limits of restoring them."""

from hairpin.answer.decisive import lacks_reading, undecided_readings
from hairpin.answer.engines import unanswered
from hairpin.apply.plan import PlannedRemedy
from hairpin.apply.restoring import RestorePlan
from hairpin.change.commands.text import all_shown
from hairpin.engines.missing import Missing
from hairpin.host.docker import Engine
from hairpin.message import Message, message
from hairpin.report.paper import Paper
from hairpin.report.text.effects_text import effects_told, left_open_told, unasked_told
from hairpin.report.text.remedy_text import ALSO
from hairpin.report.unread import NOTE, as_far_as_read, write_unread
from hairpin.report.words import Words

_FEW = 12
"""The greatest number of rules of an engine that are listed without ``-v``."""


def restore_text(found: RestorePlan, words: Words, paper: Paper, *, applying: bool, verbose: bool = False) -> str:
    """Return the plan.  ``applying``: whether the plan is about to be carried out."""
    paper.prose(words(_first_line(found)), style="strong")
    made = {each.id: each for each in found.plan.repairs}
    for lost in found.lost:
        repair = made.get(lost.id)
        if repair is None:
            continue
        paper.gap()
        paper.prose(words(repair.title), style="strong")
        if lost.in_other_words:
            _write_call(lost.engine, repair, words, paper)
        else:
            _write_lost(lost.missing, words, paper, verbose=verbose)
        if lost.moved:
            paper.prose(words(message("moved to the place where the engine puts this rule:")), indent=2)
        for one in lost.moved:
            paper.line(f"  {one.family} {one.table}  ", (one.rule.text, "command"))
        for policy in (each.place for each in lost.opened if each.kept is None):
            paper.line(f"  {policy.family} {policy.table}  ", (f"-P {policy.chain} DROP", "command"))
        if repair.irreversible:
            paper.prose(words(message("No command undoes this.")), indent=2, style="unsure")
    _write_besides(found, words, paper)
    for told in effects_told(found.plan.effects, words):
        paper.prose(words(told), indent=2, first=f"{words(ALSO)} ")
    _write_refused(found, words, paper)
    for said in (*found.notes, *left_open_told(found.left_open, words)):
        paper.prose(words(said), first=f"{words(NOTE)} ")
    for why in found.undecided:
        paper.prose(why, style="unsure")
    write_unread(undecided_readings(found.plan.answer, "restore"), words, paper)
    if found.plan.repairs and not applying:
        paper.gap()
        paper.prose(words(message("Nothing was changed.  The same command with --apply carries the plan out.")))
    return paper.text()


def _write_call(engine: Engine, repair: PlannedRemedy, words: Words, paper: Paper) -> None:
    """Write the command that lets the engine make its rules again."""
    facts = {"backend": engine.network_backend or "", "version": engine.network_version}
    paper.prose(words(message("{backend} {version} writes its rules itself, for all running containers:", **facts)),
                indent=2)  # fmt: skip
    for line in all_shown(repair.remedy.steps):
        paper.line("      ", (line, "command"))


def _write_besides(found: RestorePlan, words: Words, paper: Paper) -> None:
    """Write the repairs that have to be made before the rules are restored.  Without these repairs, the restored rules
    would break working flows."""
    for each in found.besides:
        paper.gap()
        said = message(
            "hairpin does this before it puts back the chains and rules, so that connections that work now go on "
            "working: {title}",
            title=each.title,
        )
        paper.prose(words(said), style="strong")
        for line in all_shown(each.remedy.steps):
            paper.line("      ", (line, "command"))


def _write_refused(found: RestorePlan, words: Words, paper: Paper) -> None:
    for each in found.plan.choices:
        paper.gap()
        said = message("{title}; hairpin puts this back only if you add --choose {id}:", title=each.title, id=each.id)
        paper.prose(words(said), style="bad")
        for told in unasked_told(each.effects, words):
            paper.prose(words(told), indent=2)


def _first_line(found: RestorePlan) -> Message:
    host = found.plan.answer.network.this.name
    if found.besides:
        return message("{host}: hairpin puts back these chains and rules and what they need to work", host=host)
    if found.policies:
        return message("{host}: hairpin puts back these chains, rules and policies and changes nothing else", host=host)
    if found.plan.repairs:
        return message("{host}: hairpin puts back these chains and rules and changes nothing else", host=host)
    if found.plan.choices:
        return message("{host}: hairpin puts nothing back, because that would do harm", host=host)
    if found.undecided or unanswered(found.plan.answer):
        return message("{host}: hairpin does not know which chains and rules the engine should have", host=host)
    if found.supposed:
        return message("{host}: hairpin does not know which of the engines' chains and rules are there", host=host)
    said = message("{host}: the engines have all their chains and rules", host=host)
    return as_far_as_read(said, lacks_reading(found.plan.answer, "restore"))


def _write_lost(lost: Missing, words: Words, paper: Paper, *, verbose: bool) -> None:
    for made in lost.chains:
        paper.line(f"  {made.family} {made.table}  ", (f"-N {made.chain}", "command"))
    shown = lost.rules if verbose or len(lost.rules) <= _FEW else lost.rules[: _FEW - 1]
    for each in shown:
        paper.line(f"  {each.family} {each.table}  ", (each.rule.text, "command"))
    if len(shown) < len(lost.rules):
        paper.prose(words(message("and {count} more (-v lists them)", count=len(lost.rules) - len(shown))), indent=2)
