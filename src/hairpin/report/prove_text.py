"""Both judges side by side, as people read it: the walk's way, then each packet that the kernel carried."""

from hairpin.judges.proof import Proof
from hairpin.message import message
from hairpin.replica.run.worker import Judgement
from hairpin.replica.watch.tap import Sighting
from hairpin.report.paper import Paper, Style
from hairpin.report.path import draw_branch
from hairpin.report.verdicts import VERDICTS, verdict_line
from hairpin.report.words import Words

_SHOWN = 40
"""Packets of one flow that are shown; the JSON has all."""


def prove_text(proven: tuple[Proof, ...], words: Words, paper: Paper, *, verbose: bool) -> str:
    """Return the answer; the ways of a flow on which both judges agree and which is delivered only when asked for."""
    for each in proven:
        paper.gap()
        _flow(each, words, paper, every=verbose or len(proven) == 1 or each.agreement.agrees is not True)
    return paper.text()


def _flow(proven: Proof, words: Words, paper: Paper, *, every: bool) -> None:
    flow, judgement = proven.trace.flow, proven.judgement
    verdict_line(proven.trace.verdict, f"{flow.start_text()} → {flow.target_text()}", words, paper)
    _judges(proven, words, paper)
    if every:
        paper.line(f"  {words(message('simulated'))}")
        draw_branch(proven.trace, proven.trace.usual, paper, words, every=True)
        paper.line(f"  {words(message('on the running kernel'))}")
        _packets(judgement, words, paper)
    _place(judgement, words, paper)
    for text in judgement.left_out:
        paper.prose(words(message("not rebuilt: {what}", what=text)), indent=2, first="? ", first_style="unsure")
    for text in judgement.apart if every else ():
        paper.prose(words(message("left apart: {what}", what=text)), indent=2, style="faint")


def _judges(proven: Proof, words: Words, paper: Paper) -> None:
    style: Style = "good" if proven.agreement.agrees else "bad" if proven.agreement.agrees is False else "unsure"
    said = words(VERDICTS[proven.judgement.verdict])
    match proven.agreement.agrees:
        case True:
            text = message("the kernel agrees: {verdict}", verdict=said)
        case False:
            text = message("THE KERNEL DISAGREES: {reason}. This is a bug in hairpin", reason=proven.agreement.reason)
        case _:
            text = message("the kernel says {verdict}, but what was not rebuilt may be why", verdict=said)
    paper.prose(words(text), indent=2, style=style)
    if proven.file is not None:
        paper.prose(words(message("please report it with {file}", file=proven.file)), indent=2)


def _packets(judgement: Judgement, words: Words, paper: Paper) -> None:
    first = judgement.path[0].at_ns if judgement.path else 0
    for seen in judgement.path[:_SHOWN]:
        paper.cut("    ", (f"{(seen.at_ns - first) / 1e6:8.3f} ms ", "faint"), _where(seen), " ", seen.text())
    if len(judgement.path) > _SHOWN:
        paper.line(f"    {words(message('and {count} more packets', count=len(judgement.path) - _SHOWN))}")
    if not judgement.path:
        paper.line(f"    {words(message('no packet left its namespace'))}")


def _where(seen: Sighting) -> str:
    return f"{seen.netns} {seen.link} {'→' if seen.out else '←'}"


def _place(judgement: Judgement, words: Words, paper: Paper) -> None:
    place = judgement.place
    if place is None:
        return
    for hit in place.rules:
        paper.cut("    ", ("✗ ", "bad"), f"{hit.netns} {hit.table} {hit.chain} {hit.number}: {hit.text}")
    if place.reasons:
        paper.line(f"    {words(message('drop reasons of the kernel: {reasons}', reasons=', '.join(place.reasons)))}")
