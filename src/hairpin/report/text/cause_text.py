"""The report of one cause: its title, evidence, reason, proof and repair, each as a part of the cause's section."""

from functools import cached_property
from typing import TYPE_CHECKING

from hairpin.answer.answer import Answer, CauseAnswer, Judge
from hairpin.causes.proof import Proof
from hairpin.causes.where import rule_of
from hairpin.host.boot.configured import Configured
from hairpin.message import Message, message, verbatim
from hairpin.remedy.remedy import OwnersDecision
from hairpin.report.paper import Paper, wrapped
from hairpin.report.places import Places
from hairpin.report.questions import deciding, write_question
from hairpin.report.text.remedy_text import write_remedy
from hairpin.report.unread import NOTE
from hairpin.report.verdicts import FEW, Group, cause_of_stop, folded, groups
from hairpin.report.words import Words
from hairpin.walk.state import Stop
from hairpin.walk.verdicts import VERDICTS

if TYPE_CHECKING:
    from hairpin.apply.plan import Why
    from hairpin.report.quotes import Quote, Quotes

SEVERITIES: dict[str, Message] = {
    "blocking": message("cause"),
    "latent": message("latent cause"),
    "exposure": message("exposure"),
    "advice": message("advice"),
}
_LIKELY = message("likely")
JSON_LINES = 2
"""The greatest number of lines that an excerpt in JSON takes."""
_JUDGES: dict[Judge, Message] = {
    "simulated": message("simulated"),
    "replicated": message("replayed on this kernel"),
    "observed": message("observed"),
}


