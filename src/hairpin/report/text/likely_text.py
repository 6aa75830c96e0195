"""The report about a host that only a pasted text describes: the verdict, the cause that the text proves or the likely
causes, and the one command to run next.

What hairpin has read in the text, and what it assumes, takes one line each.  ``verbose`` lists them, and shows all
causes.
"""

from collections.abc import Callable, Iterable, Iterator

from hairpin.answer.answer import Answer, CauseAnswer, FlowAnswer, Next
from hairpin.answer.likely.against import unexplained_failures
from hairpin.causes.registry import known_cause
from hairpin.evidence.told import Outcome, Result
from hairpin.message import Message, message
from hairpin.network.flow import Flow, FromContainer
from hairpin.pasted.form import Recognised
from hairpin.pasted.listed import recognised_in
from hairpin.report.paper import Paper, Style
from hairpin.report.places import Places
from hairpin.report.quotes import Quotes
from hairpin.report.text.cause_text import explaining
from hairpin.report.verdicts import FEW, flow_text, folded, groups
from hairpin.report.words import Words
from hairpin.suppose.asked import UNNAMED
from hairpin.walk.verdicts import VERDICTS

_Write = Callable[[CauseAnswer, FlowAnswer | None], None]
_MOST_LIKELY = 3
"""The number of likely causes that the short answer names."""
_MOST_LEFT = 4
"""The number of causes that are named as left by the next command."""
_MOST_FLOWS = 4
"""The number of lines about flows in the short answer."""

_RESULTS: dict[Result, Message] = {
    "answered": message("answered"),
    "refused": message("refused"),
    "timeout": message("timeout"),
    "unreachable": message("unreachable"),
    "prohibited": message("prohibited"),
    "reset": message("reset"),
    "empty": message("empty answer"),
    "no-name": message("no such name"),
    "not-here": message("no address of its own"),
    "failed": message("failed"),
}


def write_of_text(
    answer: Answer, words: Words, paper: Paper, places: Places, write_cause: _Write, *, verbose: bool
) -> None:
    """Write the report.  ``write_cause``: writes a cause's section, with the path of a flow."""
    found = [each for one in answer.evidence for each in recognised_in(one)]
    if not (answer.flows or answer.causes or answer.next or any(each.as_ for each in found)):
        paper.prose(words(message("Nothing here is about a network.")))
        return
    if verbose:
        _write_recognised(found, words, paper)
        paper.gap()
    paper.prose(words(_summary(answer)), style="strong")
    _write_verdicts(answer, words, paper, places, verbose=verbose)
    for each in answer.notes[:_MOST_LIKELY]:
        paper.prose(words(each), first=f"{words(message('note:'))} ")
    proven = [each for each in _in_order(answer) if not each.likely]
    for cause in proven:
        _write_section(cause, answer, words, paper, write_cause)
    likely = [each for each in answer.causes if each.likely]
    if verbose:
        walked = [each for each in _in_order(answer) if each.likely and each.shown_by is None]
        for cause in walked:
            _write_section(cause, answer, words, paper, write_cause)
        likely = [each for each in likely if each not in walked]
    _write_likely(answer, likely, words, paper, proven=bool(proven), verbose=verbose)
    if answer.next is not None:
        _write_next(answer.next, words, paper, verbose=verbose)
    if verbose:
        write_suppositions(answer, words, paper)
    else:
        _write_grounds(answer, found, words, paper)


def _in_order(answer: Answer) -> list[CauseAnswer]:
    """Return the causes that stop an asked flow, then the other ones."""
    shown = explaining(answer)
    return [*shown, *(each for each in answer.causes if each not in shown)]


def _summary(answer: Answer) -> Message:
    """Return the first line: whether the text proves a cause, and how many."""
    proven = sum(each.severity == "blocking" for each in answer.causes)
    likely = sum(each.likely for each in answer.causes)
    if proven:
        return (
            message("The text proves the cause.")
            if proven == 1
            else message("The text proves {count} causes.", count=proven)
        )
    if likely:
        return (
            message("The text proves no cause. One is likely:")
            if likely == 1
            else message("The text proves no cause. The likeliest ones are below.")
        )
    if answer.flows and all(each.succeeds for each in answer.flows):
        return message("Nothing that the text shows stops these flows.")
    if any(not each.succeeds and not each.supposed for each in answer.flows):
        return message("The text shows where the packet stops. hairpin knows no cause for it.")
    return message("The text shows no fault.")


# --- flows -----------------------------------------------------------------------------------------------------------


