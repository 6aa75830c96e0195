"""Draws a packet's path: a line for each step that decided something, and the place where the packet stops."""

import re
from collections.abc import Iterator
from itertools import pairwise

import msgspec

from hairpin.host.netns import Netns
from hairpin.message import Message, message
from hairpin.netfilter.packet import Packet
from hairpin.network.flow import FromContainer
from hairpin.network.prefix import address_text
from hairpin.report.paper import Paper, Style, cells, wrapped
from hairpin.report.places import NO_HOSTS, Places
from hairpin.report.stops import decided_text, stop_sentence
from hairpin.report.words import Words
from hairpin.walk.state import DecidedBy, RuleDecided, Step, Stop
from hairpin.walk.trace import Branch, Trace

_QUIET = ("device-out", "postrouting", "bridge", "neighbour", "outside", "output", "input", "prerouting", "forward")
"""Stages that are drawn only if something was decided there."""
_STAGE_CELLS = 13
_STAGES: dict[str, Message] = {
    "device-in": message("device-in"), "bridge": message("bridge"), "prerouting": message("prerouting"),
    "input-route": message("input-route"), "input": message("input"), "socket": message("socket"),
    "forward": message("forward"), "output-route": message("output-route"), "output": message("output"),
    "postrouting": message("postrouting"), "neighbour": message("neighbour"), "device-out": message("device-out"),
    "tunnel": message("tunnel"), "outside": message("outside"), "relay": message("relay"),
}  # fmt: skip


class Hop(msgspec.Struct, frozen=True):
    """One line of the drawing: where the packet is, ``what`` decided in the tool's words, and the packet after it."""

    netns: Netns | None
    stage: str
    link: str
    what: str
    packet: Packet
    reverse: bool = False
    """It is the lookup of the way back, which decides the next hop."""


def hops(steps: tuple[Step, ...], words: Words, *, every: bool = False) -> Iterator[Hop]:
    """Yield the steps that decided something, translated the packet or entered a namespace; with ``every`` all."""
    before: Packet | None = None
    netns: Netns | None = None
    for step in steps:
        what = "" if _is_policy(step.decided_by) and not every else decided_text(step.decided_by, words)
        translated = before is not None and _headers(before) != _headers(step.packet)
        arrives = step.stage == "device-in" and step.netns != netns
        if every or what or translated or arrives or step.stage not in (*_QUIET, "device-in"):
            if not every:
                what = _briefly(step.decided_by) or what
            if step.note == "reverse path":
                source = address_text(step.packet.saddr, step.packet.version)
                what = words(message("back to {address}: {route}", address=source, route=what))
            if translated and before is not None:
                what = f"{what}  {_change(before, step.packet)}".strip()
            yield Hop(step.netns, step.stage, step.link, what, step.packet, reverse=step.note == "reverse path")
        before = step.packet
        netns = None if step.stage == "outside" else step.netns


def _is_policy(decided: DecidedBy | None) -> bool:
    """Return whether a chain's policy decided: an accepting policy is not worth a line."""
    return isinstance(decided, RuleDecided) and decided.place.number == 0


def _briefly(decided: DecidedBy | None) -> str:
    """Return ``nat DOCKER 2: DNAT`` for a rule on the path; ``-v`` shows the whole rule."""
    if not isinstance(decided, RuleDecided):
        return ""
    place = decided.place
    found = re.search(r"(?:^| )-j (\S+)|\b(accept|dnat|snat|masquerade|redirect)\b", place.text)
    return f"{place.table} {place.chain} {place.number}: {found[1] or found[2]}" if found is not None else ""


def _headers(packet: Packet) -> tuple[int, int, int | None, int | None]:
    return (packet.saddr, packet.daddr, packet.sport, packet.dport)


def _change(before: Packet, after: Packet) -> str:
    """Return the addresses that NAT has changed: ``→ 172.17.0.2:80``, ``← 198.51.100.2:40000``."""
    said: list[str] = []
    if (before.daddr, before.dport) != (after.daddr, after.dport):
        said.append(f"→ {_endpoint(after.daddr, after.dport, after)}")
    if before.saddr not in (0, after.saddr):
        said.append(f"← {_endpoint(after.saddr, after.sport, after)}")
    return " ".join(said)


def _endpoint(address: int, port: int | None, packet: Packet) -> str:
    text = address_text(address, packet.version)
    if port is None:
        return text
    return f"[{text}]:{port}" if packet.version == 6 else f"{text}:{port}"


_SHORT_BYTES = 100
"""The handshake's packets, and the first data, have less."""


def draw(trace: Trace, paper: Paper, words: Words, places: Places = NO_HOSTS, *, every: bool = False) -> None:
    """Draw the usual branch: the request, or the answer or first data if that is what fails; with ``every`` all."""
    draw_branch(trace, trace.usual, paper, words, places, every=every)


