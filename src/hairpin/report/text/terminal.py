"""The answer for people: a summary, the verdicts; then for each cause the reason, the place, the proof and the
repair."""

from hairpin.answer.answer import Answer, CauseAnswer, FlowAnswer
from hairpin.causes.registry import known_cause
from hairpin.message import Message, message
from hairpin.report.paper import Paper
from hairpin.report.places import Places, naming_containers, places_of
from hairpin.report.text.cause_text import CauseText, told_apart, write_unexplained
from hairpin.report.text.grounds_text import source_of, write_grounds
from hairpin.report.text.head_text import write_elsewhere, write_head, write_verdicts
from hairpin.report.text.remedy_text import brief, is_ahead, is_option_only, write_keeping
from hairpin.report.text.where_next import write_where_next
from hairpin.report.unread import NOTE
from hairpin.report.verdicts import Group, folded, groups, same_place
from hairpin.report.words import Words
from hairpin.walk.state import Stop
from hairpin.walk.verdicts import VERDICTS, Verdict


def report_text(
    answer: Answer, words: Words, paper: Paper, *, verbose: bool = False, fixing: str = "", as_root: str = ""
) -> str:
    """Return the report.  ``fixing``: the `hairpin fix` command for these hosts; empty if there is no such command.
    ``as_root``: the command that asks the same as root."""
    words = naming_containers(words, answer)
    places = places_of(answer, words)
    text = CauseText(answer, words, places, verbose=verbose)
    report = _Report(answer, words, paper, places, text, verbose=verbose)
    if answer.is_of_text:
        from hairpin.report.text.likely_text import write_of_text

        write_of_text(answer, words, paper, places, report.cause, verbose=verbose)
        return paper.text()
    write_head(answer, words, paper)
    paper.gap()
    write_verdicts(answer, words, paper, places, verbose=verbose)
    if any(each.live is not None for each in answer.flows):
        from hairpin.report.real_packets import write_observations

        write_observations(answer, words, paper, places, verbose=verbose)
    write_elsewhere(answer, words, paper)
    for group in groups(answer.flows):
        report.group(group)
    report.not_blocking()
    write_grounds(answer, words, paper, places, verbose=verbose, as_root=as_root)
    offered = _offer_text(answer, fixing) if fixing else None
    if offered is not None:
        paper.gap()
        paper.prose(words(offered))
        paper.gap()
    if len(answer.flows) > 1 and not answer.question.targets:
        from hairpin.report.text.overview import overview_of, write_overview

        paper.gap()
        write_overview(overview_of(answer, words, places), text.numbers, words, paper)
        paper.gap()
    paper.prose(words(source_of(answer)), style="faint")
    write_where_next(answer, words, paper)
    return paper.text()


def _offer_text(answer: Answer, fixing: str) -> Message | None:
    """Return the sentence about the command that carries out the repairs, if its plan has a repair."""
    if all(each.severity != "blocking" for each in answer.causes):
        return None
    from hairpin.apply.offer import offer_of

    offer = offer_of(answer)
    if offer == "choices":
        plan = fixing.removesuffix(" --apply")
        return message(
            "hairpin makes these repairs only if you choose them (--choose): `{command}` lists them", command=plan
        )
    if not offer:
        return None
    return message(
        "or let hairpin make the repair: `{command}` checks the repair afterwards, and undoes it if it does not help",
        command=fixing,
    )


