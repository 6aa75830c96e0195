"""The head of a report: the state of the engines, the summary, and every flow's verdict."""

from collections.abc import Sequence

from hairpin.answer.answer import Answer, FlowAnswer
from hairpin.answer.decisive import lacks_reading
from hairpin.message import Message, message
from hairpin.report.paper import Paper
from hairpin.report.places import Places
from hairpin.report.questions import write_questions
from hairpin.report.text.summary import is_conditional, summary
from hairpin.report.unread import NOTE, as_far_as_read, refused_without_root, rights_line
from hairpin.report.verdicts import FEW, KEPT_OUT, flow_text, folded, groups, write_flows
from hairpin.report.words import Words
from hairpin.walk.verdicts import Verdict


def write_head(answer: Answer, words: Words, paper: Paper) -> None:
    """Write the summary and the lines before it."""
    write_before_summary(answer, words, paper)
    if any(each.live is not None for each in answer.flows):
        from hairpin.report.real_packets import write_contradictions

        if write_contradictions(answer, words, paper):
            return
    line = summary(answer)
    if line is not None:
        paper.prose(words(line), style="strong")


def write_before_summary(answer: Answer, words: Words, paper: Paper) -> None:
    """Write the event of the question, and problems that concern no single flow."""
    if answer.event is not None:
        from hairpin.report.text.events_text import write_event

        write_event(answer.event, words, paper)
    for said in answer.engines:
        paper.prose(words(said), style="strong")
    lacking = rights_line(answer.missing)
    if lacking is not None:
        paper.prose(words(lacking), style="unsure")
    if not answer.is_partly_read and any(refused_without_root(each) for each in answer.missing):
        paper.prose(words(message("Not all of the host could be read: run hairpin as root.")), style="unsure")


def write_elsewhere(answer: Answer, words: Words, paper: Paper) -> None:
    """Write the notes about other hosts that publish the asked port.

    The notes stand before the causes: the reader may have meant the other host."""
    for said in answer.elsewhere:
        paper.gap()
        paper.prose(words(said), first=f"{words(NOTE)} ")


def write_verdicts(answer: Answer, words: Words, paper: Paper, places: Places, *, verbose: bool) -> None:
    """Write every flow's verdict: first the failing flows, grouped by how they fail, then the other flows.

    At the end, write the questions on which the summary depends."""
    flows = answer.flows
    if not flows:
        if is_conditional(answer):
            write_questions(answer, words, paper)
            paper.gap()
        paper.prose(words(as_far_as_read(_nothing_asked(answer), lacks_reading(answer))))
    bad = [each for each in flows if not each.succeeds]
    # A group of flows is named without its address family only if it has all flows, also those that are kept out.
    others = [*(each.trace.flow for each in flows), *answer.kept_out]
    open_ = {ref for each in answer.questions if each.question.breaks_if for ref in each.flows}

    def write(
        verdict: Verdict, alike: list[FlowAnswer], *, single: bool, whole: bool = False, questioned: bool = False
    ) -> None:
        """Write the lines of the flows with one verdict.  ``single``: whether each flow has its own line.  ``whole``:
        whether to write all lines, even if there are many."""
        told = [each.trace.flow for each in alike]
        if single or verbose:
            lines = [flow_text(flow, places) for flow in told]
        else:
            lines = folded(told, words, places, others, each_port=whole)
        write_flows(lines, verdict, words, paper, all_=verbose or whole, questioned=questioned)
        for each in bounds_of(alike):
            paper.prose(words(each), indent=4)

    failing: dict[Verdict, None] = dict.fromkeys(each.verdict for each in groups(flows))
    for verdict in failing:
        write(verdict, [each for each in bad if each.verdict == verdict], single=len(bad) <= FEW)
    fine = [each for each in flows if each.succeeds]
    passing: dict[tuple[Verdict, bool, tuple[Message, ...]], list[FlowAnswer]] = {}
    for each in fine:
        passing.setdefault((each.verdict, each.ref in open_, bounds_of((each,))), []).append(each)
    for (verdict, questioned, _), alike in sorted(passing.items(), key=lambda each: not each[0][1]):
        single, whole = len(fine) <= FEW, not bad and len(fine) <= 4 * FEW
        write(verdict, alike, single=single, whole=whole, questioned=questioned)
    kept_out = answer.kept_out
    each_line = verbose or len(kept_out) <= FEW
    lines = [flow_text(each, places) for each in kept_out] if each_line else folded(kept_out, words, places, others)
    for line in lines:
        paper.prose(line, first=f"– {words(KEPT_OUT)}  ", first_style="unsure")
    if flows and is_conditional(answer):
        write_questions(answer, words, paper)


def bounds_of(flows: Sequence[FlowAnswer]) -> tuple[Message, ...]:
    """Return the lines about the limits over time below which these flows pass."""
    return tuple(dict.fromkeys(each.below for flow in flows if flow.succeeds for each in flow.trace.bounds))


def _nothing_asked(answer: Answer) -> Message:
    if not any(host.engines for host in answer.network.hosts) and any(host.was_read for host in answer.network.hosts):
        return message(
            "No container engine is installed here, so nothing is published. Name a port to check only this port: "
            "hairpin check PORT"
        )
    if any(each.key.startswith(("docker", "podman")) for each in answer.missing):
        return message(
            "hairpin does not know which ports are published. Name a port to check only this port: hairpin check PORT"
        )
    if any(host.beside for host in answer.network.hosts):
        return message(
            "The engines that hairpin asked publish no port. Name a port to check only this port: hairpin check PORT"
        )
    if not any(host.containers() for host in answer.network.hosts):
        kinds = sorted({each.kind for host in answer.network.hosts for each in host.engines})
        form = message(
            "Docker and Podman run no container here. Name a port to check only this port: hairpin check PORT"
        )
        one = message(
            "{engine} runs no container here. Name a port to check only this port: hairpin check PORT",
            engine=kinds[0].capitalize() if kinds else "-",
        )
        return form if len(kinds) > 1 else one
    return message(
        "No container that runs here publishes a port or has a network of its own, so there is nothing to check. Name "
        "a port to check only this port: hairpin check PORT"
    )