def draw_branch(
    trace: Trace, branch: Branch, paper: Paper, words: Words, places: Places = NO_HOSTS, *, every: bool = False
) -> None:
    """Draw one branch of a walk."""
    flow = trace.flow
    stop = branch.stop if not branch.succeeds else None
    in_data = bool(branch.data)
    in_reply = bool(branch.reply) and not in_data and branch.verdict != "refused"
    ways = [(branch.request, message("request"), stop is not None and not in_reply and not in_data)]
    if branch.reply:
        ways.append((branch.reply, message("answer"), stop is not None and in_reply))
    if in_data:
        full = branch.data[0].packet.length_bytes > _SHORT_BYTES
        name = message("full-sized data") if full else message("first data")
        ways.append((branch.data, name, stop is not None))
    if not every:
        # Only the direction that failed is drawn; of a flow that succeeds only the request.
        ways = [way for way in ways if way[2]] or ways[:1]
    ends = (places.client(flow), places.target(flow))
    for number, (steps, name, broken) in enumerate(ways):
        if number:
            paper.gap()
        backwards = steps is branch.reply or (steps is branch.data and branch.verdict == "unanswered")
        start, end = (ends[1], ends[0]) if backwards else ends
        if broken and not backwards and steps and (meant := _translated_end(trace, _innermost(steps), places)):
            end = meant
        if len(ways) > 1 or backwards or in_data:
            paper.line(f"    {words(name)}")
        inside = flow.start.netns if isinstance(flow.start, FromContainer) and not backwards else None
        way = _Way(steps, start, end, inside, stop if broken else None, places)
        _draw_way(way, paper, words, every=every)


class _Way(msgspec.Struct, frozen=True):
    """The steps between two ends.  ``netns``: the first namespace, if the start's own name says it already."""

    steps: tuple[Step, ...]
    start: str
    end: str
    netns: Netns | None
    stop: Stop | None
    places: Places


def _innermost(steps: tuple[Step, ...]) -> Packet:
    """Return the packet of the last step; inside a tunnel the one that the outer packet carries for it.

    A step of a tunnel has the packet before the tunnel, and the next step the packet behind it: the outer one, or the
    one that went in."""
    inside: list[Packet] = []
    for step, following in pairwise(steps):
        if step.stage != "tunnel" or _headers(step.packet) == _headers(following.packet):
            continue
        if inside and _headers(inside[-1]) == _headers(following.packet):
            inside.pop()
        else:
            inside.append(step.packet)
    return inside[0] if inside else steps[-1].packet


def _translated_end(trace: Trace, packet: Packet, places: Places) -> str:
    """Return the destination of a translated packet; empty if NAT has not changed it, and for ICMP."""
    flow = trace.flow
    if (packet.daddr, packet.dport) == (flow.daddr, flow.dport) or flow.protocol == "icmp":
        return ""
    name = f"{places.container(flow)} " if flow.container else ""
    return f"{name}{_endpoint(packet.daddr, packet.dport, packet)}/{flow.protocol}"


def _draw_way(way: _Way, paper: Paper, words: Words, *, every: bool) -> None:
    """Draw one direction: its start, its hops, and its end or stop."""
    stop, netns = way.stop, way.netns
    paper.cut("    ", ("●", "strong"), f" {way.start}")
    found = list(hops(way.steps, words, every=every))
    if stop is not None and way.steps and (not found or _place(found[-1]) != _place(way.steps[-1])):
        last_step = way.steps[-1]  # a policy decided: it has no line of its own
        found.append(Hop(last_step.netns, last_step.stage, last_step.link, "", last_step.packet))
    twice = len(found) > 1 and _place(found[-2]) == _place(found[-1]) and not found[-2].reverse
    if stop is not None and twice:
        del found[-2]  # the stop's own line shows it
    for number, hop in enumerate(found):
        last = number == len(found) - 1
        if hop.netns is not None and hop.netns != netns and _is_news(hop.netns, netns, way.places):
            paper.cut("    ", ("│", "faint"), f" ─ {way.places.netns(hop.netns.name, hop.netns.host)}")
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
    """Return whether a line names the namespace; a path that starts in the only host's own namespace needs none."""
    return before is not None or not netns.is_host or places.with_host


def _line(mark: tuple[str, Style], hop: Hop, what: str, paper: Paper, words: Words) -> None:
    """Write ``│ stage  link  what``; what does not fit goes below, wrapped, when the paper is narrow."""
    named = words(_STAGES[hop.stage]) if hop.stage in _STAGES else hop.stage
    stage, what = named + " " * max(1, _STAGE_CELLS - cells(named)), paper.spelt(what)
    link = f"{hop.link or '-':<9} "
    head = 6 + _STAGE_CELLS + cells(link)
    if head + cells(what) <= paper.width:
        paper.line("    ", mark, " ", (stage, "faint"), link, what)
        return
    paper.line("    ", mark, " ", (stage, "faint"), link.rstrip())
    for line in wrapped(what, max(20, paper.width - 8)):
        paper.line("    ", ("│", "faint"), "   ", line)