def _write_verdicts(answer: Answer, words: Words, paper: Paper, places: Places, *, verbose: bool) -> None:
    """Write the flows with their verdicts; ``verbose``: each of them.  Beside a flow of which the text proves that it
    fails, the undecided flows are only counted."""
    if not answer.flows:
        paper.prose(words(message("The text names no port of a container: name a port after `hairpin check`.")))
    told = list(answer.flows) if verbose else _flows_to_tell(answer)
    is_shown_alone = not verbose and any(not each.supposed and not each.succeeds for each in told)
    shown = [each for each in told if not (is_shown_alone and each.supposed)]
    left = len(told) - len(shown)
    alike: dict[tuple[str, Style], list[FlowAnswer]] = {}
    for each in sorted(shown, key=lambda flow: (bool(flow.supposed), flow.trace.succeeds)):
        alike.setdefault(_verdict(each, words, is_open=any(one.likely for one in answer.causes)), []).append(each)
    for (first, style), flows in alike.items():
        lines = _lines([each.trace.flow for each in flows], answer, words, places, verbose=verbose)
        for said in lines if verbose else lines[:_MOST_FLOWS]:
            paper.prose(said, first=f"{first}  ", first_style=style)
        left += 0 if verbose else max(0, len(lines) - _MOST_FLOWS)
    if left:
        more = (
            message("1 more flow is undecided (-v lists it)")
            if left == 1
            else message("{count} more flows are undecided (-v lists them)", count=left)
        )
        paper.prose(words(more), style="faint")


def _flows_to_tell(answer: Answer) -> list[FlowAnswer]:
    """Return the flows of the short answer.  If the text says that something fails, the way out of a container that no
    text names is left out: nobody has asked for it."""
    if not any(each.likely for each in answer.causes) or answer.question.targets:
        return list(answer.flows)
    return [each for each in answer.flows if not (each.trace.succeeds and _is_of_unnamed(each.trace.flow))]


def _is_of_unnamed(flow: Flow) -> bool:
    return isinstance(flow.start, FromContainer) and flow.start.name == UNNAMED


def _lines(flows: list[Flow], answer: Answer, words: Words, places: Places, *, verbose: bool) -> list[str]:
    if verbose or len(flows) == 1:
        return [flow_text(each, places) for each in flows]
    return folded(flows, words, places, [each.trace.flow for each in answer.flows])


def _verdict(flow: FlowAnswer, words: Words, *, is_open: bool = False) -> tuple[str, Style]:
    """Return the mark and the verdict of the flow, and the style in which they are written.  ``is_open``: whether the
    answer has likely causes.  That the flow passes on an ordinary host then says nothing."""
    verdict = VERDICTS[flow.trace.verdict]
    if flow.supposed and is_open and flow.trace.succeeds:
        return f"? {words(VERDICTS['depends'])}", "unsure"
    if flow.supposed:
        return f"? {words(message('{verdict}, if the rest of the host is ordinary', verdict=words(verdict)))}", "unsure"
    if flow.anyway:
        verdict = message("{verdict}, whatever the rest of the host is like", verdict=words(verdict))
    return (f"✓ {words(verdict)}", "good") if flow.trace.succeeds else (f"✗ {words(verdict)}", "bad")


def write_supposed_verdict(flow: FlowAnswer, said: str, words: Words, paper: Paper) -> None:
    """Write the line of a flow whose verdict depends on parts that the text does not have.  ``said``: the sentence
    about the flow."""
    first, style = _verdict(flow, words)
    paper.prose(said, first=f"{first}  ", first_style=style)


# --- causes ----------------------------------------------------------------------------------------------------------


def _write_section(cause: CauseAnswer, answer: Answer, words: Words, paper: Paper, write_cause: _Write) -> None:
    paper.gap()
    first = next((each for each in answer.flows if cause.ref in each.causes), None)
    write_cause(cause, first if cause.shown_by is None else None)
    told: set[int] = set()
    for each in cause.explains[:_MOST_LIKELY]:
        _write_line(message("explains:"), each, words, paper, told, indent=2)
    for each in cause.against[:_MOST_LIKELY]:
        _write_line(message("does not explain:"), each, words, paper, told, indent=2)


def _write_likely(
    answer: Answer, likely: list[CauseAnswer], words: Words, paper: Paper, *, proven: bool, verbose: bool
) -> None:
    """Write the likely causes, each with the line that speaks for it and the one against it.  Beside a proven cause
    that explains all failures of the text, the likely ones are only counted."""
    if not likely:
        return
    is_open = not proven or any(unexplained_failures(answer))
    shown = likely if verbose else likely[:_MOST_LIKELY] if is_open else []
    if shown:
        paper.gap()
    if shown and proven:
        paper.prose(words(message("Also likely:")), style="strong")
    quotes = Quotes(answer.evidence, words)
    told: set[int] = set()
    for number, each in enumerate(shown, 1):
        name = f"[{each.id}]" if known_cause(each.id) is not None else ""
        said = f"{words(message('likely'))}{name}: {words(each.candidate.title)}"
        paper.prose(said, indent=2, first=f"{number}. " if len(shown) > 1 else "· ")
        _write_for(each, quotes, words, paper, told)
        for one in each.against[: FEW if verbose else 1]:
            _write_line(message("against it:"), one, words, paper, told)
    if len(shown) < len(likely):
        left = len(likely) - len(shown)
        paper.gap()
        more = (
            message("1 other cause is possible (-v shows it)")
            if left == 1
            else message("{count} other causes are possible (-v shows them)", count=left)
        )
        paper.prose(words(more), style="faint")


