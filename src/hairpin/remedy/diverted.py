"""Flows that pass before and after a change, but leave the hosts by another link then: for example, not by a VPN."""

from collections.abc import Iterable, Iterator

from hairpin.change import change as c
from hairpin.host.route import PolicyRule, Route
from hairpin.network.flow import Flow, FromHost
from hairpin.network.network import Network, is_uplink
from hairpin.question.standpoints import somebody
from hairpin.remedy.effect import FlowEffect, Nature
from hairpin.remedy.known_flows import Known
from hairpin.walk.alike import own_name
from hairpin.walk.trace import Trace
from hairpin.walk.walk import walk_flow
from hairpin.walk.walked import walked


def diversions(known: Known, before: Trace, after: Trace, nature: Nature) -> Iterator[FlowEffect]:
    """Yield the effect on a flow that still passes but leaves by another link, for example no longer by a VPN."""
    links = left_by(before) or _headed_for(before), left_by(after)
    if links[0] != links[1] and all(links):
        yield FlowEffect(
            "diverts", known.flow, known.group, before.verdict, after.verdict, nature == "undoing", links=links
        )


def _headed_for(trace: Trace) -> str:
    """Return the link by which a stopped packet would have left, such as a tunnel whose program ended, or an empty
    name."""
    stop = trace.like.usual.stop
    if stop is None or stop.reason not in ("no-carrier", "link-down", "no-neighbour"):
        return ""
    return own_name(trace, stop.link)


def left_by(trace: Trace) -> str:
    """Return the link by which the usual branch's request leaves the read hosts; empty if the request stays there."""
    links = [step.link for step in trace.like.usual.request if step.stage == "outside" and step.link]
    return own_name(trace, links[-1]) if links else ""


def _leads_elsewhere(part: c.Primitive) -> bool:
    return isinstance(part, c.AddEntry | c.DeleteEntry | c.ReplaceEntry) and isinstance(part.entry, Route | PolicyRule)


def ways_out(network: Network, after: Network, change: c.Change, asked: Iterable[Flow]) -> Iterator[FlowEffect]:
    """Yield the effects on those asked egress flows, and on the host's own egress flow, which leave by another link
    after the change.  A flow that failed before the change counts, too, because its old path was intended, unless it
    failed on a bridge that leads to no machine outside."""
    if not any(map(_leads_elsewhere, change.parts)):
        return
    own = Flow(FromHost(), 4, somebody(4)[0], "tcp", 443, purpose="egress", host=network.this.name)
    for flow in (*(each for each in asked if each.purpose in ("egress", "dns")), own):
        now, then = walked(network, flow), walk_flow(after, flow)
        if then.succeeds and not _stops_on_inner_bridge(network, now):
            yield from diversions(Known(flow, "way-out"), now, then, "meant")


def _stops_on_inner_bridge(network: Network, trace: Trace) -> bool:
    """Return whether the packet stops on a bridge that has no port to the outside, such as an engine's bridge."""
    stop = trace.usual.stop
    if stop is None or not stop.link or stop.netns not in network:
        return False
    namespace = network.namespace(stop.netns)
    bridge = namespace.link(stop.link)
    ports = (each for each in namespace.links if each.master == stop.link)
    return bridge is not None and bridge.kind == "bridge" and not any(is_uplink(network, stop.netns, p) for p in ports)
