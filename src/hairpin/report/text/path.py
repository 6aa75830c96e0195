"""Draws a packet's path: a line for each step that decided something, and the place where the packet stops.
A walk is drawn with every step of the request and of the answer."""

import re
from collections.abc import Iterator

import msgspec

from hairpin.answer.answer import Answer
from hairpin.answer.decisive import undecided_readings
from hairpin.host.netns import Netns
from hairpin.message import Message, message
from hairpin.netfilter.packet import Packet
from hairpin.network.prefix import address_text
from hairpin.report.paper import Paper, Style, cells, wrapped
from hairpin.report.places import NO_HOSTS, Places, naming_containers, places_of
from hairpin.report.questions import write_questions
from hairpin.report.stops import decided_text, stop_sentence
from hairpin.report.text.ways import FlowWay, change, headers, ways
from hairpin.report.unread import write_notes, write_unread
from hairpin.report.verdicts import verdict_line
from hairpin.report.words import Words
from hairpin.walk.decided import DecidedBy, RuleDecided
from hairpin.walk.state import Step
from hairpin.walk.trace import Branch, Trace

_QUIET = ("device-out", "postrouting", "bridge", "neighbour", "outside", "output", "input", "prerouting", "forward")
"""The stages that are drawn only if a rule, a route or another thing decided about the packet, or NAT changed it."""
_STAGE_CELLS = 13
_STAGES: dict[str, Message] = {
    "device-in": message("device-in"), "bridge": message("bridge"), "prerouting": message("prerouting"),
    "input-route": message("input-route"), "input": message("input"), "socket": message("socket"),
    "forward": message("forward"), "output-route": message("output-route"), "output": message("output"),
    "postrouting": message("postrouting"), "neighbour": message("neighbour"), "device-out": message("device-out"),
    "tunnel": message("tunnel"), "outside": message("outside"), "relay": message("relay"),
}  # fmt: skip


class Hop(msgspec.Struct, frozen=True):
    """One line of the drawing: the packet's place, the decision ``what``, and the packet after the decision.

    A route or a sysctl in ``what`` has the syntax of its tool, and a rule is named by its chain and number.  Any other
    decision is a sentence in the reader's language."""

    netns: Netns | None
    stage: str
    link: str
    what: str
    packet: Packet
    reverse: bool = False
    """Whether the line shows the reverse path lookup (rp_filter): the route back to the packet's source."""


def hops(steps: tuple[Step, ...], words: Words, *, every: bool = False) -> Iterator[Hop]:
    """Yield a line for each step at which something decided about the packet, NAT changed the packet, or the packet
    entered a namespace.  Also yield a line for each step whose stage is always drawn.  With ``every``, yield a line for
    each step."""
    before: Packet | None = None
    netns: Netns | None = None
    for step in steps:
        what = "" if is_policy(step.decided_by) and not every else decided_text(step.decided_by, words)
        translated = before is not None and headers(before) != headers(step.packet)
        arrives = step.stage == "device-in" and step.netns != netns
        if every or what or translated or arrives or step.stage not in (*_QUIET, "device-in"):
            if not every:
                what = briefly(step.decided_by) or what
            if step.note == "reverse path":
                what = words(way_back(step, what))
            if translated and before is not None:
                what = f"{what}  {change(before, step.packet)}".strip()
            yield Hop(step.netns, step.stage, step.link, what, step.packet, reverse=step.note == "reverse path")
        before = step.packet
        netns = None if step.stage == "outside" else step.netns


def way_back(step: Step, route: str) -> Message:
    """Return the text for the reverse lookup, which found ``route``."""
    source = address_text(step.packet.saddr, step.packet.version)
    return message("back to {address}: {route}", address=source, route=route)


def is_policy(decided: DecidedBy | None) -> bool:
    """Return whether a chain's policy made the decision.  A policy that accepts gets no line of its own."""
    return isinstance(decided, RuleDecided) and decided.place.number == 0


def stage_text(stage: str, words: Words) -> str:
    """Return the name of a stage."""
    return words(_STAGES[stage]) if stage in _STAGES else stage


def briefly(decided: DecidedBy | None) -> str:
    """Return a text such as ``nat DOCKER 2: DNAT`` for a rule on the path.  For any other decision, return an empty
    text.  ``-v`` shows the whole rule instead."""
    if not isinstance(decided, RuleDecided):
        return ""
    place = decided.place
    found = re.search(r"(?:^| )-j (\S+)|\b(accept|dnat|snat|masquerade|redirect)\b", place.text)
    return f"{place.table} {place.chain} {place.number}: {found[1] or found[2]}" if found is not None else ""


def draw(trace: Trace, paper: Paper, words: Words, places: Places = NO_HOSTS, *, every: bool = False) -> None:
    """Draw the usual branch: the direction in which the packet stops, or the request if the flow passes; with
    ``every``, draw all directions."""
    draw_branch(trace, trace.usual, paper, words, places, every=every)


