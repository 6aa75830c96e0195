"""What real packets showed, for people: first where they contradict hairpin, then for each flow the outcomes, the hops
and what moved meanwhile."""

from hairpin.answer.answer import Answer, FlowAnswer
from hairpin.answer.decisive import undecided_readings
from hairpin.judges.contradiction import observed_steps
from hairpin.judges.observation import LiveObservation
from hairpin.message import Message, message
from hairpin.report.paper import Paper, Style
from hairpin.report.places import Places, naming_containers, places_of
from hairpin.report.questions import write_questions
from hairpin.report.unread import write_notes, write_unread
from hairpin.report.verdicts import flow_text, verdict_line
from hairpin.report.words import Words

_SHOWN = 6
"""The greatest number of counters of one flow that are shown without ``verbose``."""


def live_text(answer: Answer, words: Words, paper: Paper, *, verbose: bool) -> str:
    """Return the answer of ``hairpin prove --live``."""
    words = naming_containers(words, answer)
    places = places_of(answer, words)
    write_contradictions(answer, words, paper)
    for each in answer.flows:
        paper.gap()
        verdict_line(each.verdict, flow_text(each.trace.flow, places), words, paper)
        _observation(each, words, paper, places, verbose=verbose)
    write_questions(answer, words, paper)
    write_notes(answer, words, paper)
    write_unread(undecided_readings(answer), words, paper)
    return paper.text()


def write_contradictions(answer: Answer, words: Words, paper: Paper) -> bool:
    """Write the headlines: where real packets contradict hairpin, and how far they were seen.  Return whether there
    are any."""
    found = False
    for each in answer.flows:
        told = each.contradiction
        if told is None or told.headline is None:
            continue
        found = True
        paper.prose(words(told.headline), first="✗ ", first_style="bad", style="strong")
        for said in told.where:
            paper.prose(words(said), indent=2)
    return found


def write_observations(answer: Answer, words: Words, paper: Paper, places: Places, *, verbose: bool) -> None:
    """Write for each flow what real packets showed.  Flows that could not be tried for the same reason share a line."""
    untried: dict[Message, list[str]] = {}
    for each in answer.flows:
        if each.live is not None and each.live.why_not is not None and not each.live.attempts:
            untried.setdefault(each.live.why_not, []).append(flow_text(each.trace.flow, places))
        elif each.live is not None:
            paper.gap()
            paper.line(f"{words(message('real packets'))}  {flow_text(each.trace.flow, places)}")
            _observation(each, words, paper, places, verbose=verbose)
    for why, flows in untried.items():
        paper.gap()
        shown = flows if verbose else flows[:_SHOWN]
        more = f" (+{len(flows) - len(shown)})" if len(flows) > len(shown) else ""
        said = message("{flows}: not tried, {reason}", flows=", ".join(shown) + more, reason=why)
        paper.prose(words(said), first="– ", first_style="unsure")


def figures(observation: LiveObservation) -> Message:
    """Return the line with the outcomes, the share and the latency."""
    told = message(
        "{sent} sent from {standpoint}: {answered} answered, {refused} refused, {silent} silent",
        sent=observation.tried, standpoint=observation.standpoint, answered=observation.count("answered"),
        refused=observation.count("refused"), silent=observation.count("silent"),
    )  # fmt: skip
    if observation.count("could-not-try"):
        told = message("{said}, {count} could not be sent", said=told, count=observation.count("could-not-try"))
    if observation.interval is not None and observation.share is not None:
        low, high = observation.interval
        told = message(
            "{said}; {share} % answered (95 % interval {low} to {high} %)",
            said=told, share=f"{100 * observation.share:.0f}", low=f"{100 * low:.0f}", high=f"{100 * high:.0f}",
        )  # fmt: skip
    if observation.latencies_ms is not None:
        usual, longest = observation.latencies_ms
        told = message("{said}; median {usual} ms, longest {longest} ms", said=told, usual=f"{usual:.1f}",
                       longest=f"{longest:.1f}")  # fmt: skip
    return told


def _observation(flow: FlowAnswer, words: Words, paper: Paper, places: Places, *, verbose: bool) -> None:
    seen, told = flow.live, flow.contradiction
    if seen is None or told is None:
        return
    if seen.why_not is not None:
        paper.prose(words(message("not tried: {reason}", reason=seen.why_not)), indent=2, style="unsure")
    if not seen.attempts:
        return
    style: Style = "good" if told.passes else "bad" if told.passes is False else "unsure"
    paper.prose(words(figures(seen)), indent=2, style=style)
    if seen.means:
        paper.line(f"  {words(message('sent there with {program}', program=seen.means))}")
    if seen.protocol == "udp" and told.passes is None:
        said = message("a service of UDP need not answer an empty datagram, so silence alone shows no loss")
        paper.prose(words(said), indent=2, first="? ", first_style="unsure")
    _hops(flow, seen, words, paper, places)
    _counters(seen, words, paper, places, verbose=verbose or not told.passes)
    for each in seen.missing:
        paper.prose(words(message("not watched: {what}", what=each)), indent=2, first="? ", first_style="unsure")


def _hops(flow: FlowAnswer, seen: LiveObservation, words: Words, paper: Paper, places: Places) -> None:
    steps = observed_steps(flow.trace, seen)
    if steps:
        said = message("{count} of the {all} steps of the walk were observed", count=sum(steps), all=len(steps))
        paper.line(f"  {words(said)}")
    for each in seen.hops:
        place = f"{places.netns(each.netns.name, each.netns.host)} {each.link} {'→' if each.out else '←'}"
        kind = words(message("answers") if each.reply else message("probes"))
        paper.cut("    ", (f"{each.probes:>3} {kind} ", "faint"), f"{place} {each.text}")


def _counters(seen: LiveObservation, words: Words, paper: Paper, places: Places, *, verbose: bool) -> None:
    for each in seen.tracked:
        if each.made:
            said = message(
                "conntrack in {netns}: {made} entries made, {answered} saw an answer",
                netns=places.netns(each.netns.name, each.netns.host), made=each.made, answered=each.answered,
            )  # fmt: skip
            paper.line(f"    {words(said)}")
    if not verbose:
        return
    for counter in seen.moved[:_SHOWN]:
        place = places.netns(counter.netns.name, counter.netns.host)
        paper.cut("    ", (f"+{counter.by} ", "bad" if counter.does != "other" else "faint"), f"{place} {counter.name}")
    if len(seen.moved) > _SHOWN:
        said = message("and {count} more counters moved, also by other traffic", count=len(seen.moved) - _SHOWN)
        paper.line(f"    {words(said)}")