class _Report:
    """Writes one report, in which each cause and each note occurs only once."""

    def __init__(
        self, answer: Answer, words: Words, paper: Paper, places: Places, text: CauseText, *, verbose: bool
    ) -> None:
        self._answer = answer
        self._places = places
        self._text = text
        self._words = words
        self._paper = paper
        self._verbose = verbose
        self._told: set[str] = set()
        self._asked: set[str] = set()
        self._drawn: list[Stop] = []

    def group(self, group: Group) -> None:
        """Write the causes of the group, except causes that were written before.  If the group has no cause, write why
        its flows fail or stay undecided."""
        flow = self._answer.flows[group.numbers[0]]
        if group.causes and self._told.issuperset(group.causes):
            return
        causes = {each.ref: each for each in self._answer.causes}
        found = [causes[ref] for ref in group.causes if ref not in self._told]
        # The drawing stands under the cause at which the flow itself stops.  The stops of other causes come behind it.
        at_stop = [each for each in found if each.stop and flow.stop and same_place(each.stop, flow.stop)]
        drawn = next(iter(at_stop or found), None)
        for each in found:
            self._told.add(each.ref)
            self._paper.gap()
            self.cause(each, flow if each is drawn else None)
        if not group.causes and (self._verbose or not flow.supposed):  # what was not read, one line says for all
            self._paper.gap()
            write_unexplained(self._answer, group, self._words, self._paper, self._asked)
            if self._verbose or not flow.trace.succeeds:
                self._draw_way(flow)

    def _draw(self, flow: FlowAnswer) -> None:
        """Draw the flow's path.  Without ``verbose``, draw nothing if an earlier drawing of the report shows the same
        stop."""
        stop = flow.stop
        alike = (each for each in self._drawn if stop is not None and same_place(each, stop))
        if not self._verbose and next(alike, None) is not None:
            return
        if stop is not None:
            self._drawn.append(stop)
        self._draw_way(flow)

    def _draw_way(self, flow: FlowAnswer) -> None:
        from hairpin.report.text.path import draw

        self._paper.gap()
        draw(flow.trace, self._paper, self._words, self._places, every=self._verbose)

    def not_blocking(self) -> None:
        """Write the causes that stop no asked flow yet, and the causes that keep an engine from starting."""
        briefs: dict[Message, list[str]] = {}
        for cause in told_apart(self._answer):
            if self._is_brief(cause):
                briefs.setdefault(brief(cause), []).append(cause.host)
                continue
            shown = tuple(each for each in self._answer.causes if each.ref in self._told)
            self._told.add(cause.ref)
            self._paper.gap()
            if is_ahead(cause) and not self._verbose:
                self._ahead(cause)
            elif not self._verbose and self._is_covered(cause, shown):
                self._text.title(cause, message("the repair above also removes this cause"), self._paper)
            else:
                self.cause(cause)
        for said, hosts in briefs.items():
            self._paper.gap()
            about = self._answer.network.about_host(", ".join(hosts), said)
            self._paper.prose(self._words(about), first=f"{self._words(NOTE)} ")

    def _is_covered(self, cause: CauseAnswer, shown: tuple[CauseAnswer, ...]) -> bool:
        from hairpin.report.text.covered import is_covered

        return is_covered(cause, shown)

    def _is_brief(self, cause: CauseAnswer) -> bool:
        return is_option_only(cause, self._answer) and not self._verbose

    def _ahead(self, cause: CauseAnswer) -> None:
        """Write a latent cause in three lines: the cause, the flows that it will stop, and how to avoid the cause."""
        words, paper = self._words, self._paper
        self._text.title(cause, cause.candidate.title, paper)
        flows = [each.trace.flow for each in self._answer.flows if each.ref in cause.flows]
        lines = folded(flows, words, self._places, [each.trace.flow for each in self._answer.flows])
        if cause.proof is not None and flows:
            named = lines[0] if len(lines) == 1 else words(message("{flow} and others", flow=lines[0]))
            now: Verdict = next(each.verdict for each in self._answer.flows if each.ref in cause.flows)
            before, after = (words(VERDICTS[each]) for each in (now, cause.proof.without_change))
            event = cause.event or message("this event")
            said = message(
                "{flows}: {before} now, {after} after {event}", flows=named, before=before, after=after, event=event
            )
            paper.prose(words(said), indent=2)
        write_keeping(cause.remedies, words, paper)

    def cause(self, cause: CauseAnswer, flow: FlowAnswer | None = None) -> None:
        """Write a cause's section.  ``flow``: the flow whose path is drawn."""
        text, paper = self._text, self._paper
        text.title(cause, cause.candidate.title, paper)
        text.explained(cause, paper)
        for each in text.quotes(cause):
            text.quote(each, paper)
        paper.gap()
        text.why(cause, paper)
        if flow is not None:
            self._draw(flow)
        paper.gap()
        text.proof(cause, paper)
        text.remedies(cause, paper)
        if known_cause(cause.id) is not None:
            said = message("more: hairpin explain {id}", id=cause.id)
            paper.prose(self._words(said), indent=2, style="faint")
