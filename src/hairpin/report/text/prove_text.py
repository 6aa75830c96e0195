"""The answers of both judges side by side, for people: the walk's path, then each packet that the kernel carried."""

from hairpin.answer.answer import Answer
from hairpin.answer.decisive import undecided_readings
from hairpin.judges.judged import Judged
from hairpin.message import message
from hairpin.replica.judgement import Judgement, Sighting
from hairpin.report.paper import Paper, Style
from hairpin.report.places import Places, naming_containers, places_of
from hairpin.report.questions import write_questions
from hairpin.report.text.path import draw_branch
from hairpin.report.unread import write_notes, write_unread
from hairpin.report.verdicts import flow_text, verdict_line
from hairpin.report.words import Words
from hairpin.walk.trace import Trace
from hairpin.walk.verdicts import VERDICTS

_SHOWN = 40
"""The greatest number of packets that are shown for one flow.  The JSON document has all packets."""


def prove_text(answer: Answer, words: Words, paper: Paper, *, verbose: bool) -> str:
    """Return the answer.  If several flows were asked, the paths of a flow on which both judges agree are drawn only
    with ``verbose``."""
    words = naming_containers(words, answer)
    files = {each.flow: each.file for each in answer.disputes}
    for each in answer.flows:
        paper.gap()
        if each.judged is None:
            _ends(each.trace, words, paper, places_of(answer, words))
        else:
            every = verbose or len(answer.flows) == 1 or each.judged.agreement.agrees is not True
            _flow(each.judged, files.get(each.ref), words, paper, places_of(answer, words), every=every)
    write_questions(answer, words, paper)
    write_notes(answer, words, paper)
    write_unread(undecided_readings(answer), words, paper)
    return paper.text()


def _flow(judged: Judged, file: str | None, words: Words, paper: Paper, places: Places, *, every: bool) -> None:
    trace, judgement = judged.trace, judged.judgement
    _ends(trace, words, paper, places)
    _judges(judged, words, paper)
    if file is not None:
        paper.prose(words(message("please report this bug with {file}", file=file)), indent=2)
    if every:
        paper.line(f"  {words(message('simulated'))}")
        draw_branch(trace, trace.usual, paper, words, places, every=True)
        paper.line(f"  {words(message('on the running kernel'))}")
        _packets(judgement, words, paper, places)
    _place(judgement, words, paper, places)
    for text in judgement.left_out:
        paper.prose(
            words(message("missing from the test copy (replica): {what}", what=text)),
            indent=2,
            first="? ",
            first_style="unsure",
        )
    for text in judgement.apart if every else ():
        paper.prose(
            words(message("not connected in the test copy (replica): {what}", what=text)), indent=2, style="faint"
        )


def _ends(trace: Trace, words: Words, paper: Paper, places: Places) -> None:
    """Write the walk's verdict.  For a flow without a verdict of the kernel, this line is the whole text."""
    ends = f"{places.client(trace.flow)} → {places.target(trace.flow)}"
    verdict_line(trace.verdict, flow_text(trace.flow, places) if places.with_host else ends, words, paper)


def _judges(judged: Judged, words: Words, paper: Paper) -> None:
    agrees = judged.agreement.agrees
    style: Style = "good" if agrees else "bad" if agrees is False else "unsure"
    said = words(VERDICTS[judged.judgement.verdict])
    match agrees:
        case True:
            text = message("the kernel agrees: {verdict}", verdict=said)
        case False:
            text = message("THE KERNEL DISAGREES: {reason}. This is a bug in hairpin", reason=judged.agreement.reason)
        case _:
            text = message(
                "the kernel says {verdict}, but the reason may be a part that the test copy (replica) lacks",
                verdict=said,
            )
    paper.prose(words(text), indent=2, style=style)


def _packets(judgement: Judgement, words: Words, paper: Paper, places: Places) -> None:
    first = judgement.path[0].at_ns if judgement.path else 0
    for seen in judgement.path[:_SHOWN]:
        paper.cut("    ", (f"{(seen.at_ns - first) / 1e6:8.3f} ms ", "faint"), _where(seen, places), " ", seen.text())
    if len(judgement.path) > _SHOWN:
        paper.line(f"    {words(message('and {count} more packets', count=len(judgement.path) - _SHOWN))}")
    if not judgement.path:
        paper.line(f"    {words(message('no packet left the namespace in which it started'))}")


def _where(seen: Sighting, places: Places) -> str:
    return f"{places.netns(seen.netns.name, seen.netns.host)} {seen.link} {'→' if seen.out else '←'}"


def _place(judgement: Judgement, words: Words, paper: Paper, places: Places) -> None:
    place = judgement.place
    if place is None:
        return
    for hit in place.rules:
        paper.cut(
            "    ",
            ("✗ ", "bad"),
            f"{places.netns(hit.netns.name, hit.netns.host)} {hit.table} {hit.chain} {hit.number}: {hit.text}",
        )
    if place.reasons:
        paper.line(
            f"    {words(message('drop reasons that the kernel gave: {reasons}', reasons=', '.join(place.reasons)))}"
        )
