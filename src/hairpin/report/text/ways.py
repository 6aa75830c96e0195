"""The paths of a branch: the request, the answer, the first data.  Each path has its two ends and its stop."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Literal

import msgspec

from hairpin.host.netns import Netns
from hairpin.message import Message, message
from hairpin.netfilter.packet import Packet
from hairpin.network.flow import FromContainer
from hairpin.network.prefix import address_text
from hairpin.report.places import NO_HOSTS, Places
from hairpin.walk.state import Step, Stop
from hairpin.walk.trace import Branch, Trace

_SHORT_BYTES = 100
"""A limit in bytes: the packets of the handshake and of the first data are shorter than this."""


class FlowWay(msgspec.Struct, frozen=True):
    """One path of a branch: the steps between two ends.

    ``inside``: the namespace in which the path starts.  The start's name already names this namespace.  ``stop``: the
    stop at which the path ends early; None if the packet reaches the end, or if another path of the branch has the
    stop.  ``is_open``: whether the branch's own verdict is ``depends``: the packet may go on beyond the stop."""

    kind: Literal["request", "reply", "refusal", "data"]
    name: Message
    steps: tuple[Step, ...]
    start: str
    end: str
    inside: Netns | None = None
    stop: Stop | None = None
    is_open: bool = False


def ways(trace: Trace, branch: Branch, places: Places = NO_HOSTS) -> tuple[FlowWay, ...]:
    """Return the paths of the request and of the answer, and the path of the first data if the data are lost."""
    flow, stop = trace.flow, branch.stop if not branch.succeeds else None
    in_reply = bool(branch.reply) and not branch.data and branch.verdict != "refused"
    if stop is not None and _is_at(branch.request, stop) and not _is_at(branch.reply, stop):
        in_reply = False  # a relay had accepted the client's connection, and its own connection stopped
    client, target = places.client(flow), places.target(flow)
    asked = places.container(flow)
    if asked and f"container:{asked}" != client and flow.purpose == "published":
        target = f"{target} ({asked})"
    elif not asked and (owner := places.names.get(address_text(flow.daddr, flow.version))):
        target = f"{target} ({owner})"
    first = branch.request[0].netns if branch.request else None  # an event may have moved the container
    inside = first or flow.start.netns if isinstance(flow.start, FromContainer) else None

    there = None if branch.data or in_reply else stop
    server = (_translated_end(trace, _innermost(branch.request), places) if branch.request else "") or target
    found = [FlowWay("request", message("request"), branch.request, client, server, inside, there)]
    if branch.reply:
        refused = branch.verdict in ("refused", "rejected")
        start = target if branch.verdict == "rejected" else server  # a rejecting rule answers as the target
        found.append(
            FlowWay(
                "refusal" if refused else "reply",
                message("refusal") if refused else message("answer"),
                branch.reply,
                start,
                client,
                None,
                stop if in_reply else None,
            )
        )
    if branch.data:
        full = branch.data[0].packet.length_bytes > _SHORT_BYTES
        name = message("full-sized data") if full else message("first data")
        if branch.verdict == "unanswered":
            found.append(FlowWay("data", name, branch.data, server, client, None, stop))
        else:
            end = (_translated_end(trace, _innermost(branch.data), places) if stop else "") or target
            found.append(FlowWay("data", name, branch.data, client, end, inside, stop))
    is_open = branch.verdict == "depends"
    return tuple(msgspec.structs.replace(each, steps=_up_to(each.steps, each.stop), is_open=is_open) for each in found)


def _is_at(steps: tuple[Step, ...], stop: Stop) -> bool:
    """Return whether the packet stopped at one of the steps."""
    return any(_stops_at(each, stop) for each in steps)


def _stops_at(step: Step, stop: Stop) -> bool:
    there, here = (step.netns, step.stage, step.link), (stop.netns, stop.stage, stop.link)
    return there == here and step.decided_by == stop.decided_by


def _up_to(steps: tuple[Step, ...], stop: Stop | None) -> tuple[Step, ...]:
    """Return the steps up to the stop.  The steps after the stop may belong to a relay's second connection.  If a
    relay's second connection fails, the relay ends the client's connection."""
    last = (number for number in reversed(range(len(steps))) if stop is not None and _stops_at(steps[number], stop))
    return steps[: next(last, len(steps)) + 1]


def headers(packet: Packet) -> tuple[int, int, int | None, int | None]:
    """Return the packet's addresses and ports."""
    return (packet.saddr, packet.daddr, packet.sport, packet.dport)


def endpoint(address: int, port: int | None, packet: Packet) -> str:
    """Return a text such as ``172.17.0.2:80`` or ``[2001:db8::2]:80``.

    If the protocol has no ports, return only the address."""
    text = address_text(address, packet.version)
    if port is None:
        return text
    return f"[{text}]:{port}" if packet.version == 6 else f"{text}:{port}"


def change(before: Packet, after: Packet) -> str:
    """Return the addresses that NAT has changed, such as ``→ 172.17.0.2:80``, ``← 198.51.100.2:40000``."""
    said: list[str] = []
    if (before.daddr, before.dport) != (after.daddr, after.dport):
        said.append(f"→ {endpoint(after.daddr, after.dport, after)}")
    if before.saddr not in (0, after.saddr):
        said.append(f"← {endpoint(after.saddr, after.sport, after)}")
    return " ".join(said)


def packets_inside(steps: tuple[Step, ...]) -> Iterator[tuple[Packet, ...]]:
    """Yield for each step the inner packets of its packet, the innermost first.  Most packets have no inner packet.

    The step at a tunnel has the packet before the tunnel.  The next step has the packet after the tunnel: the outer
    packet if the tunnel encapsulates, the inner packet if it decapsulates."""
    inside: list[Packet] = []
    for step, following in pairwise(steps):
        yield tuple(inside)
        if step.stage != "tunnel" or headers(step.packet) == headers(following.packet):
            continue
        if inside and headers(inside[-1]) == headers(following.packet):
            inside.pop()
        else:
            inside.append(step.packet)
    if steps:
        yield tuple(inside)


def _innermost(steps: tuple[Step, ...]) -> Packet:
    """Return the packet of the last step.  If a tunnel carries this packet, return the inner packet."""
    *_, inside = packets_inside(steps)
    return inside[0] if inside else steps[-1].packet


def _translated_end(trace: Trace, packet: Packet, places: Places) -> str:
    """Return the destination to which NAT has translated the packet, with the name of the container that has its
    address; empty without NAT, and for ICMP."""
    flow = trace.flow
    if (packet.daddr, packet.dport) == (flow.daddr, flow.dport) or flow.protocol == "icmp":
        return ""
    end = f"{endpoint(packet.daddr, packet.dport, packet)}/{flow.protocol}"
    owner = places.names.get(address_text(packet.daddr, packet.version), "")
    return f"{owner} {end}" if owner else end
