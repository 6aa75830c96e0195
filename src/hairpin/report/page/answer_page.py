"""An answer as a page: the summary, the table, then a section for each cause with its picture, proof, repair and
evidence."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from hairpin.answer.answer import Answer, CauseAnswer, FlowAnswer
from hairpin.change.change import DeleteRule
from hairpin.change.commands.text import all_shown
from hairpin.message import message
from hairpin.report.page.cause_page import cause_parts
from hairpin.report.page.host_map import MapMarks, host_map
from hairpin.report.page.markup import element, whole_file, with_children
from hairpin.report.page.sheet import Sheet, command_block, prose
from hairpin.report.page.table import overview_table
from hairpin.report.page.way_figure import way_figure
from hairpin.report.pages import has_page, page
from hairpin.report.places import naming_containers, places_of
from hairpin.report.text.cause_text import CauseText, explaining, told_apart, write_unexplained
from hairpin.report.text.covered import is_covered
from hairpin.report.text.grounds_text import source_of, write_grounds
from hairpin.report.text.head_text import write_before_summary, write_elsewhere, write_verdicts
from hairpin.report.text.overview import overview_of
from hairpin.report.text.prove_text import prove_text
from hairpin.report.text.summary import summary
from hairpin.report.text.where_next import write_where_next
from hairpin.report.verdicts import Group, flow_text, groups
from hairpin.report.words import Words
from hairpin.walk.trace import Trace
from hairpin.walk.verdicts import VERDICTS

_NOTHING = message("no flow was asked for")
_SHORT = 400
"""The greatest length, in characters, at which a repair's commands are also shown in the list at the head of the
page."""


def answer_page(answer: Answer, words: Words) -> str:
    """Return the page of an answer to ``hairpin check``, ``walk`` or ``prove``."""
    title = words(summary(answer) or _NOTHING) if answer.question.kind == "check" else _of_one_flow(answer, words)
    return whole_file(title, words(source_of(answer)), [*answer_parts(answer, words)], words)


def _of_one_flow(answer: Answer, words: Words) -> str:
    """Return the heading of an answer for which no causes were searched: the first flow and its verdict."""
    flow = answer.flows[0]
    return f"{flow_text(flow.trace.flow, places_of(answer, words))}: {words(VERDICTS[flow.verdict])}"


def answer_parts(answer: Answer, words: Words) -> Iterator[Element]:
    """Yield the sections of an answer."""
    words = naming_containers(words, answer)
    written = _AnswerPage(answer, words)
    yield written.head()
    for group in groups(answer.flows):
        yield from written.group(group)
    for cause in told_apart(answer):
        yield written.cause(cause, None)
    yield from written.asked()
    yield from written.judges()
    yield from written.grounds()
    marks = MapMarks(answer.network, written.marked)
    yield from (host_map(answer.network, host, marks, words) for host in answer.network.hosts if host.was_read)


class _AnswerPage:
    """Makes the sections of one page.  Each cause has only one section."""

    def __init__(self, answer: Answer, words: Words) -> None:
        self._answer = answer
        self._words = words
        self._places = places_of(answer, words)
        self._text = CauseText(answer, words, self._places, verbose=False)
        self._told: set[str] = set()
        self._asked: set[str] = set()
        self._shown: list[FlowAnswer] = []

    @property
    def marked(self) -> FlowAnswer | None:
        """The flow whose path is marked on the host's map: the first flow that a picture of the page shows."""
        return self._shown[0] if self._shown else None

    def head(self) -> Element:
        """Return the section with the summary, as the terminal shows it, and with the overview table."""
        sheet = Sheet(self._words)
        write_before_summary(self._answer, self._words, sheet)
        write_verdicts(self._answer, self._words, sheet, self._places, verbose=False)
        if any(each.live is not None for each in self._answer.flows):
            from hairpin.report.real_packets import write_contradictions, write_observations  # noqa: PLC0415

            write_contradictions(self._answer, self._words, sheet)
            write_observations(self._answer, self._words, sheet, self._places, verbose=False)
        write_elsewhere(self._answer, self._words, sheet)
        shown = element("section", *self._contents(), *sheet.elements(), class_="head")
        found = overview_of(self._answer, self._words, self._places)
        if found.rows:
            anchors = {each.ref: str(number) for number, each in enumerate(explaining(self._answer), 1)}
            shown.append(overview_table(found, anchors, self._words))
        return shown

    def _contents(self) -> Iterator[Element]:
        """Yield the list of the causes that stop a flow now.  Each entry links to the cause's section."""
        causes = explaining(self._answer)
        if causes:
            yield element("ol", *map(self._at_once, causes), class_="causes")

    def _at_once(self, cause: CauseAnswer) -> Element:
        """Return the cause's item in the list: one line, and the immediate part of the first repair.

        Only the cause's section shows the lasting part, and a repair that is long, disrupts, or undoes a setting in a
        file, or that `hairpin fix` does not make by itself."""
        named = self._places.on(cause.id, cause.host)
        link = element("a", self._words(cause.candidate.title), href=f"#{cause.ref}")
        meant = cause.configured is not None or cause.decision is not None
        left_out = meant or self._text.why_left_out(cause) is not None
        remedy = next((each for each in cause.remedies[:1] if not each.disruptive and not left_out), None)
        commands = all_shown(remedy.steps, guarded=False) if remedy is not None else ()
        text = "\n".join(commands)
        if not 0 < len(text) <= _SHORT:
            return element("li", link, f" ({named})")
        before = [message("on {host}:", host=cause.host)] if self._places.with_host else []
        if remedy is not None and any(isinstance(each, DeleteRule) for each in remedy.change.parts):
            before += remedy.advice  # an administrator may want the rule that the repair deletes
        told = (element("p", *prose(self._words(each))) for each in before)
        return element("li", link, f" ({named})", *told, command_block(text, self._words))

    def group(self, group: Group) -> Iterator[Element]:
        """Yield a section for each cause of the group that has no section yet.

        If the group's flows have no cause, yield one section about the flows, but only for ``hairpin check``."""
        flow = self._answer.flows[group.numbers[0]]
        for ref in group.causes:
            if ref not in self._told:
                yield self.cause(next(each for each in self._answer.causes if each.ref == ref), flow)
        if not group.causes and self._answer.question.kind == "check":
            sheet = Sheet(self._words)
            write_unexplained(self._answer, group, self._words, sheet, self._asked)
            said = message("undecided") if group.verdict == "depends" else message("not explained")
            title = element("h2", self._words(said))
            yield element("section", title, *sheet.elements(), self._figure(flow, None))

    def cause(self, cause: CauseAnswer, flow: FlowAnswer | None) -> Element:
        """Return the section of a cause.  ``flow``: a flow that the cause stops; None for a section without a
        picture."""
        text, words = self._text, self._words
        shown = tuple(each for each in self._answer.causes if each.ref in self._told)
        self._told.add(cause.ref)
        later = cause.severity in ("latent", "exposure", "advice")
        heading = element("h2", element("span", text.label(cause), class_="kind"), *prose(words(cause.candidate.title)))
        section = element("section", heading, id=cause.ref, class_="cause later" if later else "cause")
        sheet = Sheet(words)
        text.explained(cause, sheet)
        text.why(cause, sheet)
        with_children(section, sheet.elements())
        if flow is not None:
            first = next((each for each in self._answer.flows if each.ref in cause.flows), flow)
            section.append(self._figure(first, cause.proof.repaired if cause.proof is not None else None))
        sheet = Sheet(words)
        text.proof(cause, sheet)
        if is_covered(cause, shown):
            sheet.prose(words(message("the repair above also removes this cause")))
        text.remedies(cause, sheet, every=True)
        with_children(section, sheet.elements())
        return with_children(section, [*self._evidence(cause), *self._page(cause)])

    def _figure(self, flow: FlowAnswer, repaired: Trace | None) -> Element:
        self._shown.append(flow)
        return way_figure(flow.trace, repaired, f"way{len(self._shown)}", self._words, self._places)

    def _evidence(self, cause: CauseAnswer) -> Iterator[Element]:
        """Yield the quoted readings in a folded part."""
        sheet = Sheet(self._words)
        for each in self._text.quotes(cause):
            self._text.quote(each, sheet)
            sheet.gap()
        found = sheet.elements()
        if found:
            yield element("details", element("summary", self._words(message("what hairpin read on the host"))), *found)

    def _page(self, cause: CauseAnswer) -> Iterator[Element]:
        """Yield the cause's whole page in a folded part."""
        if has_page(cause.id):
            summary_ = element("summary", self._words(message("about this cause in general: {id}", id=cause.id)))
            yield element("details", summary_, *cause_parts(page(cause.id, self._words), self._words, level="h3"))

    def asked(self) -> Iterator[Element]:
        """Yield the picture of the first asked flow, if the question names a target and no other section shows this
        flow."""
        asked = next(iter(self._answer.flows), None)
        if asked is None or not self._answer.question.targets or asked in self._shown:
            return
        heading = element("h2", self._words(message("the path of the asked packets")))
        yield element("section", heading, self._figure(asked, None))

    def judges(self) -> Iterator[Element]:
        """Yield the answers of both judges side by side, if the question was to prove the walk."""
        if self._answer.question.kind == "prove":
            sheet = Sheet(self._words)
            prove_text(self._answer, self._words, sheet, verbose=True)
            yield element("section", element("h2", self._words(message("simulation and kernel"))), *sheet.elements())

    def grounds(self) -> Iterator[Element]:
        """Yield the basis of the answer, and the missing readings."""
        sheet = Sheet(self._words)
        write_grounds(self._answer, self._words, sheet, self._places, verbose=True)
        write_where_next(self._answer, self._words, sheet)
        found = sheet.elements()
        if found:
            yield element("section", element("h2", self._words(message("the sources of this answer"))), *found)