class CauseText:
    """Writes the parts of the answer's causes on paper.  ``verbose``: whether to write every part in full."""

    def __init__(self, answer: Answer, words: Words, places: Places, *, verbose: bool) -> None:
        self._answer = answer
        self._words = words
        self._places = places
        self._verbose = verbose
        self._noted: set[Message] = set()
        self.numbers = cause_numbers(answer)
        """The numbers of the numbered causes, by the causes' refs."""

    def label(self, cause: CauseAnswer) -> str:
        """Return the cause's label, such as ``1. cause[interface-forwarding-off]``."""
        severity = _LIKELY if cause.likely else SEVERITIES[cause.severity]
        kind, number = self._words(severity), self.numbers.get(cause.ref)
        return f"{f'{number}. ' if number else ''}{kind}[{self._places.on(cause.id, cause.host)}]"

    def title(self, cause: CauseAnswer, said: Message, paper: Paper) -> None:
        """Write the cause's label and the sentence ``said``."""
        paper.prose(self._words(said), first=f"{self.label(cause)}: ", first_style="bad", style="strong")

    def explained(self, cause: CauseAnswer, paper: Paper) -> None:
        """Write the flows that the cause explains, and the causes from which it follows."""
        words = self._words
        # A flow whose walk passes is undecided: something else than a cause leaves it so.
        failing = [each for each in self._answer.flows if each.causes or not each.trace.succeeds]
        stopped = [each.trace.flow for each in failing if cause.ref in each.causes]
        if len(stopped) == len(failing) > 1:
            paper.prose(words(_all_explained(len(stopped))), indent=2)
        elif stopped and len(failing) > 1:
            lines = folded(stopped, words, self._places, [each.trace.flow for each in self._answer.flows])
            more = [words(message("{count} more", count=len(lines) - FEW))] if len(lines) > FEW else []
            told = "; ".join([*lines[:FEW], *more])
            paper.prose(words(message("This cause explains: {flows}", flows=told)), indent=2)
        if cause.follows_from:
            said = message("This cause results from: {causes}", causes=self.named(cause.follows_from))
            paper.prose(words(said), indent=2)

    @cached_property
    def _quotes(self) -> "Quotes":
        from hairpin.report.quotes import Quotes

        return Quotes(self._answer.evidence, self._words)

    def quotes(self, cause: CauseAnswer) -> "list[Quote]":
        """Return the quotes that show a part of the fault.

        If the report is verbose, return all quotes of the cause."""
        found = self._quotes
        references, every = found.cause(cause), found.all()
        return [every[each] for each in references if every[each].tells or self._verbose]

    def quote(self, quote: "Quote", paper: Paper) -> None:
        """Write the origin of the quote, and its text."""
        netns = self._places.netns("" if quote.netns == "host" else quote.netns, quote.host)
        place = f"{quote.origin} ({netns})" if netns else quote.origin
        paper.cut("  ", ("──", "faint"), f" {place}")
        lines = quote.excerpt.splitlines()
        for line in lines[: 2 * FEW]:
            for part in _quoted(line, paper.width - 4):
                paper.cut("  ", ("│ ", "faint"), part)
        if quote.note:
            paper.prose(quote.note, indent=5)

    def why(self, cause: CauseAnswer, paper: Paper) -> None:
        """Write why the cause stops packets, the file that has the setting, the administrator's decision, and when and
        by whom the cause was made."""
        from hairpin.report.text.configured import configured_text, decision_text, undoing_text

        words = self._words
        paper.prose(words(cause.candidate.detail), indent=2)
        for each in cause.log:
            paper.prose(words(each), indent=2, style="strong")
        if cause.configured is not None and not _is_said(cause.configured, cause.decision):
            paper.prose(words(configured_text(cause.configured)), indent=2)
        if cause.decision is not None:
            paper.prose(words(decision_text(cause.decision)), indent=2)
            # the sentence about the decision is written here, so it is not written again with a repair
            self._noted.add(undoing_text(cause.decision))
        if cause.blame is not None:
            from hairpin.report.text.blame_text import write_blame

            write_blame(cause.blame, words, paper, whole=self._verbose)

    def proof(self, cause: CauseAnswer, paper: Paper) -> None:
        """Write the two verdicts that prove the cause, or the event after which the cause strikes."""
        words = self._words
        if cause.proof is not None:
            said = self._proof(cause, cause.proof)
            if cause.proof.repaired is not None and cause.proof.repaired.rests_on_grant:
                said = message("{said}, if the answer to the question below is yes", said=said)
            first = self._first_repaired(cause)
            if first:
                said = message("{said}, once {causes} is repaired", said=said, causes=self.named(first))
            heading = message("on the supposed host:") if cause.likely else message("proof:")
            paper.prose(words(said), indent=2, first=f"{words(heading)} ", first_style="strong")
        elif cause.event is not None:
            paper.prose(words(message("this cause does harm after: {event}", event=cause.event)), indent=2)
        if self._verbose and cause.alternatives:
            said = message(
                "these repairs would also deliver the flow, instead of the repair above: {causes}",
                causes="; ".join(map(self.named, cause.alternatives)),
            )
            paper.prose(words(said), indent=2, first=f"{words(NOTE)} ")

    def _first_repaired(self, cause: CauseAnswer) -> tuple[str, ...]:
        return tuple(each.ref for each in self._answer.repaired_before(cause))

    def remedies(self, cause: CauseAnswer, paper: Paper, *, every: bool = False) -> None:
        """Write the first repair.

        Write the other repairs, too, if the first repair has no commands or is disruptive, if verbose, or with
        ``every``."""
        host = cause.host if self._places.with_host else None
        ready = cause.remedies and cause.remedies[0].commands and not cause.remedies[0].disruptive
        shown = cause.remedies if every or self._verbose or not ready else cause.remedies[:1]
        for number, remedy in enumerate(shown):
            write_remedy(
                remedy,
                self._words,
                paper,
                self._noted,
                host,
                instead=number > 0,
                guarded=self._verbose,
                behind=self.named(self._first_repaired(cause)),
                likely=cause.likely,
                left=self.why_left_out(cause) if number == 0 and remedy.commands else None,
            )
        if len(shown) < len(cause.remedies):
            paper.prose(self._words(message("-v shows another repair of this cause.")), indent=2, style="faint")

    def why_left_out(self, cause: CauseAnswer) -> "Why | None":
        """Return why the plan of `hairpin fix` leaves out the cause's first repair; None if the plan makes it."""
        if cause.severity != "blocking" or self._answer.event is not None:
            return None
        from hairpin.apply.offer import left_to_person

        return left_to_person(self._answer).get(cause.ref)

    def named(self, refs: tuple[str, ...]) -> str:
        """Return the numbers and ids of the causes, such as ``1 (ip-forward-off), 2 (docker-user-drops)``."""
        named = [(each, self._places.on(each.id, each.host)) for each in self._answer.causes if each.ref in refs]
        numbers = self.numbers
        return ", ".join(f"{numbers[each.ref]} ({name})" if each.ref in numbers else name for each, name in named)

    def _proof(self, cause: CauseAnswer, proof: Proof) -> Message:
        before, after = self._words(VERDICTS[proof.without_change]), self._words(VERDICTS[proof.with_change])
        judge = self._words(_JUDGES[cause.judge])
        if not cause.candidate.offered and len(cause.together) == 1 and cause.event is None:
            if rule_of(cause.candidate.where) is None:
                return message("{before} now, {after} once that cause is repaired ({judge})", before=before,
                               after=after, judge=judge)  # fmt: skip
            return message(
                "{before} now, {after} without the rule that stops the flow; that rule is meant to stay ({judge})",
                before=before,
                after=after,
                judge=judge,
            )
        if cause.event is not None:
            return message(
                "{before} after {event}, {after} with this change ({judge})",
                event=cause.event,
                before=before,
                after=after,
                judge=judge,
            )
        if len(cause.together) == 1:
            return message("{before} now, {after} with this change ({judge})", before=before, after=after, judge=judge)
        numbers = sorted(self.numbers[each] for each in cause.together if each in self.numbers)
        named = ", ".join(map(str, numbers)) if len(numbers) == len(cause.together) else self.named(cause.together)
        both = {"before": before, "after": after, "judge": judge, "causes": named}
        if len(cause.together) == 2:
            return message("{before} now, {after} once both causes are fixed: {causes} ({judge})", **both)
        return message(
            "{before} now, {after} once all {count} causes are fixed: {causes} ({judge})",
            count=len(cause.together),
            **both,
        )


