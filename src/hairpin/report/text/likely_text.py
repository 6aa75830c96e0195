"""The report about a host that only a pasted text describes: the recognised outputs, the proven facts, the likely
causes, and the one command to run next."""

from collections.abc import Callable, Container, Iterable, Iterator

from hairpin.answer.answer import Answer, CauseAnswer, FlowAnswer, Next
from hairpin.causes.registry import known_cause
from hairpin.evidence.told import Outcome
from hairpin.message import Message, message
from hairpin.pasted.form import Recognised
from hairpin.pasted.listed import recognised_in
from hairpin.report.paper import Paper
from hairpin.report.places import Places
from hairpin.report.text.cause_text import explaining
from hairpin.report.verdicts import FEW, flow_text, groups
from hairpin.report.words import Words
from hairpin.walk.verdicts import VERDICTS

_Write = Callable[[CauseAnswer, FlowAnswer | None], None]


def write_of_text(
    answer: Answer, words: Words, paper: Paper, places: Places, write_cause: _Write, *, verbose: bool
) -> None:
    """Write the report.  ``write_cause``: writes a cause's section, with the path of a flow."""
    found = [each for one in answer.evidence for each in recognised_in(one)]
    if found or not answer.causes:
        _write_recognised(found, words, paper, verbose=verbose)
    paper.gap()
    _write_verdicts(answer, words, paper, places)
    shown = explaining(answer)
    for cause in shown:
        if cause.shown_by is None:
            paper.gap()
            first = next((each for each in answer.flows if cause.ref in each.causes), None)
            write_cause(cause, first)
            _write_explained(cause, words, paper)
    for cause in answer.causes:
        if not cause.likely and cause.shown_by is None and cause not in shown:
            paper.gap()
            write_cause(cause, None)
            _write_explained(cause, words, paper)
    write_suppositions(answer, words, paper)
    _write_possible([each for each in answer.causes if each.shown_by is not None], words, paper)
    if answer.next is not None:
        _write_next(answer.next, words, paper)


def _write_recognised(found: list[Recognised], words: Words, paper: Paper, *, verbose: bool) -> None:
    if not found:
        paper.prose(
            words(
                message(
                    "hairpin recognises no output in this text. Paste the outputs of commands unchanged: `hairpin ask` "
                    "lists the commands"
                )
            )
        )
        return
    lines = [f"{each.as_} ({_span(each)})" for each in found]
    shown = lines if verbose or len(lines) <= 2 * FEW else lines[: 2 * FEW - 1]
    more = (
        [words(message("{count} more (-v lists them)", count=len(lines) - len(shown)))]
        if len(shown) < len(lines)
        else []
    )
    said = message("hairpin read these outputs in the text, by lines: {outputs}.", outputs=", ".join([*shown, *more]))
    paper.prose(words(said), style="faint")


def _span(each: Recognised) -> str:
    lines = f"{each.line}" if each.line == each.until else f"{each.line}-{each.until}"
    return f"{each.file}:{lines}" if each.file else lines


def _write_verdicts(answer: Answer, words: Words, paper: Paper, places: Places) -> None:
    for flow in answer.flows[: 2 * FEW]:
        if flow.supposed:
            write_supposed_verdict(flow, flow_text(flow.trace.flow, places), words, paper)
        else:
            good = flow.trace.succeeds
            verdict = VERDICTS[flow.trace.verdict]
            if flow.anyway:
                verdict = message("{verdict}, whatever the rest of the host is like", verdict=words(verdict))
            paper.prose(
                flow_text(flow.trace.flow, places),
                first=f"{'✓' if good else '✗'} {words(verdict)}  ",
                first_style="good" if good else "bad",
            )  # fmt: skip
    if not answer.flows:
        paper.prose(words(message("The text names no port of a container: name a port after `hairpin check`.")))


def write_supposed_verdict(flow: FlowAnswer, said: str, words: Words, paper: Paper) -> None:
    """Write the line of a flow whose verdict depends on parts that the text does not have.  ``said``: the sentence
    about the flow."""
    verdict = message("{verdict}, if the rest of the host is ordinary", verdict=words(VERDICTS[flow.trace.verdict]))
    paper.prose(said, first=f"? {words(verdict)}  ", first_style="unsure")


def _write_explained(cause: CauseAnswer, words: Words, paper: Paper, told: Container[Outcome] = ()) -> None:
    """Write what the cause explains.  ``told``: the outcomes that were quoted before.  Such an outcome is written only
    as the number of its line."""
    for each in cause.explains[:FEW]:
        said = message("line {line}", line=each.line) if each in told else _outcome_text(each)
        paper.prose(words(said), indent=2, first=f"{words(message('explains:'))} ", first_style="strong")


def _outcome_text(outcome: Outcome) -> Message:
    if outcome.result == "failed":
        return message("line {line}: {words}", line=outcome.line, words=outcome.target)
    return message(
        "line {line}: {tool} {target}: {result}",
        line=outcome.line,
        tool=outcome.tool,
        target=outcome.target,
        result=outcome.result,
    )


def write_suppositions(answer: Answer, words: Words, paper: Paper) -> None:
    """Write the parts on which the verdicts depend, and which the text does not have."""
    resting = [group for group in groups(answer.flows) if any(answer.flows[each].supposed for each in group.numbers)]
    parts = dict.fromkeys(
        each for group in resting for number in group.numbers for each in answer.flows[number].supposed
    )
    if not parts:
        return
    paper.gap()
    paper.prose(
        words(message("The text does not show these parts. hairpin assumes that they are as on an ordinary host:"))
    )
    for said in _parts_told(dict.fromkeys(each.what for each in parts), words):
        paper.prose(said, indent=4, first="· ")


def _parts_told(parts: Iterable[Message | str], words: Words) -> Iterator[str]:
    """Yield each part.  For parts that differ only in one name, yield the first part, then one line with the names of
    the other parts."""
    alike: dict[Message | str, list[Message | str]] = {}
    for each in parts:
        one_name = isinstance(each, Message) and len(each.values) == 1
        alike.setdefault(each.template if one_name and isinstance(each, Message) else each, []).append(each)
    for first, *others in alike.values():
        yield words(first) if isinstance(first, Message) else first
        names = [str(value) for each in others if isinstance(each, Message) for _, value in each.values]
        if names:
            yield words(message("the same parts of {names}", names=", ".join(names)))


def _write_possible(causes: list[CauseAnswer], words: Words, paper: Paper) -> None:
    if not causes:
        return
    paper.gap()
    paper.prose(words(message("Causes that may stop the packet, the likeliest first:")), style="strong")
    told: set[Outcome] = set()
    for each in causes:
        name = f"[{each.id}]" if known_cause(each.id) is not None else ""
        paper.prose(words(each.candidate.title), indent=4, first=f"· {words(message('likely'))}{name}: ")
        _write_explained(each, words, paper, told)
        told.update(each.explains)


def _write_next(asked: Next, words: Words, paper: Paper) -> None:
    paper.gap()
    paper.prose(words(message("Next, run this command on the host (it changes nothing):")), style="strong")
    paper.line("      ", (asked.command, "command"))
    for each in asked.outcomes:
        said = message("{shows}: {means}", shows=each.shows, means=each.means)
        paper.prose(words(said), indent=4, first="· ")
