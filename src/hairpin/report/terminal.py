"""The answer as people read it: verdicts first, then where the packet stops, why, the proof, the repair."""

from hairpin.answer.answer import REPLICA, Answer, CauseAnswer, Judge
from hairpin.diagnose.diagnose import Proof
from hairpin.message import Message, message
from hairpin.report.configured import configured_text
from hairpin.report.paper import Paper, wrapped
from hairpin.report.path import draw
from hairpin.report.places import places_of
from hairpin.report.questions import write_questions
from hairpin.report.quotes import Quotes
from hairpin.report.remedy_text import NOTE, write_remedy
from hairpin.report.unread import left_undecided, refused_without_root
from hairpin.report.verdicts import FEW, Group, flow_text, folded, groups, write_flows
from hairpin.report.words import Words
from hairpin.walk.verdicts import VERDICTS, Verdict

_SEVERITIES: dict[str, Message] = {
    "blocking": message("cause"),
    "latent": message("latent cause"),
    "exposure": message("exposure"),
    "advice": message("advice"),
}

_JUDGES: dict[Judge, Message] = {
    "simulated": message("simulated"),
    "replicated": message("replicated on this kernel"),
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
        self._places = places_of(answer)
        self._words = words
        self._paper = paper
        self._verbose = verbose
        self._told: set[str] = set()
        self._noted: set[Message] = set()

    def _prose(self, said: Message, *, indent: int = 0) -> None:
        self._paper.prose(self._words(said), indent=indent)

    def verdicts(self) -> None:
        """Write every flow's verdict: first the failing flows, grouped by how they fail."""
        flows, words, paper = self._answer.flows, self._words, self._paper
        if any(refused_without_root(each) for each in self._answer.missing):
            paper.prose(words(message("Not all of the host could be read: run it as root.")), style="unsure")
            paper.gap()
        for said in self._answer.engines:
            paper.prose(words(said), style="strong")
        if self._answer.engines:
            paper.gap()
        if not flows:
            self._prose(_nothing_asked(self._answer))
        bad = groups(flows)
        for group in bad:
            lines = [flow_text(flows[number].trace.flow, self._places) for number in group.numbers]
            write_flows(lines, group.verdict, words, paper, all_=self._verbose)
        fine = [each for each in flows if each.succeeds]
        single = self._verbose or len(fine) <= FEW
        verdicts: dict[Verdict, None] = dict.fromkeys(each.verdict for each in fine)
        for verdict in verdicts:
            alike = [each.trace.flow for each in fine if each.verdict == verdict]
            each_alone = [flow_text(flow, self._places) for flow in alike]
            lines = each_alone if single else folded(alike, words, self._places)
            write_flows(lines, verdict, words, paper, all_=self._verbose or not bad)

    def group(self, group: Group) -> None:
        """Draw the first flow of the group, then write its causes; nothing if all of them were written before."""
        if group.causes and self._told.issuperset(group.causes):
            return
        self._paper.gap()
        draw(self._answer.flows[group.numbers[0]].trace, self._paper, self._words, self._places, every=self._verbose)
        for ref in group.causes:
            if ref not in self._told:
                self._told.add(ref)
                self._paper.gap()
                self._cause(next(each for each in self._answer.causes if each.ref == ref))
        if not group.causes:
            self._paper.gap()
            self._unexplained(group)

    def not_blocking(self) -> None:
        """Write the causes that stop no asked flow yet, and what keeps an engine from starting."""
        for cause in self._answer.causes:
            if cause.ref not in self._told and (cause.severity == "latent" or cause.proof is None):
                self._told.add(cause.ref)
                self._paper.gap()
                self._cause(cause)

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

    def _cause(self, cause: CauseAnswer) -> None:
        words, paper = self._words, self._paper
        kind = words(_SEVERITIES[cause.severity])
        paper.prose(
            words(cause.candidate.title),
            first=f"{kind}[{self._places.on(cause.id, cause.host)}]: ",
            first_style="bad",
            style="strong",
        )
        for reference in self._quotes.cause(cause):
            self._quote(reference)
        paper.gap()
        paper.prose(words(cause.candidate.detail), indent=2)
        if cause.configured is not None:
            paper.prose(words(configured_text(cause.configured)), indent=2)
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
            write_remedy(remedy, words, paper, self._noted, host, instead=number > 0)
        if len(shown) < len(cause.remedies):
            paper.prose(words(message("-v shows another way to repair it.")), indent=2, style="faint")

    def _quote(self, reference: str) -> None:
        quote = self._quotes.all()[reference]
        netns = self._places.netns("" if quote.netns == "host" else quote.netns, quote.host)
        place = f"{quote.origin} ({netns})" if netns else quote.origin
        self._paper.cut("  ", ("──", "faint"), f" {place}")
        for line in quote.excerpt.splitlines()[: 2 * FEW]:
            for part in wrapped(line, self._paper.width - 4):
                self._paper.line("  ", ("│ ", "faint"), part)
        if quote.note:
            self._paper.prose(quote.note, indent=5)

    def _proof(self, cause: CauseAnswer, proof: Proof) -> Message:
        before, after = self._words(VERDICTS[proof.without_change]), self._words(VERDICTS[proof.with_change])
        judge = self._words(_JUDGES[cause.judge])
        if not cause.candidate.offered and len(cause.together) == 1 and cause.event is None:
            return message(
                "as it is: {before}; without that rule, which is meant to stay: {after} ({judge})",
                before=before,
                after=after,
                judge=judge,
            )
        if cause.event is not None:
            return message(
                "after {event}: {before}; with this change: {after} ({judge})",
                event=cause.event,
                before=before,
                after=after,
                judge=judge,
            )
        if len(cause.together) == 1:
            return message(
                "as it is: {before}; with this change: {after} ({judge})", before=before, after=after, judge=judge
            )
        return message(
            "as it is: {before}; with {count} causes gone together ({causes}): {after} ({judge})",
            judge=judge,
            before=before,
            count=len(cause.together),
            causes=self._named(cause.together),
            after=after,
        )

    def _named(self, refs: tuple[str, ...]) -> str:
        return ", ".join(self._places.on(each.id, each.host) for each in self._answer.causes if each.ref in refs)

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
                return message("From what was read on {hosts}; this kernel agrees on a replica.", hosts=hosts)
            return message("Simulated from what was read on {hosts}.", hosts=hosts)
        host = self._answer.network.this
        here = {"host": host.name or "-", "time": host.taken_at or "-"}
        if agreed:
            return message("From what was read on {host} at {time}; this kernel agrees on a replica.", **here)
        return message("Simulated from what was read on {host} at {time}.", **here)

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