def _is_said(configured: Configured, decision: OwnersDecision | None) -> bool:
    """Return whether the sentence about the decision already names the place that has the setting."""
    if decision is None:
        return False
    places = (configured.file, configured.option, configured.owner)
    return any(each and each in str(decision.said) for each in places) or configured.writer == "network-option"


def explaining(answer: Answer) -> list[CauseAnswer]:
    """Return the causes that stop an asked flow, in the order in which they are written."""
    order = dict.fromkeys(ref for group in groups(answer.flows) for ref in group.causes)
    found = {each.ref: each for each in answer.causes}
    return [found[ref] for ref in order if ref in found]


def blocking(answer: Answer) -> list[CauseAnswer]:
    """Return the causes that get a number, in the order in which they are written: the blocking causes of the asked
    flows.  A single blocking cause gets no number, so the list is then empty."""
    found = [each for each in explaining(answer) if each.severity == "blocking"]
    return found if len(found) > 1 else []


def cause_numbers(answer: Answer) -> dict[str, int]:
    """Return the number of each numbered cause, by the cause's ref."""
    return {each.ref: number for number, each in enumerate(blocking(answer), 1)}


def _all_explained(count: int) -> Message:
    if count == 2:
        return message("This cause explains both flows that fail.")
    return message("This cause explains all {count} flows that fail.", count=count)


def _quoted(line: str, room: int) -> list[str]:
    """Return the lines of a quote.  A quote of JSON takes only a few lines, because people do not read it as prose."""
    parts = list(wrapped(line, room))
    if not line.startswith(("{", "[{")) or len(parts) <= JSON_LINES:
        return parts
    return [*parts[: JSON_LINES - 1], f"{parts[JSON_LINES - 1]} …"]


def told_apart(answer: Answer) -> list[CauseAnswer]:
    """Return the causes that have their own section although they stop no asked flow: latent causes, exposures, and
    states of the host, such as a state that keeps an engine from starting."""
    written = {each.ref for each in explaining(answer)}
    return [
        each
        for each in answer.causes
        if each.ref not in written
        and not (each.severity == "advice" and each.line is not None)
        and (
            each.severity in ("latent", "exposure")
            or each.proof is None
            or (each.severity == "blocking" and not each.flows)
        )
    ]


def _ending(answer: Answer, stop: Stop, words: Words) -> Message:
    """Return where the packet ends, why, and what decided it."""
    from hairpin.report.stops import decided_text, stop_sentence

    facts = {
        "netns": answer.network.netns_text(stop.netns),
        "link": stop.link,
        "why": stop_sentence(stop),
        "what": verbatim(decided_text(stop.decided_by, words)),
    }
    if stop.link and stop.decided_by is not None:
        return message("The packet stops on {link} of {netns}: {why} ({what}).", **facts)
    if stop.decided_by is not None:
        return message("The packet stops in {netns}: {why} ({what}).", **facts)
    return message("The packet stops in {netns}: {why}.", **facts)


def write_unexplained(answer: Answer, group: Group, words: Words, paper: Paper, asked: set[str]) -> None:
    """Write that no cause explains the flows, or on which conditions their verdict depends.  ``asked``: the references
    of the questions that were written before; those that are written now are added."""
    if group.verdict != "depends":
        stop = answer.flows[group.numbers[0]].trace.usual.stop
        known = cause_of_stop(answer, stop)
        if stop is not None and known is not None:
            said = message(
                "{cause} stops these flows, too. hairpin found no repair with which they pass.", cause=known.id
            )
            paper.prose(words(said), indent=2)
            return
        if stop is not None:
            paper.prose(words(_ending(answer, stop, words)), indent=2)
            if any(answer.flows[each].ref in one.flows for one in answer.questions for each in group.numbers):
                return  # the question about these flows says what may be behind it
            from hairpin.report.open_ends import is_known_limit, open_end

            paper.prose(words(open_end(answer.network, stop)), indent=2)
            if is_known_limit(answer.network, stop):
                return
        said = message("No cause that hairpin knows explains this. Please send a snapshot: hairpin snapshot --redact")
        paper.prose(words(said), indent=2)
        return
    flow = answer.flows[group.numbers[0]]
    open_ = deciding(answer, flow.ref)
    depends = (*flow.assumptions, *(each.said for each in flow.trace.conditions[len(open_) :]))
    if depends:
        paper.prose(
            words(message("hairpin cannot decide this from what it read. The answer depends on whether")), indent=2
        )
    for said in depends:
        paper.prose(words(said), indent=4, first="· ")
    for each in open_:
        if each.ref not in asked:
            asked.add(each.ref)
            write_question(each, words, paper)