def draw_branch(
    trace: Trace, branch: Branch, paper: Paper, words: Words, places: Places = NO_HOSTS, *, every: bool = False
) -> None:
    """Draw one branch of a walk."""
    found = ways(trace, branch, places)
    # If the flow fails, only the failing direction is drawn.  If the flow succeeds, only the request is drawn.
    drawn = found if every else [each for each in found if each.stop is not None] or found[:1]
    for number, each in enumerate(drawn):
        if number:
            paper.gap()
        if len(drawn) > 1 or each.kind != "request":
            paper.line(f"    {words(each.name)}")
        _draw_way(each, paper, words, places, every=every)


def _draw_way(way: FlowWay, paper: Paper, words: Words, places: Places, *, every: bool) -> None:
    """Draw one direction: the start, the lines of its steps, and the end or the stop."""
    stop, netns = way.stop, way.inside
    paper.cut("    ", ("●", "strong"), f" {way.start}")
    found = list(hops(way.steps, words, every=every))
    if stop is not None and way.steps and (not found or _place(found[-1]) != _place(way.steps[-1])):
        last_step = way.steps[-1]  # a policy that accepts decided, and such a policy gets no line
        found.append(Hop(last_step.netns, last_step.stage, last_step.link, "", last_step.packet))
    twice = len(found) > 1 and _place(found[-2]) == _place(found[-1]) and not found[-2].reverse
    if stop is not None and twice:
        del found[-2]  # the line of the stop shows the same place
    for number, hop in enumerate(found):
        last = number == len(found) - 1
        if hop.netns is not None and hop.netns != netns and _is_news(hop.netns, netns, places):
            paper.cut("    ", ("│", "faint"), f" ─ {places.netns(hop.netns.name, hop.netns.host)}")
        netns = hop.netns
        if last and stop is not None:
            break
        _line(("│", "faint"), hop, hop.what, paper, words)
    if stop is None:
        paper.cut("    ", ("✓", "good"), f" {way.end}")
        return
    broken = found[-1] if found else Hop(stop.netns, stop.stage, stop.link, "", stop.seen.packet)
    _line(("✗", "bad"), broken, decided_text(stop.decided_by, words), paper, words)
    paper.prose(words(stop_sentence(stop)), indent=6 + _STAGE_CELLS, style="bad")
    paper.line("    ", ("┆", "faint"))
    paper.cut("    ", ("○", "faint"), (f" {way.end}", "faint"))


def _place(at: Hop | Step) -> tuple[Netns | None, str, str]:
    return at.netns, at.stage, at.link


def _is_news(netns: Netns, before: Netns | None, places: Places) -> bool:
    """Return whether a line has to name the namespace.

    A path that starts in the namespace of the only host does not name this namespace."""
    return before is not None or not netns.is_host or places.with_host


def _line(mark: tuple[str, Style], hop: Hop, what: str, paper: Paper, words: Words) -> None:
    """Write a line such as ``│ stage  link  what``.

    If the paper is narrow, the text that does not fit is wrapped below."""
    named = stage_text(hop.stage, words)
    stage, what = named + " " * max(1, _STAGE_CELLS - cells(named)), paper.spelt(what)
    link = f"{hop.link or '-':<9} "
    head = 6 + _STAGE_CELLS + cells(link)
    if head + cells(what) <= paper.width:
        paper.line("    ", mark, " ", (stage, "faint"), link, what)
        return
    paper.line("    ", mark, " ", (stage, "faint"), link.rstrip())
    for line in wrapped(what, max(20, paper.width - 8)):
        paper.line("    ", ("│", "faint"), "   ", line)


def walk_text(answer: Answer, words: Words, paper: Paper) -> str:
    """Return the walk of the answer's first flow, with each branch of the flow."""
    words = naming_containers(words, answer)
    trace = answer.flows[0].trace
    flow = trace.flow
    places = places_of(answer, words)
    said = f"{places.client(flow)} → {places.target(flow)}"
    if answer.flows[0].supposed:
        from hairpin.report.text.likely_text import write_supposed_verdict

        write_supposed_verdict(answer.flows[0], said, words, paper)
    else:
        verdict_line(trace.verdict, said, words, paper)
    for number, branch in enumerate(trace.branches, 1):
        paper.gap()
        if len(trace.branches) > 1:
            write_branch_head(trace, number, words, paper)
        draw_branch(trace, branch, paper, words, places, every=True)
    if answer.flows[0].supposed:
        from hairpin.report.text.likely_text import write_suppositions

        write_suppositions(answer, words, paper)
    write_questions(answer, words, paper)
    write_notes(answer, words, paper)
    write_unread(undecided_readings(answer), words, paper)
    return paper.text()


def write_branch_head(trace: Trace, number: int, words: Words, paper: Paper) -> None:
    """Write the end and the conditions of the branch.  ``number``: the branch's number, from 1."""
    branch = trace.branches[number - 1]
    verdict_line(branch.verdict, words(message("way {number}", number=number)), words, paper)
    told = (message("if {condition}", condition=each.said) if each.holds
            else message("unless {condition}", condition=each.said) for each in branch.conditions)  # fmt: skip
    for said in dict.fromkeys(map(words, told)):
        paper.prose(said, indent=4)
