"""What an engine has lost, as people read it, and what putting it back does not do."""

from hairpin.apply.restoring import RestorePlan
from hairpin.engines.missing import Missing
from hairpin.message import Message, message
from hairpin.report.paper import Paper
from hairpin.report.remedy_text import NOTE
from hairpin.report.words import Words

_FEW = 12
"""Rules of an engine that are listed, without ``-v``."""


def restore_text(found: RestorePlan, words: Words, paper: Paper, *, applying: bool, verbose: bool = False) -> str:
    """Return the plan.  ``applying``: it is about to be carried out."""
    paper.prose(words(_first_line(found)), style="strong")
    for repair, lost in zip(found.plan.repairs, found.lost, strict=True):
        paper.gap()
        paper.prose(words(repair.title), style="strong")
        _write_lost(lost.missing, words, paper, verbose=verbose)
        if lost.moved:
            paper.prose(words(message("moved to where the engine puts it:")), indent=2)
        for one in lost.moved:
            paper.line(f"  {one.family} {one.table}  ", (one.rule.text, "command"))
        for effect in repair.remedy.side_effects:
            paper.prose(words(effect.text), indent=2)
        if repair.irreversible:
            paper.prose(words(message("Nothing takes this back.")), indent=2, style="unsure")
    for said in found.notes:
        paper.prose(words(said), first=f"{words(NOTE)} ")
    for why in found.undecided:
        paper.prose(why, style="unsure")
    if found.plan.repairs and not applying:
        paper.gap()
        paper.prose(words(message("Nothing was changed.  The same command with --apply carries it out.")))
    return paper.text()


def _first_line(found: RestorePlan) -> Message:
    host = found.plan.answer.network.this.name
    if found.plan.repairs:
        return message("{host}: these chains and rules are put back, and nothing else is changed", host=host)
    if found.undecided:
        return message("{host}: it is not known what the engine should have", host=host)
    return message("{host}: the engines have all their chains and rules", host=host)


def _write_lost(lost: Missing, words: Words, paper: Paper, *, verbose: bool) -> None:
    for made in lost.chains:
        paper.line(f"  {made.family} {made.table}  ", (f"-N {made.chain}", "command"))
    shown = lost.rules if verbose or len(lost.rules) <= _FEW else lost.rules[: _FEW - 1]
    for each in shown:
        paper.line(f"  {each.family} {each.table}  ", (each.rule.text, "command"))
    if len(shown) < len(lost.rules):
        paper.prose(words(message("and {count} more (-v lists them)", count=len(lost.rules) - len(shown))), indent=2)