def _write_for(cause: CauseAnswer, quotes: Quotes, words: Words, paper: Paper, told: set[int]) -> None:
    """Write what speaks for the cause: the line of an output if a walk has found the cause, else the words of the
    text."""
    if cause.shown_by is None:
        references, every = quotes.cause(cause), quotes.all()
        telling = next((every[each] for each in references if every[each].tells), None)
        line = telling.excerpt.strip().partition("\n")[0] if telling is not None else ""
        if telling is not None and line:
            first = f"{words(message('for it:'))} "
            paper.prose(f"{telling.origin}: {line}", indent=5, first=first, first_style="faint")
            return
    for each in cause.explains[:1]:
        _write_line(message("for it:"), each, words, paper, told)


def _write_line(
    said: Message, outcome: Outcome, words: Words, paper: Paper, told: set[int], *, indent: int = 5
) -> None:
    """Write a line of the text behind ``said``.  ``told``: the lines that were quoted before.  Of such a line only the
    number is written."""
    shown = message("line {line}", line=outcome.line) if outcome.line in told else _outcome_text(outcome)
    told.add(outcome.line)
    paper.prose(words(shown), indent=indent, first=f"{words(said)} ", first_style="faint")


def _outcome_text(outcome: Outcome) -> Message:
    if not outcome.tool:
        return message("line {line}: {words}", line=outcome.line, words=outcome.target)
    return message(
        "line {line}: {tool} {target}: {result}",
        line=outcome.line,
        tool=outcome.tool,
        target=outcome.target,
        result=_RESULTS[outcome.result],
    )


def _write_next(asked: Next, words: Words, paper: Paper, *, verbose: bool) -> None:
    paper.gap()
    paper.prose(words(message("Next, run this command on the host (it changes nothing):")), style="strong")
    paper.line("      ", (asked.command, "command"))
    *some, last = asked.outcomes or (None,)
    shown = some if verbose else some[:_MOST_LIKELY]
    for each in (*shown, last):
        if each is not None:
            means = each.means if verbose else _shortened(each.means)
            said = message("{shows}: {means}", shows=each.shows, means=means)
            paper.prose(words(said), indent=4, first="· ")


def _shortened(means: Message) -> Message:
    """Return the message.  Of many causes that are left, the first ones are named."""
    causes = str(dict(means.values).get("causes", "")).split(", ")
    if len(causes) <= _MOST_LEFT + 1:
        return means
    left = ", ".join(causes[:_MOST_LEFT])
    return message("still possible: {causes} and {count} others", causes=left, count=len(causes) - _MOST_LEFT)


# --- grounds ---------------------------------------------------------------------------------------------------------


def _write_grounds(answer: Answer, found: list[Recognised], words: Words, paper: Paper) -> None:
    """Write how much was read in the text, and how much is assumed, in one line each."""
    paper.gap()
    parts = _supposed_parts(answer)
    if parts:
        said = message("{count} parts that the text does not show are as on an ordinary host (-v lists them)",
                       count=len(parts))  # fmt: skip
        paper.prose(words(said), first=f"{words(message('assumed:'))} ", style="faint")
    read = len([each for each in found if each.as_])
    said = (
        message("no output of a command; hairpin goes by the words alone. `hairpin ask` lists useful commands")
        if not read
        else message("1 output in the text (-v names it)")
        if read == 1
        else message("{count} outputs in the text (-v names them)", count=read)
    )
    paper.prose(words(said), first=f"{words(message('read:'))} ", style="faint")


def _write_recognised(found: list[Recognised], words: Words, paper: Paper) -> None:
    if not found:
        said = message(
            "hairpin recognises no output in this text. Paste the outputs of commands unchanged: `hairpin ask` lists "
            "the commands"
        )
        paper.prose(words(said))
        return
    lines = [f"{each.as_} ({_span(each)})" for each in found]
    said = message("hairpin read these outputs in the text, by lines: {outputs}.", outputs=", ".join(lines))
    paper.prose(words(said), style="faint")


def _span(each: Recognised) -> str:
    lines = f"{each.line}" if each.line == each.until else f"{each.line}-{each.until}"
    return f"{each.file}:{lines}" if each.file else lines


def _supposed_parts(answer: Answer) -> tuple[Message | str, ...]:
    """Return the parts on which the verdicts rest, and which the text does not have, each once."""
    resting = [group for group in groups(answer.flows) if any(answer.flows[each].supposed for each in group.numbers)]
    parts = (each for group in resting for number in group.numbers for each in answer.flows[number].supposed)
    return tuple(dict.fromkeys(each.what for each in parts))


def write_suppositions(answer: Answer, words: Words, paper: Paper) -> None:
    """Write the parts on which the verdicts depend, and which the text does not have."""
    parts = _supposed_parts(answer)
    if not parts:
        return
    paper.gap()
    paper.prose(
        words(message("The text does not show these parts. hairpin assumes that they are as on an ordinary host:"))
    )
    for said in _parts_told(parts, words):
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
