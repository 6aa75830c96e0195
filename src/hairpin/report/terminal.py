"""The answer as people read it: a summary, the verdicts; then for each cause why, where, the proof and the repair."""

from hairpin.answer.answer import REPLICA, Answer, CauseAnswer, FlowAnswer, Judge
from hairpin.causes.where import rule_of
from hairpin.diagnose.diagnose import Proof
from hairpin.message import Message, message
from hairpin.report.after import write_event
from hairpin.report.blame_text import write_blame
from hairpin.report.configured import configured_text
from hairpin.report.covered import is_covered
from hairpin.report.pages import page_ids
from hairpin.report.paper import Paper, wrapped
from hairpin.report.path import draw
from hairpin.report.places import places_of
from hairpin.report.questions import write_questions
from hairpin.report.quotes import Quotes
from hairpin.report.remedy_text import NOTE, is_ahead, write_keeping, write_remedy
from hairpin.report.summary import summary
from hairpin.report.unread import left_undecided, refused_without_root
from hairpin.report.verdicts import FEW, Group, flow_text, folded, groups, write_flows
from hairpin.report.words import Words
from hairpin.walk.state import Stop
from hairpin.walk.verdicts import VERDICTS, Verdict

_SEVERITIES: dict[str, Message] = {
    "blocking": message("cause"),
    "latent": message("latent cause"),
    "exposure": message("exposure"),
    "advice": message("advice"),
}

JSON_LINES = 2
"""The most lines of an excerpt in JSON."""
_JUDGES: dict[Judge, Message] = {
    "simulated": message("simulated"),
    "replicated": message("replayed on this kernel"),
    "observed": message("observed"),
}


def report_text(answer: Answer, words: Words, paper: Paper, *, verbose: bool = False) -> str:
    """Return the report."""
    report = _Report(answer, words, paper, verbose=verbose)
    report.verdicts()
    for group in groups(answer.flows):
        report.group(group)
    report.not_blocking()
    report.rest()
    return paper.text()


class _Report:
    """Writes one report, with each cause and each note once."""

    def __init__(self, answer: Answer, words: Words, paper: Paper, *, verbose: bool) -> None:
        self._answer = answer
        self._quotes = Quotes(answer.evidence, words)
        self._places = places_of(answer, words)
        self._numbers = {each.ref: number for number, each in enumerate(_blocking(answer), 1)}
        self._words = words
        self._paper = paper
        self._verbose = verbose
        self._told: set[str] = set()
        self._noted: set[Message] = set()
        self._drawn: list[Stop] = []

    def _prose(self, said: Message, *, indent: int = 0) -> None:
        self._paper.prose(self._words(said), indent=indent)

    def verdicts(self) -> None:
        """Write every flow's verdict: first the failing flows, grouped by how they fail."""
        flows, words, paper = self._answer.flows, self._words, self._paper
        if self._answer.event is not None:
            write_event(self._answer.event, words, paper)
        for said in self._answer.engines:
            paper.prose(words(said), style="strong")
        if any(refused_without_root(each) for each in self._answer.missing):
            paper.prose(words(message("Not all of the host could be read: run it as root.")), style="unsure")
        line = summary(self._answer)
        if line is not None:
            paper.prose(words(line), style="strong")
        paper.gap()
        if not flows:
            self._prose(_nothing_asked(self._answer))
        bad = [each for each in flows if not each.succeeds]
        failing: dict[Verdict, None] = dict.fromkeys(each.verdict for each in groups(flows))
        for verdict in failing:
            self._flows(verdict, [each for each in bad if each.verdict == verdict], single=len(bad) <= FEW)
        fine = [each for each in flows if each.succeeds]
        passing: dict[Verdict, None] = dict.fromkeys(each.verdict for each in fine)
        for verdict in passing:
            alike = [each for each in fine if each.verdict == verdict]
            self._flows(verdict, alike, single=len(fine) <= FEW, whole=not bad and len(fine) <= 4 * FEW)

    def _flows(self, verdict: Verdict, alike: list[FlowAnswer], *, single: bool, whole: bool = False) -> None:
        """Write the lines of the flows with one verdict.  ``whole``: however many they are."""
        flows = [each.trace.flow for each in alike]
        if single or self._verbose:
            lines = [flow_text(flow, self._places) for flow in flows]
        else:
            others = [each.trace.flow for each in self._answer.flows]
            lines = folded(flows, self._words, self._places, others, each_port=whole)
        write_flows(lines, verdict, self._words, self._paper, all_=self._verbose or whole)

    def group(self, group: Group) -> None:
        """Write the causes of the group, the first with a drawing; nothing if all of them were written before."""
        flow = self._answer.flows[group.numbers[0]]
        if group.causes and self._told.issuperset(group.causes):
            return
        for ref in group.causes:
            if ref not in self._told:
                self._told.add(ref)
                self._paper.gap()
                self._cause(next(each for each in self._answer.causes if each.ref == ref), flow)
        if not group.causes:
            self._paper.gap()
            self._unexplained(group)
            self._paper.gap()
            draw(flow.trace, self._paper, self._words, self._places, every=self._verbose)

    def _draw(self, flow: FlowAnswer) -> None:
        """Draw a flow, if no drawing shows yet where it stops."""
        stop = flow.stop
        alike = (each for each in self._drawn if stop is not None and _same_place(each, stop))
        if not self._verbose and next(alike, None) is not None:
            return
        if stop is not None:
            self._drawn.append(stop)
        self._paper.gap()
        draw(flow.trace, self._paper, self._words, self._places, every=self._verbose)

    def not_blocking(self) -> None:
        """Write the causes that stop no asked flow yet, and what keeps an engine from starting."""
        for cause in self._answer.causes:
            unasked = cause.severity == "blocking" and not cause.flows
            in_a_line = cause.severity == "advice" and cause.line is not None
            if cause.ref in self._told or in_a_line:
                continue
            if cause.severity in ("latent", "exposure") or cause.proof is None or unasked:
                shown = tuple(each for each in self._answer.causes if each.ref in self._told)
                self._told.add(cause.ref)
                self._paper.gap()
                if is_ahead(cause) and not self._verbose:
                    self._ahead(cause)
                elif is_covered(cause, shown) and not self._verbose:
                    self._title(cause, message("the repair above is its repair, too"))
                else:
                    self._cause(cause)

    def _ahead(self, cause: CauseAnswer) -> None:
        """Write what an event brings in three lines: the cause, which flows it stops, and what keeps it away."""
        words, paper = self._words, self._paper
        self._title(cause, cause.candidate.title)
        flows = [each.trace.flow for each in self._answer.flows if each.ref in cause.flows]
        lines = folded(flows, words, self._places, [each.trace.flow for each in self._answer.flows])
        if cause.proof is not None and flows:
            named = lines[0] if len(lines) == 1 else words(message("{flow} and others", flow=lines[0]))
            now: Verdict = next(each.verdict for each in self._answer.flows if each.ref in cause.flows)
            before, after = (words(VERDICTS[each]) for each in (now, cause.proof.without_change))
            said = message("{flows}: {before} now, {after} then", flows=named, before=before, after=after)
            paper.prose(words(said), indent=2)
        write_keeping(cause.remedies, words, paper)

    def _unexplained(self, group: Group) -> None:
        if group.verdict != "depends":
            self._prose(
                message(
                    "No cause that hairpin knows explains this; the drawing shows where it ends. A snapshot helps to "
                    "find out: hairpin snapshot --redact"
                ),
                indent=2,
            )
            return
        self._prose(message("It cannot be decided from what was read; it depends on:"), indent=2)
        for condition in self._answer.flows[group.numbers[0]].trace.conditions:
            self._paper.prose(self._words(condition.said), indent=4, first="· ")

    def _title(self, cause: CauseAnswer, said: Message) -> None:
        kind, number = self._words(_SEVERITIES[cause.severity]), self._numbers.get(cause.ref)
        first = f"{f'{number}. ' if number else ''}{kind}[{self._places.on(cause.id, cause.host)}]: "
        self._paper.prose(self._words(said), first=first, first_style="bad", style="strong")

    def _heading(self, cause: CauseAnswer) -> None:
        """Write a cause's number, id and title, which flows it explains, and what made it."""
        words, paper = self._words, self._paper
        self._title(cause, cause.candidate.title)
        failing = [each for each in self._answer.flows if not each.succeeds]
        stopped = [each.trace.flow for each in failing if cause.ref in each.causes]
        if len(stopped) == len(failing) > 1:
            paper.prose(words(_all_explained(len(stopped))), indent=2)
        elif stopped and len(failing) > 1:
            lines = folded(stopped, words, self._places, [each.trace.flow for each in self._answer.flows])
            more = [words(message("{count} more", count=len(lines) - FEW))] if len(lines) > FEW else []
            told = "; ".join([*lines[:FEW], *more])
            paper.prose(words(message("It explains: {flows}", flows=told)), indent=2)
        if cause.follows_from:
            said = message("It follows from: {causes}", causes=self._named(cause.follows_from))
            paper.prose(words(said), indent=2)

    def _cause(self, cause: CauseAnswer, flow: FlowAnswer | None = None) -> None:
        words, paper = self._words, self._paper
        self._heading(cause)
        for reference in self._quotes.cause(cause):
            self._quote(reference)
        paper.gap()
        paper.prose(words(cause.candidate.detail), indent=2)
        if cause.configured is not None:
            paper.prose(words(configured_text(cause.configured)), indent=2)
        if cause.blame is not None:
            write_blame(cause.blame, words, paper, whole=self._verbose)
        if flow is not None:
            self._draw(flow)
        paper.gap()
        if cause.proof is not None:
            said = self._proof(cause, cause.proof)
            paper.prose(words(said), indent=2, first=f"{words(message('proof:'))} ", first_style="strong")
        elif cause.event is not None:
            paper.prose(words(message("it strikes after: {event}", event=cause.event)), indent=2)
        if self._verbose and cause.alternatives:
            said = message("would do instead: {causes}", causes="; ".join(map(self._named, cause.alternatives)))
            paper.prose(words(said), indent=2, first=f"{words(NOTE)} ")
        host = cause.host if self._places.with_host else None
        ready = cause.remedies and cause.remedies[0].commands and not cause.remedies[0].disruptive
        shown = cause.remedies[:1] if ready and not self._verbose else cause.remedies
        for number, remedy in enumerate(shown):
            write_remedy(remedy, words, paper, self._noted, host, instead=number > 0, guarded=self._verbose)
        if len(shown) < len(cause.remedies):
            paper.prose(words(message("-v shows another way to repair it.")), indent=2, style="faint")
        if cause.id in page_ids():
            said = message("more: hairpin explain {id}", id=cause.id)
            paper.prose(words(said), indent=2, style="faint")

    def _quote(self, reference: str) -> None:
        quote = self._quotes.all()[reference]
        if not quote.tells and not self._verbose:
            return
        netns = self._places.netns("" if quote.netns == "host" else quote.netns, quote.host)
        place = f"{quote.origin} ({netns})" if netns else quote.origin
        self._paper.cut("  ", ("──", "faint"), f" {place}")
        lines = quote.excerpt.splitlines()
        for line in lines[: 2 * FEW]:
            for part in _quoted(line, self._paper.width - 4):
                self._paper.cut("  ", ("│ ", "faint"), part)
        if quote.note:
            self._paper.prose(quote.note, indent=5)

    def _proof(self, cause: CauseAnswer, proof: Proof) -> Message:
        before, after = self._words(VERDICTS[proof.without_change]), self._words(VERDICTS[proof.with_change])
        judge = self._words(_JUDGES[cause.judge])
        if not cause.candidate.offered and len(cause.together) == 1 and cause.event is None:
            if rule_of(cause.candidate.where) is None:
                return message("{before} now, {after} if what is missing were there ({judge})", before=before,
                               after=after, judge=judge)  # fmt: skip
            return message(
                "{before} now, {after} without that rule, which is meant to stay ({judge})",
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
        numbers = [str(self._numbers[each]) for each in cause.together if each in self._numbers]
        named = ", ".join(numbers) if len(numbers) == len(cause.together) else self._named(cause.together)
        both = {"before": before, "after": after, "judge": judge, "causes": named}
        if len(cause.together) == 2:
            return message("{before} now, {after} when both causes are fixed: {causes} ({judge})", **both)
        return message(
            "{before} now, {after} when all {count} causes are fixed: {causes} ({judge})",
            count=len(cause.together),
            **both,
        )

    def _named(self, refs: tuple[str, ...]) -> str:
        """Return ``1 (ip-forward-off), 2 (docker-user-drops)``."""
        named = [(each, self._places.on(each.id, each.host)) for each in self._answer.causes if each.ref in refs]
        numbers = self._numbers
        return ", ".join(f"{numbers[each.ref]} ({name})" if each.ref in numbers else name for each, name in named)

    def rest(self) -> None:
        """Write the assumptions, the questions, the parts that could not be read, and which hosts were read when."""
        words, paper = self._words, self._paper
        assumed = dict.fromkeys(words(said) for flow in self._answer.flows for said in flow.trace.usual.assumed)
        if assumed:
            paper.gap()
            paper.prose(words(message("assumed: {what}", what="; ".join(assumed))), first=f"{words(NOTE)} ")
        write_questions(self._answer, words, paper)
        self._missing()
        self._not_replayed()
        paper.gap()
        for cause in self._answer.causes:
            if cause.severity == "advice" and cause.line is not None:
                kind = words(_SEVERITIES["advice"])
                paper.prose(words(cause.line), first=f"{kind}[{self._places.on(cause.id, cause.host)}]: ")
        for said in self._answer.notes:
            paper.prose(words(said), first=f"{words(NOTE)} ")
        paper.prose(words(self._source()), style="faint")

    def _source(self) -> Message:
        """Return when the hosts were read, and whether a replica agrees."""
        flows = self._answer.flows
        agreed = flows and all(flow.judge == "replicated" and flow.verdict != "depends" for flow in flows)
        agreed = agreed and not self._answer.disputes
        if self._answer.has_several_hosts:
            read = (host for host in self._answer.network.hosts if host.was_read)
            hosts = ", ".join(f"{host.name} ({host.taken_at or '-'})" for host in read)
            if agreed:
                return message("Read on {hosts}; confirmed by replaying the packets on this kernel.", hosts=hosts)
            return message("Read on {hosts}; simulated.", hosts=hosts)
        host = self._answer.network.this
        here = {"host": host.name or "-", "time": host.taken_at or "-"}
        if agreed:
            return message("Read on {host} at {time}; confirmed by replaying the packets on this kernel.", **here)
        return message("Read on {host} at {time}; simulated.", **here)

    def _missing(self) -> None:
        missing = tuple(each for each in self._answer.unread if each.key != REPLICA)
        if not missing:
            return
        self._paper.gap()
        self._paper.prose(self._words(message("Not read, so undecided:")), style="unsure")
        for each in missing if self._verbose else missing[:FEW]:
            said = message(
                "{what}: {origin} in {netns}: {reason}",
                what=left_undecided(each),
                origin=each.origin,
                netns=self._places.netns(each.netns or each.host or self._answer.network.this.name, each.host),
                reason=each.reason,
            )
            self._paper.prose(self._words(said), indent=2, first="· ")
        if len(missing) > FEW and not self._verbose:
            self._prose(message("and {count} more (-v lists them)", count=len(missing) - FEW), indent=4)

    def _not_replayed(self) -> None:
        """Write what the second judge contradicts, and what it could not confirm, which leaves nothing undecided."""
        for dispute in self._answer.disputes:
            self._paper.gap()
            told = self._words(dispute.said())
            self._paper.prose(told, first=f"{self._words(message('the judges disagree:'))} ", first_style="unsure")
        for reason in dict.fromkeys(each.reason for each in self._answer.unread if each.key == REPLICA):
            self._paper.gap()
            self._paper.prose(self._words(message("Not replayed: {reason}", reason=reason)), style="faint")


def _blocking(answer: Answer) -> list[CauseAnswer]:
    """Return the causes that have a number, in the order in which they are written; none if there is one alone."""
    order = list(dict.fromkeys(ref for group in groups(answer.flows) for ref in group.causes))
    found = {each.ref: each for each in answer.causes if each.severity == "blocking" and each.ref in order}
    return [found[ref] for ref in order if ref in found] if len(found) > 1 else []


def _all_explained(count: int) -> Message:
    if count == 2:
        return message("It explains both flows that fail.")
    return message("It explains all {count} flows that fail.", count=count)


def _same_place(one: Stop, other: Stop) -> bool:
    return (one.netns, one.stage, one.link, one.reason, one.decided_by) == (
        other.netns, other.stage, other.link, other.reason, other.decided_by
    )  # fmt: skip


def _quoted(line: str, room: int) -> list[str]:
    """Return the lines of a quote: of JSON, which is no prose, at most two."""
    parts = list(wrapped(line, room))
    if not line.startswith(("{", "[{")) or len(parts) <= JSON_LINES:
        return parts
    return [*parts[: JSON_LINES - 1], f"{parts[JSON_LINES - 1]} …"]


def _nothing_asked(answer: Answer) -> Message:
    if not any(host.engines for host in answer.network.hosts) and any(host.was_read for host in answer.network.hosts):
        return message(
            "No container engine is installed here, so nothing is published. Name a port to look at it alone: hairpin "
            "check PORT"
        )
    if any(each.key.startswith(("docker", "podman")) for each in answer.missing):
        return message("What is published is not known. Name a port to look at it alone: hairpin check PORT")
    if not any(host.containers() for host in answer.network.hosts):
        kinds = sorted({each.kind for host in answer.network.hosts for each in host.engines})
        form = message("Docker and Podman run no container here. Name a port to look at it alone: hairpin check PORT")
        one = message(
            "{engine} runs no container here. Name a port to look at it alone: hairpin check PORT",
            engine=kinds[0].capitalize() if kinds else "-",
        )
        return form if len(kinds) > 1 else one
    return message(
        "No container here publishes a port or has a network of its own, so there is nothing to look at. Name a port "
        "to look at it alone: hairpin check PORT"
    )
